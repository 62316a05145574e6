"""Trained weights on the Hugging Face Hub: what a row says, and the one function that fetches it.

A download happens when the user asked for trained weights and they are on no disk yet. It sends
the name of the file and the word ``foveal``, no telemetry and no stored login; a token goes out
only if ``HF_TOKEN`` is set. Cache, ``HF_HUB_OFFLINE``, ``HF_ENDPOINT`` and the progress bar are
those of ``huggingface_hub``; its Xet transport, which talks to further hosts, is switched off for
the call.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from foveal.errors import ModelError
from foveal.images.preprocess import Preprocess
from foveal.models.hub_errors import Request, told
from foveal.storage import require_free_space, sha256_file

_SHA256 = re.compile(r"[0-9a-f]{64}")
_SWITCHES = {"HF_HUB_DISABLE_TELEMETRY": True, "HF_HUB_DISABLE_XET": True}
_HEADERS = {"user-agent": "foveal"}  # not the versions of everything, as it is by default
_SWITCHING = threading.Lock()  # the switches belong to the process


@dataclass(frozen=True)
class HubWeights:
    """Trained weights on the Hub, and the preprocessing that they need."""

    repo: str
    """The repository, such as ``"timm/resnet50.a1_in1k"``."""
    preprocess: Preprocess
    """The preprocessing the weights were trained with."""
    top1: float | None
    """ImageNet top-1 accuracy, in percent, as `top1_source` quotes it; None if nobody does."""
    top1_source: str | None
    """Who measured `top1`, and at which size in pixels."""
    licence: str
    """The licence of the weights."""
    revision: str = "main"
    """A commit; ``"main"`` where none could be pinned."""
    sha256: str | None = None
    """The SHA-256 of the file, or None where only the server's own word is known."""
    filename: str = "model.safetensors"
    """The file in the repository."""

    @property
    def origin(self) -> str:
        """Where the weights come from, for people: the repository and its revision."""
        return f"{self.repo}@{self.revision[:12]}"

    def remedy(self, name: str) -> str:
        """Say how to get the weights.

        Args:
            name: the registered name of the architecture.

        Returns:
            The end of a sentence.
        """
        return f"download them once with: foveal models --download {name}"

    def file(self, cache_dir: Path | None = None) -> Path | None:
        """Return the file in the Hub's cache, without a look at the network.

        Args:
            cache_dir: the cache; None for the one that ``HF_HUB_CACHE`` or ``HF_HOME`` name.

        Returns:
            An existing file, or None.
        """
        folder = _cache(cache_dir) / f"models--{self.repo.replace('/', '--')}"
        commit = self.revision
        with suppress(OSError):
            commit = (folder / "refs" / self.revision).read_text(encoding="ascii").strip()
        file = folder / "snapshots" / commit / self.filename
        return file if file.is_file() else None

    def fetch(self) -> Path:
        """Return the file, downloaded now if it is not in the cache; see `download`.

        Returns:
            An existing file whose checksum is right.
        """
        return download(self)


def download(
    weights: HubWeights, *, cache_dir: Path | None = None, endpoint: str | None = None
) -> Path:
    """Return the file of some trained weights, downloaded if it is not in the cache yet.

    Args:
        weights: which weights.
        cache_dir: the cache; None for the one that ``HF_HUB_CACHE`` or ``HF_HOME`` name.
        endpoint: the Hub's address; None for ``HF_ENDPOINT``, or the public Hub.

    Returns:
        An existing file whose checksum is right.

    Raises:
        ModelError: there is no such file, it cannot be reached, or what came is not what was
            promised; a bad file is deleted.
        StorageError: the cache cannot be written.
    """
    cache = _cache(cache_dir)
    cached = weights.file(cache)
    if cached is not None:
        return _checked(cached, weights.sha256 or _blob_name(cached))
    with told(_request(weights, cache, endpoint)), _quiet():
        promised = _promised(weights, cache, endpoint)
        file = _downloaded(weights, cache, endpoint)
    return _checked(file, weights.sha256 or promised)


def _promised(weights: HubWeights, cache: Path, endpoint: str | None) -> str | None:
    """Ask what the Hub would send, without its half minute of retries; return the SHA-256."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_url

    url = hf_hub_url(weights.repo, weights.filename, revision=weights.revision, endpoint=endpoint)
    facts = get_hf_file_metadata(url, token=_token(), headers=_HEADERS, endpoint=endpoint)
    etag = facts.etag or ""
    promised = etag if _SHA256.fullmatch(etag) else None
    if weights.sha256 and promised and promised != weights.sha256:
        raise ModelError(
            f"{url} offers another file than the one known to be good: SHA-256 {promised}, "
            f"expected {weights.sha256}; it was not downloaded."
        )
    if facts.size:
        cache.mkdir(parents=True, exist_ok=True)
        require_free_space(cache, facts.size)
    return promised


def _downloaded(weights: HubWeights, cache: Path, endpoint: str | None) -> Path:
    from huggingface_hub import hf_hub_download

    path = hf_hub_download(
        weights.repo,
        weights.filename,
        revision=weights.revision,
        cache_dir=cache,
        endpoint=endpoint,
        token=_token(),
        headers=_HEADERS,
    )
    return Path(path)


def _checked(file: Path, expected: str | None) -> Path:
    if expected is None:
        return file
    got = sha256_file(file)
    if got == expected:
        return file
    blob = file.resolve()
    for bad in {file, blob}:
        bad.unlink(missing_ok=True)
    raise ModelError(
        f"{file} is not the file that was promised: SHA-256 {got}, expected {expected}; "
        "it was deleted. Run the same again to download it anew."
    )


def _blob_name(file: Path) -> str | None:
    name = file.resolve().name  # the cache names a blob by its ETag
    return name if _SHA256.fullmatch(name) else None


def _request(weights: HubWeights, cache: Path, endpoint: str | None) -> Request:
    from huggingface_hub import constants

    what = f"{weights.repo}/{weights.filename}"
    return Request(what, weights.revision, endpoint or constants.ENDPOINT, cache)


def _cache(cache_dir: Path | None) -> Path:
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE if cache_dir is None else cache_dir).expanduser()


def _token() -> str | bool:
    return os.environ.get("HF_TOKEN") or False  # False: a stored login stays where it is


@contextmanager
def _quiet() -> Iterator[None]:
    from huggingface_hub import constants

    with _SWITCHING:
        before = {name: getattr(constants, name) for name in _SWITCHES}
        try:
            for name, value in _SWITCHES.items():
                setattr(constants, name, value)
            yield
        finally:
            for name, value in before.items():
                setattr(constants, name, value)
