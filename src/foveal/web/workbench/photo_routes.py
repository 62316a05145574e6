"""The addresses of photos: sets, uploads, checks, thumbnails."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import Response

from foveal.errors import ImageError
from foveal.storage import require_free_space
from foveal.storage.space import named_errors
from foveal.web.uploads import declared_length, read_body, save_body
from foveal.web.workbench.adding import add_photo, remove_photo
from foveal.web.workbench.answers import READING, answer, read_fields, required_query
from foveal.web.workbench.bench import Workbench
from foveal.web.workbench.checking import check_set, photo_entry
from foveal.web.workbench.clearing import clear
from foveal.web.workbench.division import division_of
from foveal.web.workbench.photo_sets import MOST_PHOTOS, PhotoSet
from foveal.web.workbench.thumbnails import thumbnail
from foveal.web.workbench.unpacking import unpack

MOST_PHOTO_BYTES = 32 * 1024**2
MOST_ZIP_BYTES = 2 * 1024**3
_PHOTO_SECONDS = 60.0
_SHOWN = 60  # photos of a class
_AT = "/api/workbench/photos"


def add_photo_routes(app: FastAPI, bench: Workbench) -> None:
    """Let an application answer for photos.

    Args:
        app: the application.
        bench: the workbench.
    """
    _add_listing(app, bench)
    _add_writing(app, bench)
    _add_zip(app, bench)

    @app.api_route("/media/photos/{key}/{photo}.jpg", methods=READING)
    async def picture(key: str, photo: str) -> Response:
        def made() -> bytes:
            return thumbnail(bench.sets.require_photo(key, photo).path)

        return await picture_of(bench, made)


async def picture_of(bench: Workbench, made: Callable[[], bytes]) -> Response:
    """Answer with a thumbnail.

    Args:
        bench: the workbench.
        made: makes the thumbnail.

    Returns:
        A JPEG; nothing (204) where the photo cannot be decoded, which the page says in its place.
    """
    try:
        return Response(await bench.pictures.run(made), media_type="image/jpeg")
    except ImageError:
        return Response(status_code=204)


def _add_listing(app: FastAPI, bench: Workbench) -> None:
    @app.api_route(_AT, methods=READING)
    async def all_sets() -> Response:
        def listed() -> list[dict[str, Any]]:
            return [_set(photos) for photos in bench.sets.sets().values()]

        limits = {
            "photo_mb": MOST_PHOTO_BYTES // 2**20,
            "zip_mb": MOST_ZIP_BYTES // 2**20,
            "photos": MOST_PHOTOS,
        }
        return answer({"sets": await bench.listing.run(listed), "limits": limits})

    @app.api_route(_AT + "/{key}", methods=READING)
    async def one_set(key: str) -> Response:
        return answer(await bench.listing.run(lambda: _page(bench, bench.sets.require(key))))

    @app.api_route(_AT + "/{key}/check", methods=READING)
    async def check(request: Request, key: str) -> Response:
        return answer(await bench.check(request, lambda turn: check_set(bench.sets, key, turn)))


def _add_writing(app: FastAPI, bench: Workbench) -> None:
    @app.post(_AT)
    async def create(request: Request) -> Response:
        values = await read_fields(request, {"name": str}, {})
        made = await bench.uploads.run(bench.sets.create, values["name"])
        return answer({"id": made.id, "name": made.name}, 201)

    @app.post(_AT + "/{key}/add")
    async def add(request: Request, key: str) -> Response:
        label, name = required_query(request, "class"), required_query(request, "name")
        photos = await bench.listing.run(bench.sets.require, key)
        with bench.bodies.one():
            data = await read_body(request, MOST_PHOTO_BYTES, _PHOTO_SECONDS)
            given = (bench.sets, bench.shelves, key, label, name, data)
            added = await bench.uploads.run(add_photo, *given)
        told = {"photo": photo_entry(photos, added.photo), "fresh": added.fresh}
        return answer(told, 201 if added.fresh else 200)

    @app.post(_AT + "/{key}/remove")
    async def remove(request: Request, key: str) -> Response:
        values = await read_fields(request, {"photo": str}, {})

        def removed() -> None:
            bench.runs.refuse_while_training_on(bench.sets.require(key).path)
            remove_photo(bench.sets, key, values["photo"])

        await bench.uploads.run(removed)
        return answer({})

    @app.post(_AT + "/{key}/clear")
    async def clear_photos(request: Request, key: str) -> Response:
        label = (await read_fields(request, {}, {"class": str})).get("class")

        def cleared() -> dict[str, Any]:
            bench.runs.refuse_while_training_on(bench.sets.require(key).path)
            return clear(bench.sets, key, label)._asdict()

        return answer(await bench.uploads.run(cleared))


def _add_zip(app: FastAPI, bench: Workbench) -> None:
    @app.post(_AT + "/zip")
    async def unzip(request: Request) -> Response:
        name = required_query(request, "name")
        sets = bench.sets
        await bench.uploads.run(sets.refuse_taken, name)
        require_free_space(sets.root, declared_length(request))
        with (
            bench.zips.one(),
            named_errors(sets.root, "write to"),
            tempfile.TemporaryFile(dir=sets.root) as file,
        ):
            # A file without a name: whatever happens, nothing of it stays.
            size = await save_body(request, file, MOST_ZIP_BYTES)
            file.flush()
            made, left_out = await bench.uploads.run(unpack, sets, name, file.raw, size)
        listed = await bench.listing.run(_set, made)
        return answer(listed | {"left_out": left_out}, 201)


def _set(photos: PhotoSet) -> dict[str, Any]:
    classes = [{"name": name, "n": len(many)} for name, many in photos.photos().items()]
    return {
        "id": photos.id,
        "name": photos.name,
        "n": sum(one["n"] for one in classes),
        "classes": classes,
    }


def _page(bench: Workbench, photos: PhotoSet) -> dict[str, Any]:
    added = bench.sets.records.read(photos.record)
    shown = {
        name: [
            photo_entry(photos, photo) | {"removable": photos.name_of(photo.path) in added}
            for photo in many[:_SHOWN]
        ]
        for name, many in photos.photos().items()
    }
    made_here = photos.record != "" and bench.sets.records.exists(photos.record)
    return _set(photos) | {
        "photos": shown,
        "division": division_of(photos).sentence,
        "removable": made_here or bool(added),
    }
