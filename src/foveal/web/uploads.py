"""Reading the body of a request, up to a limit of bytes and of time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import IO

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
    if declared_length(request) > most:
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


async def save_body(
    request: Request,
    file: IO[bytes],
    most: int,
    *,
    silence: float = SLOWEST_SECONDS,
    seconds: float = 600.0,
) -> int:
    """Write the body of a request into a file, as it comes.

    Args:
        request: whose body has not been read.
        file: open for writing.
        most: bytes that are taken.
        silence: seconds that may pass without a byte.
        seconds: in which all of it must arrive.

    Returns:
        How many bytes came.

    Raises:
        RefusedUpload: it is too large, too slow, broken off or empty.
    """
    too_large = RefusedUpload(413, f"the file may have up to {most // 2**20:,} MB; send less.")
    if declared_length(request) > most:
        raise too_large
    size = 0
    chunks = aiter(request.stream())
    try:
        async with asyncio.timeout(seconds):
            while True:
                async with asyncio.timeout(silence):
                    chunk = await anext(chunks, None)
                if chunk is None:
                    break
                size += len(chunk)
                if size > most:
                    raise too_large
                file.write(chunk)
    except TimeoutError:
        raise RefusedUpload(408, "the file came too slowly; send it again.") from None
    except ClientDisconnect:
        raise RefusedUpload(400, "the upload broke off.") from None
    if not size:
        raise RefusedUpload(422, "no file came; choose one.")
    return size


def declared_length(request: Request) -> int:
    """Return how long a request says its body is.

    Args:
        request: any.

    Returns:
        Bytes; 0 where it does not say.

    Raises:
        RefusedUpload: it says what is no number.
    """
    declared = request.headers.get("content-length", "0")
    if not declared.isdecimal():
        raise RefusedUpload(400, "the length of the upload is no number.")
    return int(declared)
