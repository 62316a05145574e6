"""Long computations: they end when nobody waits for them, and let short questions go first."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from starlette.requests import Request

from foveal.web.security import STOPPING
from foveal.web.uploads import RefusedUpload
from foveal.workflow.listener import Listener

if TYPE_CHECKING:
    from foveal.web.workbench.answers import Gate

Result = TypeVar("Result")
_LONGEST_PAUSE = 5.0  # seconds; questions without end must not hold a comparison for ever


class Abandoned(Exception):  # noqa: N818  # it tells, and is no fault
    """Nobody waits for this computation any longer."""


class Turn(Listener):
    """Hears how far a computation is, and ends or holds it there.

    Args:
        ending: set when the server stops.
        first: what goes before; None for nothing.
    """

    def __init__(self, ending: threading.Event, first: Gate | None = None) -> None:
        self._ending, self._first = ending, first
        self._left = threading.Event()

    def leave(self) -> None:
        """Say that nobody waits any longer."""
        self._left.set()

    def look(self) -> None:
        """Wait until the questions that go first are answered.

        Raises:
            Abandoned: nobody waits for the computation, or the server stops.
        """
        if self._first is not None and not self._left.is_set():
            self._first.quiet.wait(_LONGEST_PAUSE)
        if self._left.is_set() or self._ending.is_set():
            raise Abandoned("nobody waits for this any longer.")

    def progress(self, stage: str, done: int, total: int) -> None:
        """Hear how far a stage is; see `Listener.progress`.

        Args:
            stage: what is being done.
            done: units done.
            total: units to do.

        Raises:
            Abandoned: see `look`.
        """
        self.look()


async def run_while_wanted(
    gate: Gate, request: Request, turn: Turn, work: Callable[[Turn], Result]
) -> Result:
    """Run a long computation for as long as the page that asked for it is there.

    Args:
        gate: the computation waits there for its turn.
        request: who asks; its body has been read, or it has none.
        turn: ends the computation.
        work: the computation; it asks `turn` often.

    Returns:
        What it returns.

    Raises:
        RefusedUpload: too much is waiting already, or nobody waits any longer.
    """

    def working() -> Result | None:
        # Ended here, in its thread: what was going on is let go of where nobody else is held up.
        try:
            turn.look()
            return work(turn)
        except Abandoned:
            return None

    running = asyncio.ensure_future(gate.run(working))
    leaving = asyncio.ensure_future(_until_left(request))
    try:
        await asyncio.wait((running, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            turn.leave()  # the turn goes on to others when the thread has seen it
        found = await running
    finally:
        turn.leave()
        leaving.cancel()
    if found is None:
        raise RefusedUpload(503, STOPPING)  # or nobody reads it
    return found


async def _until_left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
