"""A model folder made by an enemy: refused with the reason, nothing run, nothing read elsewhere."""

from __future__ import annotations

import json
import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

from foveal.errors import CorruptFileError, FovealError, ModelError
from foveal.runtime.backends import openvino
from foveal.runtime.loading import load
from foveal.runtime.model_folder import find_model, read_config
from foveal.runtime.network import load_network
from foveal.storage import sha256_file
from models.test_weights_hostile import SAFETENSORS
from small_model import SIDE, write_colour_model

Change = Callable[[dict[str, Any]], Any]
ODD = [None, 3, "x", [1], {"a": 1}, 10**400, float("nan"), True, json.loads("[" * 90 + "]" * 90)]
RIGHT = {  # odd values that these do take
    "architecture": ["x"],
    "temperature": [3],
    "provenance": [{"a": 1}],
    "metrics": [{"a": 1}],
    "description": [None, {"a": 1}],
    "rejection": [None],
}


@pytest.fixture(scope="module")
def original(tmp_path_factory) -> Path:
    return write_colour_model(tmp_path_factory.mktemp("original") / "model")


@pytest.fixture
def folder(original, tmp_path) -> Path:
    return shutil.copytree(original, tmp_path / "model")


def change(folder: Path, make: Change) -> None:
    """Edit the settings, and let the checksums be those of the files: an enemy can count too."""
    values = json.loads((folder / "config.json").read_text())
    values["files"] = {
        file.name: sha256_file(file) for file in folder.iterdir() if file.name != "config.json"
    }
    make(values)
    (folder / "config.json").write_text(json.dumps(values))


def put(folder: Path, name: str, content: bytes) -> None:
    (folder / name).write_bytes(content)
    change(folder, lambda values: None)


def refuse(folder: Path, sentence: str) -> None:
    with pytest.raises((ModelError, CorruptFileError), match=sentence) as caught:
        load(folder)
    assert len(str(caught.value)) < 1200


def test_the_control_the_model_itself_is_read(folder):
    change(folder, lambda values: None)
    assert load(folder).predict(np.zeros((40, 40, 3), np.uint8)).label


@pytest.mark.parametrize("name", ["architecture", "classes", "preprocess", "head_widths",
                                  "temperature", "provenance", "metrics", "description",
                                  "rejection"])  # fmt: skip
def test_settings_of_another_kind_are_refused_by_name(folder, name):
    for value in ODD:
        if not any(value is right or value == right for right in RIGHT.get(name, [])):
            change(folder, lambda values, value=value: values["model"].update({name: value}))
            refuse(folder, r"config\.json cannot be used: ")


@pytest.mark.parametrize("name", ["image_size", "resize", "interpolation", "crop_fraction", "mean",
                                  "std", "pad_value", "channels"])  # fmt: skip
def test_preprocessing_that_makes_no_sense_is_refused_by_name(folder, name):
    for value in [None, "x", [], {"a": 1}, 10**400, float("nan"), -(10**7)]:
        change(
            folder,
            lambda values, value=value: values["model"]["preprocess"].update({name: value}),
        )
        refuse(folder, rf"config\.json cannot be used: `{name}` must be")


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda v: v.update(format_version=[1]), "has format"),
        (lambda v: v.update(model=None), "does not describe a Foveal model"),
        (lambda v: v.update(files=None), "does not name its files"),
        (lambda v: v.update(files=[]), "does not name its files"),
        (lambda v: v.update(files={}), "does not name its files"),
        (lambda v: v["files"].pop("openvino_model.xml"), "does not name its files"),
        (lambda v: v["files"].update({"../../secret": "0"}), "a file elsewhere with '../../secret"),
        (lambda v: v["files"].update({"/etc/passwd": "0"}), "a file elsewhere with '/etc/passwd'"),
        (lambda v: v["files"].update({"..": "0"}), r"a file elsewhere with '\.\.'"),
        (lambda v: v["files"].update({"": "0"}), "a file elsewhere with ''"),
        (lambda v: v["files"].update({"a\0b": "0"}), "a file elsewhere with"),
        (lambda v: v["files"].update({"\ud800": "0"}), "a file elsewhere with"),
        (lambda v: v["files"].update({"gone": "0"}), "gone is missing or has changed"),
        (lambda v: v["model"].update(classes=[]), "`classes` must be a list of names"),
        (lambda v: v["model"].update(classes=["a", "\ud800"]), "`classes` must be a list of names"),
        (lambda v: v["model"].update(classes=["a"]), "that of the 1 classes"),
        (lambda v: v["model"].update(head_widths=[0, 2]), "`head_widths` must be"),
        (lambda v: v["model"].update(head_widths=[1.5, 2]), "`head_widths` must be"),
        (lambda v: v["model"].update(head_widths=[2]), "`head_widths` must be"),
        (lambda v: v["model"].update(temperature=0), "`temperature` must be a number from"),
        (lambda v: v["model"]["preprocess"].update(image_size=33), r"must go from u8 \[\?,33,33,3"),
        (lambda v: v["model"]["preprocess"].update(channels=1, mean=[0], std=[1]), "must go from"),
        (lambda v: v["model"].update(classes=list("abc"), head_widths=[]), r"f32 \[\?,3\]"),
    ],
)  # fmt: skip
def test_absurd_settings_are_refused_with_the_reason(folder, make, sentence):
    change(folder, make)
    refuse(folder, sentence)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "not readable JSON"),
        (bytes(100), "not readable JSON"),
        (b"[" * 10**6, "not readable JSON"),
        (b'{"format_version":' + b"9" * 10**5 + b"}", "not readable JSON"),
        (b"[]", "does not describe a Foveal model"),
        (b" " * (2**26 + 1), "has more than 67,108,864 bytes"),
    ],
)
def test_settings_that_are_no_settings_are_refused(folder, content, sentence):
    (folder / "config.json").write_bytes(content)
    refuse(folder, sentence)


class Bomb:
    marker = Path()

    def __reduce__(self):
        return (Path.touch, (self.marker,))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        None,
        b"\x08\x07\x12\x07pytorch",  # ONNX begins so; its weights may lie in any other file
        b'<?xml version="1.0"?>' + b"<a>" * 10**5,
        b'<?xml version="1.0"?><!DOCTYPE net [<!ENTITY x SYSTEM "file:///etc/passwd">]><net '
        b'name="&x;" version="11"><layers>&x;</layers></net>',
    ],
)
def test_a_graph_that_is_none_is_refused(folder, content, monkeypatch):
    monkeypatch.setattr(Bomb, "marker", folder / "it ran")
    put(folder, "openvino_model.xml", pickle.dumps(Bomb()) if content is None else content)
    refuse(folder, r"openvino_model\.xml")
    assert not Bomb.marker.exists()


@pytest.mark.parametrize(("old", "new"), [
    (b'offset="0"', b'offset="99999999999"'), (b'offset="0"', b'offset="18446744073709551615"'),
    (b' size="', b' size="9999999999'), (b'version="opset', b'version="/tmp/evil.so'),
    (b'to-layer="', b'to-layer="99'), (b'version="11"', b'version="99"'),
])  # fmt: skip
def test_a_forged_graph_is_refused(folder, old, new):
    text = (folder / "openvino_model.xml").read_bytes()
    assert old in text
    put(folder, "openvino_model.xml", text.replace(old, new))
    refuse(folder, r"OpenVINO cannot read .*openvino_model\.xml: ")


def test_numbers_of_a_graph_that_are_cut_off_are_refused(folder):
    put(folder, "openvino_model.bin", (folder / "openvino_model.bin").read_bytes()[:-1])
    refuse(folder, r"OpenVINO cannot read .*openvino_model\.xml: ")


def test_a_graph_whose_answers_are_no_numbers_is_found_out(folder):
    ops = openvino().opset13
    pixels = ops.parameter([-1, SIDE, SIDE, 3], np.uint8, name="pixels")
    sums = ops.reduce_sum(ops.convert(pixels, "f32"), np.array([1, 2]), keep_dims=False)
    logits = ops.matmul(sums, np.full((3, 2), np.nan, np.float32), False, False)
    openvino().save_model(openvino().Model([logits], [pixels]), folder / "openvino_model.xml")
    change(folder, lambda values: None)
    with pytest.raises(ModelError, match="the network's answer is no number, so its weights are"):
        load(folder).predict(np.ones((40, 40, 3), np.uint8))


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "openvino_model.xml"])
@pytest.mark.parametrize("target", ["../secret", "/dev/zero", "/etc", "missing", None])
def test_no_link_leads_out_of_the_folder(folder, name, target):
    (folder.parent / "secret").write_bytes((folder / name).read_bytes())
    (folder / name).unlink()
    (folder / name).symlink_to(name if target is None else target)
    refuse(folder, "leads to a file elsewhere|holds no model|is missing or has changed")


@pytest.mark.parametrize("fault", SAFETENSORS)
def test_a_fault_in_what_rejection_reads_is_refused(folder, fault):
    change(folder, lambda values: values["model"].update(rejection={"coverage": 0.95}))
    put(folder, "rejection.safetensors", SAFETENSORS[fault])
    with pytest.raises(CorruptFileError, match=r"rejection\.safetensors cannot be read"):
        load(folder, coverage=0.95)


@pytest.mark.parametrize(
    ("known", "held_back", "sentence"),
    [
        (np.ones((5, 9), np.float16), np.ones(40, np.float32), "knows 9 features of each photo"),
        (np.ones(5, np.float16), np.ones(40, np.float32), "it holds other numbers"),
        (np.ones((0, 3), np.float16), np.ones(40, np.float32), "it holds other numbers"),
        (np.ones((5, 3), np.int64), np.ones(40, np.float32), "it holds other numbers"),
    ],
)
def test_a_rejector_of_another_network_is_refused(folder, known, held_back, sentence):
    change(folder, lambda values: values["model"].update(rejection={"coverage": 0.95}))
    tensors = {"known": known, "held_back": held_back}
    put(folder, "rejection.safetensors", safetensors.numpy.save(tensors))
    with pytest.raises((CorruptFileError, ModelError), match=sentence):
        load(folder, coverage=0.95)


@pytest.mark.parametrize("fault", SAFETENSORS)
def test_a_fault_in_the_weights_is_refused(folder, fault):
    put(folder, "model.safetensors", SAFETENSORS[fault])
    with pytest.raises((CorruptFileError, ModelError), match=r"model\.safetensors"):
        load_network(folder)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"head_widths": [10**12, 2]}, "has fewer weights than the 2,000,000,000,000 of its head"),
        ({"architecture": "vgg16", "head_widths": []}, "do not fit 'vgg16', beginning with"),
        ({"architecture": "nothing"}, "unknown model 'nothing'"),
        ({"architecture": "/etc/network.toml"}, "lacks its description"),
        ({"description": {"layers": [{"conv": 10**12}], "name": "x"}}, "cannot be|do not fit"),
        ({"description": {"layers": 3}}, "must hold a list `layers`"),
    ],
)  # fmt: skip
def test_a_network_larger_than_its_weights_is_never_built(folder, settings, sentence):
    weights = safetensors.numpy.save({"a": np.zeros(8, np.float32)})
    (folder / "model.safetensors").write_bytes(weights)
    change(folder, lambda values: values["model"].update(settings))
    with pytest.raises(FovealError, match=sentence):
        load_network(folder)


def test_every_fault_is_found_before_anything_else_is_read(folder):
    (folder / "openvino_model.xml").write_bytes(b"<?xml not what was written")
    with pytest.raises(CorruptFileError, match=r"openvino_model\.xml is missing or has changed"):
        load(folder)
    with pytest.raises(CorruptFileError, match=r"openvino_model\.xml is missing or has changed"):
        read_config(find_model(folder))


def test_files_that_are_cut_short_while_a_model_is_in_use_change_nothing(folder):
    model, photo = load(folder), np.full((40, 40, 3), (200, 0, 0), np.uint8)
    before = model.predict(photo)
    for file in folder.iterdir():
        os.truncate(file, 0)
    maps = Path("/proc/self/maps")
    assert not maps.exists() or str(folder) not in maps.read_text()  # else it is death by SIGBUS
    assert model.predict(photo) == before
