"""What can go wrong between us and the Hub, each as one sentence that says what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from foveal.errors import FovealError, ModelError
from foveal.storage.space import named_errors


class Request(NamedTuple):
    """What was asked of whom."""

    what: str
    """The repository and the file."""
    revision: str
    """A commit or branch."""
    host: str
    """The Hub's address."""
    cache: Path
    """Where the file is to lie."""


@contextmanager
def told(request: Request) -> Iterator[None]:
    """Turn every failure of a download into an error of ours.

    Args:
        request: what is asked of whom.

    Raises:
        ModelError: the file cannot be had.
        StorageError: the cache cannot be written.
    """
    import httpx2
    from huggingface_hub import constants

    if constants.is_offline_mode():
        raise ModelError(
            f"{request.what} is not in the cache {request.cache} and HF_HUB_OFFLINE is set; unset "
            "it to download the file, or load the weights from a local file."
        )
    try:
        yield
    except (httpx2.HTTPError, OSError) as error:
        with named_errors(request.cache, "write"):
            raise _translated(error, request) from error


def _translated(error: Exception, request: Request) -> FovealError | OSError:
    import httpx2
    from huggingface_hub.errors import (
        HfHubHTTPError,
        RemoteEntryNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    what, host = request.what, request.host
    if isinstance(
        error, RepositoryNotFoundError | RevisionNotFoundError | RemoteEntryNotFoundError
    ):
        return ModelError(
            f"{host} has no {what} at revision {request.revision!r}; load the weights from a "
            "local file instead."
        )
    if isinstance(error, HfHubHTTPError):
        status = error.response.status_code
        return ModelError(f"{host} answered {status} when asked for {what}; try again later.")
    if isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.ProxyError):
        return ModelError(
            f"cannot reach {host} for {what} ({error}); check the connection, set HF_ENDPOINT to "
            "a mirror, or load the weights from a local file."
        )
    if isinstance(error, httpx2.HTTPError):
        return ModelError(f"{host} broke off while sending {what} ({error}); run the same again.")
    if isinstance(error, OSError) and error.errno is not None:
        return error  # of the disk, not of the network
    reason = str(error).partition("\n")[0].rstrip(".")
    return ModelError(f"{host} did not send {what} whole ({reason}); run the same again.")
