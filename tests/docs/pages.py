"""Reading the documentation: its pages, their links, headings and marked shell blocks."""

from __future__ import annotations

import os
import re
from pathlib import Path

__all__ = ["CHECKOUT", "anchors", "links", "pages", "runnable_blocks", "text_of", "tracked_files", "without_code"]

CHECKOUT = Path(__file__).resolve().parents[2]
_MADE = {".git", ".venv", ".local", ".hypothesis", ".mypy_cache", ".pytest_cache", ".ruff_cache", "__pycache__", "dist", "build"}


def tracked_files() -> list[Path]:
    """Every file of the project below the checkout, without what tools and `make` put there. Works in an export without git, too."""
    found = []
    for folder, names, files in os.walk(CHECKOUT):
        names[:] = [name for name in names if name not in _MADE and not name.endswith(".egg-info")]
        found += [Path(folder, file) for file in files if file not in {"derby.log", ".git"}]
    return sorted(found)


def pages() -> list[Path]:
    """Every page of Markdown."""
    return [file for file in tracked_files() if file.suffix == ".md"]


def text_of(page: str) -> str:
    return (CHECKOUT / page).read_text("utf-8")


def without_code(text: str) -> str:
    """The prose: no fenced blocks and no code spans."""
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL))


def links(text: str) -> list[str]:
    """Targets of the page's links."""
    return re.findall(r"\]\(([^)\s]+)\)", without_code(text))


def anchors(text: str) -> set[str]:
    """The anchors that a page's headings make."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def runnable_blocks(text: str) -> list[str]:
    """The shell blocks that come right after a line `<!-- run -->`."""
    return re.findall(r"^<!-- run -->\n```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
