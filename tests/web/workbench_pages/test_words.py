"""The arithmetic and the words behind the pages, in the browser's own engine."""

from __future__ import annotations

import pytest


@pytest.fixture
def ask(open_page):
    page = open_page("#/")

    def asked(module: str, expression: str):
        return page.evaluate(
            f"import(new URL('math/{module}.js', document.baseURI)).then(m => ({expression}))"
        )

    return asked


def epoch(number: int, accuracy: float, phase: str = "head") -> str:
    return f"{{event: 'epoch', epoch: {number}, validation_accuracy: {accuracy}, phase: '{phase}'}}"


def test_epochs_heard_again_after_going_on_replace_what_was_heard(ask):
    events = [epoch(1, 0.1), epoch(2, 0.2), epoch(3, 0.3)]
    again = ["{event: 'started', resumed: true}", epoch(2, 0.25)]
    rows = ask(
        "training",
        f"m.shownRows(m.hear(m.hear(m.START, [{','.join(events)}]), [{','.join(again)}]))",
    )
    assert [(row["epoch"], row["validation_accuracy"]) for row in rows] == [(1, 0.1), (2, 0.25)]


def test_the_epochs_of_blocks_take_the_place_of_those_of_the_head(ask):
    events = [epoch(1, 0.1), epoch(2, 0.2), epoch(1, 0.7, "fine-tune")]
    rows = ask("training", f"m.shownRows(m.hear(m.START, [{','.join(events)}]))")
    assert [row["validation_accuracy"] for row in rows] == [0.7]


def test_a_training_that_began_anew_forgets_what_it_said(ask):
    events = [epoch(1, 0.1), "{event: 'started', resumed: false}"]
    assert ask("training", f"m.shownRows(m.hear(m.START, [{','.join(events)}]))") == []


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "1 s"), (89, "89 s"), (125, "2 min"), (5340, "89 min"), (5400, "1 h 30 min")],
)
def test_seconds_become_words(ask, seconds, words):
    assert ask("training", f"m.duration({seconds})") == words


def test_a_figure_that_is_not_defined_is_not_called_zero(ask):
    assert ask("scores", "[m.percent(null), m.percent(0), m.percent(1)]") == [
        "not defined",
        "0.0 %",
        "100.0 %",
    ]


def test_accuracy_is_told_with_its_interval(ask):
    split = "{n: 10, accuracy: 0.8, accuracy_ci95: [0.49, 0.943], confusion: [[4, 1], [1, 4]]}"
    assert ask("scores", f"m.accuracyWords({split}, 'test')") == (
        "8 of 10 test photos were named rightly: 80.0 %. On many more such photos it would be "
        "between 49 % and 94 % (95 % interval)."
    )


def test_confused_pairs_come_most_often_first(ask):
    pairs = ask("scores", "m.confusedPairs(['a', 'b', 'c'], [[5, 1, 0], [0, 4, 3], [0, 0, 2]])")
    assert [(one["actual"], one["predicted"], one["n"]) for one in pairs] == [
        ("b", "c", 3),
        ("a", "b", 1),
    ]


@pytest.mark.parametrize(
    ("at", "words"),
    [(0, "at the upper left"), (4, "in the middle"), (5, "at the right"), (7, "at the bottom")],
)
def test_the_strongest_place_is_named(ask, at, words):
    values = [0.0] * 9
    values[at] = 1.0
    assert ask("scores", f"m.placeWords({values}, 3, 3)") == words
    assert ask("scores", "m.placeWords([0, 0, 0, 0], 2, 2)") == "nowhere"


def test_brightness_of_the_heat_colours_grows_all_the_way(ask):
    colours = ask("scores", "Array.from({length: 21}, (_, i) => m.heatColour(i / 20))")
    light = [0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in colours]
    assert light == sorted(light)


def test_folders_become_classes(ask):
    paths = [
        *("pets/cats/1.jpg", "pets/cats/old/2.PNG", "pets/dogs/3.heic", "pets/notes.txt"),
        *("pets/4.jpg", "pets/.git/5.jpg", "pets/dogs/.hidden.jpg", "pets/train/birds/6.jpg"),
    ]
    files = [f"{{path: '{path}', name: '{path.split('/')[-1]}'}}" for path in paths]
    found = ask(
        "folders",
        f"(({{classes, outside, others}}) => [[...classes].map(([name, many]) => "
        f"[name, many.length]), outside.length, others.length])(m.byClass([{','.join(files)}]))",
    )
    assert found == [[["cats", 2], ["dogs", 1], ["birds", 1]], 1, 3]
