"""``foveal compare``: networks side by side, with the conditions of every number."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from foveal.cli.compare import Compare, rate
from foveal.errors import UnknownNameError, UsageError
from foveal.models import list_models
from foveal.models.hub_table import HUB_WEIGHTS
from foveal.runtime.backends import Images, Outputs
from foveal.workflow.describe import BATCH, compare, images_per_second


class Counting:
    """A backend that only counts what it is given."""

    name = "counting"
    batch: int | None = BATCH

    def __init__(self) -> None:
        self.warm_ups = self.images = 0

    def run(self, images_NHWC: Images) -> Outputs:
        self.warm_ups += len(images_NHWC)
        return np.zeros((len(images_NHWC), 1), np.float32)

    def stream(self, batches: Iterable[tuple[Any, Images]]) -> Iterator[tuple[Any, Outputs]]:
        for tag, images in batches:
            assert images.shape == (BATCH, 16, 16, 1)
            assert images.dtype == np.uint8
            self.images += len(images)
            yield tag, np.zeros((len(images), 1), np.float32)


def test_speed_is_images_by_seconds_after_a_warm_up(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter(range(100))
    monkeypatch.setattr("foveal.workflow.describe.time.perf_counter", lambda: next(ticks))
    backend = Counting()
    # One batch at once, then one a tick while fewer than 3 s have passed: at 1 s and at 2 s.
    assert images_per_second(backend, 16, 1, 3.0) == pytest.approx(3 * BATCH / 4)
    assert (backend.warm_ups, backend.images) == (BATCH, 3 * BATCH)


def test_the_shortest_measurement_is_one_batch() -> None:
    backend = Counting()
    assert images_per_second(backend, 16, 1, 1e-9) > 0
    assert backend.images == BATCH


def test_no_time_is_no_measurement() -> None:
    with pytest.raises(UsageError, match="`seconds` must be above 0; got 0"):
        images_per_second(Counting(), 16, 1, 0)


def test_both_engines_are_measured(capsys: pytest.CaptureFixture[str]) -> None:
    assert Compare(("lenet5",), seconds=0.05, json=True).run() == 0
    values = json.loads(capsys.readouterr().out)
    (row,) = values["networks"]
    assert row["openvino_images_per_second"] > 0
    assert row["torch_images_per_second"] > 0
    assert values["conditions"]["batch"] == BATCH
    assert values["conditions"]["threads"] >= 1


def test_the_table_shows_size_work_and_quoted_accuracy_with_its_source(
    capsys: pytest.CaptureFixture[str],
) -> None:
    names = ("resnet50", "mobilenet_v2", "efficientnet_lite0", "custom_cifar_cnn")
    assert Compare(names, no_measure=True).run() == 0
    text = capsys.readouterr().out
    assert re.search(r"resnet50 +224 +25,557,032 +4,089,184,256 +102\.4 MB +80\.38 %", text)
    assert re.search(r"custom_cifar_cnn +32 +815,530 +\S+ +3\.3 MB +–", text)
    assert "Accuracy of mobilenet_v2: timm results-imagenet.csv, 224 px." in text
    assert "Accuracy of efficientnet_lite0: the authors." in text
    assert "images/s" not in text


def test_a_file_that_describes_a_network_is_compared_by_its_path(tmp_path: Path) -> None:
    file = tmp_path / "small.toml"
    file.write_text("layers = [{ conv = 8 }, { global_average_pool = true }]", encoding="utf-8")
    described, lenet = compare([str(file), "lenet5"], seconds=0.01)
    assert described.name == str(file)
    assert (described.parameters, described.top1) == (8 * 28 + 90, None)
    assert described.torch_images_per_second is not None
    assert lenet.name == "lenet5"


def test_in_a_narrow_terminal_columns_get_shorter_and_fewer(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("foveal.cli.compare.console", lambda: Console(width=50, highlight=False))
    assert Compare(("resnet50", "vgg19_bn"), no_measure=True).run() == 0
    text = capsys.readouterr().out
    assert re.search(r"^resnet50 +25\.6 M +4\.1 G +102\.4 MB +80\.38 %$", text, re.MULTILINE)
    assert "Not shown for lack of width: pixels." in text


def test_rows_keep_the_order_of_the_names_and_progress_is_told() -> None:
    heard: list[tuple[int, int]] = []
    rows = compare(
        ["lenet5", "resnet18"], seconds=0, progress=lambda done, total: heard.append((done, total))
    )
    assert [row.name for row in rows] == ["lenet5", "resnet18"]
    assert heard == [(1, 2), (2, 2)]
    assert rows[0].openvino_images_per_second is None


def test_one_image_size_can_be_asked_of_all() -> None:
    small, large = (compare(["resnet18"], image_size=size, seconds=0)[0] for size in (112, 224))
    assert small.macs is not None
    assert large.macs is not None
    assert small.macs < large.macs / 3
    assert small.parameters == large.parameters


@pytest.mark.parametrize("name", HUB_WEIGHTS)
def test_every_quoted_accuracy_says_whose_it_is(name: str) -> None:
    assert name in list_models()
    (row,) = compare([name], seconds=0)
    assert row.top1 == HUB_WEIGHTS[name].top1
    assert row.top1_source is not None
    assert row.top1_source.startswith("timm ")


def test_an_unknown_name_gets_a_hint_before_anything_is_measured() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'resnet50'"):
        compare(["lenet5", "resnet500"], seconds=5)


@pytest.mark.parametrize("seconds", [0.0, -1.0, 601.0])
def test_a_time_out_of_range_is_refused(seconds: float) -> None:
    with pytest.raises(UsageError, match=rf"`seconds` must be above 0 .*; got {seconds:g}"):
        Compare(("lenet5",), seconds=seconds)


def test_no_name_is_refused() -> None:
    with pytest.raises(UsageError, match="`names` must be one or more networks; got none"):
        Compare(())


@pytest.mark.parametrize(("images", "text"), [(None, "–"), (4.123, "4.1"), (143.4, "143")])
def test_a_speed_is_written_with_the_digits_it_deserves(images: float | None, text: str) -> None:
    assert rate(images) == text
