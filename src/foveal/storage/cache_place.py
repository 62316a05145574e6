"""Where the cache lives, and who decides it."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

CACHE_VARIABLE = "FOVEAL_CACHE_DIR"


def cache_folder() -> Path:
    """Return the folder for what can be made again: encoded features, converted networks.

    Returns:
        ``$FOVEAL_CACHE_DIR`` if it is set, else the operating system's place for caches.
    """
    chosen = os.environ.get(CACHE_VARIABLE)
    return Path(chosen) if chosen else Path(platformdirs.user_cache_dir("foveal", appauthor=False))


def is_cached(path: str | Path) -> bool:
    """Tell whether a file or folder belongs to the cache.

    Args:
        path: it need not exist.

    Returns:
        True for `cache_folder` and everything below it.
    """
    return Path(path).absolute().is_relative_to(cache_folder().absolute())
