"""Bad input gets one clear sentence, the right exit code, and never a traceback."""

from __future__ import annotations

import pickle

import pytest
from PIL import Image

from foveal.cli.main import COMMANDS, main, parse


def fails(capsys, *words):
    """Run a command that must fail; return its exit code and its message."""
    with pytest.raises(SystemExit, match=r"^[12]$") as ended:
        main([str(word) for word in words])
    message = capsys.readouterr().err
    assert "Traceback" not in message
    return ended.value.code, message


def picture(path, shade=100):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (40, 40), (shade, 50, 50)).save(path)


def test_a_missing_folder(capsys, tmp_path):
    code, message = fails(capsys, "train", tmp_path / "none")
    assert code == 1
    assert message.startswith("foveal: ")  # alone: no word of the backbone before it
    assert "none does not exist" in message


def test_an_empty_folder(capsys, tmp_path):
    code, message = fails(capsys, "train", tmp_path)
    assert code == 1
    assert "sub-folder" in message or "class" in message


def test_one_class(capsys, tmp_path):
    picture(tmp_path / "cats" / "1.png")
    code, message = fails(capsys, "train", tmp_path)
    assert code == 1
    assert "cats" in message
    assert "two" in message or "2" in message


def test_a_class_with_one_image(capsys, tmp_path):
    for index in range(5):
        picture(tmp_path / "cats" / f"{index}.png", shade=index)
    picture(tmp_path / "dogs" / "1.png")
    code, message = fails(capsys, "train", tmp_path)
    assert code == 1
    assert "'dogs'" in message
    assert "1 image" in message


def test_a_folder_of_text_files(capsys, tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.txt").write_text("x")
    code, message = fails(capsys, "train", tmp_path)
    assert code == 1
    assert "class 'a' has no usable images (x.txt: not an image file)" in message


def test_classes_that_differ_only_in_case(capsys, tmp_path):
    for name in ("Cats", "cats"):
        for index in range(4):
            picture(tmp_path / name / f"{index}.png", shade=index)
    code, message = fails(capsys, "train", tmp_path)
    assert code == 1
    assert "'Cats'" in message
    assert "'cats'" in message
    assert "case" in message


def test_a_folder_that_is_no_model(capsys, photos):
    code, message = fails(capsys, "predict", photos, photos)
    assert code == 1
    assert "holds no model; expected a run or model folder made by `foveal train`" in message


def test_a_foreign_pickle(capsys, tmp_path, photos):
    (tmp_path / "model.pth").write_bytes(pickle.dumps({}))
    code, message = fails(capsys, "predict", tmp_path / "model.pth", photos)
    assert code == 1
    assert "is a pickle or a foreign model file, which can run code" in message


def test_an_unknown_backbone(capsys, photos):
    code, message = fails(capsys, "train", photos, "--backbone", "eficientnet-lite0")
    assert code == 2
    assert "did you mean 'efficientnet_lite0'?" in message


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--views", "0"], "`--views` must be .*1.*got 0"),
        (["--epochs", "0"], "`--epochs` must be .*1.*got 0"),
        (["--val", "1.5"], r"`--val` must be .*got 1\.5"),
        (["--val", "0.6", "--test", "0.5"], "leave photos to train on"),
        (["--image-size", "8"], "`--image-size` must be .*got 8"),
        (["--seed", "-1"], "`--seed` must be .*got -1"),
        (["--lr", "nan"], "`--lr` must be .*got nan"),
    ],
)
def test_a_flag_out_of_range(capsys, photos, flags, sentence):
    import re

    code, message = fails(capsys, "train", photos, *flags)
    assert code == 2
    assert re.search(sentence, message)


def test_an_output_folder_that_is_a_file(capsys, tmp_path, photos):
    (tmp_path / "out").write_text("x")
    code, message = fails(capsys, "train", photos, "--out", tmp_path / "out")
    assert code == 2
    assert "`--out` must be a folder; got" in message


def test_no_validation_photos(capsys, tmp_path, photos):
    code, message = fails(capsys, "train", photos, "--val", "0", "--out", tmp_path / "runs")
    assert code == 1
    assert "has no validation photos, and training needs some to know when to stop" in message
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("damage", [b"", b"\xff\xd8\xff\xe0 cut"])
def test_strict_refuses_the_first_bad_photo_by_name(
    capsys, tmp_path, photos, shared_graphs, damage
):
    (photos / "spots" / "00.jpg").write_bytes(damage)
    words = ["--strict", "--backbone", "efficientnet_lite0", "--out", tmp_path / "runs"]
    code, message = fails(capsys, "train", photos, *words)
    assert code == 1
    assert "1 file cannot be used and --strict was given" in message
    assert "00.jpg" in message
    assert not [*tmp_path.glob("runs/*")]  # no empty run folder stays behind


def test_a_full_disk(capsys, photos, monkeypatch, tmp_path):
    import shutil
    from collections import namedtuple

    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(100, 100, 1_000_000))
    code, message = fails(capsys, "train", photos, "--out", tmp_path / "runs")
    assert code == 1
    assert "disk full: " in message
    assert "has 1.0 MB; free some space" in message


def test_a_disk_that_is_really_full(capsys, photos, tmp_path):
    import os
    import subprocess

    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    if os.name != "posix" or os.geteuid() or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting a small file system needs root")
    try:
        code, message = fails(capsys, "train", photos, "--out", disk / "runs")
        assert code == 1
        assert f"disk full: {disk / 'runs'} needs 80.0 MB, has 1.0 MB" in message
        assert list(disk.iterdir()) == []
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_an_unknown_command_gets_a_hint(capsys):
    code, message = fails(capsys, "trian")
    assert code == 2
    assert "unknown command 'trian'; did you mean 'train'?" in message


def test_predict_needs_photos_that_exist(capsys, tmp_path):
    code, message = fails(capsys, "predict", "imagenet", tmp_path / "none.jpg")
    assert code == 1
    assert "none.jpg does not exist; expected a photo or a folder of photos" in message


@pytest.mark.parametrize("flag", ["--csv", "--out"])
def test_a_table_is_never_written_over_a_photo_or_another_table(capsys, photos, flag):
    photo = photos / "spots" / "00.jpg"
    before = photo.read_bytes()
    words = ["predict", "imagenet", photos] if flag == "--csv" else ["split", photos]
    code, message = fails(capsys, *words, flag, photo)
    assert code == 2
    assert f"`{flag}` must name a new file; {photo} exists and is left as it is" in message
    assert photo.read_bytes() == before


def test_a_table_without_a_name(capsys, photos):
    code, message = fails(capsys, "split", photos, "--out", "")
    assert code == 2
    assert "`--out` must name a file such as table.csv; got '.'" in message


def test_runs_among_the_photos(capsys, photos):
    code, message = fails(capsys, "train", photos, "--out", photos / "runs")
    assert code == 2
    assert "`--out` must lie outside the photos, where a run would look like a class" in message
    assert not (photos / "runs").exists()


def test_a_photo_in_the_place_of_the_model(capsys, photos):
    photo = photos / "spots" / "00.jpg"
    code, message = fails(capsys, "predict", photo, photos)
    assert code == 1
    assert "00.jpg is a file; expected a run or model folder" in message


def test_a_backbone_beside_a_model_of_its_own(capsys, photos):
    code, message = fails(capsys, "predict", photos, photos, "--backbone", "resnet50")
    assert code == 2
    assert "`--backbone` goes with the model 'imagenet'" in message


def test_a_folder_without_photos_is_named(capsys, tmp_path):
    code, message = fails(capsys, "predict", "imagenet", tmp_path)
    assert code == 1
    assert "holds no photos" in message


def test_sample_refuses_a_folder_that_is_not_empty(capsys, photos):
    code, message = fails(capsys, "sample", "digits", photos)
    assert code == 2
    assert "not empty" in message


def test_debug_shows_the_traceback(capsys, tmp_path):
    with pytest.raises(SystemExit, match="1"):
        main(["train", str(tmp_path / "none"), "--debug"])
    assert "Traceback" in capsys.readouterr().err


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    shown = capsys.readouterr().out
    assert all(f"  {name} " in shown for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_summary_in_the_table_is_the_command_s_own(name):
    import importlib

    module, _, attribute = COMMANDS[name].target.partition(":")
    command = getattr(importlib.import_module(module), attribute)
    assert command.__doc__.splitlines()[0] == COMMANDS[name].summary


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_its_flags(name, capsys):
    with pytest.raises(SystemExit, match="0"):
        parse(name, ["--help"])
    assert COMMANDS[name].summary.split(";")[0].split(".")[0] in capsys.readouterr().out
