"""Hashes: xxh3 for finding things, SHA-256 for trusting them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import xxhash

from foveal.storage.space import named_errors

_CHUNK = 1 << 20


def content_hash(data: bytes | memoryview) -> str:
    """Return the name of some content: its xxh3 hash of 128 bits.

    Args:
        data: any bytes.

    Returns:
        32 hexadecimal digits.

    Example:
        >>> content_hash(b"foveal")[:8]
        '890a35f2'
    """
    return xxhash.xxh3_128_hexdigest(data)


def file_content_hash(path: str | Path) -> str:
    """Return `content_hash` of a file's bytes, read in pieces.

    Args:
        path: an existing file.

    Returns:
        32 hexadecimal digits.

    Raises:
        StorageError: the file cannot be read.
    """
    digest = xxhash.xxh3_128()
    with named_errors(path, "read"), open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def sha256_file(path: str | Path) -> str:
    """Return the SHA-256 of a file's bytes.

    Args:
        path: an existing file.

    Returns:
        64 hexadecimal digits.

    Raises:
        StorageError: the file cannot be read.
    """
    with named_errors(path, "read"), open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
