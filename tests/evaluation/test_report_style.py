"""The colours of the report, by the arithmetic of WCAG 2.2."""

import re
from importlib import resources

import pytest

CSS = resources.files("foveal.evaluation").joinpath("report.css").read_text("utf-8")
ROOTS = [
    dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", block))
    for block in re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)
]
THEMES = dict(zip(("light", "dark", "print"), ROOTS, strict=True))
SHADES = [f"{kind}-{level}" for kind in ("right", "wrong") for level in range(1, 6)]


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * c for c in colour[1:])
    channels = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def blend(colour: str, paper: str, opacity: float) -> str:
    pairs = [(int(colour[i : i + 2], 16), int(paper[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a * opacity + b * (1 - opacity)):02x}" for a, b in pairs)


def test_black_on_white_has_the_contrast_everyone_knows():
    assert contrast("#000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("theme", list(THEMES))
def test_every_text_stands_out_from_what_it_is_written_on(theme: str):
    colours = THEMES[theme]
    written = [("ink", p) for p in ("paper", "card", "faint", *SHADES)]
    written += [("soft", p) for p in ("paper", "card", "faint")]
    written += [(c, p) for c in ("right", "wrong") for p in ("paper", "faint")]
    weak = {pair: contrast(colours[pair[0]], colours[pair[1]]) for pair in written}
    assert {pair: value for pair, value in weak.items() if value < 4.5} == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_mark_in_a_chart_stands_out_from_the_page(theme: str):
    colours = THEMES[theme]
    drawn = [(c, p) for c in ("right", "wrong", "soft") for p in ("paper", "card")]
    drawn += [("right", s) for s in SHADES[:5]]  # the frame of a right cell
    weak = {pair: contrast(colours[pair[0]], colours[pair[1]]) for pair in drawn}
    assert {pair: round(value, 2) for pair, value in weak.items() if value < 3} == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_palest_mark_of_the_large_matrix_can_still_be_seen(theme: str):
    opacity = float(re.search(r"\.heatmap \.level-1 \{ opacity: ([.\d]+)", CSS)[1])  # type: ignore[index]
    colours = THEMES[theme]
    for kind in ("right", "wrong"):
        assert contrast(blend(colours[kind], colours["card"], opacity), colours["card"]) >= 3


def test_the_style_sheet_asks_for_nothing_from_outside():
    assert not re.search(r"url\(|@import|https?:|@font-face", CSS)
    assert "</" not in CSS
