"""The photos in a request: one as it is, or several as parts of a form."""

from __future__ import annotations

from dataclasses import dataclass

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from foveal.web.uploads import RefusedUpload

FIELD = "images"
FORM, BYTES = "multipart/form-data", "application/octet-stream"
_LONGEST_NAME = 200


@dataclass(frozen=True)
class Photo:
    """One photo that came with a request."""

    name: str
    """What the client called it; never used as a path."""
    data: bytes
    """The content of its file."""


def photos_of(content_type: str, body: bytes, most: int) -> list[Photo]:
    """Return the photos of a request.

    Args:
        content_type: the header of that name.
        body: what came.
        most: photos that are taken.

    Returns:
        One or more.

    Raises:
        RefusedUpload: the content is of another type (415), the form makes no sense (400), or it
            holds no photo, too many, or other fields (422).
    """
    kind, options = parse_options_header(content_type)
    if kind == FORM.encode():
        boundary = options.get(b"boundary", b"")
        if not boundary:
            raise RefusedUpload(400, "the form names no boundary between its parts.")
        return _Form(boundary, most).read(body)
    if kind == BYTES.encode() or kind.startswith(b"image/"):
        return [Photo("image", body)]
    shown = _shown(content_type) if content_type else "none"
    raise RefusedUpload(
        415,
        f"the content type must be {FORM}, {BYTES} or an image's own, such as image/jpeg; "
        f"got {shown}.",
    )


class _Form:
    def __init__(self, boundary: bytes, most: int) -> None:
        self._boundary, self._most = boundary, most
        self._photos: list[Photo] = []
        self._name = self._value = b""
        self._headers: dict[bytes, bytes] = {}
        self._pieces: list[bytes] = []
        self._ended = False

    def read(self, body: bytes) -> list[Photo]:
        try:
            parser = MultipartParser(
                self._boundary,
                {
                    "on_part_begin": self._begin,
                    "on_header_field": self._header_name,
                    "on_header_value": self._header_value,
                    "on_header_end": self._header_end,
                    "on_headers_finished": self._check,
                    "on_part_data": self._data,
                    "on_part_end": self._end,
                    "on_end": self._finish,
                },
            )
            parser.write(body)
            parser.finalize()
        except (FormParserError, ValueError) as error:
            raise RefusedUpload(400, "the form is not well made; send it again.") from error
        if not self._ended:
            raise RefusedUpload(400, "the form breaks off before its end; send it again.")
        if not self._photos:
            raise RefusedUpload(422, f"no photo came; send one or more in the field `{FIELD}`.")
        return self._photos

    def _begin(self) -> None:
        self._headers, self._pieces = {}, []

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        self._headers[self._name.lower()] = self._value
        self._name = self._value = b""

    def _check(self) -> None:
        """Refuse a part before its content is looked at."""
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        field = options.get(b"name", b"").decode(errors="replace")
        if field != FIELD:
            raise RefusedUpload(
                422, f"photos must be in the field `{FIELD}`; got a field {_shown(field)}."
            )
        if len(self._photos) == self._most:
            raise RefusedUpload(
                422, f"a request may have up to {self._most} images; send them in several requests."
            )
        given = options.get(b"filename", b"").decode(errors="replace")
        self._called = _plain(given) or f"image {len(self._photos) + 1}"

    def _data(self, data: bytes, start: int, end: int) -> None:
        self._pieces.append(data[start:end])

    def _end(self) -> None:
        self._photos.append(Photo(self._called, b"".join(self._pieces)))

    def _finish(self) -> None:
        self._ended = True


def _plain(text: str) -> str:
    return "".join(c for c in text if c.isprintable())[:_LONGEST_NAME]


def _shown(text: str) -> str:
    return repr(_plain(text)[:60])
