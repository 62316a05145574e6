"""What `foveal check` and `foveal evaluate` say, word for word where it matters."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from in_process import foveal
from small_model import write_colour_model


@pytest.fixture
def model(tmp_path):
    return write_colour_model(tmp_path / "model")


@pytest.fixture
def colours(tmp_path):
    """Six photos of two classes, one of them a red photo among the blue."""
    folder = tmp_path / "colours"
    for name, shade in (("red", (200, 0, 0)), ("blue", (0, 0, 200))):
        (folder / name).mkdir(parents=True)
        for number in range(3):
            Image.new("RGB", (40, 40 + number), shade).save(folder / name / f"{number}.png")
    Image.new("RGB", (50, 40), (190, 0, 0)).save(folder / "blue" / "0.png")
    return folder


@pytest.fixture
def pets(tmp_path):
    """Twelve photos of cats and of dogs, each like no other."""
    draw = np.random.default_rng(0)
    for name in ("cats", "dogs"):
        (tmp_path / "pets" / name).mkdir(parents=True)
        for number in range(12):
            coarse = Image.fromarray(draw.integers(0, 256, (5, 5, 3), dtype=np.uint8))
            photo = coarse.resize((90, 80), Image.Resampling.BICUBIC)
            photo.save(tmp_path / "pets" / name / f"{number:02d}.jpg")
    return tmp_path / "pets"


def test_good_photos_get_a_verdict_and_exit_code_0(capsys, pets):
    code, out, _ = foveal(capsys, "check", pets)
    assert code == 0
    assert out == "No faults in 24 photos of 2 classes; exit code 0.\n"


def test_every_fault_has_its_remedy_and_the_verdict_counts_them(capsys, pets):
    (pets / "owls").mkdir()
    copied = (pets / "cats" / "00.jpg").read_bytes()
    (pets / "dogs" / "copy.jpg").write_bytes(copied)
    (pets / "dogs" / "cut.jpg").write_bytes(copied[:900])
    code, out, _ = foveal(capsys, "check", pets)
    assert code == 1
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert lines == [
        "fault class 'owls' has no usable images (its folder is empty); at least 2 are needed.",
        "→ add images, or remove the class",
        "fault dogs/cut.jpg: truncated JPEG.",
        "→ copy or download it again, or remove it",
        "fault the same image is labelled cats and dogs: cats/00.jpg, dogs/copy.jpg.",
        "→ decide which class is right and remove it from the other",
        "",
        "3 faults in 26 photos of 2 classes; exit code 1.",
    ]


def test_check_takes_a_table_and_writes_json(capsys, pets):
    rows = "".join(f"{p.relative_to(pets)},{p.parent.name}\n" for p in pets.rglob("*.jpg"))
    (pets / "table.csv").write_text(f"path,label\n{rows}gone.jpg,dogs\n")
    code, out, _ = foveal(capsys, "check", pets / "table.csv", "--json")
    report = json.loads(out)
    assert code == 1
    assert report["is_bad"]
    assert report["counts"]["unreadable"] == 1
    assert report["findings"][0]["message"] == "gone.jpg: does not exist (table.csv, line 26)."


def test_a_folder_that_is_not_there_is_still_refused(capsys, tmp_path):
    code, _, err = foveal(capsys, "check", tmp_path / "none")
    assert code == 1
    assert "none does not exist; expected one sub-folder of images for each class" in err


def test_evaluate_takes_a_folder_without_splits(capsys, model, colours):
    code, out, _ = foveal(capsys, "evaluate", model, colours, "--json")
    assert code == 0
    assert json.loads(out)["splits"]["test"]["n"] == 6
    assert json.loads(out)["splits"]["test"]["accuracy"] == pytest.approx(5 / 6)


def test_photos_without_splits_are_not_called_test_photos(capsys, model, colours):
    _, out, _ = foveal(capsys, "evaluate", model, colours)
    assert "83.3 % of 6 photos named rightly" in out
    assert "weakest class: blue, 66.7 % found" in out
    (colours / "blue" / "0.png").rename(colours / "red" / "3.png")
    _, out, _ = foveal(capsys, "evaluate", model, colours)
    assert "100.0 % of 6 photos named rightly" in out
    assert "weakest class" not in out
    table = colours / "table.csv"
    table.write_text("path,label,split\nred/0.png,red,test\n")
    _, out, _ = foveal(capsys, "evaluate", model, table)
    assert "of 1 test photo named rightly" in out


def test_evaluate_refuses_a_split_where_there_are_none(capsys, model, colours):
    code, out, err = foveal(capsys, "evaluate", model, colours, "--split", "validation")
    assert (code, out) == (2, "")
    assert err == (
        f"foveal: `--split` chooses among the splits of the photos, but {colours} has no split "
        "folders such as test/: leave it out to measure all of its photos.\n"
    )


def test_evaluate_takes_a_table_and_names_what_it_cannot_read(capsys, model, colours):
    table = colours / "table.csv"
    table.write_text("path,label\nred/0.png,red\nblue/1.png,blue\ngone.png,red\n")
    code, out, err = foveal(capsys, "evaluate", model, table, "--json")
    assert code == 0
    assert json.loads(out)["splits"]["test"]["n"] == 2
    assert "gone.png: cannot be read (No such file or directory)" in err


def test_evaluate_chooses_by_the_column_split(capsys, model, colours):
    table = colours / "table.csv"
    table.write_text("path,label,split\nred/0.png,red,test\nblue/0.png,blue,train\n")
    _, out, _ = foveal(capsys, "evaluate", model, table, "--split", "train", "--json")
    assert json.loads(out)["splits"]["train"]["accuracy"] == 0.0
    code, _, err = foveal(capsys, "evaluate", model, table, "--split", "validation")
    assert code == 1
    assert "table.csv has no validation photos; use --split train or --split test." in err


def test_the_table_of_classes_fits_80_columns(capsys, model, colours, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    _, out, _ = foveal(capsys, "evaluate", model, colours)
    table = [line.rstrip() for line in out.splitlines() if "red" in line or "blue" in line]
    assert len(table) >= 2
    assert max(len(line) for line in table if not line.startswith("weakest")) <= 80


@pytest.mark.parametrize(
    ("command", "usage"),
    [
        ("check", "usage: foveal check [-h] PHOTOS [--json]"),
        ("split", "usage: foveal split [-h] PHOTOS"),
        ("evaluate", "usage: foveal evaluate [-h] RUN [PHOTOS]"),
        ("predict", "usage: foveal predict [-h] [OPTIONS] RUN|imagenet PHOTO [PHOTO ...]"),
    ],
)
def test_usage_names_what_is_meant_and_not_its_type(capsys, command, usage):
    code, out, _ = foveal(capsys, command, "--help")
    assert code == 0
    assert usage in out
    assert "None}" not in out


def test_a_setting_is_called_by_its_flag(capsys, model, colours):
    code, _, err = foveal(capsys, "predict", model, colours, "--top-k", 0)
    assert code == 2
    assert err == "foveal: `--top-k` must be at least 1; got 0.\n"
    code, _, err = foveal(capsys, "predict", model)
    assert code == 2
    assert err == "foveal: PHOTO must be one or more photos or folders; got none.\n"
