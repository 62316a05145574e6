"""A finished run in use: named photos, cells of the confusion matrix, comparisons, exports."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from foveal.images import Preprocess
from small_run import write_colour_run
from web.workbench.conftest import RUNS, Bench, colour_run, photo, wait_until

RED, BLUE = photo((200, 30, 30)), photo((30, 30, 200))


def test_a_photo_is_named_with_all_classes_best_first(bench: Bench, colours: str):
    found = bench.post(f"{RUNS}/{colours}/predict?reject=0", RED).json
    assert [one["label"] for one in found["classes"]] == ["red", "blue"]
    assert found["classes"][0]["probability"] > 0.99
    assert sum(one["probability"] for one in found["classes"]) == pytest.approx(1)
    assert found["rejected"] is None
    assert found["milliseconds"] > 0
    assert found["preprocess"].startswith("The network sees the middle square, 88 %")
    assert found["preprocess"].endswith("scaled to 32 × 32 pixels.")


def test_what_is_none_of_the_classes_is_rejected_once_that_is_asked_for(bench: Bench, colours: str):
    asked = f"{RUNS}/{colours}/predict?reject=1"
    assert bench.post(asked, RED).json["rejected"] is False
    assert bench.post(asked, photo((30, 220, 30))).json["rejected"] is True
    assert (bench.runs / "colours" / "model" / "rejection.safetensors").is_file()
    assert bench.post(f"{RUNS}/{colours}/predict", RED).json["rejected"] is None


def test_a_model_that_was_written_anew_answers_anew(bench: Bench, colours: str, tmp_path: Path):
    assert bench.post(f"{RUNS}/{colours}/predict", RED).json["classes"][0]["label"] == "red"
    config = bench.runs / "colours" / "model" / "config.json"
    values = json.loads(config.read_text())
    values["model"]["classes"] = ["blau", "rot"]
    config.write_text(json.dumps(values))
    assert bench.post(f"{RUNS}/{colours}/predict", RED).json["classes"][0]["label"] == "rot"


def test_class_names_with_markup_come_back_as_text(bench: Bench, colours: str):
    config = bench.runs / "colours" / "model" / "config.json"
    values = json.loads(config.read_text())
    names = ["<img src=x onerror=alert(1)>", "\"'</script>&"]
    values["model"]["classes"] = names
    config.write_text(json.dumps(values))
    answer = bench.post(f"{RUNS}/{colours}/predict", RED)
    assert answer.headers["content-type"] == "application/json"
    assert [one["label"] for one in answer.json["classes"]] == names[::-1]


@pytest.mark.parametrize("question", ["predict", "explain?method=gradcam", "feature-maps"])
@pytest.mark.parametrize(
    ("body", "reason"), [(b"", "no photo came"), (b"nonsense", "not a JPEG"), (RED[:200], "JPEG")]
)
def test_what_is_no_photo_is_refused(
    bench: Bench, colours: str, question: str, body: bytes, reason: str, monkeypatch
):
    # The colour model has no weights that PyTorch could load; none are needed here.
    explainer = SimpleNamespace(
        preprocess=Preprocess(image_size=32), network=SimpleNamespace(block_names=("one",))
    )
    monkeypatch.setattr(
        "foveal.web.workbench.models_kept.LoadedModels.explainer", lambda *_: explainer
    )
    answer = bench.post(f"{RUNS}/{colours}/{question}", body)
    assert answer.status == 422
    assert reason in answer.error


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("predict?reject=2", "`reject` must be 0 or 1."),
        ("explain", "`method` is missing from the address."),
        ("explain?method=magic", "`method` must be"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(
    bench: Bench, colours: str, question: str, sentence: str
):
    answer = bench.post(f"{RUNS}/{colours}/{question}", RED)
    assert answer.status == 422
    assert sentence in answer.error


def test_a_large_photo_is_refused_with_the_limit(bench: Bench, colours: str, monkeypatch):
    monkeypatch.setattr("foveal.web.workbench.use_routes.MOST_PHOTO_BYTES", 2**20)
    answer = bench.post(f"{RUNS}/{colours}/predict", bytes(2**20 + 1))
    assert (answer.status, "1 MB" in answer.error) == (413, True)
    monkeypatch.setattr("foveal.web.workbench.using.MOST_PIXELS", 1000)
    answer = bench.post(f"{RUNS}/{colours}/predict", RED)
    assert (answer.status, "the limit is 1,000 pixels" in answer.error) == (422, True)


def test_a_run_that_is_not_done_does_not_answer(bench: Bench, colours: str):
    (bench.runs / "colours" / "report.html").unlink()
    (bench.runs / "colours" / "checkpoints").mkdir()
    (bench.runs / "colours" / "checkpoints" / "start.json").write_text("{}")
    for answer in (
        bench.post(f"{RUNS}/{colours}/predict", RED),
        bench.get(f"/runs/{colours}/report.html"),
        bench.post(f"{RUNS}/{colours}/export", {"format": "openvino"}),
    ):
        assert answer.status == 409
        assert answer.error == "'colours' is stopped; only a run that is done answers."


def test_a_cell_of_the_confusion_matrix_shows_its_photos(
    bench: Bench, colours: str, tmp_path: Path
):
    (tmp_path / "elsewhere" / "red" / "test-03.png").write_bytes(BLUE)
    cell = bench.get(f"{RUNS}/{colours}/cell?split=test&actual=red&predicted=blue").json
    assert cell["n"] == 1
    (one,) = cell["photos"]
    assert (one["name"], one["label"], one["predicted"]) == ("test-03.png", "red", "blue")
    assert one["probability"] > 0.9
    shown = bench.ask("GET", one["thumb"], X_Foveal_Token=None)
    assert (shown.status, shown.headers["content-type"]) == (200, "image/jpeg")
    right = bench.get(f"{RUNS}/{colours}/cell?split=test&actual=red&predicted=red").json
    assert (right["n"], len(right["photos"])) == (9, 9)
    assert bench.get(f"/media/runs/{colours}/0123456789ab.jpg").status == 404


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("split=test&actual=red", "`predicted` is missing"),
        ("split=exam&actual=red&predicted=red", "unknown split 'exam'"),
        ("split=test&actual=green&predicted=red", "unknown class 'green'"),
    ],
)
def test_a_cell_that_is_not_there_is_refused(bench: Bench, colours: str, query: str, sentence: str):
    answer = bench.get(f"{RUNS}/{colours}/cell?{query}")
    assert (answer.status, sentence in answer.error) == (422, True)


def test_a_cell_whose_photos_are_gone_says_so(bench: Bench, colours: str, tmp_path: Path):
    shutil.rmtree(tmp_path / "elsewhere" / "red")
    answer = bench.get(f"{RUNS}/{colours}/cell?split=test&actual=red&predicted=red")
    assert (answer.status, "test photos are gone" in answer.error) == (422, True)


def test_two_runs_are_compared_by_their_names(bench: Bench, colours: str, tmp_path: Path):
    other = colour_run(bench, "other", tmp_path / "elsewhere")
    found = bench.get(f"/api/workbench/compare?a={colours}&b={other}").json
    assert [run["run"] for run in found["runs"]] == ["colours", "other"]
    assert (found["n"], found["both_right"]) == (20, 20)
    assert "right and wrong alike" in found["sentence"]
    third = colour_run(bench, "third", tmp_path / "photos of another kind")
    answer = bench.get(f"/api/workbench/compare?a={colours}&b={third}")
    assert answer.status == 422
    assert "colours and third have no test photo in common" in answer.error
    assert str(tmp_path) not in answer.error


def exported(bench: Bench, key: str, **given) -> dict:
    answer = bench.post(f"{RUNS}/{key}/export", given)
    assert answer.status == 202, answer.body
    job = answer.json["job"]

    def ended() -> dict | None:
        found = bench.get(f"/api/workbench/exports/{job}").json
        return found if found["state"] in ("done", "failed") else None

    return wait_until(ended, "the export does not end")


def test_a_run_is_exported_and_downloaded_and_a_new_export_replaces_the_old(
    bench: Bench, colours: str
):
    for _ in range(2):
        found = exported(bench, colours, format="openvino")
        assert found["state"] == "done", found["sentence"]
        assert str(bench.runs) not in found["sentence"]
        answer = bench.ask("GET", found["download"], X_Foveal_Token=None)
        assert answer.status == 200
        assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''col")
        with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
            names = {Path(name).name for name in archive.namelist()}
        assert names == {"model.xml", "model.bin"}
    assert [path.name for path in (bench.runs / "colours" / "exports").iterdir()] == ["openvino"]
    wrong = found["download"].replace(".zip", ".onnx")
    assert bench.ask("GET", wrong, X_Foveal_Token=None).status == 404


def test_an_export_that_fails_says_why_and_leaves_nothing(bench: Bench, colours: str):
    found = exported(bench, colours, format="torch")  # the colour model has no weights
    assert (found["state"], found["download"]) == ("failed", None)
    assert found["sentence"].endswith(".")
    assert list((bench.runs / "colours" / "exports").iterdir()) == []


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"format": "keras"}, "unknown format 'keras'"),
        ({"format": "onnx", "int8": True}, "`int8` goes with `format` openvino"),
        ({}, "`format` is missing."),
    ],
)
def test_an_export_that_cannot_be_made_is_refused(
    bench: Bench, colours: str, given: dict, sentence: str
):
    answer = bench.post(f"{RUNS}/{colours}/export", given)
    assert (answer.status, sentence in answer.error) == (422, True)


def test_a_format_whose_packages_are_missing_says_what_to_install(
    bench: Bench, colours: str, monkeypatch
):
    from foveal.errors import MissingExtraError

    def missing(*_: object, **__: object) -> None:
        raise MissingExtraError("writing ONNX files", "onnx")

    monkeypatch.setattr("foveal.web.workbench.exports.require_packages", missing)
    answer = bench.post(f"{RUNS}/{colours}/export", {"format": "onnx"})
    assert answer.status == 422
    assert "pip install 'foveal[onnx]'" in answer.error


def test_runs_from_a_terminal_are_listed_beside_the_others(bench: Bench, tmp_path: Path):
    write_colour_run(bench.runs / "from a terminal", tmp_path / "photos of mine")
    (line,) = bench.get(RUNS).json["runs"]
    assert (line["name"], line["here"], line["state"]) == ("from a terminal", False, "failed")
    answer = bench.post(f"{RUNS}/{line['id']}/stop")
    assert (answer.status, "does not run" in answer.error) == (409, True)
    assert bench.get("/data/runs.json").json["runs"][0]["id"] == line["id"]  # one id for a run


def test_a_classifier_is_loaded_before_it_is_asked(bench: Bench, colours: str):
    assert bench.get(f"{RUNS}/{colours}/ready").json == {"state": "ready", "sentence": ""}
    begun = bench.post(f"{RUNS}/{colours}/ready?reject=1").json
    assert begun == {"state": "loading", "sentence": "Loading the classifier…"}

    def state():
        return bench.get(f"{RUNS}/{colours}/ready?reject=1").json

    wait_until(lambda: state()["state"] == "ready", "it was not loaded")
    assert bench.run(colours)["rejects"]
    assert bench.post(f"{RUNS}/{colours}/predict?reject=1", RED).json["rejected"] is False


def test_what_cannot_be_loaded_says_why(bench: Bench, colours: str, tmp_path: Path):
    assert not bench.run(colours)["rejects"]
    shutil.rmtree(tmp_path / "elsewhere")
    path = f"{RUNS}/{colours}/ready?reject=1"
    bench.post(path)
    wait_until(lambda: bench.get(path).json["state"] == "failed", "it did not fail")
    assert "photo" in bench.get(path).json["sentence"]
