"""The learning app as a web application: documents by path, and one route that computes."""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from foveal.errors import (
    DataError,
    DiskFullError,
    FovealError,
    LockedError,
    MissingExtraError,
    TrainingError,
    UsageError,
)
from foveal.web import networks
from foveal.web.documents import COMPUTING, Documents, as_json
from foveal.web.security import NO_TELEMETRY, Guard
from foveal.web.uploads import RefusedUpload, read_body
from foveal.web.workbench.bench import Workbench
from foveal.web.workbench.routes import add_workbench

INDEX = "index.html"
_EMPTY_TOKEN = 'name="foveal-token" content=""'
_STATUS: tuple[tuple[type[FovealError], int], ...] = (
    (UsageError, 422),
    (DataError, 422),
    (MissingExtraError, 422),
    (TrainingError, 409),
    (LockedError, 409),
    (DiskFullError, 507),
)
_READING = ["GET", "HEAD"]  # the server leaves out the body of an answer to HEAD


@dataclass(frozen=True)
class Site:
    """What a running site is made of."""

    runs: Path
    """The folder of trained runs."""
    photos: Path = Path("photos")
    """The folder of photos that the workbench trains on."""
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    """What our own page proves itself with."""
    documents: Documents = field(default_factory=Documents)
    """The documents; made once, whatever the number of requests."""
    ending: threading.Event = field(default_factory=threading.Event)
    """Set when the server stops: what computes ends then."""


def create_app(site: Site) -> FastAPI:
    """Return the application.

    Args:
        site: what it shows.

    Returns:
        An ASGI application that answers to loopback names only.
    """
    app = FastAPI(
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry=NO_TELEMETRY,
    )
    app.add_middleware(Guard, token=site.token, computing=COMPUTING, ending=site.ending)
    app.add_exception_handler(RefusedUpload, _refused)
    app.add_exception_handler(FovealError, _failed)
    app.add_exception_handler(HTTPException, _http_error)
    bench = Workbench.at(site.photos, site.runs, site.ending)
    _add_computing(app, bench)
    _add_runs(app, site)
    add_workbench(app, bench)
    _add_documents(app, site)
    return app


def _add_computing(app: FastAPI, bench: Workbench) -> None:
    @app.post("/api/features")
    async def features(request: Request) -> Response:
        with bench.bodies.one():
            data = await read_body(request)
            return _json(await bench.computing.run(_feature_maps, data))


def _feature_maps(data: bytes) -> dict[str, Any]:
    from foveal.web.feature_maps import feature_maps

    return feature_maps(data, "the photo")


def _add_runs(app: FastAPI, site: Site) -> None:
    @app.api_route("/data/runs.json", methods=_READING)
    def runs() -> Response:
        found = networks.find_runs(site.runs)
        return _json({"runs": [{"id": key, "name": path.name} for key, path in found.items()]})

    @app.api_route("/data/runs/{key}.json", methods=_READING)
    def run(key: str) -> Response:
        path = networks.find_runs(site.runs).get(key)
        if path is None:
            return _json({"error": "there is no such run."}, 404)
        return _json(networks.network_summary(str(path)) | {"name": path.name})


def _add_documents(app: FastAPI, site: Site) -> None:
    @app.api_route("/{path:path}", methods=_READING)
    def document(path: str) -> Response:
        found = site.documents.get(path or INDEX)
        if found is None:
            return _json({"error": "there is no such page."}, 404)
        content = found.content
        if path in ("", INDEX):
            mine = f'name="foveal-token" content="{site.token}"'
            content = content.replace(_EMPTY_TOKEN.encode(), mine.encode())
        return Response(content, media_type=found.media_type)


def _json(value: Any, status: int = 200) -> Response:
    return Response(as_json(value), status, media_type="application/json")


def _refused(_: Request, error: Exception) -> Response:
    status = error.status if isinstance(error, RefusedUpload) else 400
    headers = {"Retry-After": "2"} if status == 503 else {}
    return JSONResponse({"error": str(error)}, status, headers)


def _failed(_: Request, error: Exception) -> Response:
    status = next((code for kind, code in _STATUS if isinstance(error, kind)), 500)
    return _json({"error": str(error)}, status)


def _http_error(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return _json({"error": f"this request cannot be answered ({status})."}, status)
