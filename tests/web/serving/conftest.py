"""A running prediction server with a model whose answers tell where in a photo which colour is."""

from __future__ import annotations

import asyncio
import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from foveal.images import Preprocess
from foveal.runtime.backends import openvino
from foveal.runtime.graphs import save_openvino
from foveal.runtime.model_folder import ModelConfig, write_model
from foveal.storage import write_bytes
from foveal.web.serve import listen
from foveal.web.serving.guard import Access
from foveal.web.serving.limits import Limits
from foveal.web.serving.server import PredictionServer
from foveal.web.serving.service import Service, open_served
from web.raw_client import Answer, RawClient

SIDE = 32
CLASSES = tuple(f"{place} {colour}" for place in "ABCD" for colour in ("red", "green", "blue"))
SMALL = Limits(queue=8, max_mb=4, max_pixels=4_000_000, max_images=4, workers=2)


def write_quarters_model(folder: Path) -> Path:
    """Write a model whose twelve logits are the mean colours of a photo's four quarters."""
    ops = openvino().opset13
    pixels = ops.parameter([-1, SIDE, SIDE, 3], np.uint8, name="pixels")
    half = SIDE // 2
    blocks = ops.reshape(ops.convert(pixels, "f32"), np.array([-1, 2, half, 2, half, 3]), False)
    means = ops.reshape(ops.reduce_mean(blocks, np.array([2, 4])), np.array([-1, 12]), False)
    graph = openvino().Model([ops.multiply(means, np.float32(1 / 64))], [pixels])
    config = ModelConfig(
        architecture="lenet5",
        classes=CLASSES,
        preprocess=Preprocess(image_size=SIDE),
        head_widths=(12, 12),
        metrics={"validation": {"n": 4, "accuracy": 0.75}},
    )
    write_model(
        folder,
        config,
        lambda path: write_bytes(path, b"weights"),
        lambda path: save_openvino(graph, path),
        "0.0",
    )
    return folder


@dataclass(frozen=True)
class Serving:
    """A server in a thread."""

    port: int
    service: Service
    server: PredictionServer
    model: Path
    log: list[Any]

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        """Send one request on a connection of its own, as a program does."""
        client = RawClient(self.port)
        named = {"Host": f"127.0.0.1:{self.port}"}
        named |= {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            return client.send(method, path, list(named.items()), body)
        finally:
            client.close()

    def predict(self, photo: bytes, query: str = "", kind: str = "image/png") -> Answer:
        return self.ask("POST", f"/v1/predict{query}", photo, Content_Type=kind)

    def predict_all(self, photos: dict[str, bytes], query: str = "") -> Answer:
        kind, body = form([("images", name, data) for name, data in photos.items()])
        return self.ask("POST", f"/v1/predict{query}", body, Content_Type=kind)


@contextmanager
def serving(
    model: Path,
    limits: Limits = SMALL,
    access: Access | None = None,
    coverage: float | None = None,
    top_k: int = 5,
) -> Iterator[Serving]:
    """Serve a model for a block."""
    service = Service(open_served(model, coverage), limits)
    heard: list[Any] = []
    server = PredictionServer(service, access or Access(), top_k=top_k, log=heard.append)
    opened = listen(0)
    ready = threading.Event()

    def run() -> None:
        asyncio.run(server.answer(opened, lambda address, port: ready.set()))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(120), "the server did not start"
    yield Serving(opened.getsockname()[1], service, server, model, heard)
    server.handle_exit(15, None)
    thread.join(20)
    opened.close()
    assert not thread.is_alive()


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_quarters_model(tmp_path_factory.mktemp("served") / "model")


@pytest.fixture(scope="session")
def server(model: Path) -> Iterator[Serving]:
    """One server for all tests of a process, with small limits."""
    with serving(model) as made:
        yield made


def png(colour: str | tuple[int, int, int] = "red", size: tuple[int, int] = (40, 40)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return file.getvalue()


def noise(width: int, height: int, seed: int = 0) -> bytes:
    """A JPEG of pure noise: about 1.1 bytes a pixel."""
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=90)
    return file.getvalue()


def form(parts: list[tuple[str, str, bytes]]) -> tuple[str, bytes]:
    """Return the content type and the body of a form: field, file name, content."""
    edge = "----edge7"
    body = b"".join(
        f'--{edge}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n'
        f"Content-Type: image/png\r\n\r\n".encode()
        + data
        + b"\r\n"
        for field, name, data in parts
    )
    return f"multipart/form-data; boundary={edge}", body + f"--{edge}--\r\n".encode()


def told(answer: Answer) -> Any:
    return json.loads(answer.body)
