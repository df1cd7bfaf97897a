"""One vocabulary: the field's words for things, and docstrings that say what is returned or done."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

RETIRED = frozenset(
    (
        *("studio", "easel", "lane", "lanes", "curator", "visit", "house", "camera", "afterwards"),
        *("outlook", "ladder", "rung", "energy", "eyes", "likeness", "patience", "porter", "introduction"),
    )
)
"""Words of a private vocabulary. The field has others: slot, recorder, forecast, scale, loss, timeout …"""
MOST_QUESTIONS = 40
"""Public docstrings that may begin with a question word."""
QUESTION = re.compile(r"(What|Where|Whether|How|Who|Which)\b")


def sources(repo: Path) -> list[Path]:
    files = [path for folder in ("bot", "engine") for path in sorted((repo / folder).rglob("*.py"))]
    assert len(files) > 150
    return files


def words(name: str) -> set[str]:
    """The words that an identifier is made of, in small letters."""
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}


def identifiers(path: Path) -> Iterator[str]:
    source = path.read_text("utf-8")
    yield path.stem
    yield path.parent.name
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.NAME:
            yield token.string


def test_a_retired_word_names_nothing(repo: Path) -> None:
    names = {(path, name) for path in sources(repo) for name in identifiers(path)}
    assert {f"{path.relative_to(repo)}: {name}" for path, name in names if words(name) & RETIRED} == set()


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("move_in", {"move", "in"}),
        ("HTTPServer", {"http", "server"}),
        ("_ActiveJob2", {"active", "job"}),
        ("visiting", {"visiting"}),
    ],
)
def test_an_identifier_is_read_word_by_word(name: str, parts: set[str]) -> None:
    assert words(name) == parts


def public_docstrings(path: Path) -> Iterator[str]:
    """The docstrings of a module, of its public classes and functions, and of its constants."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                if name.startswith("_") and not name.startswith("__"):
                    continue
                yield ast.get_docstring(node) or ""
            case ast.Module():
                yield ast.get_docstring(node) or ""
        if isinstance(node, ast.Module | ast.ClassDef):
            for before, after in zip(node.body, node.body[1:], strict=False):
                match before, after:
                    case ast.Assign() | ast.AnnAssign(), ast.Expr(value=ast.Constant(value=str(text))):
                        yield text


def test_docstrings_say_what_is_returned_or_done(repo: Path) -> None:
    begun = [
        f"{path.relative_to(repo)}: {text.splitlines()[0]}"
        for path in sources(repo)
        for text in public_docstrings(path)
        if QUESTION.match(text)
    ]
    assert len(begun) <= MOST_QUESTIONS, "\n".join(begun)


def test_every_public_name_has_a_docstring(repo: Path) -> None:
    bare = []
    for path in sources(repo):
        tree = ast.parse(path.read_text("utf-8"))
        if not ast.get_docstring(tree):
            bare.append(f"{path.relative_to(repo)}")
        for node in tree.body:
            inside = node.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_") else []
            for each in (node, *inside):
                match each:
                    case (
                        ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name)
                    ):
                        if not name.startswith("_") and not ast.get_docstring(each):
                            bare.append(f"{path.relative_to(repo)}: {name}")
    assert bare == []
