"""What the server answers, compared with the library on the same files."""

from __future__ import annotations

import http.client
import struct
import time
import zlib

import numpy as np
import pytest

import foveal
from foveal.runtime.predictor import Predictor
from foveal.web.serving.guard import Access
from images.test_golden_decode import GOLDEN
from small_run import write_colour_run
from web.serving.conftest import CLASSES, SMALL, Serving, form, noise, png, serving, told


@pytest.fixture(scope="session")
def library(model) -> Predictor:
    return foveal.load(model)


def probabilities(entry: dict) -> np.ndarray:
    by_index = {ranked["index"]: ranked["probability"] for ranked in entry["predictions"]}
    return np.array([by_index[index] for index in range(len(CLASSES))])


def test_there_are_at_least_forty_golden_files():
    assert len(GOLDEN) >= 40


@pytest.mark.parametrize("name", GOLDEN)
def test_every_golden_file_gets_the_library_s_probabilities(server, library, name, tmp_path):
    path = tmp_path / "photo"
    path.write_bytes(GOLDEN[name][0])
    wanted = library.predict(path, top_k=12)
    answer = server.predict(GOLDEN[name][0], "?top_k=12", "application/octet-stream")
    assert answer.status == 200, answer.body
    (entry,) = told(answer)["images"]
    expected = np.array([wanted.probabilities[wanted.indices.index(i)] for i in range(12)])
    np.testing.assert_allclose(probabilities(entry), expected, rtol=0, atol=1e-6)
    assert [ranked["label"] for ranked in entry["predictions"]] == list(wanted.labels)


def test_the_model_tells_golden_files_apart(library, tmp_path):
    seen = set()
    for name, (data, *_) in list(GOLDEN.items())[::3]:
        path = tmp_path / "photo"
        path.write_bytes(data)
        seen.add((name, tuple(np.round(library.predict(path, top_k=12).probabilities, 6))))
    assert len({values for _, values in seen}) >= 12


def test_an_answer_says_what_was_asked_and_by_which_model_it_was_answered(server):
    answer = server.predict(png("red"), "?top_k=2")
    assert answer.status == 200
    found = told(answer)
    (entry,) = found["images"]
    assert [ranked["label"] for ranked in entry["predictions"]] == ["A red", "B red"]
    assert entry["predictions"][0]["index"] == 0
    assert entry["name"] == "image"
    assert entry["rejected"] is None
    assert entry["error"] is None
    assert found["model_version"] == told(server.ask("GET", "/v1/model"))["version"]
    assert found["foveal_version"] == foveal.__version__
    assert found["milliseconds"] > 0


def test_photos_of_one_request_are_answered_in_order_by_their_names(server):
    photos = {f"{colour}.png": png(colour) for colour in ("blue", "red", "green")}
    found = told(server.predict_all(photos, "?top_k=1"))["images"]
    assert [entry["name"] for entry in found] == list(photos)
    assert [entry["predictions"][0]["label"] for entry in found] == ["A blue", "A red", "A green"]


def test_top_k_is_five_unless_asked_and_never_more_than_there_are(server):
    assert len(told(server.predict(png()))["images"][0]["predictions"]) == 5
    assert len(told(server.predict(png(), "?top_k=999999"))["images"][0]["predictions"]) == 12


@pytest.mark.parametrize("value", ["0", "-1", "x", "1.5", "", "1e3", "%00"])
def test_a_top_k_that_makes_no_sense_is_refused(server, value):
    answer = server.predict(png(), f"?top_k={value}")
    assert answer.status == 422
    assert "`top_k` must be a whole number of at least 1" in answer.error


def test_one_photo_that_cannot_be_read_costs_the_others_nothing(server):
    answer = server.predict_all({"good.png": png(), "bad.jpg": b"no photo"})
    assert answer.status == 200
    good, bad = told(answer)["images"]
    assert good["error"] is None
    assert "not a JPEG" in bad["error"]
    assert bad["predictions"] == []
    assert bad["rejected"] is None


def test_photos_none_of_which_can_be_read_are_refused_by_name(server):
    answer = server.predict_all({"a.jpg": b"no photo", "b.jpg": png()[:60]})
    assert answer.status == 422
    assert answer.error.startswith("a.jpg: not a JPEG")
    assert "b.jpg: truncated PNG" in answer.error


@pytest.mark.parametrize("name", ["../../etc/passwd", "C:\\x.jpg", "a\x01b.jpg", "é" * 400, ""])
def test_a_file_name_is_only_ever_repeated(server, name):
    (entry,) = told(server.predict_all({name: png()}))["images"]
    assert entry["name"].isprintable()
    assert 0 < len(entry["name"]) <= 200
    if name.isprintable() and 0 < len(name) < 200 and "\\" not in name:
        assert entry["name"] == name


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "image"])
def test_other_content_types_are_refused_by_name(server, kind):
    answer = server.predict(png(), kind=kind)
    assert answer.status == 415
    assert "multipart/form-data" in answer.error
    assert (kind or "none") in answer.error


def test_packed_bodies_are_refused(server):
    packed = zlib.compress(png())
    answer = server.ask(
        "POST", "/v1/predict", packed, Content_Type="image/png", Content_Encoding="deflate"
    )
    assert answer.status == 415
    assert "Content-Encoding" in answer.error


@pytest.mark.parametrize(
    ("kind", "body", "status", "reason"),
    [
        ("multipart/form-data", b"x", 400, "boundary"),
        ("multipart/form-data; boundary=a", b"x", 400, "form"),
        ("multipart/form-data; boundary=a", b"--a\r\n\r\n", 422, "got a field ''"),
        (
            "multipart/form-data; boundary=----edge7",
            form([("images", "x", b"y")])[1][:-9],
            400,
            "form",
        ),
        ("multipart/form-data; boundary=a", b"--a--\r\n", 422, "no photo came"),
        ("image/png", b"", 422, "no photo came"),
        (*form([("image", "x", b"y")]), 422, "`images`; got a field 'image'"),
        (*form([("images", f"{i}", b"y") for i in range(5)]), 422, "up to 4 images"),
    ],
)
def test_forms_that_cannot_be_used_are_refused_with_the_reason(server, kind, body, status, reason):
    answer = server.predict(body, kind=kind)
    assert (answer.status, reason in answer.error) == (status, True), answer.body


def test_the_model_is_described(server):
    found = told(server.ask("GET", "/v1/model"))
    assert found["classes"] == list(CLASSES)
    assert found["preprocess"]["image_size"] == 32
    assert found["architecture"] == "lenet5"
    assert found["metrics"] == {"validation": {"n": 4, "accuracy": 0.75}}
    assert found["rejection"] is None
    assert found["limits"] == {"queue": 8, "max_mb": 4, "max_pixels": 4_000_000, "max_images": 4}


def test_the_version_is_that_of_the_content(server, model, tmp_path):
    from foveal.web.serving.service import open_served
    from web.serving.conftest import write_quarters_model

    same = open_served(write_quarters_model(tmp_path / "again"))
    assert open_served(model).version == told(server.ask("GET", "/v1/model"))["version"]
    config = (same.predictor.config, tmp_path / "again" / "config.json")[1]
    config.write_text(config.read_text() + "\n")
    assert open_served(tmp_path / "again").version != same.version


def test_whether_an_image_is_unlike_all_classes_is_told_where_that_is_on(tmp_path):
    from foveal.workflow.listener import Listener
    from foveal.workflow.scores import ensure_rejection

    run = write_colour_run(tmp_path / "run", tmp_path / "photos")
    coverage = ensure_rejection(run, None, Listener())
    wanted = foveal.load(run, coverage=coverage)
    files = {}
    for name, colour in {"red": (200, 30, 30), "green": (10, 250, 10)}.items():
        (tmp_path / f"{name}.png").write_bytes(png(colour))
        files[name] = wanted.predict(tmp_path / f"{name}.png").rejected
    assert files == {"red": False, "green": True}
    with serving(run, coverage=coverage) as made:
        photos = {"red": png((200, 30, 30)), "green": png((10, 250, 10)), "bad": b"x"}
        found = told(made.predict_all(photos))["images"]
        assert {entry["name"]: entry["rejected"] for entry in found} == files | {"bad": None}
        assert told(made.ask("GET", "/v1/model"))["rejection"]["coverage"] == coverage


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def bomb(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(min(3 * width * height, 3_000_000)), 9)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        [chunk(b"IHDR", header), chunk(b"IDAT", rows), chunk(b"IEND", b"")]
    )


@pytest.mark.parametrize("size", [(14_000, 14_000), (10**6, 1), (1, 10**6), (2_001, 2_000)])
def test_a_bomb_is_refused_by_its_header_naming_the_limit(server, size):
    answer = server.predict(bomb(*size))
    assert answer.status == 422
    assert "too large" in answer.error
    assert "limit is" in answer.error
    assert server.predict(png()).status == 200


def test_a_photo_at_the_limit_of_pixels_is_answered(server):
    assert server.predict(png(size=(2000, 2000))).status == 200
    assert server.predict(noise(500, 400), kind="image/jpeg").status == 200


def test_health_tells_live_and_ready(server):
    answer = server.ask("GET", "/health")
    assert (answer.status, told(answer)) == (200, {"live": True, "ready": True})
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("HEAD", "/health")
    head = connection.getresponse()
    assert (head.status, head.headers["content-length"], head.read()) == (200, "26", b"")
    connection.close()


def test_metrics_are_read_by_the_parser_of_prometheus(server):
    from prometheus_client.parser import text_string_to_metric_families

    server.predict(png())
    server.predict(b"no photo")
    server.ask("GET", "/wp-admin.php")
    answer = server.ask("GET", "/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    found = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.body.decode())
        for sample in family.samples
    }
    assert found["foveal_requests_total", ("path", "/v1/predict"), ("status", "200")] >= 1
    assert found["foveal_requests_total", ("path", "other"), ("status", "404")] >= 1
    assert found["foveal_images_total", ("outcome", "unreadable")] >= 1
    assert found["foveal_predictions_total", ("label", "A red")] >= 1
    assert found[("foveal_queue_images",)] == 0
    assert found[("foveal_decoders",)] == 2
    assert found[("foveal_batch_images_count",)] >= 1
    assert not [key for key in found if "wp-admin" in str(key)]


def test_two_servers_count_for_themselves(server, model):
    with serving(model) as other:
        assert b'path="/v1/predict"' not in other.ask("GET", "/metrics").body


def test_each_request_is_told_to_the_log(server):
    server.ask("GET", "/health")
    until = time.monotonic() + 20
    while server.log[-1].path != "/health" and time.monotonic() < until:
        time.sleep(0.01)  # the log comes after the answer
    last = server.log[-1]
    assert (last.client, last.method, last.path, last.status) == (
        "127.0.0.1",
        "GET",
        "/health",
        200,
    )
    assert last.seconds > 0


def test_a_usual_top_k_may_be_chosen(model):
    with serving(model, SMALL, Access(), top_k=1) as made:
        assert len(told(made.predict(png()))["images"][0]["predictions"]) == 1


def test_what_is_not_there_is_said_in_the_same_form(server: Serving):
    assert server.ask("GET", "/nothing").error == "there is nothing at this path; see /docs."
    answer = server.ask("PUT", "/v1/predict", b"x")
    assert (answer.status, answer.headers["allow"]) == (405, "POST")
    assert answer.error == "the method is not taken."
