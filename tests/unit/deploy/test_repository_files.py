"""The files for those who work on the repository: hooks, the workflow, templates, the editors' settings."""

from __future__ import annotations

import re
import shlex
import subprocess
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

Yaml = Mapping[str, Any]

TABS = {"Makefile", "deploy/Caddyfile"}
"""Files that are indented with tabs."""


def _yaml(path: Path) -> Yaml:
    read: Yaml = YAML(typ="safe").load(path.read_text("utf-8"))
    return read


@pytest.fixture(scope="module")
def tracked(repo: Path) -> list[str]:
    """The files that git has or would take."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=repo, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if listed.returncode:
        pytest.skip("this is no git checkout")
    return [name for name in listed.stdout.splitlines() if (repo / name).is_file()]


@pytest.fixture(scope="module")
def workflow(repo: Path) -> Yaml:
    return _yaml(repo / ".github/workflows/ci.yml")


def _expand(text: str, variables: Mapping[str, str]) -> str:
    return re.sub(r"\$\((\w+)\)", lambda name: _expand(variables[name[1]], variables), text)


def _make_check(repo: Path) -> dict[str, set[str]]:
    """Each command of `make check`, with the files that it is given."""
    text = (repo / "Makefile").read_text("utf-8")
    variables = dict(re.findall(r"^(\w+) := (.*)$", text, re.MULTILINE))
    recipe = re.search(r"^check:.*\n((?:\t.*\n)+)", text, re.MULTILINE)
    assert recipe
    commands = {}
    for line in recipe[1].splitlines():
        program, *words = shlex.split(_expand(line.strip().removeprefix("@"), variables))
        files = {word: [*repo.glob(word)] for word in words if word != "."}
        command = shlex.join([program, *(word for word in words if not files.get(word))])
        commands[command] = {path.relative_to(repo).as_posix() for each in files.values() for path in each}
    return commands


def test_the_hooks_run_what_make_check_runs(repo: Path, tracked: list[str]) -> None:
    (local,) = _yaml(repo / ".pre-commit-config.yaml")["repos"]
    assert local["repo"] == "local", "nothing is downloaded"
    hooks = {}
    for hook in local["hooks"]:
        assert hook["language"] == "system"
        named = {name for name in tracked if re.search(hook.get("files", ""), name)}
        hooks[hook["entry"]] = named if hook.get("pass_filenames", True) else set()
    assert hooks.pop("git diff --cached --check") == set(), "for all but Python, whose spaces are ruff's"
    assert hooks == _make_check(repo)


def test_every_workflow_and_issue_form_is_checked(repo: Path) -> None:
    checked = set().union(*_make_check(repo).values())
    github = {path.relative_to(repo).as_posix() for path in (repo / ".github").rglob("*.y*ml")}
    assert len(github) >= 4
    assert github <= checked


def test_the_workflow_runs_the_checks_and_tests_of_every_change(workflow: Yaml) -> None:
    assert {"push", "pull_request"} <= set(workflow["on"])
    (job,) = workflow["jobs"].values()
    assert job["steps"][-1] == {"run": ".ci/run"}


def test_the_workflow_may_read_the_code_and_no_more(workflow: Yaml) -> None:
    assert workflow["permissions"] == {"contents": "read"}
    assert "pull_request_target" not in workflow["on"]
    for job in workflow["jobs"].values():
        assert "permissions" not in job
        assert 0 < job["timeout-minutes"] <= 90
        (checkout,) = (step for step in job["steps"] if "actions/checkout" in step.get("uses", ""))
        assert checkout["with"]["persist-credentials"] is False


def test_every_action_is_pinned_by_its_commit_with_its_version_beside(repo: Path) -> None:
    for path in (repo / ".github/workflows").iterdir():
        uses = re.findall(r"uses: (.*)", path.read_text("utf-8"))
        assert uses
        for action in uses:
            assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action


def test_the_workflow_covers_every_python_that_is_claimed(repo: Path, workflow: Yaml) -> None:
    project = tomllib.loads((repo / "pyproject.toml").read_text("utf-8"))["project"]
    matrix = workflow["jobs"]["test"]["strategy"]["matrix"]["python"]
    assert project["requires-python"] == f">={matrix[0]}"
    claimed = re.findall(r"Python :: (3\.\d+)", "\n".join(project["classifiers"]))
    assert claimed
    assert set(claimed) <= set(matrix)


def test_every_link_of_the_templates_leads_somewhere(repo: Path) -> None:
    links = [
        link
        for path in (repo / ".github").rglob("*")
        if path.is_file()
        for link in re.findall(r"\]\(([^)]+)\)", path.read_text("utf-8"))
    ]
    assert links
    for link in links:
        assert link.startswith("../blob/HEAD/"), "from the page of a new issue to the main branch"
        assert (repo / link.removeprefix("../blob/HEAD/")).is_file(), link


def test_every_text_is_written_as_the_editors_are_told(repo: Path, tracked: list[str]) -> None:
    contents = {name: (repo / name).read_bytes() for name in tracked}
    texts = {name: content.decode() for name, content in contents.items() if b"\0" not in content}
    assert len(texts) > 400
    assert [name for name, text in texts.items() if "\r" in text] == []
    assert [name for name, text in texts.items() if text and not re.search(r"\S\n\Z", text)] == []
    assert [name for name, text in texts.items() if re.search(r"[ \t]$", text, re.MULTILINE)] == []
    assert {name for name, text in texts.items() if re.search(r"^\t", text, re.MULTILINE)} == TABS
