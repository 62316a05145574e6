"""A small server on this machine that speaks the part of the Hub's protocol that we use."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Hub:
    """What the server answers, and what it was asked."""

    content: bytes
    """The file that it has."""
    name: str = "/timm/tiny.test/resolve/main/model.safetensors"
    """The path under which it has it."""
    missing: str | None = None
    """Answer 404 with this error code."""
    status: int | None = None
    """Answer with this status."""
    break_after: list[int] = field(default_factory=list)
    """Close the connection after so many bytes of the body, once for each entry."""
    cut: int = 0
    """Leave out so many bytes at the end, and say so in Content-Length."""
    promised: str | None = None
    """The SHA-256 in the ETag; None for the right one."""
    commit: str | None = COMMIT
    """The X-Repo-Commit header, or none."""
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    """Method, path and headers of every request."""
    address: str = ""
    """Where it listens."""

    @property
    def etag(self) -> str:
        """The SHA-256 that it promises."""
        return self.promised or hashlib.sha256(self.content).hexdigest()

    def methods(self) -> list[str]:
        """The requests as ``"GET /path"`` without the host's part."""
        return [f"{method} {path.split('/')[1]}" for method, path, _ in self.asked]


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    """Run the server until the block is left."""
    kind = type("Handler", (_Handler,), {"hub": hub})
    with ThreadingHTTPServer(("127.0.0.1", 0), kind) as server:
        hub.address = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield hub
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:  # the name http.server calls
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        hub = self.hub
        hub.asked.append((self.command, self.path, dict(self.headers)))
        if hub.status is not None:
            self._head(hub.status, {"Content-Length": "0"})
        elif self.path.startswith("/cdn/"):
            self._body()
        elif hub.missing is not None or self.path != hub.name:
            code = hub.missing or "EntryNotFound"
            self._head(404, {"X-Error-Code": code, "Content-Length": "0"})
        else:
            port = self.server.server_address[1]
            where = f"http://localhost:{port}/cdn/{hub.etag}"  # another name: a content network
            self._head(302, {"Location": where, "Content-Length": "0"} | self._facts())

    def _facts(self) -> dict[str, str]:
        hub = self.hub
        facts = {"X-Linked-Etag": f'"{hub.etag}"', "X-Linked-Size": str(len(hub.content))}
        return facts | ({"X-Repo-Commit": hub.commit} if hub.commit else {})

    def _body(self) -> None:
        hub = self.hub
        wanted = self.headers.get("Range", "bytes=0-")
        start = int(wanted.removeprefix("bytes=").split("-")[0])
        body = hub.content[start : len(hub.content) - hub.cut]
        end = start + len(body) - 1
        headers: dict[str, Any] = {"Content-Length": len(body), "ETag": f'"{hub.etag}"'}
        if start:
            headers["Content-Range"] = f"bytes {start}-{end}/{len(hub.content)}"
        self._head(206 if start else 200, headers)
        if hub.break_after:
            self.wfile.write(body[: hub.break_after.pop(0)])
            self.close_connection = True
        else:
            self.wfile.write(body)

    def _head(self, status: int, headers: dict[str, Any]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, str(value))
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
