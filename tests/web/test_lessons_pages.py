"""Lessons, search, glossary, takeaways and source pages as somebody reads them."""

from __future__ import annotations

import pytest

from foveal.learn import glossary, lessons, practice, practice_kinds, search_index, takeaways
from foveal.models import list_models
from web.conftest import go

SLUGS = [lesson.slug for lesson in lessons()]


@pytest.mark.parametrize("slug", SLUGS)
def test_every_lesson_shows_every_section_and_every_live_figure(open_page, slug: str):
    page = open_page(f"#/lessons/{slug}")
    lesson = next(one for one in lessons() if one.slug == slug)
    titles = page.locator("article > section > h2").all_text_contents()
    assert titles == [section.title for section in lesson.sections]
    for figure in page.locator("foveal-figure").all():
        figure.evaluate("one => one.load()")
    assert page.locator("foveal-figure:not([data-ready])").count() == 0
    assert page.locator("foveal-figure .problem").count() == 0
    broken = page.evaluate(
        """async () => {
        const all = [...document.querySelectorAll("main img")];
        all.forEach(one => { one.loading = "eager"; });
        await Promise.allSettled(all.map(one => one.decode()));
        return all.filter(one => !one.naturalWidth).map(one => one.src);
        }"""
    )
    assert broken == []


def test_links_inside_the_site_lead_somewhere(open_page):
    page = open_page("#/lessons")
    pages = [f"#/lessons/{slug}" for slug in SLUGS] + ["#/glossary", "#/takeaways", "#/"]
    found: set[str] = set()
    for route in pages:
        go(page, route)
        found |= set(
            page.eval_on_selector_all(
                "main a[href^='#/']", "all => all.map(one => one.getAttribute('href'))"
            )
        )
    sections = {f"#/lessons/{one.slug}/{s.slug}" for one in lessons() for s in one.sections}
    terms = {f"#/glossary/{term['slug']}" for term in glossary()}
    for href in sorted(found):
        if href.startswith("#/lessons/") and href.count("/") == 3:
            assert href in sections
        elif href.startswith("#/glossary/"):
            assert href in terms
        elif href.startswith("#/explorer?model="):
            names = href.split("?")[1].replace("compare=", "model=").split("&")
            assert {name.split("=")[1] for name in names} <= set(list_models()), href
        elif not href.startswith(("#/visualizer?", "#/pooling?")):
            go(page, href)
            assert page.locator("main .problem:visible").count() == 0, href
            assert "no such page" not in page.locator("h1").first.text_content()


def test_tabs_work_by_keyboard_and_are_remembered(open_page):
    page = open_page(f"#/lessons/{SLUGS[0]}")
    tabs = page.locator('[role="tablist"]').first.locator('[role="tab"]')
    names = tabs.all_text_contents()
    assert names[:2] == ["foveal", "PyTorch"]
    tabs.first.focus()
    page.keyboard.press("ArrowRight")
    assert tabs.nth(1).get_attribute("aria-selected") == "true"
    chosen = page.locator('[role="tab"][aria-selected="true"]').all_text_contents()
    assert set(chosen[:2]) == {"PyTorch"}
    page.reload()
    page.wait_for_selector("html[data-ready]")
    assert tabs.nth(1).get_attribute("aria-selected") == "true"


def test_reading_a_section_is_remembered_and_can_be_forgotten(open_page):
    page = open_page(f"#/lessons/{SLUGS[0]}")
    ends = page.locator(".section-end")
    ends.nth(0).scroll_into_view_if_needed()
    page.locator(".toc a[data-read]").first.wait_for(state="attached")
    page.reload()
    page.wait_for_selector("html[data-ready]")
    assert page.locator(".toc a[data-read]").count() >= 1
    assert "/" in page.locator(f".side [data-lesson={SLUGS[0]}]").text_content()
    go(page, "#/lessons")
    page.get_by_role("button", name="Forget what I have read").click()
    assert page.locator(f".side [data-lesson={SLUGS[0]}]").text_content() == ""


def test_lessons_lead_to_the_next_and_the_last_to_the_check(open_page):
    page = open_page(f"#/lessons/{SLUGS[0]}")
    assert page.locator("a[rel=prev]").count() == 0
    for slug in SLUGS[1:]:
        page.locator("a[rel=next]").click()
        page.wait_for_url(f"**/#/lessons/{slug}")
        page.locator("html[data-ready]").wait_for()
        page.locator("a[rel=prev]").wait_for()
    assert page.locator("a[rel=next]").get_attribute("href") == "#/check"


def test_a_practice_question_checks_answers_and_draws_other_numbers(open_page):
    page = open_page("#/lessons")
    for slug in SLUGS:
        go(page, f"#/lessons/{slug}")
        if page.locator("foveal-practice").count():
            break
    box = page.locator("foveal-practice").first
    kind = box.get_attribute("data-kind")
    first, second = practice(kind, 0), practice(kind, 1)
    field, verdict = box.get_by_label("Your answer"), box.locator(".verdict")
    field.fill("eleven")
    field.press("Enter")
    assert verdict.text_content() == "Please write a number."
    field.fill(str(first["answer"] + 1))
    field.press("Enter")
    assert verdict.get_attribute("data-state") == "wrong"
    field.fill(f"{first['answer']:,}")
    field.press("Enter")
    assert verdict.get_attribute("data-state") == "right"
    box.get_by_role("button", name="Other numbers").click()
    page.wait_for_timeout(200)
    field.fill(str(second["answer"]))
    field.press("Enter")
    assert verdict.get_attribute("data-state") == "right"
    assert len(practice_kinds()) >= 4


def test_search_finds_words_in_lessons_and_marks_them(open_page):
    page = open_page("#/")
    page.get_by_label("Search the lessons").fill("stride padding")
    page.keyboard.press("Enter")
    page.locator(".hits li").first.wait_for()
    marked = {text.lower() for text in page.locator(".hits mark").all_text_contents()}
    assert marked == {"stride", "padding"}
    page.locator(".hits a").first.click()
    page.locator("html[data-ready]").wait_for()
    page.go_back()
    page.get_by_label("Words").fill("<img src=x onerror=alert(1)>")
    page.keyboard.press("Enter")
    page.get_by_text("No places for").wait_for()
    assert page.locator("main img").count() == 0
    page.locator("main").get_by_role("link", name="glossary").click()
    page.get_by_role("heading", name="Glossary").wait_for()


def test_excerpts_of_a_search_hold_whole_words(open_page):
    page = open_page("#/search?q=pixel")
    page.locator(".hits li").first.wait_for()
    known = {entry["href"]: entry["text"].split() for entry in search_index()}
    cut = 0
    for hit in page.locator(".hits li").all():
        words = known[hit.locator("a").get_attribute("href")]
        excerpt = hit.locator("p").text_content()
        cut += excerpt.endswith(" …")
        assert set(excerpt.split()) - {"…"} <= set(words), excerpt
    assert cut


def test_the_glossary_aims_at_a_term_and_filters(open_page):
    terms = glossary()
    page = open_page(f"#/glossary/{terms[-1]['slug']}")
    page.locator("dt.aimed").wait_for()
    assert page.locator("dt.aimed").text_content() == terms[-1]["term"]
    page.get_by_label("Find a term").fill("stride")
    assert page.locator(".terms > div:visible").count() < len(terms)


def test_takeaways_show_every_point(open_page):
    page = open_page("#/takeaways")
    assert page.locator("main .card").count() == len(takeaways())
    points = sum(len(one["points"]) for one in takeaways())
    assert page.locator("main .card li").count() == points


def test_code_can_be_copied(open_page):
    page = open_page(f"#/lessons/{SLUGS[0]}")
    box = page.locator(".code-box").first
    box.get_by_role("button", name="Copy").click()
    assert page.evaluate("navigator.clipboard.readText()") == box.locator("code").text_content()


def test_a_printed_lesson_leaves_out_what_paper_cannot_use(open_page):
    page = open_page(f"#/lessons/{SLUGS[0]}")
    page.emulate_media(media="print")
    for selector in (".top", ".side", ".toc", ".pager", ".code-box button", ".tabs"):
        assert page.locator(selector).first.is_hidden(), selector
    assert page.locator("article h1").is_visible()
