"""Words in pictures: names are written by people, in every alphabet and with every key."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageFont

from foveal.explain import lettering
from foveal.explain.lettering import fitted, lettered
from foveal.explain.sheet import EDGE, Panel, draw_sheet


@pytest.fixture
def no_system_fonts(monkeypatch):
    monkeypatch.setattr(lettering, "_SYSTEM_FONTS", ())


@pytest.fixture
def dejavu():
    try:
        return ImageFont.truetype("DejaVuSans.ttf", 16)
    except OSError:
        pytest.skip("needs the font DejaVu Sans")


def test_plain_names_keep_pillow_s_own_font():
    line, face = lettered("tulip 3.jpg", 16)
    assert line == "tulip 3.jpg"
    assert face.getname()[0] == "Aileron"


@pytest.mark.parametrize("name", ["Gänseblümchen", "Ромашка", "μέλισσα", "cœur ≥ 2"])
def test_letters_beyond_ascii_are_drawn_in_a_font_that_has_them(dejavu, name):
    line, face = lettered(name, 16)
    assert (line, face.getname()[0]) == (name, "DejaVu Sans")


def test_a_letter_and_its_accent_are_put_together(dejavu):
    assert lettered("u\u0308ber", 16)[0] == "über"


def test_a_letter_that_no_font_has_is_written_as_its_number(no_system_fonts):
    assert lettered("a 花", 16)[0] == "a \\u82b1"
    assert lettered("\U0001f33b", 16)[0] == "\\U0001f33b"
    assert lettered("bad\udcff", 16)[0] == "bad\\udcff"


def test_what_cannot_be_seen_becomes_a_space():
    assert lettered("two\nlines\u202e", 16)[0] == "two lines "


def test_a_text_is_shortened_until_it_fits():
    line, face = fitted("a rather long name.jpg", 90, 16)
    assert line.endswith("...")
    assert face.getlength(line) <= 90
    assert fitted("short", 90, 16)[0] == "short"


def test_names_with_line_breaks_and_other_alphabets_fit_on_a_sheet():
    white = np.full((40, 40, 3), 255, np.uint8)
    sheet = draw_sheet("a\nb 花 \udcff", [Panel(white, "花\n", "ü")])
    assert sheet.width > 80


def test_a_white_picture_has_an_edge_on_the_white_paper():
    sheet = draw_sheet("", [Panel(np.full((40, 40, 3), 255, np.uint8))])
    colours = Image.Image.getcolors(sheet, 10_000)
    assert (4 * 41, EDGE) in colours
