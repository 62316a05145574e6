"""What a request must show before anything answers it, and what every answer carries.

A page of another site may send requests to this machine, and by DNS rebinding may even make them
look like its own. So the Host must be a loopback name, whatever computes or writes needs the
token that only our own page knows, and whatever writes must come from our own origin.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import threading
from collections.abc import Iterable
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from foveal.web.draining import Upload

TOKEN_HEADER = "X-Foveal-Token"
CONTENT_POLICY = (
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "object-src 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=()",
    "Cache-Control": "no-cache",
}
# FastAPI would set these up by itself where OpenTelemetry is installed; older ones lack the type.
NO_TELEMETRY: Any = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
_LOOPBACK = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{1,5})?", re.IGNORECASE)
_READING = ("GET", "HEAD")
STOPPING = "the server is stopping; start it again."


def is_loopback(host: str) -> bool:
    """Tell whether a Host header names this machine.

    Args:
        host: its value.

    Returns:
        True for 127.0.0.1, localhost and [::1], with any port (one may be forwarded).

    Example:
        >>> is_loopback("localhost:8000"), is_loopback("localhost.evil.example")
        (True, False)
    """
    return _LOOPBACK.fullmatch(host) is not None


def with_headers(send: Send) -> Send:
    """Let every answer carry `HEADERS`, but where it has its own: a report has a stricter policy.

    Args:
        send: of ASGI.

    Returns:
        What sends instead.
    """

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sending


class Guard:
    """Refuses what does not come from our own page; adds the headers of every answer.

    Args:
        app: what answers.
        token: what our own page sends along; new in every run.
        computing: beginnings of the paths that need the token even to be read.
        ending: set when the server stops.
    """

    def __init__(
        self, app: ASGIApp, *, token: str, computing: Iterable[str], ending: threading.Event
    ) -> None:
        self._app, self._token, self._computing = app, token, tuple(computing)
        self._ending = ending

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it.

        Args:
            scope: of ASGI.
            receive: of ASGI.
            send: of ASGI.
        """
        if scope["type"] != "http":  # no websockets here
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return

        refusal = self._refusal(scope)
        answer: ASGIApp = self._app
        if refusal is not None:
            status, reason = refusal
            answer = JSONResponse({"error": reason}, status_code=status)
        upload = Upload(scope, receive, send, self._ending.is_set)
        began = False

        async def sending(message: Message) -> None:
            nonlocal began
            began = True
            await upload.send(message)

        try:
            await answer(scope, upload.receive, with_headers(sending))
        except asyncio.CancelledError:  # only the server's end takes a request away
            if not began:  # half an answer is best broken off
                stopping = JSONResponse({"error": STOPPING}, 503, {"Retry-After": "2"})
                await stopping(scope, upload.receive, with_headers(upload.send))

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not is_loopback(hosts[0]):
            return 421, "this server answers to 127.0.0.1 and localhost only."
        writes = scope["method"] not in _READING
        site = headers.get("sec-fetch-site", "same-origin")
        if site not in ("same-origin", "none") and not _is_page(scope, headers):
            return 403, "this request comes from another site."
        origins = headers.getlist("origin")
        own = f"http://{hosts[0]}".lower()
        if any(origin.lower() != own for origin in origins) or (writes and not origins):
            return 403, "this request does not come from this server's own page."
        if writes or str(scope["path"]).startswith(self._computing):
            tokens = headers.getlist(TOKEN_HEADER)
            if len(tokens) != 1 or not _equal(tokens[0], self._token):
                return 403, "the token of this run is missing or wrong; reload the page."
        return None


def _is_page(scope: Scope, headers: Headers) -> bool:
    """Tell whether somebody followed a link to the start page: that is allowed from anywhere."""
    navigates = headers.get("sec-fetch-mode") == "navigate"
    return navigates and scope["method"] == "GET" and scope["path"] == "/"


def _equal(given: str, token: str) -> bool:
    return secrets.compare_digest(given.encode(errors="replace"), token.encode())
