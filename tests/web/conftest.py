"""A running site, and pages of it that fail on any console error or outside request."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from foveal.web.app import Site, create_app
from foveal.web.serve import listen

READY = "html[data-ready]"


@dataclass(frozen=True)
class Running:
    """A server in a thread."""

    port: int
    token: str
    runs: Path

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/"


@contextmanager
def running(made: Site) -> Iterator[Running]:
    """Serve a site in a thread, on a port that is free."""
    opened = listen(0)
    config = uvicorn.Config(
        create_app(made), log_level="error", lifespan="off", server_header=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [opened]}, daemon=True)
    thread.start()
    for _ in range(600):
        if server.started:
            break
        time.sleep(0.05)
    assert server.started, "the server did not start"
    yield Running(opened.getsockname()[1], made.token, made.runs)
    server.should_exit = True
    thread.join(10)
    opened.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The learning app, served for all tests of this process."""
    with running(Site(tmp_path_factory.mktemp("runs"))) as served:
        yield served


OpenPage = Callable[..., Any]


@pytest.fixture
def open_page(browser: Any, site: Running) -> Iterator[OpenPage]:
    """Open pages of the site; the test fails if one logs an error or asks another host."""
    contexts: list[Any] = []
    said: list[str] = []
    outside: list[str] = []

    def opened(route: str = "", *, address: str = site.address, wait: bool = True, **options: Any):
        context = browser.new_context(**({"viewport": {"width": 1280, "height": 900}} | options))
        contexts.append(context)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on(
            "console", lambda m: said.append(m.text) if m.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: outside.append(request.url))
        page.said, page.opened_at = said, address
        if wait is not None:
            page.goto(address + route)
        if wait:
            page.wait_for_selector(READY)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert said == []
    own = ("http://127.0.0.1:", "blob:", "data:")
    assert [url for url in outside if not url.startswith(own)] == []


def go(page: Any, route: str) -> None:
    """Follow a link inside the page, and wait for what it shows."""
    page.evaluate(
        """route => new Promise(done => {
            const root = document.documentElement;
            if (location.hash === route) return done();
            const seen = () => root.dataset.ready && done();
            new MutationObserver(seen).observe(root, {attributes: true});
            location.hash = route;
            setTimeout(seen, 150);
        })""",
        route,
    )
    page.wait_for_selector(READY)
