"""A model folder is whole, checked, and refuses what it is not."""

from __future__ import annotations

import json
import pickle
import shutil

import pytest

from foveal.errors import CorruptFileError, ModelError
from foveal.images import Preprocess
from foveal.runtime.model_folder import ModelConfig, find_model, read_config, write_model
from foveal.storage import write_bytes

CONFIG = ModelConfig(
    architecture="efficientnet_lite0",
    classes=("ant", "bee"),
    preprocess=Preprocess(image_size=64),
    head_widths=(1280, 2),
    temperature=1.5,
    metrics={"test": {"accuracy": 0.5}},
)


def write_some(folder, config=CONFIG):
    write_model(
        folder,
        config,
        lambda path: write_bytes(path, b"weights"),
        lambda path: write_bytes(path, b"<net/>"),
        "0.0",
    )
    return folder


def test_what_was_written_is_read_back(tmp_path):
    folder = find_model(write_some(tmp_path / "model"))
    assert read_config(folder) == CONFIG


def test_a_run_folder_leads_to_its_model(tmp_path):
    write_some(tmp_path / "run" / "model")
    assert find_model(tmp_path / "run") == tmp_path / "run" / "model"


def test_a_replacement_that_was_killed_is_undone(tmp_path):
    write_some(tmp_path / "model").rename(tmp_path / ".foveal-previous-model")
    assert read_config(find_model(tmp_path / "model")) == CONFIG


@pytest.mark.parametrize("name", ["model.safetensors", "openvino_model.xml"])
def test_a_changed_or_missing_file_is_named(tmp_path, name):
    folder = write_some(tmp_path / "model")
    (folder / name).write_bytes(b"weightz")
    with pytest.raises(CorruptFileError, match=rf"{name} is missing or has changed"):
        read_config(folder)
    (folder / name).unlink()
    with pytest.raises(CorruptFileError, match=rf"{name} is missing or has changed"):
        read_config(folder)


@pytest.mark.parametrize("suffix", [".pth", ".pt", ".pkl", ".ckpt", ".h5"])
def test_a_foreign_pickle_is_refused_and_never_opened(tmp_path, suffix):
    class Trap:
        def __reduce__(self):
            return (open, (str(tmp_path / "sprung"), "w"))

    file = tmp_path / f"model{suffix}"
    file.write_bytes(pickle.dumps(Trap()))
    with pytest.raises(ModelError, match="is a pickle or a foreign model file, which can run code"):
        find_model(file)
    assert not (tmp_path / "sprung").exists()


def test_a_folder_of_photos_is_no_model(photos):
    with pytest.raises(ModelError, match="holds no model; expected a run or model folder made by"):
        find_model(photos)


def test_a_run_whose_training_was_stopped_says_how_to_go_on(tmp_path):
    (tmp_path / "run" / "checkpoints").mkdir(parents=True)
    with pytest.raises(ModelError, match=r"no model yet: .* foveal train --resume .*run$"):
        find_model(tmp_path / "run")


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(ModelError, match="nowhere does not exist; expected a run or model folder"):
        find_model(tmp_path / "nowhere")


def edit(folder, change):
    values = json.loads((folder / "config.json").read_text())
    change(values)
    (folder / "config.json").write_text(json.dumps(values))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda v: v.update(format_version=99), r"has format 99; this version of Foveal reads 1"),
        (lambda v: v.pop("model"), "does not describe a Foveal model"),
        (lambda v: v["model"].pop("classes"), "these differ: classes"),
        (lambda v: v["model"].update(more=1), "these differ: more"),
        (lambda v: v["model"].update(classes=[1, 2]), r"`classes` must be .* names; got \[1, 2\]"),
        (lambda v: v["model"]["preprocess"].pop("mean"), "mean"),
    ],
)
def test_settings_that_are_wrong_say_what(tmp_path, change, sentence):
    folder = write_some(tmp_path / "model")
    edit(folder, change)
    with pytest.raises(Exception, match=sentence) as caught:
        read_config(folder)
    assert type(caught.value).__module__ == "foveal.errors"


def test_a_config_that_is_no_json_is_named(tmp_path):
    folder = write_some(tmp_path / "model")
    (folder / "config.json").write_text("{")
    with pytest.raises(CorruptFileError, match=r"config\.json is not readable JSON"):
        read_config(folder)


def test_an_error_while_writing_keeps_the_old_model(tmp_path):
    folder = write_some(tmp_path / "model")

    def fail(path):
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        write_model(folder, CONFIG, lambda path: write_bytes(path, b"new"), fail, "0.0")
    assert read_config(folder) == CONFIG
    shutil.rmtree(folder)
