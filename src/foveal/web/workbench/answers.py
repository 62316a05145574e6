"""How the workbench answers: JSON, refusals as sentences, and a bounded amount of work at once."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from foveal.web.background import run_in_background
from foveal.web.documents import as_json
from foveal.web.uploads import RefusedUpload, read_body

Result = TypeVar("Result")
Kinds = Mapping[str, type]
READING = ["GET", "HEAD"]  # the server leaves out the body of an answer to HEAD
_MOST_JSON = 64 * 1024
_CALLED = {str: "text", int: "a whole number", bool: "true or false"}


class Gate:
    """Runs functions in threads: some at once, some waiting, and refuses the others.

    Args:
        running: how many run at once.
        waiting: how many may wait beside them.
        busy: what the others are told, a sentence.
    """

    def __init__(self, running: int, waiting: int, busy: str) -> None:
        self._turns, self._places = asyncio.Semaphore(running), running + waiting
        self._all, self._busy = self._places, busy
        self.quiet = threading.Event()
        """Set while nothing runs or waits."""
        self.quiet.set()

    async def run(self, function: Callable[..., Result], *arguments: Any) -> Result:
        """Run a function in its turn.

        Args:
            function: what to run, in a thread.
            *arguments: of the function.

        Returns:
            What it returns.

        Raises:
            RefusedUpload: too many are waiting already.
        """
        if not self._places:
            raise RefusedUpload(503, self._busy)
        self._places -= 1
        self.quiet.clear()
        try:
            async with self._turns:
                return await run_in_background(function, *arguments)
        finally:
            self._places += 1
            if self._places == self._all:
                self.quiet.set()


class Places:
    """Lets a bounded number of bodies come in at once: each may take its limit of memory or disk.

    Args:
        count: how many.
        busy: what the others are told, a sentence.
    """

    def __init__(self, count: int, busy: str) -> None:
        self._left, self._busy = count, busy

    @contextmanager
    def one(self) -> Iterator[None]:
        """Hold a place for the length of the block.

        Raises:
            RefusedUpload: all are taken.
        """
        if not self._left:
            raise RefusedUpload(503, self._busy)
        self._left -= 1
        try:
            yield
        finally:
            self._left += 1


def answer(value: Any, status: int = 200) -> Response:
    """Return an answer in JSON.

    Args:
        value: what JSON can hold.
        status: of the answer.

    Returns:
        The response.
    """
    return Response(as_json(value), status, media_type="application/json")


async def read_fields(request: Request, required: Kinds, optional: Kinds) -> dict[str, Any]:
    """Read the body of a request as a JSON object.

    Args:
        request: whose body has not been read.
        required: the kinds of values it must have, by name.
        optional: the kinds of values it may have; null stands for "not given".

    Returns:
        The values that were given.

    Raises:
        RefusedUpload: it is no such object; the sentence names what is wrong.
    """
    try:
        given = json.loads(await read_body(request, _MOST_JSON))
    except (ValueError, RecursionError):
        raise RefusedUpload(422, "the request must be JSON, and is not.") from None
    if not isinstance(given, dict):
        raise RefusedUpload(422, f"the request must be a JSON object; got {_short(given)}.")
    known = {**required, **optional}
    values = {name: value for name, value in given.items() if value is not None}
    for name in required:
        if name not in values:
            raise RefusedUpload(422, f"`{name}` is missing.")
    for name, value in values.items():
        if name not in known:
            raise RefusedUpload(422, f"`{_short(name)}` is not asked for here.")
        if type(value) is not known[name]:
            kind = _CALLED[known[name]]
            raise RefusedUpload(422, f"`{name}` must be {kind}; got {_short(value)}.")
    return values


def required_query(request: Request, name: str) -> str:
    """Return a value of an address.

    Args:
        request: any.
        name: of the value.

    Returns:
        The value.

    Raises:
        RefusedUpload: it is missing.
    """
    value = request.query_params.get(name)
    if value is None:
        raise RefusedUpload(422, f"`{name}` is missing from the address.")
    return value


def _short(value: object) -> str:
    shown = value if isinstance(value, str) else repr(value)
    return shown if len(shown) <= 60 else f"{shown[:59]}…"
