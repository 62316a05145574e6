"""Every front end shows a network the same pixels of the same file (A6)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import foveal
import foveal.runtime.loading as loading
import foveal.workflow.export as export
from foveal.cli.main import main
from foveal.images import Preprocess
from foveal.runtime.export import Opened
from images.test_golden_decode import GOLDEN
from small_run import write_table
from tiny_run import CLASSES, write_tiny_run

SIZE = 24


class Recorder:
    """A backend that remembers what it was shown."""

    name, batch = "recorder", 1

    def __init__(self):
        self.shown = []

    def run(self, images):
        self.shown += list(images)
        return np.zeros((len(images), len(CLASSES)), np.float32)

    def stream(self, batches):
        for tag, images in batches:
            yield tag, self.run(images)


@pytest.fixture(params=["crop", "pad"])
def run(request, tmp_path):
    """A run whose validation photos are the golden files."""
    run = write_tiny_run(tmp_path, Preprocess.preset("unit", SIZE, resize=request.param))
    folder = tmp_path / "golden"
    folder.mkdir()
    for number, (data, *_) in enumerate(GOLDEN.values()):
        (folder / f"{number:03d}.png").write_bytes(data)  # the content decides, not the suffix
    write_table(run, folder, [(file.name, "plain", "validation") for file in files(run)])
    return run


def files(run: Path) -> list[Path]:
    return sorted((run.parent.parent / "golden").iterdir())


def by_the_library(run, monkeypatch):
    seen = Recorder()
    foveal.Predictor(foveal.load(run).config, seen).predict(files(run))
    return seen.shown


def by_the_command_line(run, monkeypatch):
    seen = Recorder()
    monkeypatch.setattr(loading, "OpenVinoBackend", lambda *given, **settings: seen)
    with pytest.raises(SystemExit, match="0"):
        main(["predict", str(run), *map(str, files(run)), "--json"])
    return seen.shown


def by_an_export(kind):
    def shown(run, monkeypatch):
        seen, really_open = Recorder(), export.open_exported
        monkeypatch.setattr(
            export, "open_exported", lambda *given: Opened(seen, really_open(*given).metadata)
        )
        out = run.parent / {"onnx": "x.onnx", "openvino": "x"}[kind]
        foveal.export_model(run, kind, out=out, tolerance=1)
        return seen.shown

    return shown


FRONT_ENDS = {
    "library": by_the_library,
    "command line": by_the_command_line,
    "ONNX": by_an_export("onnx"),
    "OpenVINO": by_an_export("openvino"),
}


@pytest.mark.parametrize("name", FRONT_ENDS)
def test_a_front_end_shows_the_pixels_of_every_golden_file(run, monkeypatch, name):
    preprocess = foveal.load(run).config.preprocess
    expected = [preprocess.apply(foveal.load_image(data)) for data, *_ in GOLDEN.values()]
    shown = FRONT_ENDS[name](run, monkeypatch)
    assert len(shown) == len(GOLDEN) >= 40
    for mine, theirs in zip(expected, shown, strict=True):
        assert np.array_equal(mine, theirs)
