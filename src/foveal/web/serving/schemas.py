"""What the server answers, as types; the OpenAPI schema is made from these."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from foveal.web.serving.forms import BYTES, FIELD, FORM

_RETRY = {
    "Retry-After": {
        "description": "Seconds after which to try again.",
        "schema": {"type": "integer", "minimum": 1},
    }
}
_REFUSALS = {
    400: "The request is not well made, or its upload broke off.",
    401: "The token is missing or wrong; only where the server was started with one.",
    403: "The request comes from a page of another site.",
    408: "The request did not arrive in time.",
    413: "The request has too many bytes.",
    415: "The content is of a type that is not taken.",
    421: "The request names a host that this server does not answer for.",
    422: "No image could be read, or there are too many, or a value is out of range.",
    429: "Too many images are waiting; try again in a moment.",
    503: "The server is stopping or not ready; try again in a moment.",
}


class _Answer(BaseModel):
    model_config = ConfigDict(protected_namespaces=())


class Failure(_Answer):
    """Why a request was refused."""

    error: str = Field(description="One sentence that says what to do.")


class Named(_Answer):
    """One class and how probable it is."""

    label: str = Field(description="The name of the class.")
    index: int = Field(ge=0, description="Its position in the model's list of classes.")
    probability: float = Field(ge=0, le=1)


class ImageAnswer(_Answer):
    """What the model says of one image."""

    name: str = Field(description="The name of the file as it was sent, or `image`.")
    predictions: list[Named] = Field(description="Most probable first; empty with an error.")
    rejected: bool | None = Field(
        description="Whether the image looks like none of the classes; null where the server was "
        "started without --reject, or the image could not be read."
    )
    error: str | None = Field(description="Why the image could not be read, or null.")


class Predictions(_Answer):
    """What the model says of the images of one request, in the order in which they were sent."""

    images: list[ImageAnswer]
    model_version: str = Field(description="Of the model, as /v1/model tells it.")
    foveal_version: str
    milliseconds: float = Field(
        ge=0, description="In the server, from the last byte of the request on."
    )


class Rejection(_Answer):
    """When the server answers that an image looks like none of the classes."""

    coverage: float = Field(description="The share of photos of the classes that is kept.")
    threshold: float = Field(description="The distance between features beyond which it rejects.")


class ServingLimits(_Answer):
    """What the server takes on."""

    queue: int = Field(description="Images that may wait or be in work at once.")
    max_mb: int = Field(description="Megabytes (of 2**20 bytes) of one request.")
    max_pixels: int = Field(description="Pixels of one image, width times height.")
    max_images: int = Field(description="Images of one request.")


class ModelAnswer(_Answer):
    """The model that is served."""

    name: str
    version: str = Field(description="A hash of the content of the model folder.")
    foveal_version: str
    architecture: str
    classes: list[str] = Field(description="In the order of the indices.")
    preprocess: dict[str, Any] = Field(description="What brings photos into the network's input.")
    temperature: float = Field(description="The calibration that the probabilities include.")
    metrics: dict[str, Any] = Field(description="How good it was when it was made.")
    rejection: Rejection | None
    limits: ServingLimits


class Health(_Answer):
    """Whether the server lives and is ready for images."""

    live: bool
    ready: bool


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe refusals for the schema.

    Args:
        statuses: which; 403 and 421 are always there.

    Returns:
        What FastAPI takes as `responses`.
    """
    found: dict[int | str, dict[str, Any]] = {}
    for status in sorted({403, 421, *statuses}):
        found[status] = {"model": Failure, "description": _REFUSALS[status]}
        if status in (429, 503):
            found[status]["headers"] = _RETRY
    return found


def images_body() -> dict[str, Any]:
    """Describe the body of a prediction for the schema.

    Returns:
        What FastAPI takes as `openapi_extra`.
    """
    picture = {"schema": {"type": "string", "format": "binary", "minLength": 1}}
    several = {
        "type": "object",
        "required": [FIELD],
        "additionalProperties": False,
        "properties": {
            FIELD: {
                "type": "array",
                "minItems": 1,
                "items": {"type": "string", "format": "binary"},
            }
        },
    }
    content = {FORM: {"schema": several}, "image/*": picture, BYTES: picture}
    return {"requestBody": {"required": True, "content": content}}
