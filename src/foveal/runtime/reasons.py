"""What an engine says when it fails, as a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from foveal.errors import ModelError


@contextmanager
def said_by_openvino() -> Iterator[None]:
    """Tell plainly what OpenVINO raises while it runs a network.

    Raises:
        ModelError: the network cannot be run.
    """
    try:
        yield
    except RuntimeError as error:
        raise ModelError(f"OpenVINO cannot run the network: {plain_reason(error)}") from error


def plain_reason(error: Exception) -> str:
    """Return what an engine's error comes down to, for a sentence.

    Args:
        error: what it raised; the lines above the last say where in its source.

    Returns:
        The last line that is not empty, or the error's kind.
    """
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
