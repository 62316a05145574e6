"""`foveal explain`, `predict --reject` and `compare-runs` on the command line."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
import torch
from PIL import Image

from foveal.images import Preprocess
from foveal.models.create import create_model
from foveal.runtime.model_folder import ModelConfig
from foveal.workflow.assemble import network_graph, write_network
from in_process import foveal
from small_run import write_colour_run, write_table


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run with an untrained LeNet and eight grey photos."""
    home = tmp_path_factory.mktemp("lenet")
    torch.manual_seed(0)
    network = create_model("lenet5", num_classes=3).eval()
    preprocess = Preprocess(image_size=32, mean=(127.5,), std=(127.5,), channels=1)
    config = ModelConfig("lenet5", ("circle", "cross", "line"), preprocess, ())
    write_network(home / "run" / "model", config, network, network_graph(network, preprocess))
    chance = np.random.default_rng(0)
    rows = []
    for number in range(8):
        name = f"line/{number}.png"
        (home / "photos" / "line").mkdir(parents=True, exist_ok=True)
        pixels = chance.integers(0, 256, (40, 40), dtype=np.uint8)
        Image.fromarray(pixels).save(home / "photos" / name)
        rows.append((name, "line", "train"))
    write_table(home / "run", home / "photos", rows)
    return home / "run"


@pytest.fixture
def photo(run):
    return run.parent / "photos" / "line" / "3.png"


@pytest.mark.parametrize("method", ["gradcam", "gradcam++", "occlusion"])
def test_a_photo_is_explained_for_the_most_probable_classes(capsys, run, photo, tmp_path, method):
    code, out, _ = foveal(
        capsys, "explain", run, photo, "--method", method, "--out", tmp_path / "e", "--json"
    )
    (answer,) = json.loads(out)
    assert code == 0
    assert answer["photo"] == str(photo)
    shares = [item["probability"] for item in answer["classes"]]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(1, abs=1e-5)
    with Image.open(answer["picture"]) as picture:
        assert picture.width >= 4 * 320
    assert [path.name for path in (tmp_path / "e").iterdir()] == [
        f"3.{method.replace('++', '-plus-plus')}.png"
    ]


def test_one_class_can_be_asked_about(capsys, run, photo, tmp_path):
    code, out, _ = foveal(
        capsys, "explain", run, photo, "--class", "cross", "--block", "c1", "--out", tmp_path
    )
    assert code == 0
    assert out.startswith(str(tmp_path / "3.gradcam.c1.png"))
    assert "cross" in out
    assert "circle" not in out


def test_maps_filters_and_strongest_photos_are_pictures_too(capsys, run, photo, tmp_path):
    for words in (
        (photo, "--method", "feature-maps"),
        ("--method", "filters"),
        ("--method", "strongest", "--block", "c1", "--channel", "2"),
    ):
        code, *_ = foveal(capsys, "explain", run, *words, "--out", tmp_path)
        assert code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "3.feature-maps.png",
        "lenet5.filters.png",
        "lenet5.strongest.c1.2.png",
    ]


def test_a_picture_of_one_s_own_is_never_replaced(capsys, run, photo, tmp_path):
    own = tmp_path / "3.gradcam.png"
    Image.new("RGB", (4, 4)).save(own)
    before = own.read_bytes()
    code, _, err = foveal(capsys, "explain", run, photo, "--out", tmp_path)
    assert code == 2
    assert "3.gradcam.png exists and was not made by this command" in err
    assert own.read_bytes() == before
    own.unlink()
    assert foveal(capsys, "explain", run, photo, "--out", tmp_path)[0] == 0
    assert foveal(capsys, "explain", run, photo, "--out", tmp_path)[0] == 0  # our own is


def test_photos_of_one_name_get_pictures_of_their_own(capsys, run, photo, tmp_path):
    twin = tmp_path / "other" / "3.png"
    twin.parent.mkdir()
    twin.write_bytes(photo.read_bytes())
    out = tmp_path / "out"
    assert foveal(capsys, "explain", run, photo, twin, "--out", out)[0] == 0
    assert sorted(path.name for path in out.iterdir()) == ["3-2.gradcam.png", "3.gradcam.png"]


def test_a_photo_that_cannot_be_read_is_told_and_the_others_are_explained(
    capsys, run, photo, tmp_path
):
    bad = tmp_path / "bad.png"
    bad.write_bytes(photo.read_bytes()[:300])
    code, out, _ = foveal(capsys, "explain", run, bad, photo, "--out", tmp_path / "e")
    assert code == 1
    assert "bad.png: not read: truncated PNG" in out
    assert [path.name for path in (tmp_path / "e").iterdir()] == ["3.gradcam.png"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--class", "lime"), "unknown class 'lime'; did you mean 'line'?"),
        (("--block", "conv9"), "unknown block 'conv9'; known: c1, c3, s2, s4."),
        (("--channel", "1"), "--channel would have no effect with gradcam."),
        (("--method", "occlusion", "--block", "c1"), "--block would have no effect with occl"),
        (("--method", "filters"), "filters explains the network and takes no photos."),
        (("--class", "line", "--top-k", "2"), "give --class or --top-k, not both"),
        (("--top-k", "0"), "`--top-k` must be at least 1; got 0."),
        (("--backbone", "vgg16"), "`--backbone` goes with the model 'imagenet'"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_a_sentence(
    capsys, run, photo, tmp_path, words, sentence
):
    code, _, err = foveal(capsys, "explain", run, photo, *words, "--out", tmp_path / "e")
    assert code == 2
    assert sentence in err
    assert not (tmp_path / "e").exists()


def test_a_wrong_class_is_refused_before_weights_are_read(
    capsys, monkeypatch, run, photo, tmp_path
):
    monkeypatch.delattr("foveal.explain.explainer.load_network")
    code, _, err = foveal(capsys, "explain", run, photo, "--class", "lime", "--out", tmp_path / "e")
    assert (code, "did you mean 'line'?" in err) == (2, True)


def test_strongest_needs_a_channel_and_a_run(capsys, run, tmp_path):
    code, _, err = foveal(capsys, "explain", run, "--method", "strongest")
    assert (code, "strongest needs --channel" in err) == (2, True)
    words = ("--method", "strongest", "--channel", "0", "--out", tmp_path)
    code, _, err = foveal(capsys, "explain", run / "model", *words)
    assert code == 1
    assert "is no run folder, so it does not say which photos to look through; give them" in err
    words = ("--method", "strongest", "--channel", "0")
    code, _, err = foveal(capsys, "explain", "imagenet", *words)
    assert (code, "strongest looks through photos; give some after 'imagenet'." in err) == (2, True)
    code, _, err = foveal(capsys, "explain", run)
    assert (code, "PHOTO must be one or more photos" in err) == (2, True)


def test_the_strongest_of_other_photos_are_found_without_a_run(capsys, run, photo, tmp_path):
    bad = tmp_path / "bad.png"
    bad.write_bytes(photo.read_bytes()[:300])
    words = (photo, bad, "--method", "strongest", "--channel", "0", "--out", tmp_path / "e")
    code, out, err = foveal(capsys, "explain", run / "model", *words)
    assert code == 0
    assert "lenet5.strongest.s4.0.png" in out
    assert "bad.png: truncated PNG" in err


@pytest.fixture
def colours(tmp_path):
    return write_colour_run(tmp_path / "colours", tmp_path / "photos")


def test_predict_answers_none_of_these(capsys, colours, tmp_path):
    Image.new("RGB", (40, 40), (20, 200, 30)).save(tmp_path / "green.png")
    Image.new("RGB", (40, 40), (200, 30, 30)).save(tmp_path / "red.png")
    photos = (tmp_path / "green.png", tmp_path / "red.png")
    code, out, err = foveal(capsys, "predict", colours, *photos, "--reject", "auto")
    assert code == 0
    assert out.count("none of these; the nearest would be:") == 1
    assert "none of these: 1 of 2 photos (50.0 %).\n" in err
    assert "Fitted what to reject on 48 validation photos, to keep 95 % of photos" in err
    code, out, err = foveal(
        capsys, "predict", colours, *photos, "--reject", "auto", "--coverage", "0.9", "--json"
    )
    assert [item["rejected"] for item in json.loads(out)] == [True, False]
    assert "Fitted" not in err  # it is kept in the model
    table = tmp_path / "t.csv"
    words = ("--reject", "auto", "--csv", table, "--top-k", "1")
    foveal(capsys, "predict", colours, *photos, *words)
    with open(table, newline="") as file:
        assert [row["reason"] for row in csv.DictReader(file)] == ["none of these", ""]


def test_a_photo_whose_name_is_no_text_is_named_all_the_same(capsys, colours, tmp_path):
    photo, table = tmp_path / "bad\udcff name.png", tmp_path / "t.csv"
    try:
        Image.new("RGB", (40, 40), (200, 30, 30)).save(photo)
    except (OSError, UnicodeEncodeError):
        pytest.skip("this file system has no such names")
    code, out, _ = foveal(capsys, "predict", colours, photo)
    assert (code, "bad\\udcff name.png" in out) == (0, True)
    assert foveal(capsys, "predict", colours, photo, "--csv", table)[0] == 0
    assert "bad\\udcff name.png,1,red" in table.read_text(encoding="utf-8")


def test_rejection_that_has_no_effect_is_refused(capsys, colours, tmp_path):
    code, _, err = foveal(capsys, "predict", "imagenet", tmp_path, "--reject", "auto")
    assert (code, "`--reject` goes with a run of your own" in err) == (2, True)
    code, _, err = foveal(capsys, "predict", colours, tmp_path, "--coverage", "0.9")
    assert (code, "`--coverage` would have no effect without --reject auto" in err) == (2, True)
    code, _, err = foveal(capsys, "predict", colours, tmp_path, "--tta", "100")
    assert (code, "`--tta` must be a whole number from 2 to 64 views; got 100" in err) == (2, True)


def test_evaluate_tells_the_calibration_error_before_and_after(capsys, colours):
    config = colours / "model" / "config.json"
    config.write_text(config.read_text().replace('"temperature": 1.0', '"temperature": 2.0'))
    code, out, _ = foveal(capsys, "evaluate", colours, "--tta", "4")
    assert code == 0
    assert "before its scores were divided by the temperature 2" in out
    _, out, _ = foveal(capsys, "evaluate", colours, "--json")
    figures = json.loads(out)["splits"]["test"]
    assert figures["temperature"] == 2.0
    assert figures["ece_uncalibrated"] < figures["ece"]  # all are right: surer is more honest


def test_two_runs_are_compared_in_words(capsys, colours, tmp_path):
    other = write_colour_run(tmp_path / "other", tmp_path / "photos")
    code, out, _ = foveal(capsys, "compare-runs", colours, other)
    assert code == 0
    assert f"difference, {other} − {colours}: +0.0 points on 20 photos" in " ".join(out.split())
    assert "right and wrong alike" in out
    _, out, _ = foveal(capsys, "compare-runs", colours, other, "--json")
    assert json.loads(out)["mcnemar_p"] == 1.0


def test_help_says_why_predict_may_give_another_probability(capsys):
    _, out, _ = foveal(capsys, "explain", "--help")
    assert "computed in full precision" in " ".join(out.replace("│", " ").split())


def test_predict_says_which_built_in_network_answered(capsys, photo, monkeypatch, colours):
    from foveal.runtime import imagenet
    from foveal.runtime.loading import load

    asked = []
    monkeypatch.setattr(
        imagenet, "load_imagenet", lambda name, many: asked.append(name) or load(colours)
    )
    code, out, err = foveal(capsys, "predict", "imagenet", photo, "--json")
    assert (code, asked) == (0, ["efficientnet_lite2"])
    assert "efficientnet_lite2, with the 2 classes of ImageNet; --backbone chooses another" in err
    assert json.loads(out)
    _, _, err = foveal(capsys, "predict", "imagenet", photo, "--backbone", "resnet50")
    assert err == "resnet50, with the 2 classes of ImageNet\n"
