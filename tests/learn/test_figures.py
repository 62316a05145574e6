"""Every figure that the lessons quote, worked out or compared with where it was measured."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from foveal.errors import UnknownNameError
from foveal.learn.elements import Html
from foveal.learn.figures import figure
from foveal.learn.figures.networks import stored
from foveal.learn.lessons import lessons
from foveal.learn.markdown import plain
from foveal.learn.measured import measured, measurements
from foveal.learn.snippets import outputs
from foveal.models import architecture
from foveal.ops import convolve2d
from foveal.ops.shapes import conv_parameters, dense_parameters

REPOSITORY = Path(__file__).resolve().parent.parent.parent
TEXT = {
    lesson.slug: " ".join(s.html for s in lesson.sections).replace("\N{NO-BREAK SPACE}", " ")
    for lesson in lessons()
}


def test_measured_figures_are_those_of_the_measurements_page():
    page = (REPOSITORY / "docs" / "measurements.md").read_text("utf-8")
    missing = {
        name: found.text
        for name, found in measurements().items()
        if "docs/measurements.md" in found.source
        and not re.search(rf"(?<![\d.,]){re.escape(found.text.removesuffix(' ×'))}(?![\d])", page)
    }
    assert not missing


def test_every_measured_figure_has_conditions_and_is_used():
    whole = json.dumps(TEXT, ensure_ascii=False)
    for name, found in measurements().items():
        assert len(found.source) > 40
        assert found.text in whole, name


def test_an_unknown_measured_figure_is_refused():
    with pytest.raises(UnknownNameError, match="unknown measured figure 'speed'"):
        measured("speed")


def test_what_is_said_about_networks_is_what_the_summary_says():
    from foveal.learn import run_networks

    assert stored()["layers"] == {n: run_networks.layers_of(n) for n in run_networks.LISTED}
    assert stored()["blocks"] == {n: run_networks.blocks_of(n) for n in run_networks.BY_BLOCK}


def test_listed_layers_add_up_to_the_network():
    for name, layers in stored()["layers"].items():
        assert sum(layer["parameters"] for layer in layers) == architecture(name).parameters


def test_deep_plain_networks_were_harder_to_train_than_residual_ones():
    depth = stored()["depth"]
    assert depth["plain"][-1] > 1.5 * depth["residual"][-1]
    assert depth["plain"][-1] > depth["plain"][0]
    assert "SGD" in depth["conditions"]
    assert "seeds" in depth["conditions"]


def test_speeds_were_measured_for_every_network_of_the_table():
    speeds = stored()["speed"]["images_per_second"]
    assert all(speed > 0 for speed in speeds.values())
    assert speeds["mobilenet_v2"] > 3 * speeds["vgg16"]
    assert "core" in stored()["speed"]["conditions"]


def test_numbers_typed_into_the_text_are_right():
    vgg = architecture("vgg16").parameters
    convolutions = sum(
        conv_parameters(i, o, 3)
        for i, o in zip(
            (3, 64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512),
            (64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512),
            strict=True,
        )
    )
    assert convolutions == 14_714_688
    assert "14,714,688" in TEXT["architectures"]
    assert round((vgg - convolutions) / vgg * 100) == 89
    assert "89 %" in TEXT["architectures"]
    assert 2 * conv_parameters(256, 256, 3, bias=False) == 1_179_648
    narrow = conv_parameters(256, 64, 1, bias=False) + conv_parameters(64, 256, 1, bias=False)
    assert narrow + conv_parameters(64, 64, 3, bias=False) == 69_632
    assert "1,179,648" in TEXT["architectures"]
    assert "69,632" in TEXT["architectures"]
    mobile, resnet = architecture("mobilenet_v2"), architecture("resnet50")
    assert round(resnet.macs / mobile.macs) == 14
    assert "fourteenth" in TEXT["architectures"]
    assert 39 < vgg / mobile.parameters < 40
    assert 50 < architecture("vgg16").macs / mobile.macs < 52
    assert resnet.parameters < vgg / 5
    assert 4.8 < resnet.parameters / architecture("efficientnet_b0").parameters < 5
    assert dense_parameters(7 * 7 * 512, 1).real - 1 == 25_088
    assert "25,088" in TEXT["architectures"]
    assert 7.8 < conv_parameters(32, 64, 3, bias=False) / (288 + 2048) < 8


def test_the_worked_examples_are_right():
    kernel = [[-1, 0, 1]] * 3
    assert (convolve2d([[10, 10, 10, 0, 0]] * 5, kernel) == [[0, -30, -30]] * 3).all()
    assert (convolve2d([[0, 0, 0, 255, 255, 255]] * 6, kernel) == [[0, 765, 765, 0]] * 4).all()
    assert (np.full(1, 200, np.uint8) + np.full(1, 100, np.uint8)).item() == 44
    assert "eleven points" in plain(TEXT["images-as-arrays"])
    right, wrong = (float(measured(f"preprocess_{n}").text[:-2]) for n in ("right", "wrong"))
    assert round(right - wrong) == 11


def test_keras_and_pytorch_count_what_the_lessons_say():
    shown = outputs("architectures")
    assert "816,938 in all, 1,408" in shown["custom/keras"]
    assert "138,357,544" in shown["vgg/keras"]
    assert "14,714,688" in shown["vgg/keras"]
    assert "329,221 of 2,587,205" in outputs("transfer-learning")["freeze/keras"]


def test_a_step_is_written_out_so_that_it_adds_up():
    made = figure("step", Html("x"), {})
    left, right = plain(re.search(r'class="sum">(.+?)</p>', made)[1]).split(" = ")
    terms = [term.strip("()").replace("−", "-") for term in re.split(r"·| \+ ", left)]
    values = [int(t.strip("()")) for t in terms]
    products = [a * b for a, b in zip(values[::2], values[1::2], strict=True)]
    assert sum(products) == int(right)


def test_an_unknown_figure_is_refused():
    with pytest.raises(UnknownNameError, match="unknown figure 'steps'; did you mean 'step'"):
        figure("steps", Html(""), {})
    with pytest.raises(UnknownNameError, match="unknown table of results 'bees'"):
        figure("results", Html(""), {"rows": "bees"})
