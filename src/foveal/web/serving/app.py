"""The HTTP interface of a prediction server."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from importlib import resources
from typing import Annotated

from fastapi import FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response

from foveal.runtime.predictor import Prediction
from foveal.version import __version__
from foveal.web.documents import STATIC
from foveal.web.security import NO_TELEMETRY
from foveal.web.serving.forms import photos_of
from foveal.web.serving.guard import Access, Front, Served
from foveal.web.serving.metrics import CONTENT_TYPE
from foveal.web.serving.schemas import (
    Failure,
    Health,
    ImageAnswer,
    ModelAnswer,
    Named,
    Predictions,
    Rejection,
    ServingLimits,
    images_body,
    refusals,
)
from foveal.web.serving.service import Service
from foveal.web.uploads import RefusedUpload, read_body

_RETRY_SECONDS = "1"
_SUMMARY = """Names photos with an image classifier made by Foveal.

Every answer but those of /metrics and this page is JSON; a refusal is `{"error": sentence}`.
"""
TopK = Annotated[
    int, Query(ge=1, description="How many classes each image gets, at most all of them.")
]
_MEDIA = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


def create_app(
    service: Service,
    *,
    access: Access,
    top_k: int = 5,
    log: Callable[[Served], None] = lambda request: None,
) -> Front:
    """Return the application.

    Args:
        service: what answers predictions; whoever made it starts and closes it.
        access: who may ask.
        top_k: how many names an image gets where the request does not say.
        log: called after each request.

    Returns:
        An ASGI application.
    """
    app = FastAPI(
        title="Foveal",
        version=__version__,
        description=_SUMMARY,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry=NO_TELEMETRY,
    )
    app.add_exception_handler(RefusedUpload, _refused)
    app.add_exception_handler(RequestValidationError, _out_of_range)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _broken)
    _add_prediction(app, service, top_k)
    _add_facts(app, service)
    _add_page(app)
    if access.token is not None:
        _describe_token(app)
    paths = {route.path for route in app.routes if hasattr(route, "path")}

    def served(request: Served) -> None:
        path = request.path if request.path in paths else "other"
        service.metrics.request(path, request.status, request.seconds)
        log(request)

    return Front(app, access=access, served=served, ending=lambda: service.stopping)


def _add_prediction(app: FastAPI, service: Service, usual_top_k: int) -> None:
    @app.post(
        "/v1/predict",
        response_model=Predictions,
        responses=refusals(400, 401, 408, 413, 415, 422, 429, 503),
        response_description="What the model says of each image.",
        openapi_extra=images_body(),
        summary="Name one photo or several",
    )
    async def predict(request: Request, top_k: TopK = usual_top_k) -> Response:
        """Send a photo as the body, with the content type image/… or application/octet-stream,
        or several as a form with the field `images` repeated. Of several, one that cannot be read
        gets an `error` and costs the others nothing; if none can be read the answer is 422.
        """
        service.require_ready()
        if request.headers.get("content-encoding", "identity") != "identity":
            raise RefusedUpload(415, "photos are taken as they are; leave Content-Encoding out.")
        with service.answering(), service.room.for_bytes() as held:
            with service.arriving():
                limits = service.limits
                body = await read_body(
                    request,
                    limits.max_bytes,
                    limits.body_seconds,
                    what="a request",
                    arrived=held.arrived,
                )
            started = time.perf_counter()
            kind = request.headers.get("content-type", "")
            found = await service.predict(photos_of(kind, body, limits.max_images), top_k)
        return _answer(service, found, 1000 * (time.perf_counter() - started))


def _answer(service: Service, found: Sequence[Prediction], milliseconds: float) -> Response:
    if all(prediction.reason is not None for prediction in found):
        raise RefusedUpload(422, "; ".join(f"{item.path}: {item.reason}" for item in found) + ".")
    rejecting = service.served.rejecting is not None
    answer = Predictions(
        images=[_image_answer(prediction, rejecting) for prediction in found],
        model_version=service.served.version,
        foveal_version=__version__,
        milliseconds=round(milliseconds, 2),
    )
    return Response(answer.model_dump_json(), media_type="application/json")


def _image_answer(prediction: Prediction, rejecting: bool) -> ImageAnswer:
    ranks = zip(prediction.labels, prediction.indices, prediction.probabilities, strict=True)
    return ImageAnswer(
        name=prediction.path,
        predictions=[
            Named(label=label, index=index, probability=probability)
            for label, index, probability in ranks
        ],
        rejected=prediction.rejected if rejecting and prediction.reason is None else None,
        error=prediction.reason,
    )


def _add_facts(app: FastAPI, service: Service) -> None:
    @app.get(
        "/v1/model",
        response_model=ModelAnswer,
        responses=refusals(401),
        response_description="What is served.",
        summary="What is served",
    )
    async def model() -> ModelAnswer:
        """Classes, preprocessing, architecture, figures and version of the model."""
        served, limits = service.served, service.limits
        config, rejecting = served.predictor.config, served.rejecting
        rejector = rejecting.rejector if rejecting else None
        rejection = None
        if rejector is not None:
            rejection = Rejection(coverage=rejector.coverage, threshold=float(rejector.threshold))
        return ModelAnswer(
            name=served.name,
            version=served.version,
            foveal_version=__version__,
            architecture=config.architecture,
            classes=list(config.classes),
            preprocess=config.preprocess.as_dict(),
            temperature=config.temperature,
            metrics=config.metrics,
            rejection=rejection,
            limits=ServingLimits(
                queue=limits.queue,
                max_mb=limits.max_mb,
                max_pixels=limits.max_pixels,
                max_images=limits.max_images,
            ),
        )

    @app.get(
        "/health",
        response_model=Health,
        response_description="Ready for images.",
        responses=refusals() | {503: {"model": Health, "description": "Not ready for images."}},
        summary="Whether it is ready",
    )
    async def health() -> Response:
        """200 while the server takes images, 503 while it does not; it lives if it answers."""
        told = Health(live=True, ready=service.ready)
        status = 200 if told.ready else 503
        return Response(told.model_dump_json(), status, media_type="application/json")

    @app.get(
        "/metrics",
        response_class=Response,
        responses=refusals(401)
        | {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
        response_description="The text format of Prometheus.",
        summary="Figures for Prometheus",
    )
    async def metrics() -> Response:
        """Requests, images, waiting times and sizes of batches since the start, as text."""
        return Response(service.metrics.as_text(), headers={"Content-Type": CONTENT_TYPE})


def _add_page(app: FastAPI) -> None:
    own = resources.files("foveal.web.serving") / "static"
    pages = {"/docs": "docs.html", "/docs/docs.css": "docs.css", "/docs/docs.js": "docs.js"}
    for path, name in pages.items():
        app.add_api_route(
            path,
            _document((own / name).read_bytes(), _MEDIA[name.rpartition(".")[2]]),
            include_in_schema=False,
        )
    for path, file in {"/docs/base.css": "css/base.css", "/docs/icon.svg": "icon.svg"}.items():
        shared = _document((STATIC / file).read_bytes(), _MEDIA[file.rpartition(".")[2]])
        app.add_api_route(path, shared, include_in_schema=False)

    @app.get("/", include_in_schema=False)
    async def start() -> Response:
        return RedirectResponse("/docs")


def _document(content: bytes, media_type: str) -> Callable[[], Awaitable[Response]]:
    async def document() -> Response:
        return Response(content, media_type=media_type)

    return document


def _describe_token(app: FastAPI) -> None:
    schema = app.openapi()
    schema.setdefault("components", {})["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer"}
    }
    for path in ("/v1/predict", "/v1/model", "/metrics"):
        for operation in schema["paths"][path].values():
            operation["security"] = [{"token": []}]


def _failure(status: int, sentence: str, headers: dict[str, str] | None = None) -> Response:
    if status in (429, 503):
        headers = {**(headers or {}), "Retry-After": _RETRY_SECONDS}
    return JSONResponse(Failure(error=sentence).model_dump(), status, headers)


def _refused(_: Request, error: Exception) -> Response:
    status = error.status if isinstance(error, RefusedUpload) else 400
    return _failure(status, str(error))


def _out_of_range(_: Request, error: Exception) -> Response:
    given = error.errors()[0].get("input") if isinstance(error, RequestValidationError) else None
    return _failure(422, f"`top_k` must be a whole number of at least 1; got {str(given)[:60]!r}.")


def _http_error(_: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        return _failure(500, "the server failed.")
    sentences = {404: "there is nothing at this path; see /docs.", 405: "the method is not taken."}
    sentence = sentences.get(error.status_code, "this request cannot be answered.")
    return _failure(error.status_code, sentence, dict(error.headers or {}))


def _broken(_: Request, error: Exception) -> Response:
    return _failure(500, f"the server failed ({type(error).__name__}).")
