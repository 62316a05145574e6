"""Exported files agree with the model they were made from, or are not there."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import foveal
from conftest import REPOSITORY
from faults import run_with_fault
from foveal.errors import (
    DataError,
    MissingExtraError,
    ModelError,
    StorageError,
    UnknownNameError,
    UsageError,
)
from foveal.images import Preprocess
from foveal.metrics import softmax
from foveal.runtime.backends import OpenVinoBackend
from foveal.runtime.export import FORMATS, INPUT, OUTPUT, open_exported
from foveal.runtime.model_folder import GRAPH, find_model
from foveal.runtime.network import load_network
from foveal.workflow.export import export_model
from foveal.workflow.export_check import generated
from foveal.workflow.listener import Listener
from small_model import write_colour_model
from small_run import write_colour_run
from tiny_run import CLASSES, write_tiny_run

SUFFIXES = {name: row.suffix for name, row in FORMATS.items()}


class Heard(Listener):
    """Remembers what was said."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def warn(self, sentence: str) -> None:
        self.warnings.append(sentence)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return write_tiny_run(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def exported(run, tmp_path_factory):
    """The run in every format."""
    home = tmp_path_factory.mktemp("exported")
    return {
        name: export_model(run, name, out=home / f"tiny{suffix}")
        for name, suffix in SUFFIXES.items()
    }


@pytest.fixture(params=FORMATS)
def kind(request):
    return request.param


def everything_in(path: Path) -> bytes:
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    return b"".join(file.read_bytes() for file in files)


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("count", [1, 3, 17])
def test_any_number_of_images_gives_the_probabilities_of_the_network(run, exported, kind, count):
    opened = open_exported(exported[kind].path, kind)
    images = np.stack(generated(Preprocess.preset("symmetric", 32), 17)[-count:])
    given = opened.backend.run(images)
    pixels = torch.from_numpy(Preprocess.preset("symmetric", 32).normalize(images))
    with torch.inference_mode():
        logits = load_network(run)(pixels.permute(0, 3, 1, 2)).numpy()
    assert given.shape == (count, 3)
    assert np.abs(given - softmax(logits)).max() < 1e-5
    assert np.ptp(given) > 0.2  # control: it is not a third everywhere


def test_the_file_says_what_it_is(run, exported, kind):
    told = open_exported(exported[kind].path, kind).metadata
    about = json.loads(told["about"])
    assert json.loads(told["classes"]) == list(CLASSES)
    assert (
        Preprocess.from_dict(json.loads(told["preprocess"])) == foveal.load(run).config.preprocess
    )
    assert about["input"] == {
        "name": INPUT,
        "type": "uint8",
        "layout": "NHWC",
        "shape": [None, 32, 32, 3],
        "colours": "RGB",
    }
    assert about["output"]["name"] == OUTPUT
    assert (about["temperature"], about["precision"]) == (1.5, "f32")


def test_the_validation_photos_were_compared(exported, kind):
    found = exported[kind]
    assert (found.agreement.images, found.agreement.what) == (24, "validation photo")
    assert found.agreement.max_difference < 1e-5
    assert found.agreement.label_flips == 0
    assert found.size_bytes == len(everything_in(found.path))
    assert "on 24 validation photos its probabilities differ" in found.sentence
    assert json.loads(json.dumps(found.as_dict()))["path"] == str(found.path)


def test_nothing_in_a_file_names_the_machine_or_the_photos(run, exported, kind):
    content = everything_in(exported[kind].path)
    for place in (REPOSITORY, Path(sys.prefix), run.parent.parent):
        assert str(place).encode() not in content


def test_no_file_holds_a_pickle(exported):
    import zipfile

    with zipfile.ZipFile(exported["torch"].path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    assert not [name for name, data in members.items() if name.endswith(".pkl")]
    assert [data for name, data in members.items() if "sample_inputs" in name] == [b""]
    configs = [json.loads(data) for name, data in members.items() if name.endswith("_config.json")]
    stored = [item for config in configs for item in config.get("config", config).values()]
    assert stored
    assert not any(item["use_pickle"] for item in stored)


@pytest.mark.parametrize(
    "preprocess",
    [
        Preprocess.preset("unit", 28, channels=1),
        Preprocess.preset("imagenet", 30, resize="squash"),
        Preprocess.preset("symmetric", 32, resize="pad", pad_value=90),
    ],
    ids=["grey", "squash", "pad"],
)
def test_other_preprocessing_is_inside_too(tmp_path, preprocess, kind):
    run = write_tiny_run(tmp_path, preprocess)
    found = export_model(run, kind, out=tmp_path / f"x{SUFFIXES[kind]}")
    assert found.agreement.max_difference < 1e-5


def test_class_names_of_any_kind_come_back(tmp_path, kind):
    from dataclasses import replace

    from foveal.runtime.export import Contents, write_exported
    from foveal.runtime.model_folder import read_config

    folder = find_model(write_tiny_run(tmp_path))
    names = ('a "quoted" <b>&amp;', "日本 🐝\n\tline", "1")
    contents = Contents(folder, replace(read_config(folder), classes=names))
    with write_exported(contents, kind, tmp_path / f"x{SUFFIXES[kind]}"):
        pass
    told = open_exported(tmp_path / f"x{SUFFIXES[kind]}", kind).metadata
    assert tuple(json.loads(told["classes"])) == names


@pytest.mark.parametrize("name", ["onnx", "torch"])
def test_a_file_that_is_another_network_is_not_left_behind(tmp_path, name):
    run = write_tiny_run(tmp_path, other_graph=True)
    (tmp_path / "out").mkdir()
    with pytest.raises(ModelError, match=r"on 24 validation photos .* Nothing was written\."):
        export_model(run, name, out=tmp_path / "out" / f"x{SUFFIXES[name]}")
    assert left_in(tmp_path / "out") == []
    found = export_model(run, name, out=tmp_path / "out" / f"x{SUFFIXES[name]}", tolerance=1)
    assert found.agreement.label_flips > 0  # control: a tolerance of 1 lets anything through


def test_a_graph_that_gives_no_numbers_is_refused(tmp_path, run, monkeypatch):
    from foveal.runtime.export import openvino_folder
    from foveal.runtime.graphs import openvino

    def broken(graph):
        ops = openvino().opset13
        logits = graph.output(0).get_node().input_value(0)
        result = ops.result(ops.log(ops.multiply(ops.constant(np.float32(-1)), ops.exp(logits))))
        whole = openvino().Model([result], graph.get_parameters(), "broken")
        whole.input(0).set_names({INPUT})
        return whole

    monkeypatch.setattr(openvino_folder, "with_probabilities", broken)
    with pytest.raises(ModelError, match=r"differ from the model's by nan at most"):
        export_model(run, "openvino", out=tmp_path / "x")
    assert left_in(tmp_path) == []


def test_a_file_that_is_bound_to_one_batch_size_is_refused(tmp_path, run, monkeypatch):
    from foveal.runtime.export import openvino_folder

    free = openvino_folder.with_probabilities

    def bound(graph):
        graph.reshape([1, 32, 32, 3])
        return free(graph)

    monkeypatch.setattr(openvino_folder, "with_probabilities", bound)
    with pytest.raises(ModelError, match=r"cannot be run on 3 images at once: .* Nothing was"):
        export_model(run, "openvino", out=tmp_path / "x")
    assert left_in(tmp_path) == []


def test_a_file_that_its_engine_cannot_load_is_refused(tmp_path, run, monkeypatch):
    from foveal.runtime.export import onnx_file

    monkeypatch.setattr(onnx_file, "encode", lambda contents: b"no model at all")
    with pytest.raises(ModelError, match=r"x\.onnx cannot be loaded by its engine: "):
        export_model(run, "onnx", out=tmp_path / "x.onnx")
    assert left_in(tmp_path) == []


def test_what_exists_is_never_written_over(tmp_path, run, kind):
    target = tmp_path / f"x{SUFFIXES[kind]}"
    target.write_text("mine")
    with pytest.raises(UsageError, match=r"exists and is left as it is; choose another place"):
        export_model(run, kind, out=target)
    assert target.read_text() == "mine"


def test_a_place_where_nothing_can_be_is_said_plainly(tmp_path, run):
    with pytest.raises(StorageError, match=r"cannot write .*: File name too long"):
        export_model(run, "torch", out=tmp_path / f"{'x' * 300}.pt2")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc")
def test_a_folder_that_takes_no_files_is_not_called_in_use(run):
    with pytest.raises(StorageError, match=r"cannot lock /proc/\.foveal-x\.lock: No such file"):
        export_model(run, "openvino", out="/proc/x")


def test_the_file_is_named_after_the_run(tmp_path, run, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert export_model(run, "openvino").path == Path("tiny-001_openvino")
    with pytest.raises(UsageError, match=r"^tiny-001_openvino exists"):
        export_model(run / "model", "openvino")  # the same run, by its model


def test_the_suffix_must_be_the_format_s(tmp_path, run):
    with pytest.raises(UsageError, match=r"`out` must end in \.pt2 for torch; got .*x\.onnx"):
        export_model(run, "torch", out=tmp_path / "x.onnx")


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"int8": True}, r"`int8` goes with `format` openvino; got onnx"),
        ({"tolerance": -1}, r"`tolerance` must be .*; got -1"),
        ({"max_accuracy_drop": 1}, r"`max_accuracy_drop` would have no effect without int8"),
        (
            {"format": "openvino", "int8": True, "tolerance": 0.1},
            r"`tolerance` would have no effect with int8",
        ),
        (
            {"format": "openvino", "int8": True, "photos": ["x.jpg"]},
            r"`photos` would have no effect with int8",
        ),
    ],
)
def test_settings_without_effect_are_refused(tmp_path, run, settings, sentence):
    with pytest.raises(UsageError, match=sentence):
        export_model(run, out=tmp_path / "x", **settings)


def test_an_unknown_format_is_named(run):
    with pytest.raises(UnknownNameError, match=r"unknown format 'onxn'; did you mean 'onnx'\?"):
        export_model(run, "onxn")


@pytest.mark.parametrize("missing", ["onnx", "onnxruntime", "onnxscript"])
def test_a_missing_package_says_what_to_install(tmp_path, run, monkeypatch, missing):
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(MissingExtraError, match=r"pip install 'foveal\[onnx\]'"):
        export_model(run, "onnx", out=tmp_path / "x.onnx")
    assert left_in(tmp_path) == []


def test_photos_that_are_gone_are_named(tmp_path):
    run = write_colour_run(tmp_path / "run", tmp_path / "photos")
    (tmp_path / "photos" / "red" / "validation-03.png").unlink()
    with pytest.raises(DataError, match=r"1 of 48 validation photos .*/validation-03\.png\. Put"):
        export_model(run, "openvino", out=tmp_path / "x")
    others = sorted((tmp_path / "photos" / "blue").iterdir())[:5]
    found = export_model(run, "openvino", out=tmp_path / "x", photos=others)
    assert (found.agreement.images, found.agreement.what) == (5, "photo")


def test_a_damaged_photo_is_named_and_the_others_are_compared(tmp_path):
    run = write_colour_run(tmp_path / "run", tmp_path / "photos")
    (tmp_path / "photos" / "red" / "validation-03.png").write_bytes(b"\x89PNG\r\n\x1a\n cut")
    heard = Heard()
    found = export_model(run, "openvino", out=tmp_path / "x", listener=heard)
    assert found.agreement.images == 47
    (warning,) = heard.warnings
    assert "validation-03.png" in warning


def test_a_model_without_photos_is_compared_on_generated_images(tmp_path):
    heard = Heard()
    model = write_colour_model(tmp_path / "m")
    found = export_model(model, "openvino", out=tmp_path / "x", listener=heard)
    assert (found.agreement.images, found.agreement.what) == (32, "generated image")
    assert "compared on 32 generated images" in heard.warnings[0]


def test_openvino_needs_no_pytorch(tmp_path):
    import subprocess

    write_colour_run(tmp_path / "run", tmp_path / "photos")
    code = (
        "import sys, foveal\n"
        f"foveal.export_model({str(tmp_path / 'run')!r}, 'openvino', out={str(tmp_path / 'x')!r})\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, timeout=120)


def test_only_folders_of_ours_are_read(tmp_path, exported):
    with pytest.raises(ModelError, match=r"is a file; expected a run or model folder"):
        export_model(exported["onnx"].path, "openvino", out=tmp_path / "x")
    with pytest.raises(ModelError, match=r"holds no model; expected a run or model folder"):
        foveal.load(exported["openvino"].path)


def test_the_openvino_file_gives_what_the_model_gives_in_the_same_precision(run, exported):
    images = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3), dtype=np.uint8)
    ours = OpenVinoBackend(find_model(run) / GRAPH, precision="f32").run(images)
    theirs = open_exported(exported["openvino"].path, "openvino").backend.run(images)
    assert np.array_equal(softmax(ours), theirs) or np.abs(softmax(ours) - theirs).max() < 1e-6


WRITE = """
from foveal.workflow.export import export_model
from foveal.workflow.export_check import generated
arm()
export_model({run!r}, "openvino", out={out!r})
"""


def faulted(tmp_path, fault, places):
    """Let a fault strike at some of the operations of an export; yield what came of each."""
    run = write_colour_run(tmp_path / "run", tmp_path / "photos", {"train": 1, "validation": 2})
    for at in places:
        out = tmp_path / f"out{at}" / "x"
        out.parent.mkdir()
        writer = WRITE.format(run=str(run), out=str(out))
        outcome = run_with_fault(writer, out.parent, fault, at)
        if out.exists():
            open_exported(out, "openvino")  # whole, or it would raise
            assert left_in(out) == ["model.bin", "model.xml"]
        elif outcome.code == 1:
            assert str(out.parent) in outcome.message
            assert left_in(out.parent) == []
        yield outcome, out.exists()


@pytest.mark.parametrize("fault", ["EIO", "ENOSPC"])
def test_a_fault_while_writing_leaves_nothing(tmp_path, fault):
    codes = [outcome.code for outcome, _ in faulted(tmp_path, fault, (4, 7, 10**6))]
    assert codes == [1, 1, 0]


def test_what_a_killed_export_left_is_removed_by_the_next(tmp_path, run):
    left = tmp_path / ".foveal-1-0123abcd-x.pt2"
    left.write_bytes(b"half a file")
    export_model(run, "torch", out=tmp_path / "x.pt2")
    assert left_in(tmp_path) == ["x.pt2"]


@pytest.mark.long
@pytest.mark.parametrize("fault", ["KILL", "EIO", "ENOSPC"])
def test_a_fault_at_any_operation_leaves_the_whole_file_or_none(tmp_path, fault):
    kept = set()
    for outcome, exists in faulted(tmp_path, fault, range(1, 200)):
        kept.add(exists)
        if not outcome.struck:
            break
    assert kept == {True, False}  # control: some faults came before it took its place, some after
