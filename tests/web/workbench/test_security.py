"""A9 and A10 on every address of the workbench, and how it behaves when too much is asked."""

from __future__ import annotations

import asyncio
import random
import re
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import pytest

import foveal.web
from conftest import write_photos
from foveal.web.app import Site, create_app
from foveal.web.uploads import RefusedUpload
from foveal.web.workbench.answers import Gate
from web.loops import in_a_loop
from web.raw_client import RawClient
from web.test_security import EVIL, FIXED, ORIGINS, names
from web.workbench.conftest import Bench, colour_run, photo, served

ID = "0123456789ab"
W = "/api/workbench"
READS = [
    f"{W}/photos",
    f"{W}/photos/{ID}",
    f"{W}/photos/{ID}/check",
    f"{W}/options",
    f"{W}/runs",
    f"{W}/runs/{ID}",
    f"{W}/runs/{ID}/events?after=0",
    f"{W}/runs/{ID}/cell?split=test&actual=a&predicted=b",
    f"{W}/runs/{ID}/filters",
    f"{W}/runs/{ID}/ready?reject=0",
    f"{W}/compare?a={ID}&b={ID}",
    f"{W}/exports/{ID}",
]
WRITES = [
    f"{W}/photos",
    f"{W}/photos/zip?name=x",
    f"{W}/photos/{ID}/add?class=a&name=b.jpg",
    f"{W}/photos/{ID}/remove",
    f"{W}/photos/{ID}/clear",
    f"{W}/runs",
    f"{W}/runs/{ID}/stop",
    f"{W}/runs/{ID}/remove",
    f"{W}/runs/{ID}/resume",
    f"{W}/runs/{ID}/ready?reject=0",
    f"{W}/runs/{ID}/predict?reject=0",
    f"{W}/runs/{ID}/explain?method=gradcam",
    f"{W}/runs/{ID}/feature-maps",
    f"{W}/runs/{ID}/export",
]
PLAIN = [
    f"/media/photos/{ID}/{ID}.jpg",
    f"/media/runs/{ID}/{ID}.jpg",
    f"/runs/{ID}/report.html",
    f"/downloads/{ID}.zip",
]


@pytest.fixture(scope="module")
def bench(tmp_path_factory) -> Iterator[Bench]:
    home = tmp_path_factory.mktemp("bench")
    write_photos(home / "photos" / "mine", {"stripes": 3, "spots": 3})
    with served(home / "photos", home / "runs") as made:
        colour_run(made, "colours", home / "elsewhere")
        yield made


def headers(bench: Bench, **changes: str | None) -> list[tuple[str, str]]:
    own = {
        "Host": f"127.0.0.1:{bench.port}",
        "Origin": f"http://127.0.0.1:{bench.port}",
        "X-Foveal-Token": bench.token,
    }
    merged = own | {name.replace("_", "-"): value for name, value in changes.items()}
    return [(name, value) for name, value in merged.items() if value is not None]


@pytest.fixture
def client(bench: Bench) -> Iterator[RawClient]:
    made = RawClient(bench.port)
    yield made
    made.close()


def test_the_lists_above_name_every_address_of_the_workbench():
    app = create_app(Site(Path("runs"), Path("photos")))
    pattern = re.compile(r"\{[a-z]+\}")
    found = {
        (method, pattern.sub("*", route.path))
        for route in app.routes
        for method in route.methods - {"HEAD"}
        if route.path.startswith((W, "/media/", "/runs/", "/downloads/"))
    }
    listed = {("GET", path) for path in READS + PLAIN} | {("POST", path) for path in WRITES}
    plain = {(method, path.partition("?")[0].replace(ID, "*")) for method, path in listed}
    assert found == {
        (method, path.replace("/downloads/*.zip", "/downloads/*")) for method, path in plain
    }


@pytest.mark.parametrize("host", EVIL)
def test_a9_only_loopback_hosts_are_answered(bench: Bench, client: RawClient, host: str):
    named = host.format(port=bench.port)
    for method, paths in (("GET", READS + PLAIN), ("POST", WRITES)):
        for path in paths:
            given = headers(bench, Host=named, Origin=f"http://{named}".lower())
            answer = client.send(method, path, given)
            assert 400 <= answer.status < 500, path
            assert answer.status != 404, path


@pytest.mark.parametrize("kind", ORIGINS)
def test_a9_every_write_needs_our_own_origin(bench: Bench, client: RawClient, kind: str):
    origin = ORIGINS[kind]
    given = headers(bench, Origin=origin.format(port=bench.port) if origin else None)
    for path in WRITES:
        answer = client.send("POST", path, given, b"{}")
        assert (answer.status, "own page" in answer.error) == (403, True), path


@pytest.mark.parametrize("token", [None, "", "wrong", "{token}x"])
def test_a9_every_request_needs_the_token(bench: Bench, client: RawClient, token: str | None):
    given = token.format(token=bench.token) if token is not None else None
    for method, paths in (("GET", READS), ("POST", WRITES)):
        for path in paths:
            body = b"{}" if method == "POST" else b""
            answer = client.send(method, path, headers(bench, X_Foveal_Token=given), body)
            assert (answer.status, "token" in answer.error) == (403, True), path


@pytest.mark.parametrize("fetched", ["cross-site", "same-site"])
def test_a9_other_sites_cannot_even_look(bench: Bench, client: RawClient, fetched: str):
    shown = next(iter(bench.get(f"{W}/photos").json["sets"]))["id"]
    page = bench.get(f"{W}/photos/{shown}").json
    thumb = page["photos"]["spots"][0]["thumb"]
    report = next(run for run in bench.get(f"{W}/runs").json["runs"])["id"]
    for path in (thumb, f"/runs/{report}/report.html"):
        given = headers(bench, Origin=None, X_Foveal_Token=None)
        assert client.send("GET", path, given).status == 200  # control: our own page may
        given = headers(bench, Origin=None, X_Foveal_Token=None, Sec_Fetch_Site=fetched)
        assert client.send("GET", path, given).status == 403
        navigates = [*given, ("Sec-Fetch-Mode", "navigate")]
        assert client.send("GET", path, navigates).status == 403


_opened: list[str] = []
_listening = False


def _hear(event: str, arguments: tuple[object, ...]) -> None:
    heard = event in ("open", "os.listdir", "os.scandir", "os.remove", "os.rename", "os.mkdir")
    if _listening and heard and isinstance(arguments[0], str | Path):
        _opened.append(str(arguments[0]))


def test_a10_no_id_leads_out_of_the_folders(bench: Bench, client: RawClient):
    global _listening
    chance = random.Random(5)
    known = bench.get(f"{W}/photos").json["sets"][0]["id"]
    run = bench.get(f"{W}/runs").json["runs"][0]["id"]
    places = [
        (method, path)
        for method, paths in (("GET", READS + PLAIN), ("POST", WRITES))
        for path in paths
        if ID in path
    ]
    places += [("GET", f"/media/photos/{known}/{ID}.jpg"), ("GET", f"/media/runs/{run}/{ID}.jpg")]
    places += [("POST", f"{W}/photos/{known}/add?class={ID}&name=b.jpg")]
    places += [("POST", f"{W}/photos/{known}/add?class=new&name={ID}")]
    places += [("POST", f"{W}/photos/zip?name={ID}")]
    tried = [
        (method, path.replace(ID, quote(name, safe="") if "?" in path else name))
        for name in [*FIXED, *names()]
        for method, path in [chance.choice(places)]
    ]
    tried += [(m, p.replace(ID, quote(name, safe="%/"))) for m, p in places for name in FIXED[::20]]
    kept = {folder / ".workbench" for folder in (bench.photos, bench.runs)}  # for the locks
    before = set(bench.photos.parent.rglob("*")) | kept
    sys.addaudithook(_hear)
    _opened.clear()
    _listening = True
    try:
        statuses = {
            client.send(m, p, headers(bench), b"{}" * (m == "POST")).status for m, p in tried
        }
    finally:
        _listening = False
    assert statuses <= {400, 403, 404, 405, 422}
    code = Path(foveal.web.__file__).parent  # FastAPI looks up where an endpoint is written
    folders = (bench.photos, bench.photos.resolve(), bench.runs, bench.runs.resolve(), code)
    assert [path for path in _opened if not path.startswith(tuple(map(str, folders)))] == []
    assert set(bench.photos.parent.rglob("*")) | kept == before


def test_control_the_hook_hears_a_photo_that_is_opened(bench: Bench, client: RawClient):
    global _listening
    key = bench.get(f"{W}/photos").json["sets"][0]["id"]
    photos = bench.get(f"{W}/photos/{key}").json["photos"]["spots"]
    sys.addaudithook(_hear)
    _opened.clear()
    _listening = True
    try:
        client.send("GET", photos[-1]["thumb"], headers(bench))
    finally:
        _listening = False
    assert any(path.endswith("spots/02.jpg") for path in _opened)


def test_too_many_at_once_are_told_to_come_back(bench: Bench):
    key = bench.get(f"{W}/runs").json["runs"][0]["id"]
    red = photo()
    with ThreadPoolExecutor(40) as many:
        answers = list(many.map(lambda _: bench.post(f"{W}/runs/{key}/predict", red), range(40)))
    assert {answer.status for answer in answers} <= {200, 503}
    for answer in answers:
        if answer.status == 503:
            assert answer.headers["retry-after"] == "2"
            assert answer.error == "too many questions at once; try again in a moment."
    assert sum(answer.status == 200 for answer in answers) >= 9


def test_a_gate_lets_some_in_some_wait_and_refuses_the_others():
    let_go, inside = threading.Event(), []

    def work(number: int) -> int:
        inside.append(number)
        assert let_go.wait(20)
        return number

    async def crowd() -> list[object]:
        gate = Gate(2, 3, "too many; try again.")
        tasks = [asyncio.create_task(gate.run(work, number)) for number in range(8)]
        while len(inside) < 2:
            await asyncio.sleep(0.01)
        assert len(inside) == 2
        let_go.set()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert await gate.run(work, 99) == 99  # the places are free again
        return ended

    ended = in_a_loop(crowd())
    assert [one for one in ended if isinstance(one, int)] == [0, 1, 2, 3, 4]
    assert sum(isinstance(one, RefusedUpload) and one.status == 503 for one in ended) == 3


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"nonsense", b'{"name": 5}', b'{"other": "x"}', b"[" * 60000]
)
def test_a_body_that_is_no_json_object_is_refused(bench: Bench, body: bytes):
    answer = bench.post(f"{W}/photos", body)
    assert answer.status == 422
    assert answer.error.endswith(".")


def test_an_upload_that_is_refused_is_read_so_that_the_reason_arrives(bench: Bench):
    large = bytes(24 * 2**20)
    gone = bench.add("nothing", "cats", "one.jpg", large)
    assert (gone.status, "no such set" in gone.error) == (404, True)
    path = "/api/workbench/photos/nothing/add?class=a&name=b.jpg"
    assert bench.ask("POST", path, large, X_Foveal_Token="wrong").status == 403
