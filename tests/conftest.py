"""Fixtures that every test may use."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

# Before any test imports OpenVINO or NNCF by itself: what they would send home is sent by a forked
# copy of the tests' process, which keeps the browser's pipes open and lets its end hang.
sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]

REPOSITORY = Path(__file__).resolve().parent.parent
SWITCHES = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--no-first-run"),
    *("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"),
]
# The first is the same engine without windows: pages open in half the time.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


@pytest.fixture(autouse=True)
def private_cache(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Give every test an empty cache folder of its own."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("FOVEAL_CACHE_DIR", str(folder))
    return folder


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of test photos, or a skip that says where it was looked for."""
    folder = Path(os.environ.get("FOVEAL_TEST_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(
            f"no test photos at {folder}; set FOVEAL_TEST_DATA to the folder that holds them"
        )
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """A real browser, one for all tests of a process: two at once do not get on."""
    named = os.environ.get("FOVEAL_CHROMIUM")
    found = named or next(filter(None, map(shutil.which, BROWSERS)), None)
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        found = found or playwright.chromium.executable_path
        if not named and not Path(found).is_file():
            pytest.skip(f"no browser: none of {', '.join(BROWSERS)}; set FOVEAL_CHROMIUM")
        opened = playwright.chromium.launch(executable_path=found, args=SWITCHES)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def converted_graphs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place for converted networks that the tests of one process share: each takes seconds."""
    return tmp_path_factory.mktemp("graphs")


@pytest.fixture
def shared_graphs(private_cache: Path, converted_graphs: Path) -> Path:
    """Let this test use networks that an earlier test has converted."""
    (private_cache / "graphs").symlink_to(converted_graphs)
    return converted_graphs


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder of 3 classes × 12 small photos that a classifier can tell apart."""
    return write_photos(tmp_path / "photos", {"stripes": 12, "spots": 12, "plain": 12})


def write_photos(folder: Path, classes: dict[str, int], seed: int = 0) -> Path:
    """Write noisy pictures of stripes, spots or nothing, as JPEG files in class folders."""
    chance = np.random.default_rng(seed)
    y, x = np.mgrid[:96, :128]
    patterns = {"stripes": np.sin(x / 4), "spots": np.sin(x / 6) * np.sin(y / 6), "plain": 0 * x}
    for name, count in classes.items():
        (folder / name).mkdir(parents=True)
        for index in range(count):
            base = chance.uniform(80, 170, 3) + 60 * patterns.get(name, 0 * x)[..., None]
            noisy = base + chance.normal(0, 12, (96, 128, 3))
            pixels = np.clip(noisy, 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{index:02d}.jpg", quality=90)
    return folder
