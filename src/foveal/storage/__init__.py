"""Every byte Foveal writes to disk goes through here: atomic, checksummed, locked.

Writers leave the old file or the new file, never neither and never a half: content goes into a
temporary beside the target, is flushed to the disk, and is then moved over the target in one step.
"""

from __future__ import annotations

from foveal.storage.atomic import atomic_file, write_bytes, write_json, write_text
from foveal.storage.cache_place import cache_folder
from foveal.storage.checksum import content_hash, file_content_hash, sha256_file
from foveal.storage.folders import recover_folder, remove_folder, replace_folder, sole_writer
from foveal.storage.locks import lock
from foveal.storage.reading import read_bytes, read_json
from foveal.storage.space import require_free_space

__all__ = [
    "atomic_file",
    "cache_folder",
    "content_hash",
    "file_content_hash",
    "lock",
    "read_bytes",
    "read_json",
    "recover_folder",
    "remove_folder",
    "replace_folder",
    "require_free_space",
    "sha256_file",
    "sole_writer",
    "write_bytes",
    "write_json",
    "write_text",
]
