"""``foveal serve`` as people start it: what it says, whom it connects to, how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from foveal.cli.main import parse
from foveal.errors import UsageError
from web.raw_client import RawClient
from web.serving.conftest import Serving, noise, png, told

GONE = 0  # who comes when the server has ended meets nobody
# Refuses every way out of the machine, and says so; the last line proves that the hook hears.
HOOK = """
import sys
def hook(event, arguments):
    if event in ("socket.getaddrinfo", "socket.sendto", "socket.connect"):
        if str(arguments[0]) != "127.0.0.1" or event != "socket.getaddrinfo":
            print("CONNECTS", event, arguments, file=sys.stderr, flush=True)
            raise RuntimeError("a connection was tried")
sys.addaudithook(hook)
from foveal.cli.main import main
try:
    main(sys.argv[1:])
finally:
    import socket
    try:
        socket.create_connection(("192.0.2.1", 9), timeout=1)
    except RuntimeError:
        print("control: the hook works", file=sys.stderr, flush=True)
"""


def start(*words: str, hook: bool = False, **environment: str) -> subprocess.Popen[str]:
    program = ["-c", HOOK] if hook else ["-m", "foveal"]
    return subprocess.Popen(
        [sys.executable, *program, "serve", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )


def ask(port: int, photo: bytes) -> int:
    client = RawClient(port)
    head = [("Host", "localhost"), ("Content-Type", "application/octet-stream")]
    try:
        return client.send("POST", "/v1/predict", head, photo).status
    finally:
        client.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_connects_to_nobody_and_ends_with_0_when_told_to(model, number):
    process = start(str(model), "--port", "0", "--json", hook=True)
    first = json.loads(process.stdout.readline())
    assert first["address"] == f"http://127.0.0.1:{first['port']}"
    assert first["classes"][0] == "A red"
    assert first["token"] is False
    assert ask(first["port"], png()) == 200
    statuses: list[int] = []
    photo = noise(1200, 900)

    def one() -> None:
        try:
            statuses.append(ask(first["port"], photo))
        except OSError:
            statuses.append(GONE)

    clients = [threading.Thread(target=one) for _ in range(12)]
    for client in clients:
        client.start()
    time.sleep(0.1)
    process.send_signal(number)
    started = time.monotonic()
    _, err = process.communicate(timeout=60)
    assert time.monotonic() - started < 15  # wanted: a few seconds on a machine of its own
    for client in clients:
        client.join()
    assert process.returncode == 0, err
    assert "CONNECTS" in err, "the control was heard"
    assert err.count("CONNECTS") == 1
    assert "control: the hook works" in err
    assert "Stopped;" in err
    assert "Traceback" not in err
    assert set(statuses) <= {200, 503, GONE}
    assert len(statuses) == 12


def test_it_says_where_what_and_for_whom_and_logs_each_request(model):
    process = start(str(model), "--port", "0", "--log", "--top-k", "1")
    lines = [process.stdout.readline() for _ in range(6)]
    shown = "".join(lines)
    assert "Foveal serves model: http://127.0.0.1:" in lines[0]
    assert "lenet5" in shown
    assert "12 classes: A red" in shown
    assert "at most 64 images at once, 20 MB and 16 images a request" in shown
    assert "nothing is rejected" in shown
    assert "only this machine can reach it" in shown
    port = int(lines[0].rpartition("127.0.0.1:")[2].partition("/")[0])
    assert ask(port, png()) == 200
    client = RawClient(port)
    assert client.send("GET", "/a%0Ab%1B", [("Host", "localhost")]).status == 404
    client.close()
    assert "127.0.0.1 POST /v1/predict 200" in process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    rest = process.stdout.read()
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert [line.split()[2:5] for line in rest.splitlines()] == [
        ["GET", "/a\\nb\\x1b", "404"]  # a line break in a path makes no line
    ]


@pytest.mark.parametrize(
    ("words", "environment", "sentence"),
    [
        (["--host", "0.0.0.0"], {}, "WHO CAN REACH 0.0.0.0 OVER THE NETWORK CAN REACH IT: anybody"),
        (["--token", "sesame"], {}, "whoever knows the token"),
        ([], {"FOVEAL_SERVE_TOKEN": "sesame"}, "whoever knows the token"),
        (["--allow-host", "photos.example"], {}, "it also answers to photos.example"),
    ],
)
def test_it_says_plainly_who_can_use_it(model, words, environment, sentence):
    process = start(str(model), "--port", "0", *words, **environment)
    shown = "".join(process.stdout.readline() for _ in range(6))
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert sentence in shown


def test_a_taken_port_and_a_missing_model_are_sentences(model, tmp_path, server: Serving):
    process = start(str(model), "--port", str(server.port))
    _, err = process.communicate(timeout=120)
    assert process.returncode == 2
    assert f"`--port` must be free; {server.port} is taken" in err
    process = start(str(tmp_path))
    _, err = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "holds no model" in err
    process = start(str(model), "--host", "192.0.2.1")
    _, err = process.communicate(timeout=120)
    assert process.returncode == 2
    assert "`--host` must be an address of this machine" in err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--queue", "0"], "`queue` must be a whole number from 1"),
        (["--max-mb", "0"], "`max_mb` must be a whole number from 1"),
        (["--max-pixels", "0"], "`max_pixels` must be a whole number from 1"),
        (["--max-images", "65"], "`max_images` must be at most the queue of 64"),
        (["--workers", "0"], "`workers` must be a whole number from 1"),
        (["--batch-window", "-1"], "`batch_window` must be a number from 0"),
        (["--reject", "maybe"], "`--reject` must be auto; got 'maybe'"),
        (["--coverage", "0.9"], "`coverage` would have no effect without --reject auto."),
        (["--top-k", "0"], "`top_k` must be at least 1"),
        (["--port", "65536"], "`port` must be from 0"),
        (["--token", "two words"], "`token` must be printable ASCII"),
        (["--token", ""], "`token` must be printable ASCII"),
    ],
)
def test_settings_that_make_no_sense_are_refused(words, message):
    with pytest.raises(UsageError, match=message):
        parse("serve", ["run", *words])


def test_the_python_of_the_guide_runs_and_its_answer_has_the_fields_shown(server, tmp_path):
    guide = (Path(__file__).parents[3] / "docs" / "serve.md").read_text(encoding="utf-8")
    program = guide.partition("```python\n")[2].partition("```")[0]
    shown = json.loads(guide.partition("```json\n")[2].partition("```")[0])
    (tmp_path / "photo.jpg").write_bytes(png())
    program = program.replace("127.0.0.1:8000", f"127.0.0.1:{server.port}")
    words = [sys.executable, "-c", program]
    ran = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    assert "% A red" in ran.stdout
    answer = told(server.predict(png()))
    assert answer.keys() == shown.keys()
    assert answer["images"][0].keys() == shown["images"][0].keys()
    assert answer["images"][0]["predictions"][0].keys() == {"label", "index", "probability"}


def test_every_status_of_the_schema_is_in_the_guide(server):
    guide = (Path(__file__).parents[3] / "docs" / "serve.md").read_text(encoding="utf-8")
    schema = told(server.ask("GET", "/openapi.json"))
    for status in schema["paths"]["/v1/predict"]["post"]["responses"]:
        assert status == "200" or f"| {status} |" in guide
