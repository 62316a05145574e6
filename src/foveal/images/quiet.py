"""Pillow's warnings, silenced only while Foveal decodes.

The standard ``warnings.catch_warnings`` swaps the whole list of filters, which is not safe with
threads. Here one filter for the modules of Pillow is put in place while any thread decodes, and
taken away when the last one is done. So a file gives the same pixels or the same error whether
warnings are shown, hidden or turned into errors.
"""

from __future__ import annotations

import re
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_FILTER = ("ignore", None, Warning, re.compile(r"PIL\."), 0)
_lock = threading.Lock()
_inside = 0


@contextmanager
def quiet_pillow() -> Iterator[None]:
    """Ignore warnings raised inside Pillow's own modules for the length of a block.

    Yields:
        Nothing.
    """
    global _inside
    with _lock:
        _inside += 1
        if _FILTER not in warnings.filters:
            warnings.filters.insert(0, _FILTER)  # type: ignore[attr-defined]  # a list at run time
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if not _inside:
                with suppress(ValueError):  # someone restored the filters meanwhile
                    warnings.filters.remove(_FILTER)  # type: ignore[attr-defined]
