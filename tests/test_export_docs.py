"""The scripts of docs/export.md name photos as Foveal does, where Foveal is not installed."""

from __future__ import annotations

import re
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

import foveal
from conftest import REPOSITORY
from foveal.images import Preprocess
from foveal.workflow.export import export_model
from tiny_run import write_tiny_run

PAGE = (REPOSITORY / "docs" / "export.md").read_text(encoding="utf-8")
SCRIPTS = dict(re.findall(r"```python\n# classify_(\w+)\.py\n(.*?)```", PAGE, re.S))
PATHS = {"onnx": "x.onnx", "openvino": "x/model.xml", "torch": "x.pt2"}
ALONE = "import sys; sys.modules['foveal'] = None; exec(open(sys.argv.pop(1)).read())"
TOLERANCE = 0.05  # docs/export.md


def run_script(name, model, photos, folder):
    """Run a script on photos, one process each; return labels and probabilities."""
    script = folder / "classify.py"
    script.write_text(SCRIPTS[name])
    for photo in photos:
        words = [sys.executable, "-W", "ignore", "-c", ALONE, script, model, photo]
        shown = subprocess.run(
            list(map(str, words)), capture_output=True, text=True, timeout=120, cwd=folder
        )
        assert shown.returncode == 0, shown.stderr
        label, probability = shown.stdout.split()
        yield label, float(probability)


def photo_files(folder):
    """A photo hardly larger than the input, and a large one that was taken sideways."""
    chance = np.random.default_rng(5)
    y, x = np.mgrid[:150, :200]
    shade = 110 + 90 * np.sin(x / 9) * np.sin(y / 14)
    pixels = np.clip(shade[..., None] + chance.normal(0, 8, (150, 200, 3)), 0, 255)
    pixels[:60, :120, 0] *= 0.3  # no symmetry: a photo that is not turned is another one
    image = Image.fromarray(pixels.astype(np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6
    image.resize((44, 40), Image.Resampling.BOX).save(folder / "between.png")
    image.save(folder / "sideways.jpg", quality=95, exif=exif)
    return [folder / "between.png", folder / "sideways.jpg"]


def test_there_is_a_short_script_for_every_format():
    assert SCRIPTS.keys() == PATHS.keys()
    for text in SCRIPTS.values():
        assert len(text.splitlines()) <= 15
        assert "import foveal" not in text


CROP = Preprocess.preset("symmetric", 32)
SQUASH = Preprocess.preset("imagenet", 32, resize="squash")
PAD_GREY = Preprocess.preset("unit", 32, resize="pad", channels=1, pad_value=40)


@pytest.mark.parametrize(
    ("name", "preprocess"),
    [*((name, CROP) for name in PATHS), ("onnx", SQUASH), ("openvino", PAD_GREY)],
)
def test_a_script_names_photos_as_foveal_does(tmp_path, name, preprocess):
    run = write_tiny_run(tmp_path, preprocess)
    export_model(run, name, out=tmp_path / PATHS[name].split("/")[0])
    photos = photo_files(tmp_path)
    ours = foveal.load(run).predict(photos)
    theirs = list(run_script(name, tmp_path / PATHS[name], photos, tmp_path))
    assert [label for label, _ in theirs] == [found.label for found in ours]
    for (_, probability), found in zip(theirs, ours, strict=True):
        assert probability == pytest.approx(found.probability, abs=TOLERANCE)
