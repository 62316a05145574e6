"""Everything the site consists of, by path: what the server answers and what an export writes.

The table is the only way to a document; no path is ever made from what a request says.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from foveal import learn
from foveal.models import list_models
from foveal.ops import KERNELS
from foveal.web import networks, photos

SEEDS = 20
"""How many drawings of each question there are; an export must hold them all."""
STATIC = Path(__file__).parent / "static"
# Explicit, because tables of the operating system call .js text/plain and break modules.
MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".jpg": "image/jpeg",
    ".png": "image/png",
}
COMPUTING = ("/api/", "/data/models/", "/data/runs", "/data/features/")
"""Beginnings of the paths that compute, and so need the token."""


class Document(NamedTuple):
    """One file of the site."""

    content: bytes
    media_type: str


Maker = Callable[[], bytes]


class Documents:
    """The documents of the site, each made when it is first asked for and then kept."""

    def __init__(self) -> None:
        self._makers: Mapping[str, Maker] = dict(_makers())
        self._made: dict[str, Document] = {}
        self._locks = {path: threading.Lock() for path in self._makers}

    def paths(self) -> tuple[str, ...]:
        """Return all paths, as an export writes them.

        Returns:
            Relative paths with ``/``.
        """
        return tuple(self._makers)

    def get(self, path: str) -> Document | None:
        """Return a document.

        Args:
            path: as a request gives it, without the first slash.

        Returns:
            The document, or None where there is none of that name.
        """
        if path not in self._makers:
            return None
        with self._locks[path]:
            if path not in self._made:
                media_type = MEDIA_TYPES[path[path.rindex(".") :]]
                self._made[path] = Document(self._makers[path](), media_type)
        return self._made[path]


def as_json(value: Any) -> bytes:
    """Return a value as compact JSON.

    Args:
        value: what JSON can hold; no NaN.

    Returns:
        UTF-8.
    """
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _makers() -> Iterator[tuple[str, Maker]]:
    for file in sorted(STATIC.rglob("*")):
        if file.suffix in MEDIA_TYPES:
            yield file.relative_to(STATIC).as_posix(), file.read_bytes
    for path, make in _data():
        yield f"data/{path}.json", partial(_json_of, make)
    yield from ((f"data/pictures/{name}", make) for name, make in learn.pictures().items())
    for photo in photos.PHOTOS:
        yield f"data/photos/{photo.name}.jpg", partial(photos.photo_bytes, photo.name)
        for strength in photos.STRENGTHS:
            for view in range(photos.VIEWS):
                make_view = partial(photos.augmented_view, photo.name, strength, view)
                yield f"data/augmented/{photo.name}-{strength}-{view}.jpg", make_view


def _json_of(make: Callable[[], Any]) -> bytes:
    return as_json(make())


def _data() -> Iterator[tuple[str, Callable[[], Any]]]:
    yield "kernels", lambda: {"kernels": [kernel.as_dict() for kernel in KERNELS.values()]}
    yield "photos", photos.photo_list
    yield "models", networks.network_list
    yield from (
        (f"models/{name}", partial(networks.network_summary, name)) for name in list_models()
    )
    for photo in photos.PHOTOS:
        yield f"features/{photo.name}", partial(_features, photo.name)
        for strength in photos.STRENGTHS:
            make = partial(photos.augmented_list, photo.name, strength)
            yield f"augmented/{photo.name}-{strength}", make
    yield "lessons", _lesson_list
    yield from ((f"lessons/{one.slug}", partial(_lesson, one)) for one in learn.lessons())
    for kind in learn.practice_kinds():
        yield f"practice/{kind}", partial(_practice, kind)
    yield from ((f"check/{seed}", partial(_check, seed)) for seed in range(SEEDS))
    yield from ((f"sources/{page['slug']}", partial(dict, page)) for page in learn.sources())
    yield "search", lambda: {"entries": list(learn.search_index())}
    yield "glossary", lambda: {"terms": list(learn.glossary())}
    yield "takeaways", lambda: {"takeaways": list(learn.takeaways())}


def _features(photo: str) -> dict[str, Any]:
    from foveal.web.feature_maps import feature_maps

    return feature_maps(photos.photo_bytes(photo), photo)


def _lesson_list() -> dict[str, Any]:
    return {
        "lessons": [
            {
                "slug": lesson.slug,
                "title": lesson.title,
                "summary": lesson.summary,
                "minutes": lesson.minutes,
                "sections": [
                    {"slug": section.slug, "title": section.title} for section in lesson.sections
                ],
            }
            for lesson in learn.lessons()
        ]
    }


def _lesson(lesson: learn.Lesson) -> dict[str, Any]:
    return {
        "slug": lesson.slug,
        "title": lesson.title,
        "summary": lesson.summary,
        "minutes": lesson.minutes,
        "sections": [
            {"slug": section.slug, "title": section.title, "html": section.html}
            for section in lesson.sections
        ],
    }


def _practice(kind: str) -> dict[str, Any]:
    return {"kind": kind, "questions": [learn.practice(kind, seed) for seed in range(SEEDS)]}


def _check(seed: int) -> dict[str, Any]:
    return {"seed": seed, "questions": learn.knowledge_check(seed)}
