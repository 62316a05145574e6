"""The addresses of trained classifiers: what they say of a photo, and why."""

from __future__ import annotations

from fastapi import FastAPI, Request
from starlette.responses import Response

from foveal.web.uploads import RefusedUpload, read_body
from foveal.web.workbench import using
from foveal.web.workbench.answers import READING, answer, required_query
from foveal.web.workbench.bench import Workbench
from foveal.web.workbench.photo_routes import MOST_PHOTO_BYTES

_AT = "/api/workbench/runs/{key}"


def add_use_routes(app: FastAPI, bench: Workbench) -> None:
    """Let an application answer for trained classifiers.

    Args:
        app: the application.
        bench: the workbench.
    """

    @app.post(_AT + "/predict")
    async def predict(request: Request, key: str) -> Response:
        reject = request.query_params.get("reject", "0")
        if reject not in ("0", "1"):
            raise RefusedUpload(422, "`reject` must be 0 or 1.")
        run = (await bench.listing.run(bench.runs.require_done, key)).path
        data = await read_body(request, MOST_PHOTO_BYTES)
        found = await bench.computing.run(using.predict, bench.models, run, data, reject == "1")
        return answer(found)

    @app.post(_AT + "/explain")
    async def explain(request: Request, key: str) -> Response:
        label = request.query_params.get("class")
        method = required_query(request, "method")
        run = (await bench.listing.run(bench.runs.require_done, key)).path
        data = await read_body(request, MOST_PHOTO_BYTES)
        found = await bench.computing.run(using.explain, bench.models, run, data, label, method)
        return answer(found)

    @app.post(_AT + "/feature-maps")
    async def feature_maps(request: Request, key: str) -> Response:
        block = request.query_params.get("block")
        run = (await bench.listing.run(bench.runs.require_done, key)).path
        data = await read_body(request, MOST_PHOTO_BYTES)
        found = await bench.computing.run(using.feature_maps, bench.models, run, data, block)
        return answer(found)

    @app.api_route(_AT + "/filters", methods=READING)
    async def filters(key: str) -> Response:
        run = (await bench.listing.run(bench.runs.require_done, key)).path
        return answer(await bench.computing.run(using.filters, bench.models, run))
