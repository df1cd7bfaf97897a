"""The documents: what they link to and name exists, and their tables are those of the code."""

from __future__ import annotations

import argparse
import re
import tomllib
from pathlib import Path
from xml.dom import minidom

import pytest

from bot.cli import COMMANDS
from engine.commands import paint
from tests import documents

DOCUMENTS = sorted(
    path.relative_to(documents.REPO).as_posix()
    for folder in (documents.REPO, documents.REPO / "docs")
    for path in folder.glob("*.md")
)


SOURCES = ("bot", "engine", "tests", "docs", "deploy")
"""Folders whose files documents name."""


def without_code(text: str) -> str:
    """Take out quoted code, which has no links."""
    return re.sub(r"^```.*?^```|`[^`\n]+`", "", text, flags=re.MULTILINE | re.DOTALL)


def anchors(text: str) -> set[str]:
    """Return the anchors of a document's headings, as code forges name them."""
    titles = re.findall(
        r"^#+ (.+)$", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL), re.MULTILINE
    )
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def links(text: str) -> list[str]:
    """Return the relative links of a document, its pictures' included."""
    text = without_code(text)
    found = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'(?:src|href)="([^"]+)"', text)
    return [link for link in found if not re.match(r"[a-z]+:", link)]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_relative_link_leads_somewhere(repo: Path, name: str) -> None:
    for link in links((repo / name).read_text("utf-8")):
        file, _, anchor = link.partition("#")
        target = (repo / name).parent / file if file else repo / name
        assert target.exists(), link
        assert not anchor or anchor in anchors(target.read_text("utf-8")), link


def test_the_readme_is_short_and_has_two_pictures(repo: Path) -> None:
    said = (repo / "README.md").read_text("utf-8")
    assert len(said.split()) < 900
    assert len(re.findall(r"<img |!\[", without_code(said))) == 2
    assert said.index("make run") < said.index("make test") < said.index("<img ")


def test_every_document_can_be_reached_from_the_readme(repo: Path) -> None:
    reached, new = set[Path](), {repo / "README.md"}
    while new:
        reached |= new
        found = {
            (page.parent / link.partition("#")[0]).resolve()
            for page in new
            for link in links(page.read_text("utf-8"))
        }
        new = {page for page in found if page.suffix == ".md"} - reached
    assert {repo / name for name in DOCUMENTS} <= reached


def test_the_settings_are_those_of_the_example(repo: Path) -> None:
    said = (repo / "docs" / "settings.md").read_text("utf-8")
    assert documents.rewritten("docs/settings.md") == said, "make documents"
    example = re.findall(r"^([A-Z_]+)=", (repo / ".env.example").read_text("utf-8"), re.MULTILINE)
    assert re.findall(r"^\| `([A-Z_]+)` \|", said, re.MULTILINE) == example


def test_the_styles_are_those_that_ship(repo: Path) -> None:
    said = (repo / "docs" / "styles.md").read_text("utf-8")
    assert documents.rewritten("docs/styles.md") == said, "make documents"


def test_every_command_is_named(repo: Path) -> None:
    said = (repo / "docs" / "commands.md").read_text("utf-8")
    for command in COMMANDS:
        assert f"\natelier {command} " in said, command


def test_every_option_of_paint_is_named(repo: Path) -> None:
    parser = argparse.ArgumentParser(add_help=False)
    paint.configure(parser)
    said = (repo / "docs" / "commands.md").read_text("utf-8")
    options = {option for action in parser._actions for option in action.option_strings}
    assert {
        option for option in options - {"-o", "--output"} if not re.search(rf"`{option}\b", said)
    } == set()


def test_every_make_target_that_is_named_is_there(repo: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (repo / "Makefile").read_text("utf-8"), re.MULTILINE))
    for name in DOCUMENTS:
        text = (repo / name).read_text("utf-8")
        named = re.findall(r"(?:^|`)make ([a-z]+)", text, re.MULTILINE)
        assert set(named) <= targets, name


def test_every_extra_that_is_named_is_there(repo: Path) -> None:
    project = tomllib.loads((repo / "pyproject.toml").read_text("utf-8"))["project"]
    for name in DOCUMENTS:
        for extras in re.findall(r"\.\[([a-z,]+)\]", (repo / name).read_text("utf-8")):
            assert set(extras.split(",")) <= set(project["optional-dependencies"]), name


def test_every_message_of_the_troubleshooting_is_one_that_the_code_says(repo: Path) -> None:
    said = (repo / "docs" / "troubleshooting.md").read_text("utf-8")
    _, _, table = said.partition("| what you see |")
    table, _, _ = table.partition("\n\n")
    sources = [path for folder in ("bot", "engine") for path in (repo / folder).rglob("*") if path.is_file()]
    code = "".join(path.read_text("utf-8") for path in sources if path.suffix in (".py", ".ftl"))
    code = re.sub(r'"\s*\n\s*f?"', "", code + (repo / "Makefile").read_text("utf-8"))  # joined as Python does
    messages = [
        message for message in re.findall(r"`([^`]+)`", table) if re.match(r"[A-Z…][^=]+ |set", message)
    ]
    assert len(messages) > 15
    for message in messages:
        for part in re.split(r"\s?…\s?|\(.*", message):
            assert part in code, message


def test_every_file_that_is_named_is_there(repo: Path) -> None:
    named = {
        name: re.findall(rf"`((?:{'|'.join(SOURCES)})/[\w./@-]+)`", (repo / name).read_text("utf-8"))
        for name in DOCUMENTS
    }
    assert all(named[name] for name in ("README.md", "CONTRIBUTING.md", "docs/architecture.md"))
    absent = {
        f"{name}: {path}"
        for name, paths in named.items()
        for path in paths
        if not (repo / path).exists() and "ID" not in path
    }
    assert absent == set()


def test_the_architecture_is_readable_xml_without_scripts_or_links(repo: Path) -> None:
    picture = (repo / "docs" / "architecture.svg").read_text("utf-8")
    assert "prefers-color-scheme: dark" in picture
    assert not re.search(r"<script|href|url\((?!#)", picture)
    assert minidom.parseString(picture).documentElement is not None
