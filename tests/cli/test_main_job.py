"""The command line as people use it: in processes of its own, on real files."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest


def foveal(*words, cwd=None, check=0):
    """Run the command line; return stdout, after checking the exit code and the manners."""
    command = [sys.executable, "-m", "foveal", *map(str, words)]
    result = subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=240)
    assert "Traceback" not in result.stderr, result.stderr
    assert result.returncode == check, f"exit {result.returncode}\n{result.stderr}\n{result.stdout}"
    return result.stdout if check == 0 else result.stdout + result.stderr


def result_of(output):
    """Return the result among the lines of JSON that `train --json` writes."""
    (result,) = (line for line in map(json.loads, output.splitlines()) if line["event"] == "result")
    return result


@pytest.fixture(scope="module")
def trained(tmp_path_factory, converted_graphs):
    """A run on small photos, with the output that made it. The tests of this module share it."""
    from conftest import write_photos

    home = tmp_path_factory.mktemp("job")
    photos = write_photos(home / "photos", {"stripes": 12, "spots": 12, "plain": 12})
    (photos / "spots" / "03.jpg").write_bytes(b"\xff\xd8\xff\xe0 cut")
    (photos / "plain" / "notes.txt").write_text("no photo")
    cache = home / "cache"
    cache.mkdir()
    (cache / "graphs").symlink_to(converted_graphs)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FOVEAL_CACHE_DIR", str(cache))
        words = ["train", photos, "--backbone", "efficientnet_lite0", "--out", home / "runs"]
        output = foveal(*words, "--json", "--seed", 7)
    return home, result_of(output)


def test_a_run_folder_holds_what_it_promises(trained):
    home, result = trained
    run = Path(result["run"])
    assert run == home / "runs" / "photos-001"
    assert {path.name for path in run.iterdir()} == {
        "config.json",
        "split.csv",
        "history.csv",
        "metrics.json",
        "rejected.csv",
        "report.html",
        "model",
        "checkpoints",
    }
    assert {path.name for path in (run / "model").iterdir()} == {
        "config.json",
        "model.safetensors",
        "openvino_model.xml",
        "openvino_model.bin",
    }
    assert [path for path in home.rglob(".foveal-*") if "cache" not in path.parts] == []


def test_metrics_have_the_documented_form(trained):
    _, result = trained
    metrics = json.loads((Path(result["run"]) / "metrics.json").read_text())
    assert metrics["classes"] == ["plain", "spots", "stripes"]
    assert metrics["splits"].keys() == {"validation", "test"}
    test = metrics["splits"]["test"]
    assert test.keys() == {
        *("n", "accuracy", "accuracy_ci95", "loss", "macro_f1", "top5_accuracy", "ece"),
        *("per_class", "confusion", "ece_uncalibrated"),
    }
    assert test["top5_accuracy"] is None
    assert metrics["timing"].keys() == {
        *("decode_seconds", "encode_seconds", "head_seconds", "finetune_seconds"),
        "total_seconds",
    }


def test_every_file_is_counted_once(trained):
    _, result = trained
    run = Path(result["run"])
    with open(run / "split.csv", newline="") as file:
        used = {row["path"] for row in csv.DictReader(file)}
    with open(run / "rejected.csv", newline="") as file:
        rejected = {Path(row["path"]).name: row["reason"] for row in csv.DictReader(file)}
    assert len(used) == 35
    assert rejected.keys() == {"03.jpg", "notes.txt"}
    assert rejected["notes.txt"] == "not an image file"


def test_the_report_is_whole_and_needs_nothing_from_outside(trained):
    _, result = trained
    page = Path(result["report"]).read_text(encoding="utf-8")
    assert "</html>" in page
    assert "03.jpg" in page
    for word in ("<script", 'src="http', 'href="http', "url(http"):
        assert word not in page


def test_predict_names_photos_and_writes_the_documented_table(trained, tmp_path):
    home, result = trained
    photos = sorted((home / "photos" / "stripes").iterdir())[:2]
    bad = home / "photos" / "spots" / "03.jpg"
    foveal("predict", result["run"], *photos, bad, "--csv", tmp_path / "p.csv", check=1)
    with open(tmp_path / "p.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["path", "rank", "label", "index", "probability", "reason"]
    assert [row["rank"] for row in rows] == ["1", "2", "3", "1", "2", "3", "1"]
    assert (rows[0]["label"], rows[0]["index"]) == ("stripes", "2")
    assert rows[-1]["label"] == ""
    assert "cut short" in rows[-1]["reason"] or "truncated" in rows[-1]["reason"]


def test_predict_takes_a_model_folder_and_a_folder_of_photos(trained):
    home, result = trained
    model = Path(result["run"]) / "model"
    found = json.loads(foveal("predict", model, home / "photos" / "plain", "--json", "--top-k", 1))
    assert len(found) == 12
    assert found[0]["predictions"][0]["label"] == "plain"


def test_evaluate_gives_the_figures_of_the_run(trained):
    _, result = trained
    output = json.loads(foveal("evaluate", result["run"], "--json"))
    test, expected = output["splits"]["test"], result["splits"]["test"]
    assert test["confusion"] == expected["confusion"]
    assert test["loss"] == pytest.approx(expected["loss"], abs=2e-2)


def test_evaluate_on_other_photos_matches_classes_by_name(trained, tmp_path):
    from conftest import write_photos

    _, result = trained
    other = write_photos(tmp_path / "other", {"stripes": 4}, seed=9)
    output = json.loads(foveal("evaluate", result["run"], other, "--json"))
    assert output["splits"]["test"]["per_class"]["stripes"]["recall"] == 1.0
    write_photos(tmp_path / "odd", {"stripes": 1, "waves": 1})
    message = foveal("evaluate", result["run"], tmp_path / "odd", check=1)
    assert "has classes that the model does not know: waves; it knows plain, spots" in message


def test_evaluate_says_when_photos_were_trained_on(trained):
    home, result = trained
    command = [sys.executable, "-m", "foveal", "evaluate", result["run"], str(home / "photos")]
    told = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert "of these 36 photos were used to train this classifier, which flatters" in told.stderr
    assert "photos were used to choose when its training stops, so the figures" in told.stderr


def test_a_second_run_gets_a_folder_of_its_own_and_encodes_nothing(trained, monkeypatch):
    home, _ = trained
    monkeypatch.setenv("FOVEAL_CACHE_DIR", str(home / "cache"))
    words = ["train", home / "photos", "--backbone", "efficientnet_lite0", "--seed", 7]
    command = [sys.executable, "-m", "foveal", *map(str, words), "--out", str(home / "runs")]
    result = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert result.returncode == 0, result.stderr
    assert "photos-002" in result.stdout
    assert "Encoding" not in result.stderr
    first, second = (home / "runs" / f"photos-00{n}/model/model.safetensors" for n in (1, 2))
    assert first.read_bytes() == second.read_bytes()


def test_paths_from_the_working_folder_lead_to_the_photos(trained, tmp_path, monkeypatch):
    home, _ = trained
    monkeypatch.setenv("FOVEAL_CACHE_DIR", str(home / "cache"))
    monkeypatch.chdir(tmp_path)
    relative = Path(os.path.relpath(home / "photos"))
    words = ["--backbone", "efficientnet_lite0", "--views", "1", "--epochs", "1", "--lr", "1e-9"]
    run = Path(result_of(foveal("train", relative, *words, "--json"))["run"])
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "data:image/jpeg" in page  # control: an untrained head makes mistakes to show
    assert "No picture" not in page
    monkeypatch.chdir(home)
    assert json.loads(foveal("evaluate", tmp_path / run, "--json"))["splits"]["test"]["n"] == 5


def test_predict_imports_no_pytorch(trained):
    home, result = trained
    photo = next((home / "photos" / "plain").glob("*.jpg"))
    code = (
        "import sys\nfrom foveal.cli.main import dispatch\n"
        f"assert dispatch(['predict', {result['run']!r}, {str(photo)!r}]) == 0\n"
        "assert 'torch' not in sys.modules, 'torch was imported'"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, timeout=60)


def test_ctrl_c_stops_cleanly_and_keeps_what_was_encoded(tmp_path, photos, shared_graphs):
    command = [sys.executable, "-m", "foveal", "train", str(photos), "--views", "120"]
    command += ["--backbone", "efficientnet_lite0", "--out", str(tmp_path / "runs")]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    for line in process.stderr:
        if "Encoding" in line:
            break
    process.send_signal(signal.SIGINT)
    started = time.monotonic()
    _, rest = process.communicate(timeout=60)
    assert process.returncode == 130
    assert time.monotonic() - started < 20
    assert "foveal: stopped; what was computed is kept.\ngo on with: foveal train --resume" in rest
    assert "Traceback" not in rest


def test_nothing_connects_to_the_outside(tmp_path, photos, shared_graphs):
    code = f"""
import sys
def hook(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        print("CONNECTS", event, arguments, file=sys.stderr)
        raise RuntimeError("a connection was tried")
sys.addaudithook(hook)
import foveal
from foveal.workflow.run import train_run
from foveal.workflow.settings import TrainSettings
from pathlib import Path
run = train_run(TrainSettings(folder=Path({str(photos)!r}), backbone="efficientnet_lite0",
                              views=1, out=Path({str(tmp_path / "runs")!r})))
predictor = foveal.load(run.folder)
predictor.predict(next(Path({str(photos)!r}).rglob("*.jpg")))
from foveal.runtime.imagenet import load_imagenet
load_imagenet("efficientnet_lite0")
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
    assert "control: the hook works" in result.stdout
    assert result.stderr.count("CONNECTS") == 1
