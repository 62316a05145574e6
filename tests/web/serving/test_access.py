"""Who may ask for what: A9 (Host, Origin, token) and A10 (names) on every route."""

from __future__ import annotations

import random
import sys

import pytest

from foveal.web.serving.guard import Access
from web.raw_client import Answer, RawClient
from web.serving.conftest import SMALL, Serving, png, serving
from web.test_security import EVIL, FIXED, GOOD, ORIGINS, names

ROUTES = [
    ("POST", "/v1/predict"),
    ("GET", "/v1/model"),
    ("GET", "/health"),
    ("GET", "/metrics"),
    ("GET", "/openapi.json"),
    ("GET", "/docs"),
    ("GET", "/docs/docs.js"),
    ("GET", "/"),
]


def send(made: Serving, method: str, path: str, *given: tuple[str, str]) -> Answer:
    client = RawClient(made.port)
    body = png() if method == "POST" else b""
    try:
        return client.send(method, path, [("Content-Type", "image/png"), *given], body)
    finally:
        client.close()


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize("host", [*GOOD, *EVIL])
def test_only_loopback_hosts_are_answered(server, host: str, method: str, path: str):
    answer = send(server, method, path, ("Host", host.format(port=server.port)))
    if host in GOOD:
        assert answer.status in (200, 307)
    else:
        assert 400 <= answer.status < 500
        assert b"A red" not in answer.body


@pytest.mark.parametrize("count", [0, 2])
def test_exactly_one_host_is_named(server, count: int):
    answer = send(server, "GET", "/v1/model", *[("Host", "localhost")] * count)
    assert 400 <= answer.status < 500


@pytest.mark.parametrize("kind", ORIGINS)
@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_pages_of_other_sites_are_refused_and_programs_are_served(server, kind, method, path):
    own = ("Host", f"127.0.0.1:{server.port}")
    if kind == "absent":
        assert send(server, method, path, own).status in (200, 307)
        return
    origin = ORIGINS[kind].format(port=server.port)
    answer = send(server, method, path, own, ("Origin", origin))
    assert answer.status == 403
    assert "another site" in answer.error


def test_our_own_page_may_ask(server):
    own = f"127.0.0.1:{server.port}"
    given = [("Host", own), ("Origin", f"http://{own}"), ("Sec-Fetch-Site", "same-origin")]
    assert send(server, "POST", "/v1/predict", *given).status == 200


@pytest.mark.parametrize("fetched", ["cross-site", "same-site"])
@pytest.mark.parametrize(("method", "path"), ROUTES[:-1])
def test_browsers_that_fetch_for_other_sites_are_refused(server, fetched, method, path):
    own = ("Host", "localhost")
    assert send(server, method, path, own, ("Sec-Fetch-Site", fetched)).status == 403


def test_a_link_from_another_site_may_open_the_page_only(server):
    came = [("Host", "localhost"), ("Sec-Fetch-Site", "cross-site")]
    came += [("Sec-Fetch-Mode", "navigate")]
    assert send(server, "GET", "/docs", *came).status == 200
    assert send(server, "GET", "/v1/model", *came).status == 403
    assert send(server, "POST", "/v1/predict", *came).status == 403


@pytest.mark.parametrize(("method", "path"), [*ROUTES, ("GET", "/nothing"), ("PUT", "/health")])
def test_every_answer_carries_the_policy_and_allows_no_other_origin(server, method, path):
    for host in ("localhost", "evil.example"):
        answer = send(server, method, path, ("Host", host))
        assert answer.headers["content-security-policy"].startswith("default-src 'self';")
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert not [name for name in answer.headers if name.startswith("access-control")]
        assert "server" not in answer.headers


@pytest.fixture(scope="module")
def guarded(model):
    with serving(model, SMALL, Access(["photos.example"], token="sesame")) as made:
        yield made


@pytest.mark.parametrize(
    "token", [None, "", "sesame", "Bearer wrong", "Bearer sesamex", "Bearer é"]
)
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/v1/predict"), ("GET", "/v1/model"), ("GET", "/metrics")]
)
def test_what_tells_of_the_model_needs_the_token(guarded, token, method, path):
    given = [("Host", "localhost")] + ([("Authorization", token)] if token is not None else [])
    answer = send(guarded, method, path, *given)
    assert answer.status == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert "token is missing or wrong" in answer.error


def test_the_right_token_is_served_and_health_needs_none(guarded):
    key = ("Authorization", "Bearer sesame")
    assert send(guarded, "POST", "/v1/predict", ("Host", "localhost"), key).status == 200
    assert send(guarded, "GET", "/metrics", ("Host", "localhost"), key).status == 200
    assert send(guarded, "GET", "/health", ("Host", "localhost")).status == 200
    assert send(guarded, "GET", "/openapi.json", ("Host", "localhost")).status == 200


def test_a_name_that_was_allowed_is_answered_with_any_port_and_as_an_origin(guarded):
    key = ("Authorization", "Bearer sesame")
    for host in ("photos.example", "PHOTOS.example:443"):
        origin = ("Origin", f"https://{host}")
        assert send(guarded, "POST", "/v1/predict", ("Host", host), key, origin).status == 200
    for host in (
        "photos.example.evil",
        "xphotos.example",
        "photos.example:80:1",
        "photos.example.",
    ):
        assert send(guarded, "GET", "/health", ("Host", host)).status == 421
    other = ("Origin", "https://other.example")
    assert (
        send(guarded, "POST", "/v1/predict", ("Host", "photos.example"), key, other).status == 403
    )


def scope(host: str, arrived: str) -> dict:
    return {
        "type": "http",
        "method": "GET",
        "path": "/health",
        "headers": [(b"host", host.encode())],
        "server": (arrived, 80),
    }


@pytest.mark.parametrize(
    ("host", "arrived", "served"),
    [
        ("192.0.2.7", "192.0.2.7", True),
        ("192.0.2.7:8000", "192.0.2.7", True),
        ("[2001:db8::1]:8000", "2001:db8::1", True),
        ("192.0.2.8", "192.0.2.7", False),
        ("evil.example", "192.0.2.7", False),
        ("evil.example", "evil.example", False),
    ],
)
def test_at_every_address_only_the_one_a_request_came_in_on_is_answered(host, arrived, served):
    assert (Access(wildcard=True).refusal(scope(host, arrived)) is None) is served
    if not host.startswith("evil"):
        assert Access().refusal(scope(host, arrived)) is not None


_opened: list[str] = []
_listening = False


def _hear(event: str, arguments: tuple[object, ...]) -> None:
    if _listening and event == "open" and isinstance(arguments[0], str):
        _opened.append(arguments[0])


PREFIXES = ["/", "/v1/", "/v1/model/", "/v1/predict/", "/docs/", "/health/", "/metrics/"]


def test_no_name_opens_a_file(server):
    global _listening
    assert len(FIXED) == 200
    chance = random.Random(3)
    tried = [chance.choice(PREFIXES) + name for name in names()]
    tried += [chance.choice(PREFIXES) + name for name in FIXED]
    sys.addaudithook(_hear)
    client = RawClient(server.port)
    _opened.clear()
    _listening = True
    try:
        statuses = {client.send("GET", path, [("Host", "localhost")]).status for path in tried}
        photos = [name for name in FIXED if name.isprintable()][:40]
        for at in range(0, len(photos), 4):
            server.predict_all(dict.fromkeys(photos[at : at + 4], png()))
    finally:
        _listening = False
        client.close()
    assert statuses <= {200, 307, 400, 404, 405}
    assert _opened == []


def test_control_the_hook_hears_an_opened_file(tmp_path):
    global _listening
    sys.addaudithook(_hear)
    (tmp_path / "file").write_bytes(b"")
    _opened.clear()
    _listening = True
    try:
        (tmp_path / "file").read_bytes()
    finally:
        _listening = False
    assert str(tmp_path / "file") in _opened
