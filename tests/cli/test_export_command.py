"""`foveal export` on the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from in_process import foveal
from small_run import write_colour_run
from tiny_run import write_tiny_run


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    home = tmp_path_factory.mktemp("colour")
    return write_colour_run(home / "run", home / "photos")


def test_the_figures_are_shown(capsys, run, tmp_path):
    code, out, _ = foveal(
        capsys, "export", run, "--format", "openvino", "--out", tmp_path / "colours"
    )
    assert code == 0
    assert f"written   {tmp_path / 'colours'}  0.0 MB, f32" in out
    assert "tried on  48 validation photos" in out
    assert "compared  0 named differently, probabilities differ by" in out


def test_json_for_a_program(capsys, run, tmp_path):
    code, out, _ = foveal(
        capsys, "export", run, "--format", "openvino", "--out", tmp_path / "x", "--json"
    )
    told = json.loads(out)
    assert code == 0
    assert told["agreement"]["images"] == 48
    assert told["int8"] is None
    assert told["classes"] == ["blue", "red"]


def test_other_photos_can_be_given(capsys, run, tmp_path):
    photos = run.parent / "photos" / "red"
    words = ("--format", "openvino", "--out", tmp_path / "x", "--photos", photos)
    code, out, _ = foveal(capsys, "export", run, *words)
    assert code == 0
    assert "tried on  46 photos" in out


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["--format", "tflite"], 2, "`--format` must be one of onnx, openvino, torch"),
        (["--format", "torch", "--int8"], 2, "`--int8` goes with `--format` openvino; got torch"),
        (["--tolerance", "2"], 2, "`--tolerance` must be"),
        (["--max-accuracy-drop", "1"], 2, "`--max-accuracy-drop` would have no effect without"),
        (["--out", "x.pt"], 2, "`--out` must end in .onnx for onnx; got 'x.pt'"),
        (["--photos", "gone"], 1, "gone does not exist; expected a photo or a folder of photos"),
    ],
)
def test_what_cannot_be_done_is_said(capsys, run, tmp_path, monkeypatch, words, code, sentence):
    monkeypatch.chdir(tmp_path)
    given, _, told = foveal(capsys, "export", run, *words)
    assert (given, list(tmp_path.iterdir())) == (code, [])
    assert sentence in told


def test_a_file_that_differs_too_much_is_a_failure(capsys, tmp_path):
    run = write_tiny_run(tmp_path, other_graph=True)
    code, out, told = foveal(
        capsys, "export", run, "--format", "torch", "--out", tmp_path / "x.pt2"
    )
    assert (code, out) == (1, "")
    assert "the exported file is not the same model: on 24 validation photos" in told
    assert "`--tolerance` allows 0.001. Nothing was written." in told
    assert not (tmp_path / "x.pt2").exists()


def test_no_export_connects_to_the_outside(tmp_path):
    run = write_tiny_run(tmp_path)
    code = f"""
import sys
def hook(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        print("CONNECTS", event, arguments, file=sys.stderr)
        raise RuntimeError("a connection was tried")
sys.addaudithook(hook)
import foveal
for name, kind, int8 in [("a.onnx", "onnx", 0), ("b", "openvino", 0), ("c.pt2", "torch", 0),
                         ("d", "openvino", 1)]:
    drop = 100 if int8 else None
    foveal.export_model({str(run)!r}, kind, out={str(tmp_path)!r} + "/" + name, int8=bool(int8),
                        max_accuracy_drop=drop)
assert sys.modules["openvino_telemetry"] is None
try:
    import socket
    socket.create_connection(("127.0.0.1", 9), timeout=1)
except RuntimeError:
    print("control: the hook works")
"""
    environment = {k: v for k, v in os.environ.items() if "proxy" not in k.lower()}
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=240, env=environment
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == "control: the hook works"
    assert result.stderr.count("CONNECTS") == 1
