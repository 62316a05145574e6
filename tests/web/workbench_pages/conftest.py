"""The workbench in a real browser: with a real server, or with answers that are made up."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from foveal.web.app import Site
from foveal.web.workbench.runs import Runs
from web.conftest import READY, OpenPage, Running, running
from web.workbench_pages.fake_server import FakeServer

OpenFaked = Callable[..., tuple[Any, FakeServer]]
PATIENT = 120_000  # ms: trainings on a busy machine


@pytest.fixture
def open_faked(open_page: OpenPage) -> OpenFaked:
    """Open a page of the workbench whose server is made up."""

    def opened(route: str, change: Callable[[FakeServer], None] = lambda fake: None, **options):
        page, fake = open_page("", wait=None, **options), FakeServer()
        change(fake)
        fake.install(page)
        page.goto(page.opened_at + route)
        page.wait_for_selector(READY)
        return page, fake

    return opened


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, Path]]:
    """A real workbench without photos and runs, and the folder of its photos."""
    folder = tmp_path_factory.mktemp("bench")
    with running(Site(folder / "runs", folder / "photos")) as served:
        yield served, folder / "photos"
    runs = Runs(folder / "runs")  # a test that failed may have left one running
    while (left := runs.running()) is not None:
        runs.stop(left.id)
        time.sleep(0.5)


@pytest.fixture
def open_bench(open_page: OpenPage, bench: tuple[Running, Path]) -> OpenPage:
    """Open a page of the real workbench."""

    def opened(route: str = "#/workbench", **options: Any) -> Any:
        page = open_page(route, address=bench[0].address, **options)
        page.set_default_timeout(PATIENT)
        return page

    return opened


def forgive(page: Any, *statuses: int) -> None:
    """Take out what the browser itself logs of refusals that a test wanted."""
    wanted = [f"the server responded with a status of {status}" for status in statuses]
    page.said[:] = [text for text in page.said if not any(part in text for part in wanted)]


def until(page: Any, expression: str, seconds: float = 30.0) -> None:
    """Wait until JavaScript says yes; the page's policy forbids Playwright's own way of waiting."""
    end = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < end, expression
        page.wait_for_timeout(50)
