"""The code has no dangerous calls, and every test that the threat model names exists."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

RUNS_CODE = {
    *(
        "pickle",
        "_pickle",
        "cPickle",
        "dill",
        "cloudpickle",
        "joblib",
        "marshal",
        "shelve",
        "yaml",
        "jsonpickle",
    ),
    *("eval", "exec", "compile", "__import__", "builtins.eval", "builtins.exec", "runpy"),
    *(
        "torch.load",
        "torch.hub",
        "torch.jit.load",
        "torch.package",
        "numpy.load",
        "np.load",
        "pandas.read_pickle",
    ),
}
"""Calls that can turn bytes into running code."""
ALLOWED = {
    ("engine/weights.py", "pickle"): "the reader that admits numpy arrays alone",
    ("engine/weights.py", "torch.load"): "weights_only=True",
    ("engine/weights.py", "torch.hub"): "check_hash=True",
    ("engine/painting/checkpoint.py", "np.load"): "allow_pickle=False",
}
SHELL = {"os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput", "pty"}


@cache
def sources(repo: Path) -> dict[str, ast.Module]:
    """All of the program's code, but not the tests'."""
    files = [file for part in ("bot", "engine") for file in (repo / part).rglob("*.py")]
    return {str(file.relative_to(repo)): ast.parse(file.read_text()) for file in files}


def dotted(node: ast.AST) -> str:
    """The name that code uses, such as ``torch.load``; nothing if it is the attribute of a value."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attribute) if of := dotted(value):
            return f"{of}.{attribute}"
    return ""


def names(tree: ast.AST) -> Iterator[str]:
    """Every name that the code imports or uses, with its module where that can be seen."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=imported):
                yield from (each.name for each in imported)
            case ast.ImportFrom(module=str(module), names=imported):
                yield module
                yield from (f"{module}.{each.name}" for each in imported)
            case ast.Attribute() if name := dotted(node):
                yield name
            case ast.Name(id=name):
                yield name
            case _:
                pass


def uses(tree: ast.AST, wanted: set[str]) -> set[str]:
    """Return those of the wanted names that the code uses, or anything inside of them."""
    return {
        want for name in set(names(tree)) for want in wanted if name == want or name.startswith(f"{want}.")
    }


def test_there_is_code_to_look_at(repo: Path) -> None:
    assert len(sources(repo)) > 150


def test_nothing_that_could_run_code_is_read_but_by_the_restricted_reader(repo: Path) -> None:
    found = {(file, use) for file, tree in sources(repo).items() for use in uses(tree, RUNS_CODE)}
    assert found == set(ALLOWED)


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "from pickle import loads",
        "import pickle as p",
        "torch.load(file)",
        "from torch import load",
        "eval('1')",
        "np.load(file)",
        "from yaml import safe_load",
        "__import__('os')",
        "import marshal, json",
    ],
)
def test_such_code_would_be_found(code: str) -> None:
    assert uses(ast.parse(code), RUNS_CODE)


def test_what_could_read_a_pickle_is_told_not_to(repo: Path) -> None:
    for (file, function), how in ALLOWED.items():
        if function == "pickle":  # has tests of its own
            continue
        calls = [
            node
            for node in ast.walk(sources(repo)[file])
            if isinstance(node, ast.Call) and uses(node.func, {function})
        ]
        assert calls
        for call in calls:
            assert how in [f"{each.arg}={ast.unparse(each.value)}" for each in call.keywords]


def test_no_command_goes_through_a_shell(repo: Path) -> None:
    for file, tree in sources(repo).items():
        assert not uses(tree, SHELL), file
        shells = [
            keyword
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
            for keyword in node.keywords
            if keyword.arg == "shell"
        ]
        assert not shells, file


def test_no_statement_is_put_together_from_what_people_say(repo: Path) -> None:
    """SQL is written by SQLAlchemy or is a constant; only PRAGMAs, of our own numbers, are formatted."""
    loose = []
    for file, tree in sources(repo).items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in (
                *("text", "exec_driver_sql", "execute", "executescript", "literal_column"),
            ):
                loose += [
                    f"{file}: {ast.unparse(node)}"
                    for argument in node.args[:1]
                    if (
                        isinstance(argument, (ast.JoinedStr, ast.BinOp))
                        and not ast.unparse(argument)[2:].startswith("PRAGMA ")
                    )
                    or (isinstance(argument, ast.Call) and ast.unparse(argument.func).endswith(".format"))
                ]
    assert loose == [], "\n".join(loose)


def test_every_test_that_the_threat_model_names_is_there(repo: Path) -> None:
    model = (repo / "docs" / "security.md").read_text()
    named = set(re.findall(r"`(test_\w+)`", model))
    assert len(named) > 40
    tests = "\n".join(file.read_text() for file in (repo / "tests").rglob("test_*.py"))
    assert sorted(name for name in named if not re.search(rf"\bdef {name}\(", tests)) == []
