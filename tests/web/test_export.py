"""`foveal learn`: the command, and the site as static files on a plain file server."""

from __future__ import annotations

import functools
import http.server
import json
import os
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from foveal.errors import UsageError
from foveal.web.serve import export_site, listen
from web.conftest import go
from web.test_accessibility import VIEWS, settle


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export") / "site"
    export_site(folder)
    return folder


@pytest.fixture
def file_server(exported: Path) -> Iterator[str]:
    """Python's own file server, the site in a sub-folder as on many hosts."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

    handler = functools.partial(Quiet, directory=str(exported.parent))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/{exported.name}/"
        server.shutdown()


def test_every_view_works_from_plain_files(open_page, file_server: str):
    page = open_page("#/", address=file_server)
    for route in VIEWS:
        go(page, route)
        settle(page)
        assert page.locator("main .problem:visible").count() == ("dil=4" in route), route
        assert page.locator("h1").first.is_visible()


def test_an_export_says_what_needs_the_server(open_page, file_server: str):
    page = open_page("#/features", address=file_server)
    page.get_by_text("run `foveal learn` on your computer").wait_for()
    page.get_by_text("palace").wait_for()
    assert page.get_by_role("button", name="Choose a photo…").count() == 0


def test_an_export_holds_no_token_and_carries_its_policy(exported: Path):
    index = (exported / "index.html").read_text()
    assert 'name="foveal-token" content=""' in index
    assert "default-src 'self'" in index
    assert json.loads((exported / "data/models/resnet50.json").read_text())["name"] == "resnet50"


def test_an_export_goes_into_a_new_folder_only(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="`export` must name a new or empty folder"):
        export_site(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_port_that_is_taken_is_named():
    taken = listen(0)
    try:
        with pytest.raises(UsageError, match=r"`port` must be free; \d+ is taken: choose another"):
            listen(taken.getsockname()[1])
    finally:
        taken.close()


def foveal(*words: str, **options) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "foveal", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        **options,
    )


def test_the_command_serves_on_loopback_and_stops_on_interrupt():
    process = foveal("learn", "--port", "0", "--no-browser")
    try:
        address = process.stdout.readline().rsplit(" ", 1)[1].strip()
        assert address.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(address, timeout=30) as answer:
            assert b"<title>Foveal" in answer.read()
        process.send_signal(signal.SIGINT)
        process.wait(15)
    finally:
        process.kill()
        _, errors = process.communicate()
    assert "Traceback" not in errors


def test_a_port_out_of_range_is_refused():
    process = foveal("learn", "--port", "70000")
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "`--port` must be from 0 to 65535; got 70000." in errors
