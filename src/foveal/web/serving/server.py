"""Running a prediction server until it is told to stop."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from foveal.web.serve import HOST, listen
from foveal.web.serving.app import create_app
from foveal.web.serving.guard import Access, Served
from foveal.web.serving.service import Service

_HEADER_SECONDS = 20.0
_LAST_SECONDS = 2.0  # for a refused client that goes on sending: closed at once it hears a reset
_COMERS_SECONDS = 0.5  # for who has connected, and not asked yet, when the server ends
_TURNS = 3  # of the event loop, in which it lets in who waits
_STOP_SECONDS = 10.0  # what is in work is answered; a full queue is a second or two


def run_server(
    service: Service,
    access: Access,
    *,
    host: str = HOST,
    port: int = 8000,
    top_k: int = 5,
    started: Callable[[str, int], None],
    log: Callable[[Served], None] = lambda request: None,
) -> int:
    """Serve until SIGTERM or SIGINT; what has arrived by then is answered first.

    Args:
        service: what answers predictions.
        access: who may ask.
        host: the address to listen at.
        port: 0 for any that is free.
        top_k: how many names an image gets where the request does not say.
        started: called with the address and the port once requests are answered.
        log: called after each request.

    Returns:
        How many requests were answered.

    Raises:
        UsageError: address or port cannot be used.
        FovealError: the processes that decode do not start.
    """
    logging.getLogger("python_multipart").setLevel(logging.ERROR)  # it warns of every bad form
    opened = listen(port, host)
    try:
        server = PredictionServer(service, access, top_k=top_k, log=log)
        asyncio.run(server.answer(opened, started))
    finally:
        opened.close()
    return int(server.server_state.total_requests)


class PredictionServer(uvicorn.Server):
    """Refuses new images with 503 when told to stop, and ends once the others are answered.

    Args:
        service: what answers predictions.
        access: who may ask.
        top_k: how many names an image gets where the request does not say.
        log: called after each request.
    """

    def __init__(
        self,
        service: Service,
        access: Access,
        *,
        top_k: int = 5,
        log: Callable[[Served], None] = lambda request: None,
    ) -> None:
        config = uvicorn.Config(
            create_app(service, access=access, top_k=top_k, log=log),
            http=PatientProtocol,
            ws="none",
            lifespan="off",
            log_level="error",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=3,
        )
        super().__init__(config)
        self._service = service
        self._told = 0
        self._latest = 0.0
        self._started: Callable[[], None] = lambda: None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, and say so: from here on signals are heard by `handle_exit`.

        Args:
            sockets: that listen.
        """
        await super().startup(sockets)
        self._started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen no more, tell those who have just come that the server stops, and end.

        Args:
            sockets: that listen.
        """
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # it tells of what is meant
        for _ in range(_TURNS):  # whoever waits to be let in would hear a reset
            await asyncio.sleep(0)
        for server in self.servers:
            server.close()
        until = time.monotonic() + _COMERS_SECONDS
        while not self.force_exit and self._someone_has_not_asked() and time.monotonic() < until:
            await asyncio.sleep(0.01)
        await super().shutdown(sockets)

    def _someone_has_not_asked(self) -> bool:
        return any(getattr(each, "cycle", 0) is None for each in self.server_state.connections)

    async def answer(self, opened: socket.socket, started: Callable[[str, int], None]) -> None:
        """Start the service, answer until told to stop, and end the service.

        Args:
            opened: listens.
            started: called with the address and the port once requests are answered.

        Raises:
            FovealError: the processes that decode do not start.
        """
        try:
            await self._service.start()
            self._started = lambda: started(*opened.getsockname()[:2])
            await self.serve(sockets=[opened])
        finally:
            late = set(self.server_state.tasks)
            for task in late:  # the front answers for them
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=_LAST_SECONDS)
            await self._service.close()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take note of a signal; the second one does not wait for anything.

        Args:
            sig: its number.
            frame: where it came.
        """
        self._told += 1
        if self._told > 1:
            self.should_exit = self.force_exit = True

    async def on_tick(self, counter: int) -> bool:
        """Look, ten times a second, whether it is time to end.

        Args:
            counter: of looks.

        Returns:
            True when it is.
        """
        if self._told and not self._service.stopping:
            self._service.refuse_new()
            self._latest = time.monotonic() + _STOP_SECONDS
        elif self._service.stopping and (
            not self._service.requests or time.monotonic() > self._latest
        ):
            self.should_exit = True
        return await super().on_tick(counter)


class PatientProtocol(H11Protocol):
    """HTTP/1.1 with an end to patience: headers must arrive in time, and refusals are JSON."""

    _deadline: asyncio.TimerHandle | None = None
    _refused = False

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for a request.

        Args:
            transport: of asyncio.
        """
        super().connection_made(transport)
        self._wait_for_headers()

    def data_received(self, data: bytes) -> None:
        """Read a piece, and begin or end the waiting for headers.

        Args:
            data: the piece.
        """
        if self._refused:
            return
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop_waiting()
        elif self._deadline is None:
            self._wait_for_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection.

        Args:
            exc: why it was lost.
        """
        self._stop_waiting()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """End: at once where nothing is being answered."""
        if self._refused:
            self.transport.close()
        else:
            super().shutdown()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP.

        Args:
            msg: unused; the sentence is our own.
        """
        self._end(400, "this is not a well-made HTTP request.")

    def _wait_for_headers(self) -> None:
        self._deadline = self.loop.call_later(_HEADER_SECONDS, self._too_slow)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        self._deadline = None
        if not self.conn.trailing_data[0]:  # nothing was asked, so nothing is answered
            self.transport.close()
            return
        self._end(408, f"a request's headers must arrive within {_HEADER_SECONDS:g} seconds.")

    def _end(self, status: int, sentence: str) -> None:
        if self._refused or self.transport.is_closing():
            return
        self._refused = True
        self._stop_waiting()
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True  # whoever reads the request hears that it broke off
            self.cycle.message_event.set()
        body = json.dumps({"error": sentence}).encode()
        head = (
            f"HTTP/1.1 {status} Refused\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.write_eof()
        self.flow.resume_reading()
        self.loop.call_later(_LAST_SECONDS, self.transport.close)
