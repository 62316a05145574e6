"""HTTP as an attacker writes it: bytes on a socket, nothing checked or mended on the way."""

from __future__ import annotations

import json
import socket
from typing import NamedTuple


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def error(self) -> str:
        return json.loads(self.body)["error"]


class RawClient:
    """Keeps one connection, and opens another where the server closed it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.socket: socket.socket | None = None

    def send(
        self, method: str, path: str, headers: list[tuple[str, str]], body: bytes = b""
    ) -> Answer:
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
        if body or method == "POST":
            lines.append(f"Content-Length: {len(body)}")
        data = "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body
        return self.send_bytes(data)

    def send_bytes(self, data: bytes) -> Answer:
        for _ in range(2):
            if self.socket is None:
                self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=30)
            try:
                self.socket.sendall(data)
                answer = self._read()
            except (ConnectionError, BrokenPipeError):
                self.close()
                continue
            if answer.headers.get("connection") == "close":
                self.close()
            return answer
        raise AssertionError("the server reset two connections in a row")

    def _read(self) -> Answer:
        data = b""
        while b"\r\n\r\n" not in data:
            piece = self.socket.recv(65536)
            if not piece:
                raise ConnectionError
            data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines)}
        length = int(headers.get("content-length", 0))
        while len(body) < length:
            body += self.socket.recv(65536)
        return Answer(int(first.split()[1]), headers, body)

    def close(self) -> None:
        if self.socket is not None:
            self.socket.close()
        self.socket = None
