import base64
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from evaluation.example_report import HOSTILE, evaluation, history, hostile_data, report_data
from foveal.errors import ImageError
from foveal.evaluation import Evaluation, render_report
from foveal.evaluation.markup import escaped

JPEG = b"\xff\xd8 not really a photo"


class Page(HTMLParser):
    """The tags, attributes and words of a page, and whether every tag is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.open: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "link", "img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def sections(self) -> list[str | None]:
        return [attributes["id"] for attributes in self.all("section")]


def rendered(data: object, thumbnail: object = lambda path: JPEG) -> Page:
    return Page(render_report(data, thumbnail=thumbnail))  # type: ignore[arg-type]


def test_the_report_says_everything_it_promises():
    page = rendered(report_data())
    assert page.sections == [
        *("result", "next", "mistakes", "confusion", "classes"),
        *("confidence", "learning", "photos", "time", "reproduce"),
    ]
    for words in (
        "of every 100 photos it had never seen were named correctly",
        "With 120\N{NO-BREAK SPACE}photos the true figure very likely lies between",
        "Add photos of ants.",
        "two photos are the same",
        "truncated JPEG",
        "foveal train photos/ --seed 0",
        "efficientnet_lite2",
        "divided by 1.25",
        "14\N{NO-BREAK SPACE}s from start to end",
    ):
        assert words in page.words


def test_the_report_asks_for_nothing_from_outside():
    text = render_report(report_data(), thumbnail=lambda path: JPEG)
    policy = next(m for m in Page(text).all("meta") if "http-equiv" in m)
    assert policy["content"] == (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    outside = re.sub(r"http://www\.w3\.org/2000/svg", "", text)
    assert not re.search(r"https?:|//[a-z]|@import|url\(", outside.split("<main>")[0])
    for attributes in (a for _, a in Page(text).tags):
        for key in ("src", "href"):
            assert (attributes.get(key) or "#").startswith(("#", "data:image/"))


def test_hostile_names_stay_text():
    text = render_report(hostile_data(), thumbnail=lambda path: JPEG)
    text.encode()  # lone surrogates would fail here
    page = Page(text)
    assert page.all("script") == []
    assert not any(key.startswith("on") for _, a in page.tags for key in a)
    assert all((a["src"] or "").startswith("data:image/jpeg") for a in page.all("img"))
    assert "<script>alert(1)</script>" in page.words
    assert "\u202e" not in text
    assert str(escaped(HOSTILE[1])) in text


def test_every_id_is_there_once_and_every_link_leads_somewhere():
    page = rendered(report_data())
    ids = [a["id"] for _, a in page.tags if "id" in a]
    assert len(ids) == len(set(ids))
    for link in page.all("a"):
        assert (link["href"] or "")[1:] in ids


def test_every_picture_has_words_and_every_table_a_caption():
    page = rendered(report_data(tuple("abcdefghijklmnopqrst"), 200))
    for svg in page.all("svg"):
        assert svg.get("aria-hidden") == "true" or svg.get("aria-labelledby")
    assert all(img["alt"] for img in page.all("img"))
    assert len(page.all("table")) == len(page.all("caption"))
    assert all(th["scope"] in ("row", "col") for th in page.all("th"))


def test_a_photo_that_is_gone_is_replaced_by_the_reason(tmp_path: Path):
    (tmp_path / "test").mkdir()
    data = report_data(("x", "y"), 40, image_root=tmp_path)
    wrong = evaluation(("x", "y"), 40, skill=0)
    page = Page(render_report(replace(data, evaluations={"test": wrong})))
    assert page.all("img") == []
    assert "No picture: " in page.words
    assert "No such file" in page.words


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ImageError("a.jpg", "truncated JPEG", "export it again"), "No picture: truncated JPEG"),
        (PermissionError(13, "Permission denied"), "No picture: permission denied"),
        (RuntimeError(), "No picture: RuntimeError"),
        (ValueError("<script>"), "No picture: <script>"),
    ],
)
def test_whatever_the_decoder_raises_the_report_is_made(error: Exception, words: str):
    def fails(path: Path) -> bytes:
        raise error

    worse = {"test": evaluation(("ants", "bees"), 40, skill=0)}
    assert words in rendered(report_data(evaluations=worse), fails).words


def test_real_photos_are_shown_without_their_metadata(tmp_path: Path):
    exif = Image.Exif()
    exif[0x010E] = "SECRET PLACE"
    Image.new("RGB", (640, 480), (200, 30, 30)).save(tmp_path / "a.jpg", exif=exif)
    rows = np.array([[0.9, 0.1]], dtype=np.float32)
    one = Evaluation("test", ("ants", "bees"), ("a.jpg",), np.array([1]), rows)
    text = render_report(report_data(evaluations={"test": one}, image_root=tmp_path))
    source = Page(text).all("img")[0]["src"] or ""
    assert source.startswith("data:image/jpeg;base64,/9j/")
    assert len(source) < 40_000
    assert b"SECRET" not in base64.b64decode(source.split(",")[1])


def test_no_mistakes_are_told_as_such():
    perfect = {"test": evaluation(("ants", "bees"), 30, skill=50)}
    page = rendered(report_data(evaluations=perfect))
    assert "All 30 photos it had never seen were named correctly." in page.words
    assert "every one of the 30\N{NO-BREAK SPACE}photos was named correctly" in page.words
    assert "No class was taken for another." in page.words
    assert page.all("img") == []


def test_without_a_test_split_the_report_is_about_validation():
    results = {"validation": evaluation(("ants", "bees"), 50, split="validation")}
    words = rendered(report_data(evaluations=results)).words
    assert "held back from training were named correctly" in words
    assert "A separate test split would give a stricter figure." in words


def test_an_empty_test_split_falls_back_to_validation():
    results = {
        "validation": evaluation(("ants", "bees"), 50, split="validation"),
        "test": evaluation(("ants", "bees"), 0),
    }
    assert "held back from training" in rendered(report_data(evaluations=results)).words


def test_nothing_measured_is_said_and_nothing_is_drawn():
    page = rendered(report_data(evaluations={}, history=[], timing={}, next_steps=[]))
    assert "how good it is has not been measured" in page.words
    assert page.sections == ["result", "photos", "reproduce"]


@pytest.mark.parametrize("classes", [2, 15, 16, 60, 61, 1000])
def test_two_to_a_thousand_classes_make_a_page_of_reasonable_size(classes: int):
    names = tuple(f"class {i}" for i in range(classes))
    text = render_report(report_data(names, 2 * classes), thumbnail=lambda path: JPEG)
    assert len(text) < 60_000 + 1500 * classes
    assert ('<table class="matrix' in text) == (classes <= 15)
    assert ("drawing heatmap" in text) == (classes > 15)
    Page(text)


def test_a_classifier_no_better_than_a_constant_answer_is_told_so():
    guess = {"test": evaluation(("ants", "bees"), 40, skill=0)}
    assert "not clearly better than always" in rendered(report_data(evaluations=guess)).words
    assert "not clearly better than always" not in rendered(report_data()).words


def test_one_epoch_is_drawn_as_dots():
    text = render_report(report_data(history=history(1), best_epoch=1))
    assert 'class="lonely train"' in text
    assert "through the photos once" in text
    assert 'class="curve train"' not in text.split('id="learning"')[1].split("accuracy-curve")[1]


def test_missing_values_leave_a_gap_in_the_curve():
    rows = history(9)
    rows[4]["train_loss"] = None
    rows[5]["train_loss"] = float("nan")
    text = render_report(report_data(history=rows))
    loss = text.split('id="loss-curve-title"')[1].split("</svg>")[0]
    assert loss.count('class="curve train"') == 2
    assert ">nan<" not in text


def test_a_history_without_accuracy_shows_the_loss_only():
    rows = [{"epoch": r["epoch"], "train_loss": r["train_loss"]} for r in history(4)]
    text = render_report(report_data(history=rows))
    assert "loss-curve" in text
    assert "accuracy-curve" not in text


def test_a_class_without_photos_has_undefined_scores_not_zero():
    rows = np.tile(np.array([0.9, 0.1, 0], dtype=np.float32), (4, 1))
    result = Evaluation("test", ("a", "b", "c"), tuple("1234"), np.array([0, 0, 0, 0]), rows)
    words = rendered(report_data(("a", "b", "c"), evaluations={"test": result})).words
    assert "not defined" in words


def test_parts_that_ran_side_by_side_are_explained():
    words = rendered(report_data()).words
    assert "Parts ran side by side" in words
    apart = report_data(timing={"decode_seconds": 2.0, "total_seconds": 9.0})
    assert "Everything else" in rendered(apart).words
    assert "side by side" not in rendered(apart).words


def test_the_same_data_makes_the_same_bytes():
    first, second = (render_report(report_data(), thumbnail=lambda path: JPEG) for _ in range(2))
    assert first == second


def test_importing_evaluation_imports_neither_pytorch_nor_opencv_nor_matplotlib():
    code = (
        "import sys, foveal.evaluation; "
        "print([m for m in ('torch', 'cv2', 'matplotlib', 'sklearn') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("settings", "name"),
    [({"from_scratch": "lenet5"}, "Training the network"), ({}, "Fine-tuning the network")],
)
def test_the_time_of_a_network_from_scratch_is_not_called_fine_tuning(settings, name):
    timing = {"finetune_seconds": 9.0, "total_seconds": 9.0}
    words = rendered(report_data(timing=timing, settings=settings)).words
    assert [n for n in ("Training the network", "Fine-tuning the network") if n in words] == [name]
