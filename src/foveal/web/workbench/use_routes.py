"""The addresses of trained classifiers: what they say of a photo, and why."""

from __future__ import annotations

from functools import partial

from fastapi import FastAPI, Request
from starlette.responses import Response

from foveal.web.uploads import RefusedUpload, read_body
from foveal.web.workbench import covering, using
from foveal.web.workbench.answers import READING, answer, required_query
from foveal.web.workbench.bench import Workbench
from foveal.web.workbench.photo_routes import MOST_PHOTO_BYTES, picture_of
from foveal.web.workbench.thumbnails import thumbnail

_AT = "/api/workbench/runs/{key}"


def add_use_routes(app: FastAPI, bench: Workbench) -> None:
    """Let an application answer for trained classifiers.

    Args:
        app: the application.
        bench: the workbench.
    """
    _add_preparing(app, bench)
    _add_questions(app, bench)
    _add_runs_photos(app, bench)
    _add_comparison(app, bench)


def _add_preparing(app: FastAPI, bench: Workbench) -> None:
    @app.api_route(_AT + "/ready", methods=[*READING, "POST"])
    async def ready(request: Request, key: str) -> Response:
        reject = _reject(request)
        run = (await bench.listing.run(bench.runs.require_done, key)).path
        ask = bench.preparing.start if request.method == "POST" else bench.preparing.state
        return answer(ask(run, reject).as_dict())


def _reject(request: Request) -> bool:
    reject = request.query_params.get("reject", "0")
    if reject not in ("0", "1"):
        raise RefusedUpload(422, "`reject` must be 0 or 1.")
    return reject == "1"


def _add_questions(app: FastAPI, bench: Workbench) -> None:
    @app.post(_AT + "/predict")
    async def predict(request: Request, key: str) -> Response:
        reject = _reject(request)
        run = (await bench.listing.run(bench.runs.require_done, key)).path
        with bench.bodies.one():
            data = await read_body(request, MOST_PHOTO_BYTES)
            found = await bench.computing.run(using.predict, bench.models, run, data, reject)
        return answer(found)

    @app.post(_AT + "/explain")
    async def explain(request: Request, key: str) -> Response:
        label = request.query_params.get("class")
        method = required_query(request, "method")
        run = (await bench.listing.run(bench.runs.require_done, key)).path
        with bench.bodies.one():
            data = await read_body(request, MOST_PHOTO_BYTES)
            asked = (bench.models, run, data, label)
            if method == covering.METHOD:
                work = partial(covering.explain_by_covering, *asked)
                found = await bench.compare(request, work)
            else:
                found = await bench.computing.run(using.explain, *asked, method)
        return answer(found)

    @app.post(_AT + "/feature-maps")
    async def feature_maps(request: Request, key: str) -> Response:
        block = request.query_params.get("block")
        run = (await bench.listing.run(bench.runs.require_done, key)).path
        with bench.bodies.one():
            data = await read_body(request, MOST_PHOTO_BYTES)
            found = await bench.computing.run(using.feature_maps, bench.models, run, data, block)
        return answer(found)

    @app.api_route(_AT + "/filters", methods=READING)
    async def filters(key: str) -> Response:
        run = (await bench.listing.run(bench.runs.require_done, key)).path
        return answer(await bench.computing.run(using.filters, bench.models, run))


def _add_runs_photos(app: FastAPI, bench: Workbench) -> None:
    @app.api_route(_AT + "/cell", methods=READING)
    async def cell(request: Request, key: str) -> Response:
        split, actual, predicted = (
            required_query(request, name) for name in ("split", "actual", "predicted")
        )
        run = await bench.listing.run(bench.runs.require_done, key)
        asked = (run, split, actual, predicted)
        return answer(await bench.compare(request, lambda turn: bench.cells.photos(*asked, turn)))

    @app.api_route("/media/runs/{key}/{photo}.jpg", methods=READING)
    async def picture(key: str, photo: str) -> Response:
        def made() -> bytes:
            return thumbnail(bench.cells.photo(bench.runs.require(key), photo))

        return await picture_of(bench, made)


def _add_comparison(app: FastAPI, bench: Workbench) -> None:
    @app.api_route("/api/workbench/compare", methods=READING)
    async def compare(request: Request) -> Response:
        keys = [required_query(request, name) for name in ("a", "b")]
        a, b = [(await bench.listing.run(bench.runs.require_done, key)).path for key in keys]
        return answer(await bench.compare(request, lambda turn: using.compare(a, b, turn)))
