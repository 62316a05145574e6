"""Every link within the documentation leads somewhere."""

from __future__ import annotations

import pytest

from docs.markdown_pages import PAGES, REPOSITORY, anchors, called, links


def broken(page):
    for link in links(page):
        path, _, fragment = link.partition("#")
        if "://" in link or link.startswith("mailto:"):
            continue
        target = (page.parent / path).resolve() if path else page
        if not target.exists():
            yield f"{link}: there is no such file"
        elif fragment and (target.suffix != ".md" or fragment not in anchors(target)):
            yield f"{link}: there is no such heading"


@pytest.mark.parametrize("page", PAGES, ids=called)
def test_every_link_leads_to_a_file_or_heading_that_exists(page):
    assert list(broken(page)) == []


def test_every_page_can_be_reached_from_the_index():
    reached, waiting = set(), [REPOSITORY / "docs" / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md" or not page.exists():
            continue
        reached.add(page)
        named = (link.partition("#")[0] for link in links(page) if "://" not in link)
        waiting += [(page.parent / name).resolve() for name in named if name]
    assert sorted(map(called, set(PAGES) - reached)) == []


def test_control_a_broken_link_and_a_broken_anchor_are_noticed(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# One `two`\n[a](#one-two) [b](#three) [c](no.md) [d](page.md#one-two-1)\n")
    assert list(broken(page)) == [
        "#three: there is no such heading",
        "no.md: there is no such file",
        "page.md#one-two-1: there is no such heading",
    ]
