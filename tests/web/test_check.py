"""The knowledge check: by keyboard alone, kept over reloads, practised, reviewed and reset."""

from __future__ import annotations

import json

import pytest

from foveal.learn import knowledge_check

ROUTE = "#/check"


def seed_of(page) -> int:
    kept = page.evaluate("localStorage.getItem('foveal.check')")
    return json.loads(kept)["seed"] if kept else None


def start(open_page, seed: int, mode: str = "test"):
    page = open_page("#/")
    state = {"mode": mode, "seed": seed, "answers": {}, "at": 0, "only": None}
    page.evaluate("text => localStorage.setItem('foveal.check', text)", json.dumps(state))
    page.goto(page.opened_at + ROUTE)
    page.reload()
    page.locator("form.question").wait_for()
    return page


def press_until(page, key: str, selector: str) -> None:
    for _ in range(60):
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{selector} cannot be reached with {key}")


def answer_by_keyboard(page, index: int) -> None:
    press_until(page, "Tab", "input[name=choice]")
    page.keyboard.press("Space")
    for _ in range(index):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.locator(".reason").first.wait_for()


def test_the_whole_check_by_keyboard_with_a_reload_in_between(open_page):
    questions = knowledge_check(3)
    page = start(open_page, 3)
    chosen = [
        next(i for i, c in enumerate(q["choices"]) if c["correct"] == (place != 1))
        for place, q in enumerate(questions)
    ]
    for place, question in enumerate(questions):
        if place == 3:  # everything is kept
            page.reload()
            page.locator("form.question").wait_for()
            assert page.get_by_text("Question 4 of 6", exact=True).is_visible()
            assert page.locator(".dots li[data-state=right]").count() == 2
            assert page.locator(".dots li[data-state=wrong]").count() == 1
        answer_by_keyboard(page, chosen[place])
        said = page.locator("main p[role=status]").last.text_content()
        assert said.startswith("Right" if place != 1 else "Not quite. ")
        reasons = page.locator(".reason").count()
        assert reasons == (1 if place != 1 else 2)  # the one chosen, and the right one
        assert page.locator("input[name=choice]:not(:disabled)").count() == 0
        assert (page.locator(".see-links a").count() > 0) == bool(question["see"])
        press_until(page, "Tab", "button[type=submit]")
        page.keyboard.press("Enter")
    assert page.locator(".score").text_content() == "5 of 6"
    assert page.get_by_role("heading", name="To review").is_visible()
    page.reload()
    page.locator(".score").wait_for()
    assert page.locator(".score").text_content() == "5 of 6"


def test_one_question_to_review_is_practised_with_other_numbers(open_page):
    questions = knowledge_check(0)
    page = start(open_page, 0)
    for question in questions:
        right = next(i for i, c in enumerate(question["choices"]) if c["correct"])
        index = (right + 1) % len(question["choices"]) if question is questions[2] else right
        page.locator("input[name=choice]").nth(index).check()
        page.get_by_role("button", name="Check answer").click()
        page.locator("button[type=submit]").click()
    page.get_by_role("button", name="Practise these").click()
    page.get_by_text("Question 1 of 1").wait_for()
    assert seed_of(page) == 1
    again = next(q for q in knowledge_check(1) if q["id"] == questions[2]["id"])
    order = [i for i, c in enumerate(again["choices"]) if not c["correct"]]
    order += [i for i, c in enumerate(again["choices"]) if c["correct"]]
    for index in order[-3:]:  # two wrong tries, each with its reason, then the right one
        page.locator("input[name=choice]").nth(index).check()
        page.get_by_role("button", name="Check answer").click()
    assert page.locator(".answers .wrong").count() == 2
    assert page.locator(".answers .right").count() == 1
    page.get_by_role("button", name="See the result").click()
    assert page.locator(".score").text_content() == "0 of 1"


def test_every_choice_has_its_reason_on_the_page(open_page):
    page = start(open_page, 5, mode="practice")
    for question in knowledge_check(5):
        wrong = [i for i, c in enumerate(question["choices"]) if not c["correct"]]
        right = [i for i, c in enumerate(question["choices"]) if c["correct"]]
        for index in wrong + right:
            page.locator("input[name=choice]").nth(index).check()
            page.get_by_role("button", name="Check answer").click()
        assert page.locator(".reason").count() == len(question["choices"])
        page.locator("button[type=submit]").click()


def test_an_answer_must_be_chosen(open_page):
    page = start(open_page, 0)
    page.get_by_role("button", name="Check answer").click()
    assert page.get_by_text("Please choose an answer.").is_visible()
    assert page.locator(".reason").count() == 0


def test_it_can_be_reset_and_tried_again_with_a_fresh_order(open_page):
    page = start(open_page, 19)
    first = page.locator(".prompt").text_content()
    page.locator("input[name=choice]").first.check()
    page.get_by_role("button", name="Check answer").click()
    page.get_by_role("button", name="Reset").click()
    page.locator(".dots li[data-state=open]").nth(5).wait_for()
    assert seed_of(page) == 0
    assert page.locator(".prompt").text_content() != first


@pytest.mark.parametrize("kept", ["{", '"x"', '{"mode":"exam"}', '{"mode":"test","seed":99}'])
def test_damaged_progress_starts_anew(open_page, kept: str):
    page = open_page("#/")
    page.evaluate("text => localStorage.setItem('foveal.check', text)", kept)
    page.goto(page.opened_at + ROUTE)
    page.reload()
    page.get_by_text("Question 1 of 6", exact=True).wait_for()
