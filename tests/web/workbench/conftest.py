"""A served workbench with folders of its own, and a client that asks it things."""

from __future__ import annotations

import http.client
import io
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest
import uvicorn
from PIL import Image

from foveal.web.app import Site, create_app
from foveal.web.serve import listen
from small_run import write_colour_run

SETS, RUNS = "/api/workbench/photos", "/api/workbench/runs"


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> str:
        return self.json["error"]


@dataclass(frozen=True)
class Bench:
    """A workbench that is served in a thread."""

    port: int
    token: str
    photos: Path
    runs: Path

    def ask(self, method: str, path: str, body: Any = None, **headers: str | None) -> Answer:
        own = {
            "X-Foveal-Token": self.token,
            "Origin": f"http://127.0.0.1:{self.port}",
        }
        given = own | {name.replace("_", "-"): value for name, value in headers.items()}
        sent = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            connection.request(
                method, path, sent, {k: v for k, v in given.items() if v is not None}
            )
            answer = connection.getresponse()
            return Answer(
                answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
            )
        finally:
            connection.close()

    def get(self, path: str) -> Answer:
        return self.ask("GET", path)

    def post(self, path: str, body: Any = None) -> Answer:
        return self.ask("POST", path, {} if body is None else body)

    def send_zip(self, name: str, data: bytes) -> Answer:
        return self.post(f"{SETS}/zip?name={quote(name, safe='')}", data)

    def make_set(self, name: str = "things") -> str:
        answer = self.post(SETS, {"name": name})
        assert answer.status == 201, answer.body
        return answer.json["id"]

    def add(self, key: str, label: str, name: str, data: bytes) -> Answer:
        given = f"class={quote(label, safe='')}&name={quote(name, safe='')}"
        return self.post(f"{SETS}/{key}/add?{given}", data)

    def sets(self) -> dict[str, Any]:
        return {one["name"]: one for one in self.get(SETS).json["sets"]}

    def run(self, key: str) -> dict[str, Any]:
        return self.get(f"{RUNS}/{key}").json


@contextmanager
def served(photos: Path, runs: Path) -> Iterator[Bench]:
    """Serve a workbench for the length of the block."""
    site, opened = Site(runs, photos), listen(0)
    config = uvicorn.Config(create_app(site), log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [opened]}, daemon=True)
    thread.start()
    wait_until(lambda: server.started, "the server did not start")
    yield Bench(opened.getsockname()[1], site.token, photos, runs)
    server.should_exit = True
    thread.join(10)
    opened.close()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A workbench without photos and runs."""
    with served(tmp_path / "photos", tmp_path / "runs") as made:
        yield made


@pytest.fixture
def colours(bench: Bench, tmp_path: Path) -> str:
    """A finished run that tells red photos from blue ones; its id."""
    return colour_run(bench, "colours", tmp_path / "elsewhere")


def colour_run(bench: Bench, name: str, photos: Path) -> str:
    folder = write_colour_run(bench.runs / name, photos)
    (folder / "report.html").write_text("<!doctype html><title>report</title>")
    metrics = {"classes": ["blue", "red"], "splits": {"test": {"accuracy": 1.0}}}
    (folder / "metrics.json").write_text(json.dumps(metrics))
    return next(run["id"] for run in bench.get(RUNS).json["runs"] if run["name"] == name)


def photo(colour: tuple[int, int, int] = (200, 30, 30), kind: str = "JPEG", **saved: Any) -> bytes:
    """A noisy photo of one colour."""
    chance = np.random.default_rng(sum(colour))
    pixels = np.clip(np.array(colour) + chance.normal(0, 9, (48, 64, 3)), 0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, **saved)
    return file.getvalue()


def wait_until(done: Callable[[], Any], otherwise: str, seconds: float = 120) -> Any:
    deadline = time.monotonic() + seconds
    while not (value := done()):
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.05)
    return value
