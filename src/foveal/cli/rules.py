"""What several commands ask of their flags, each rule and its sentence once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from foveal.errors import UsageError
from foveal.workflow.settings import IMAGENET

_HIGHEST_PORT = 65_535


def require_port(port: int) -> None:
    """Refuse what is no port.

    Args:
        port: ``--port``; 0 stands for any that is free.

    Raises:
        UsageError: it is out of range.
    """
    if not 0 <= port <= _HIGHEST_PORT:
        raise UsageError(f"`port` must be from 0 to {_HIGHEST_PORT}; got {port}.")


def require_top_k(top_k: int | None) -> None:
    """Refuse to give no names at all.

    Args:
        top_k: ``--top-k``; None where it was not given.

    Raises:
        UsageError: it is less than 1.
    """
    if top_k is not None and top_k < 1:
        raise UsageError(f"`top_k` must be at least 1; got {top_k}.")


def require_photos_given(paths: Sequence[Path]) -> None:
    """Refuse to look at nothing.

    Args:
        paths: the photos and folders that were given.

    Raises:
        UsageError: there are none.
    """
    if not paths:
        raise UsageError("PHOTO must be one or more photos or folders; got none.")


def require_built_in(backbone: str | None, model: str) -> None:
    """Refuse to choose the network of a model that has one.

    Args:
        backbone: ``--backbone``; None where it was not given.
        model: a run or model folder, or `IMAGENET`.

    Raises:
        UsageError: a backbone is given with a folder.
    """
    if backbone is not None and model != IMAGENET:
        raise UsageError(
            f"`backbone` goes with the model {IMAGENET!r}; {model} has its own network: "
            "leave --backbone out."
        )


def require_rejection(coverage: float | None, reject: str | None) -> None:
    """Refuse a share of photos to keep where none are rejected.

    Args:
        coverage: ``--coverage``; None where it was not given.
        reject: ``--reject``; None where it was not given.

    Raises:
        UsageError: the first is given without the second.
    """
    if coverage is not None and reject is None:
        raise UsageError("`coverage` would have no effect without --reject auto.")
