"""What every request meets first, and what every answer carries.

Programs send neither Origin nor Sec-Fetch-Site and are served. A page of another site, which may
send requests through the browser of whoever reads it, is refused: by these two headers, and by the
Host where a name was made to point here (DNS rebinding). No answer allows other origins to read it.
"""

from __future__ import annotations

import asyncio
import ipaddress
import secrets
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from foveal.web.draining import Upload
from foveal.web.security import is_loopback, with_headers

_READING = ("GET", "HEAD")
_NEEDS_TOKEN = ("/v1/", "/metrics")
_PAGES = ("/", "/docs")
STOPPING = "the server is stopping; ask again when it is back."


class Served(NamedTuple):
    """One request and its answer."""

    client: str
    method: str
    path: str
    status: int
    seconds: float


class Access:
    """Who may ask, and under which names.

    Args:
        names: hosts that are answered for, beside those of the loopback address.
        wildcard: the server listens at every address of the machine: those are answered for too.
        token: what requests must carry; None for nothing.
    """

    def __init__(
        self, names: Iterable[str] = (), *, wildcard: bool = False, token: str | None = None
    ) -> None:
        self.names = frozenset(name.lower().strip("[]") for name in names)
        self.wildcard, self.token = wildcard, token

    def refusal(self, scope: Scope) -> tuple[int, str] | None:
        """Say why a request is refused.

        Args:
            scope: of ASGI.

        Returns:
            A status and a sentence, or None.
        """
        headers = Headers(scope=scope)
        if "transfer-encoding" in headers and "content-length" in headers:
            # A proxy may believe the other one, and take what is in a body for a request.
            return 400, "a request must say its length in one way, not in two."
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._is_ours(hosts[0], scope):
            return 421, "this server does not answer to that host; --allow-host names others."
        site = headers.get("sec-fetch-site", "none")
        if site not in ("same-origin", "none") and not _is_page(scope, headers):
            return 403, "this request comes from a page of another site."
        if not all(_is_own(origin, hosts[0]) for origin in headers.getlist("origin")):
            return 403, "this request comes from a page of another site."
        if self.token is not None and str(scope["path"]).startswith(_NEEDS_TOKEN):
            given = headers.getlist("authorization")
            if len(given) != 1 or not _equal(given[0], f"Bearer {self.token}"):
                return 401, "the token is missing or wrong; send it as `Authorization: Bearer …`."
        return None

    def _is_ours(self, host: str, scope: Scope) -> bool:
        if is_loopback(host):
            return True
        name = _without_port(host)
        if name in self.names:
            return True
        # An address cannot be made to point here, as a name can: it is where the request came in.
        arrived = (scope.get("server") or ("",))[0]
        return self.wildcard and _is_address(name) and name == arrived.lower()


class Front:
    """Refuses what `Access` refuses, times every answer, and lets refused uploads end in peace.

    Args:
        app: what answers.
        access: who may ask.
        served: called after each request.
        ending: tells whether the server stops, so that nothing is waited for.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        access: Access,
        served: Callable[[Served], None],
        ending: Callable[[], bool],
    ) -> None:
        self._app, self._access, self._served, self._ending = app, access, served, ending

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it.

        Args:
            scope: of ASGI.
            receive: of ASGI.
            send: of ASGI.
        """
        if scope["type"] != "http":
            return
        started = time.perf_counter()
        status: int | None = None

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await sending(message)

        upload = Upload(scope, receive, send, self._ending)
        sending = with_headers(upload.send)
        refusal = self._access.refusal(scope)
        answer: ASGIApp = self._app
        if refusal is not None:
            code, reason = refusal
            headers = {"WWW-Authenticate": "Bearer"} if code == 401 else None
            answer = JSONResponse({"error": reason}, code, headers)
        # The server leaves out the body of an answer to HEAD by itself.
        asked = {**scope, "method": "GET"} if scope["method"] == "HEAD" else scope
        try:
            await answer(asked, upload.receive, noting)
        except asyncio.CancelledError:  # only the server's end takes a request away
            if status is None:  # half an answer is best broken off
                stopping = JSONResponse({"error": STOPPING}, 503, {"Retry-After": "1"})
                await stopping(asked, upload.receive, noting)
        finally:
            seconds = time.perf_counter() - started
            client = (scope.get("client") or ("-",))[0]
            self._served(Served(client, scope["method"], scope["path"], status or 500, seconds))


def _without_port(host: str) -> str:
    name = host.lower()
    if name.startswith("["):
        return name[1:].partition("]")[0]
    name, _, port = name.partition(":")
    return name if not port or port.isdecimal() else ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_own(origin: str, host: str) -> bool:
    """Tell whether a page of this server asks; behind a proxy its address may begin with https."""
    own = [f"http://{host}"] if is_loopback(host) else [f"http://{host}", f"https://{host}"]
    return origin.lower() in (address.lower() for address in own)


def _is_page(scope: Scope, headers: Headers) -> bool:
    """Tell whether somebody followed a link to our page: that is allowed from anywhere."""
    navigates = headers.get("sec-fetch-mode") == "navigate"
    return navigates and scope["method"] in _READING and scope["path"] in _PAGES


def _equal(given: str, wanted: str) -> bool:
    return secrets.compare_digest(given.encode(errors="replace"), wanted.encode())
