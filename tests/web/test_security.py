"""What a hostile page or request meets: A9 (Host, Origin, token) and A10 (names) on every route."""

from __future__ import annotations

import http.client
import random
import socket
import sys
import time
from collections.abc import Iterator

import pytest

from foveal.web.documents import STATIC, Documents
from foveal.web.uploads import MAX_UPLOAD_BYTES
from web.conftest import Running
from web.raw_client import RawClient

FEATURES = "/api/features"
GOOD = ["127.0.0.1", "127.0.0.1:{port}", "localhost", "localhost:{port}", "[::1]", "LocalHost:1"]
EVIL = [
    "evil.example",
    "127.0.0.1.evil.example:{port}",
    "localhost.evil.example",
    "evil.example:{port}",
    "127.0.0.1@evil.example",
    "",
    "0.0.0.0:{port}",
    "2130706433",
    "[::ffff:127.0.0.1]",
    "localhost.",
    "127.0.0.1:{port}:1",
]
ORIGINS = {
    "evil": "http://evil.example",
    "null": "null",
    "other port": "http://127.0.0.1:1",
    "suffix": "http://127.0.0.1:{port}.evil.example",
    "other scheme": "https://127.0.0.1:{port}",
    "absent": None,
}


@pytest.fixture
def client(site: Running) -> Iterator[RawClient]:
    made = RawClient(site.port)
    yield made
    made.close()


def headers(site: Running, **changes: str | None) -> list[tuple[str, str]]:
    own = {
        "Host": f"127.0.0.1:{site.port}",
        "Origin": f"http://127.0.0.1:{site.port}",
        "X-Foveal-Token": site.token,
    }
    merged = own | {name.replace("_", "-"): value for name, value in changes.items()}
    return [(name, value) for name, value in merged.items() if value is not None]


def test_there_are_17_forms_of_host():
    assert len(GOOD) + len(EVIL) == 17


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("host", [*GOOD, *EVIL])
def test_only_loopback_hosts_are_answered(site, client, host: str, method: str):
    named = host.format(port=site.port)
    own = f"http://{named}".lower()
    answer = client.send(
        method, "/" if method == "GET" else FEATURES, headers(site, Host=named, Origin=own)
    )
    if host in GOOD:
        # A post without a photo gets past every guard, and is told that a photo is missing.
        assert answer.status == (200 if method == "GET" else 422)
    else:
        assert 400 <= answer.status < 500
        assert site.token.encode() not in answer.body


@pytest.mark.parametrize("count", [0, 2])
def test_exactly_one_host_is_named(site, client, count: int):
    given = [("Host", "localhost")] * count
    assert 400 <= client.send("GET", "/", given).status < 500


@pytest.mark.parametrize("kind", ORIGINS)
def test_a_write_needs_our_own_origin(site, client, kind: str):
    origin = ORIGINS[kind]
    given = origin.format(port=site.port) if origin else None
    answer = client.send("POST", FEATURES, headers(site, Origin=given), b"x")
    assert answer.status == 403
    assert "own page" in answer.error


@pytest.mark.parametrize("token", [None, "", "wrong", "{token}x", "é"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", FEATURES),
        ("GET", "/data/models/lenet5.json"),
        ("GET", "/data/runs.json"),
        ("GET", "/data/runs/0123456789ab.json"),
        ("GET", "/data/features/china.json"),
    ],
)
def test_whatever_computes_needs_the_token(site, client, method: str, path: str, token):
    given = token.format(token=site.token) if token is not None else None
    body = b"x" if method == "POST" else b""
    answer = client.send(method, path, headers(site, X_Foveal_Token=given), body)
    assert answer.status in (400, 403)
    if answer.status == 403:
        assert "token" in answer.error


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_change_nothing(site, client, method: str):
    assert client.send(method, "/data/kernels.json", headers(site)).status in (400, 405)
    assert client.send(method, "/", headers(site, X_Foveal_Token=None)).status in (400, 403)


@pytest.mark.parametrize("path", ["/", "/app.js", "/data/kernels.json", "/nothing"])
def test_head_is_answered_as_get_is_without_the_body(site, path: str):
    answers = []
    for method in ("GET", "HEAD"):
        connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
        connection.request(method, path)
        answer = connection.getresponse()
        answers.append((answer.status, answer.headers["content-length"]))
        body = answer.read()
        connection.close()
    assert answers[0] == answers[1]
    assert body == b""


@pytest.mark.parametrize("fetched", ["cross-site", "same-site"])
@pytest.mark.parametrize("path", ["/data/kernels.json", "/app.js", "/data/photos/china.jpg"])
def test_other_sites_cannot_even_read(site, client, fetched: str, path: str):
    answer = client.send("GET", path, headers(site, Origin=None, Sec_Fetch_Site=fetched))
    assert answer.status == 403


def test_a_link_from_another_site_may_open_the_start_page_only(site, client):
    came = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate", "Origin": None}
    assert client.send("GET", "/", headers(site, **came)).status == 200
    assert client.send("GET", "/data/lessons.json", headers(site, **came)).status == 403


def test_every_answer_carries_the_policy(site, client):
    for path, given in [("/", {}), ("/nothing", {}), ("/", {"Host": "evil.example"})]:
        answer = client.send("GET", path, headers(site, **given))
        assert answer.headers["content-security-policy"].startswith("default-src 'self';")
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in answer.headers
        assert "server" not in answer.headers


FIXED = [
    prefix + middle + name
    for prefix in ("", "/", "..%2f", "../", "....//", "%2e%2e/", "..\\", "%5c", "./", "~/")
    for middle in ("", "../../", "%2e%2e%2f" * 3, "..%252f" * 3)
    for name in ("etc/passwd", "pyproject.toml", "app.py", "..%00.json", "con.json")
]
PREFIXES = [
    "/",
    "/data/",
    "/css/",
    "/data/lessons/",
    "/data/models/",
    "/data/runs/",
    "/data/practice/",
    "/data/check/",
    "/data/photos/",
    "/data/pictures/",
    "/data/sources/",
    "/data/features/",
    "/data/augmented/",
]


def names() -> list[str]:
    chance = random.Random(7)
    parts = ["..", ".", "%2e%2e", "%2f", "/", "\\", "%5c", "a", "é", "%00", "%c0%ae", "::", "json"]
    parts += ["resnet50", "china", "%", "%u2215", ";", "{}", "${x}", "'", "|", "+", "~", "%0d%0a"]
    return ["".join(chance.choices(parts, k=chance.randint(1, 9))) for _ in range(2000)]


_opened: list[str] = []
_listening = False


def _hear(event: str, arguments: tuple[object, ...]) -> None:
    if _listening and event == "open" and isinstance(arguments[0], str):
        _opened.append(arguments[0])


def test_no_name_leads_out_of_the_site(site, client):
    global _listening
    assert len(FIXED) == 200
    sys.addaudithook(_hear)
    chance = random.Random(3)
    tried = [chance.choice(PREFIXES) + name for name in names()]
    tried += [prefix + name for prefix in PREFIXES for name in FIXED]
    known = {f"/{path}" for path in Documents().paths()} | {"/", "/data/runs.json"}
    given = headers(site)
    _opened.clear()
    _listening = True
    try:
        statuses = {client.send("GET", path, given).status for path in tried if path not in known}
    finally:
        _listening = False
    assert statuses <= {400, 404}
    assert _opened == []


def test_control_the_hook_hears_an_opened_file():
    global _listening
    sys.addaudithook(_hear)
    _opened.clear()
    _listening = True
    try:
        (STATIC / "app.js").read_bytes()
    finally:
        _listening = False
    assert str(STATIC / "app.js") in _opened


def test_a_run_is_known_by_an_opaque_name(site, client, tmp_path):
    answer = client.send("GET", "/data/runs/..%2F..%2Fetc.json", headers(site))
    assert answer.status == 404
    assert client.send("GET", "/data/runs.json", headers(site)).body == b'{"runs":[]}'


def test_a_large_upload_is_refused_from_its_header(site, client):
    head = "\r\n".join(f"{k}: {v}" for k, v in headers(site))
    started = time.monotonic()
    length = f"Content-Length: {MAX_UPLOAD_BYTES + 1}"
    answer = client.send_bytes(f"POST {FEATURES} HTTP/1.1\r\n{head}\r\n{length}\r\n\r\n".encode())
    assert answer.status == 413
    assert "16 MB" in answer.error
    assert time.monotonic() - started < 5


def test_an_upload_without_a_length_is_counted(site):
    head = "\r\n".join(f"{k}: {v}" for k, v in headers(site))
    with socket.create_connection(("127.0.0.1", site.port), timeout=30) as raw:
        raw.sendall(
            f"POST {FEATURES} HTTP/1.1\r\n{head}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        )
        chunk = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
        try:
            for _ in range(20):
                raw.sendall(chunk)
        except ConnectionError:
            pass  # the server may close while we still send
        try:
            answer = raw.recv(4096)
        except ConnectionError:
            answer = b"413"
    assert b"413" in answer


@pytest.mark.parametrize(
    ("body", "reason"),
    [(b"", "no photo came"), (b"not a photo", "not a JPEG"), (b"\xff\xd8\xff\xe0" * 9, "JPEG")],
)
def test_what_is_no_photo_is_refused_with_the_reason(site, client, body: bytes, reason: str):
    answer = client.send("POST", FEATURES, headers(site), body)
    assert answer.status == 422
    assert reason in answer.error
