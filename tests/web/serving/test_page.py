"""The page of the server in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from foveal.web.serving.guard import Access
from web.serving.conftest import SMALL, png, serving


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page that fails the test on an error of the console or a request to somebody else."""
    context = browser.new_context(viewport={"width": 1100, "height": 900})
    made = context.new_page()
    made.set_default_timeout(15_000)
    said: list[str] = []
    made.on("console", lambda m: said.append(m.text) if m.type in ("error", "warning") else None)
    made.on("pageerror", lambda error: said.append(str(error)))
    asked: list[str] = []
    made.on("request", lambda request: asked.append(request.url))
    yield made
    context.close()
    assert said == []
    assert asked
    assert all(re.match(r"http://127\.0\.0\.1:\d+/", address) for address in asked)


def open_docs(page: Any, port: int) -> None:
    page.goto(f"http://127.0.0.1:{port}/")
    page.wait_for_selector("html[data-ready]")


def name_them(page: Any, delay: float = 0) -> Any:
    """Press the button for some milliseconds and return the cards, or fail with the sentence that
    came instead.
    """
    page.get_by_role("button", name="Name them").click(delay=delay)
    page.locator("article.answer, #status.failed").first.wait_for()
    cards = page.locator("article.answer")
    assert cards.count(), page.get_by_role("status").inner_text()
    return cards


def photo(name: str, colour: str) -> dict[str, Any]:
    return {"name": name, "mimeType": "image/png", "buffer": png(colour)}


def test_a_newcomer_names_photos_and_sees_the_same_command(page, server):
    open_docs(page, server.port)
    assert page.url.endswith("/docs")
    assert "12 classes (A red" in page.locator("#about").inner_text()
    page.set_input_files("#files", [photo("one.png", "red"), photo("two's.png", "blue")])
    assert "-F 'images=@two'\\''s.png'" in page.locator("#curl").inner_text()
    page.get_by_label("Names each").fill("2")
    cards = name_them(page)
    assert "A red" in cards.nth(0).inner_text()
    assert "A blue" in cards.nth(1).inner_text()
    assert cards.nth(0).get_by_role("meter").count() == 2
    assert "Answered in" in page.get_by_role("status").inner_text()


def test_what_cannot_be_read_is_said_where_it_belongs(page, server):
    open_docs(page, server.port)
    bad = {"name": "<b>bad</b>.png", "mimeType": "image/png", "buffer": b"no photo"}
    page.set_input_files("#files", [photo("good.png", "red"), bad])
    cards = name_them(page)
    assert "not a JPEG" in cards.nth(1).inner_text()
    assert "<b>bad</b>.png" in cards.nth(1).inner_text()
    page.get_by_role("button", name="Name them").focus()


def test_every_address_and_type_is_drawn(page, server):
    open_docs(page, server.port)
    for path in ("/v1/predict", "/v1/model", "/health", "/metrics"):
        assert page.locator("details.operation summary", has_text=path).count() == 1
    assert "429" in page.locator("#operations").inner_text()
    page.locator("#schemas summary", has_text="Predictions").click()
    assert "list of ImageAnswer" in page.locator("#schemas").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1100])
def test_the_page_is_accessible_and_fits(page, server, scheme, width):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 800})
    open_docs(page, server.port)
    page.set_input_files("#files", [photo("one.png", "red")])
    name_them(page)
    found = axe.Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_token_is_asked_for_where_it_is_needed(browser, model):
    with serving(model, SMALL, Access(token="sesame")) as made:
        context = browser.new_context()
        page = context.new_page()
        open_docs(page, made.port)
        assert "token is missing" in page.locator("#about").inner_text()
        page.get_by_label("Token").fill("sesame")
        page.set_input_files("#files", [photo("one.png", "red")])
        name_them(page, delay=300)  # longer than the server needs to say what it serves
        assert "12 classes" in page.locator("#about").inner_text()
        assert '"Authorization: Bearer $TOKEN"' in page.locator("#curl").inner_text()
        context.close()
