"""Reading the body of a request, up to a limit of bytes and of time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.requests import ClientDisconnect, Request

MAX_UPLOAD_BYTES = 16 * 1024 * 1024
SLOWEST_SECONDS = 20.0


class RefusedUpload(Exception):  # noqa: N818  # it becomes an answer, not a traceback
    """An upload that is not taken.

    Args:
        status: of the answer.
        reason: a sentence.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


async def read_body(
    request: Request,
    most: int = MAX_UPLOAD_BYTES,
    seconds: float = SLOWEST_SECONDS,
    *,
    what: str = "a photo",
    arrived: Callable[[int], None] = lambda count: None,
) -> bytes:
    """Return the body of a request.

    Args:
        request: whose body has not been read.
        most: bytes that are taken.
        seconds: in which all of it must arrive.
        what: what the body is, for the sentences.
        arrived: called with the bytes of each piece; it may refuse.

    Returns:
        The bytes, which are never written anywhere.

    Raises:
        RefusedUpload: it is too large, too slow, broken off or empty.
    """
    too_large = RefusedUpload(413, f"{what} may have up to {most // 2**20} MB; choose a smaller.")
    declared = request.headers.get("content-length", "0")
    if not declared.isdecimal():
        raise RefusedUpload(400, "the length of the upload is no number.")
    if int(declared) > most:
        raise too_large
    try:
        async with asyncio.timeout(seconds):
            body = bytearray()
            async for chunk in request.stream():
                arrived(len(chunk))
                body += chunk
                if len(body) > most:
                    raise too_large
    except TimeoutError:
        raise RefusedUpload(408, f"{what} must arrive within {seconds:g} seconds.") from None
    except ClientDisconnect:
        raise RefusedUpload(400, "the upload broke off.") from None
    if not body:
        raise RefusedUpload(422, "no photo came; choose one.")
    return bytes(body)
