"""The pages hold together: links lead somewhere, every page is reached, decisions are numbered."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs.pages import CHECKOUT, anchors, links, pages, text_of


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(CHECKOUT)))
def test_every_relative_link_leads_to_a_file_and_heading(page: Path) -> None:
    broken = []
    for link in links(page.read_text("utf-8")):
        target, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        file = (page.parent / target).resolve() if target else page
        if not file.exists() or (anchor and anchor not in anchors(file.read_text("utf-8"))):
            broken.append(link)

    assert broken == []


def test_every_page_is_reached_from_the_readme() -> None:
    reached, waiting = set(), [CHECKOUT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page not in reached:
            reached.add(page)
            found = (link.partition("#")[0] for link in links(page.read_text("utf-8")))
            waiting += [(page.parent / link).resolve() for link in found if link.endswith(".md") and ":" not in link]

    assert {str(page.relative_to(CHECKOUT)) for page in set(pages()) - reached} == set()


def test_decisions_are_numbered_without_gaps_and_listed_by_their_titles() -> None:
    index = text_of("docs/decisions/README.md")
    files = sorted(file for file in (CHECKOUT / "docs" / "decisions").glob("*.md") if file.name != "README.md")

    for number, file in enumerate(files, 1):
        assert re.fullmatch(rf"{number:04d}-[a-z0-9-]+\.md", file.name), f"{file.name} is not decision {number:04d}-…"
        title = file.read_text("utf-8").splitlines()[0]
        assert title.startswith(f"# {number}. "), f"{file.name} does not begin with its number"
        assert f"| [{number}]({file.name}) | {title.removeprefix(f'# {number}. ')} |" in index.splitlines()
