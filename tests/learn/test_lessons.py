"""The lessons as pages: complete, safe, and with links that lead somewhere."""

from __future__ import annotations

import html.parser
import re
from urllib.parse import parse_qs, urlsplit

import pytest

from foveal.errors import UnknownNameError, UsageError
from foveal.learn import (
    glossary,
    knowledge_check,
    lessons,
    pictures,
    practice,
    practice_kinds,
    search_index,
    sources,
    takeaways,
)
from foveal.learn.blocks import Place, block
from foveal.learn.links import address
from foveal.learn.markdown import render
from foveal.learn.numbers import computed
from foveal.learn.snippets import content
from foveal.models import list_models
from foveal.ops import KERNELS

LESSONS = lessons()
SECTIONS = [(lesson, section) for lesson in LESSONS for section in lesson.sections]
EVERYTHING = {
    **{f"{lesson.slug}/{section.slug}": section.html for lesson, section in SECTIONS},
    **{f"glossary/{entry['slug']}": entry["html"] for entry in glossary()},
    "takeaways": "".join(point for group in takeaways() for point in group["points"]),
    "check": "".join(
        text
        for question in knowledge_check(0)
        for text in (question["prompt"], *(c["html"] + c["reason"] for c in question["choices"]))
    ),
    "practice": "".join(
        question[part]
        for kind in practice_kinds()
        for question in [practice(kind, 1)]
        for part in ("prompt", "hint", "worked")
    ),
}
PATTERNS = [
    "vertical_edge",
    "horizontal_edge",
    "diagonal",
    "checkerboard",
    "cross",
    "circle",
    "gradient",
    "noise",
]
VISUALIZER = {
    "v": {"1"},
    "n": {str(n) for n in range(3, 13)},
    "pattern": set(PATTERNS),
    "kernel": set(KERNELS),
    "pad": {"valid", "same", "0", "1", "2", "3", "4"},
    "stride": {"1", "2", "3", "4"},
    "dil": {"1", "2", "3", "4"},
    "relu": {"0", "1"},
}
POOLING = {"v": {"1"}, "op": {"max", "average"}, "size": {"2"}, "stride": {"2"}}
KNOWN = {
    "lessons": {
        *((lesson.slug,) for lesson in LESSONS),
        *((lesson.slug, section.slug) for lesson, section in SECTIONS),
    },
    "source": {(page["slug"],) for page in sources()},
    "glossary": {(entry["slug"],) for entry in glossary()},
}
PLACES = {"#/channels", "#/gradient", "#/features", "#/check", "#/takeaways"}


class Tags(html.parser.HTMLParser):
    """Every tag with its attributes, and whether all that were opened are closed."""

    def __init__(self, text):
        super().__init__()
        self.found, self.open, self.wrong = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in ("img", "br", "hr"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


def links():
    found = [
        (where, attributes["href"])
        for where, text in EVERYTHING.items()
        for tag, attributes in Tags(text).found
        if tag == "a"
    ]
    entries = [*glossary(), *takeaways(), *knowledge_check(0)]
    return found + [("see", link["href"]) for entry in entries for link in entry["see"]]


def leads_somewhere(href):
    """Say whether the site has what an address names."""
    if href in PLACES or href.startswith("https://"):
        return True
    path, _, query = href.partition("?")
    state = {name: set(values) for name, values in parse_qs(query).items()}
    if path == "#/visualizer":
        return all(values <= VISUALIZER.get(name, set()) for name, values in state.items())
    if path == "#/pooling":
        state.pop("x", None)
        return all(values <= POOLING.get(name, set()) for name, values in state.items())
    if path == "#/explorer":
        return state.pop("model") | state.pop("compare", set()) <= set(list_models()) and not state
    if path == "#/channels":
        return not query
    parts = path.split("/")[1:]
    return tuple(parts[1:]) in KNOWN.get(parts[0], set())


def test_there_are_four_lessons_that_take_about_an_hour():
    assert [lesson.slug for lesson in LESSONS] == [
        "images-as-arrays",
        "convolution-and-pooling",
        "architectures",
        "transfer-learning",
    ]
    assert all(10 <= lesson.minutes <= 22 for lesson in LESSONS)
    assert 52 <= sum(lesson.minutes for lesson in LESSONS) <= 70


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.slug)
def test_a_lesson_has_key_points_pitfalls_practice_and_a_summary(lesson):
    whole = "".join(section.html for section in lesson.sections)
    assert whole.count('class="key-points"') == 1
    assert whole.count('class="pitfalls"') == 1
    assert whole.count('class="practice"') >= 3
    assert whole.count("<foveal-tabs>") >= 6
    assert whole.count("<foveal-figure") + whole.count('class="numbers"') >= 3
    assert 40 < len(lesson.summary) < 260


def test_there_are_at_least_twelve_practice_questions_with_hint_and_answer():
    whole = "".join(section.html for _, section in SECTIONS)
    count = whole.count('<div class="practice"')
    assert count >= 16
    assert whole.count('<details class="hint">') == whole.count('<details class="answer">') == count


def test_every_kind_of_drawn_question_is_asked_somewhere():
    whole = "".join(section.html for _, section in SECTIONS)
    assert set(re.findall(r'data-kind="(\w+)" data-question', whole)) == set(practice_kinds())


def test_every_link_leads_somewhere():
    wrong = [(where, href) for where, href in links() if not leads_somewhere(href)]
    assert not wrong
    assert len(links()) > 60


def test_control_wrong_links_are_noticed():
    assert not leads_somewhere("#/lessons/architectures/vgg-19")
    assert not leads_somewhere("#/visualizer?v=1&kernel=sobel")
    assert not leads_somewhere("#/explorer?model=resnet5")
    assert not leads_somewhere("#/source/models-secret")


@pytest.mark.parametrize("where", EVERYTHING)
def test_the_markup_is_whole_and_allows_what_the_policy_of_the_site_allows(where):
    tags = Tags(EVERYTHING[where])
    assert not tags.wrong
    assert not tags.open
    for tag, attributes in tags.found:
        assert tag not in ("script", "style", "iframe", "object", "h1", "h2")
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        source = attributes.get("src", "")
        assert not source or source.removeprefix("data/pictures/") in pictures()


def test_ids_are_unique_on_a_lesson_and_begin_with_their_section():
    for lesson in LESSONS:
        seen = []
        for section in lesson.sections:
            ids = [a["id"] for _, a in Tags(section.html).found if "id" in a]
            assert all(name.startswith(f"{section.slug}-") for name in ids)
            seen += [section.slug, *ids]
        assert len(set(seen)) == len(seen)


def test_markup_in_content_is_shown_and_not_obeyed():
    assert "<script" not in render("<script>alert(1)</script>\n\n<b onclick=x>hi</b>")
    assert "&lt;b onclick=x&gt;" in render("<b onclick=x>hi</b>")
    note = block('note title="<i>"', "<img src=x onerror=y>", Place("lesson", "section"))
    assert "<img" not in note
    assert "<i>" not in note


@pytest.mark.parametrize(
    "target", ["javascript:alert(1)", "http://example.org", "data:text/html,x"]
)
def test_links_of_other_kinds_are_refused(target):
    with pytest.raises(UsageError, match=r"a link must begin with https:// or one of"):
        render(f"[x]({target})")


def test_a_source_file_that_is_not_listed_is_refused():
    with pytest.raises(UnknownNameError, match=r"unknown source file 'models/vgg16.py'; did you"):
        address("source:models/vgg16.py")


def test_pictures_are_what_their_figures_say_and_small():
    import io

    from PIL import Image

    from foveal.learn.pictures import PICTURES

    for name, make in pictures().items():
        data = make()
        assert len(data) < 120_000
        assert Image.open(io.BytesIO(data)).size == (PICTURES[name].width, PICTURES[name].height)
        assert len(PICTURES[name].alt) > 60


def test_numbers_in_the_text_are_worked_out():
    assert computed("=conv_parameters(32, 64, 3)") == "18,496"
    assert computed("==conv_output_size(32, 3)") == "⌊(32 + 2·0 − 3) / 1⌋ + 1 = 30"
    assert computed("=receptive_field((3, 1), (3, 1), (3, 1))") == "7"


@pytest.mark.parametrize(
    "call", ["=__import__('os')", "=open('x')", "=parameters(name)", "=1 + 1", "=shapes.x(1)"]
)
def test_only_known_functions_with_plain_arguments_are_called(call):
    with pytest.raises(UsageError, match=r"must be a call such as conv_output_size\(28, 5\)"):
        computed(call)


def test_a_number_without_a_formula_cannot_be_explained():
    with pytest.raises(UsageError, match="needs a number that explains itself"):
        computed('==parameters("vgg16")')


def test_an_unknown_fence_or_word_is_refused():
    with pytest.raises(UsageError, match=r"a fence must be one of .* got 'remark'"):
        block("remark", "text", Place("lesson", "section"))
    with pytest.raises(UsageError, match="words after a fence must be name=value"):
        block("note loud", "text", Place("lesson", "section"))
    with pytest.raises(UsageError, match="must have --- hint and --- answer"):
        block("practice title=x", "a question", Place("lesson", "section"))


def test_the_glossary_has_the_words_of_the_field_in_order():
    entries = glossary()
    assert len(entries) >= 60
    names = [entry["term"].lower() for entry in entries]
    assert names == sorted(names)
    assert len(set(names)) == len(names)
    assert all(25 < len(entry["html"]) < 500 for entry in entries)


def test_the_search_finds_sections_terms_and_takeaways():
    entries = search_index()
    assert {entry["kind"] for entry in entries} == {"lesson", "glossary", "takeaway"}
    assert all(entry["text"] and "<" not in entry["href"] for entry in entries)
    assert not [entry for entry in entries if not leads_somewhere(entry["href"])]
    assert any("degradation" in entry["text"].lower() for entry in entries)


def test_takeaways_cover_every_lesson():
    groups = takeaways()
    assert len(groups) == 4
    assert all(len(group["points"]) >= 4 and len(group["see"]) >= 2 for group in groups)


def test_source_pages_show_the_files_as_they_are():
    import html
    from importlib import resources

    for page in sources():
        text = html.unescape(re.sub(r"<[^>]+>", "", page["html"]))
        file = resources.files("foveal") / page["path"].removeprefix("foveal/")
        assert text == file.read_text("utf-8")


def test_no_sentence_is_left_unfinished_in_the_content():
    for name in ("images-as-arrays", "convolution-and-pooling", "architectures", "glossary"):
        assert not re.search(r"\b(TODO|FIXME|XXX|lorem)\b", content(f"{name}.md"))


def test_addresses_of_presets_stay_short():
    assert all(len(href) < 300 for _, href in links())
    assert all(not urlsplit(href).query for _, href in links() if href.startswith("https://"))
