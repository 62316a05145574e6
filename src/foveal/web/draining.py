"""What is left of a refused upload is read, so that whoever sends it hears why.

A connection closed while a client still sends is reset, and the client never sees the answer.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import Message, Receive, Scope, Send

_DRAIN_BYTES = 128 * 2**20
_DRAIN_SECONDS = 10.0
_PAUSE_SECONDS = 0.5


class Upload:
    """Passes a request and its answer on, and reads what is left of one that was answered early.

    Args:
        scope: of ASGI.
        receive: of ASGI.
        send: of ASGI.
        ending: tells whether the server stops, so that nothing is waited for.
    """

    def __init__(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        ending: Callable[[], bool] = lambda: False,
    ) -> None:
        headers = Headers(scope=scope)
        self._open = "transfer-encoding" in headers or headers.get("content-length", "0") != "0"
        self._receive, self._send, self._ending = receive, send, ending

    async def receive(self) -> Message:
        """Return what comes next of the request.

        Returns:
            A message of ASGI.
        """
        message = await self._receive()
        if message["type"] != "http.request" or not message.get("more_body", False):
            self._open = False
        return message

    async def send(self, message: Message) -> None:
        """Send a part of the answer; the last one waits until the request has come.

        Args:
            message: of ASGI.
        """
        if message["type"] == "http.response.start" and self._open:
            MutableHeaders(scope=message)["Connection"] = "close"
        ends = message["type"] == "http.response.body" and not message.get("more_body", False)
        if not (ends and self._open):
            await self._send(message)
            return
        await self._send({**message, "more_body": True})
        await self._drain()
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _drain(self) -> None:
        count, until = 0, time.monotonic() + _DRAIN_SECONDS
        while self._open and count < _DRAIN_BYTES and time.monotonic() < until:
            try:
                async with asyncio.timeout(_PAUSE_SECONDS):
                    count += len((await self.receive()).get("body", b""))
            except TimeoutError:
                if self._ending():
                    return
