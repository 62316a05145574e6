"""Figures that are grids and lists of numbers."""

from __future__ import annotations

import numpy as np

from foveal.images.preprocess import Preprocess
from foveal.learn.elements import Html, element, table
from foveal.learn.photos import photo
from foveal.ops import convolve2d, trace_convolution
from foveal.ops.arrays import Array
from foveal.ops.shapes import Window, conv_output_size, output_stride, receptive_field

_STEP = [[0, 0, 0, 255, 255, 255]] * 5
_FILTER = [[-1, 0, 1]] * 3


def captioned(inside: Html, caption: Html, kind: str) -> Html:
    """Return a figure with its caption.

    Args:
        inside: what it shows.
        caption: what that is.
        kind: its class.

    Returns:
        A ``figure`` element.
    """
    return element("figure", inside, element("figcaption", caption), class_=kind)


def photo_pixels(caption: Html, row: str = "198", column: str = "167") -> Html:
    """Return a piece of the flower photo beside its numbers.

    Args:
        caption: what it shows.
        row: the piece's first row in the photo.
        column: its first column.

    Returns:
        A table of four rows of six pixels, a swatch and three numbers each.
    """
    top, left = int(row), int(column)
    piece = photo("flower")[top : top + 4, left : left + 6]
    rows = []
    for offset, line in enumerate(piece):
        cells = [_pixel(*map(int, pixel)) for pixel in line]
        rows.append([f"row {top + offset}", *cells])
    head = ["", *(f"{left + offset}" for offset in range(6))]
    inside = table("Red, green and blue of 24 pixels of the flower", head, rows, class_="pixels")
    return captioned(inside, caption, "numbers")


def _pixel(red: int, green: int, blue: int) -> Html:
    # A presentation attribute: the page's policy allows no style attributes.
    square = element(
        "svg",
        element("rect", width=16, height=16, fill=f"rgb({red},{green},{blue})"),
        width=16,
        height=16,
        viewBox="0 0 16 16",
        aria_hidden="true",
    )
    return element("span", square, element("span", f"{red} {green} {blue}"), class_="pixel")


def step(caption: Html, row: str = "1", column: str = "2") -> Html:
    """Return one step of the first edge filter: window, filter, products and sum.

    Args:
        caption: what it shows.
        row: of the output cell.
        column: of the output cell.

    Returns:
        Three small grids and the sum written out by the library's own trace.
    """
    one = trace_convolution(_STEP, _FILTER).at(int(row), int(column))
    marked = {cell for line in one.cells for cell in line}
    output = convolve2d(_STEP, _FILTER)
    grids = element(
        "div",
        _grid("Image", np.array(_STEP), marked),
        _grid("Filter", np.array(_FILTER), set()),
        _grid("Output", output, {one.output}),
        class_="grids",
    )
    words = element("p", one.explain(), class_="sum")
    return captioned(Html(grids + words), caption, "numbers")


def _grid(title: str, values: Array, marked: set[tuple[int, int] | None]) -> Html:
    rows = [
        element(
            "tr",
            *(
                element("td", element("mark", _signed(v)) if (r, c) in marked else _signed(v))
                for c, v in enumerate(line)
            ),
        )
        for r, line in enumerate(values.tolist())
    ]
    return element(
        "table", element("caption", title), element("tbody", *rows), class_="grid-numbers"
    )


def normalisations(caption: Html) -> Html:
    """Return what four grey levels become under the usual recipes.

    Args:
        caption: what it shows.

    Returns:
        A table; ImageNet's three channels in one cell.
    """
    recipes = {
        "[0, 1]": Preprocess.preset("unit"),
        "[−1, 1]": Preprocess.preset("symmetric"),
        "ImageNet (R, G, B)": Preprocess.preset("imagenet"),
        "(x − 127) / 128": Preprocess(mean=(127.0,), std=(128.0,)),
    }
    rows = []
    for level in (0, 64, 128, 255):
        pixel = np.full((1, 1, 3), level, np.uint8)
        cells = [recipe.normalize(pixel).ravel() for recipe in recipes.values()]
        texts = [", ".join(dict.fromkeys(_signed(round(float(v), 2)) for v in c)) for c in cells]
        rows.append([str(level), *texts])
    return captioned(table("Grey levels, rescaled", ["0–255", *recipes], rows), caption, "numbers")


def sizes(caption: Html, cases: str) -> Html:
    """Return output sizes, each with its formula.

    Args:
        caption: what it shows.
        cases: ``"size,kernel,stride,padding"`` separated by spaces.

    Returns:
        A table.
    """
    rows = []
    for case in cases.split():
        size, kernel, stride, padding = case.split(",")
        amount = int(padding) if padding.isdigit() else padding
        output = conv_output_size(int(size), int(kernel), int(stride), amount)
        rows.append([size, kernel, stride, padding, output.explain()])
    head = ["input n", "filter k", "stride s", "padding", "output"]
    return captioned(table("Output sizes and their formulas", head, rows), caption, "numbers")


def channel_sums(caption: Html) -> Html:
    """Return how a filter of three channels makes one number.

    Args:
        caption: what it shows.

    Returns:
        A table: each channel's sum, the bias and the result.
    """
    piece = photo("flower")[198:201, 169:172].astype(int).transpose(2, 0, 1)
    kernel = np.array([[[-1, 0, 1]] * 3, [[0, 0, 0], [0, 1, 0], [0, 0, 0]], [[1, 0, -1]] * 3])
    one = trace_convolution(piece, kernel, bias=10)[0]
    names = ("red", "green", "blue")
    rows = [
        [name, _lines(piece[at]), _lines(kernel[at]), _signed(one.channel_sums[at])]
        for at, name in enumerate(names)
    ]
    together = " + ".join(
        f"({_signed(s)})" if s < 0 else _signed(s) for s in (*one.channel_sums, one.bias)
    )
    rows.append(["sum and bias", "", "", f"{together} = {_signed(one.value)}"])
    head = ["channel", "pixels", "weights", "sum of products"]
    return captioned(table("Three channels, one output value", head, rows), caption, "numbers")


def receptive_fields(caption: Html, layers: str) -> Html:
    """Return how the receptive field grows along a chain of layers.

    Args:
        caption: what it shows.
        layers: ``"name:kernel/stride"`` separated by spaces.

    Returns:
        A table.
    """
    chain: list[Window] = []
    rows = []
    for layer in layers.split():
        name, _, window = layer.partition(":")
        kernel, stride = map(int, window.split("/"))
        chain.append(Window(kernel, stride))
        field = receptive_field(chain)
        steps = str(int(output_stride(chain)))
        rows.append([name, f"{kernel}", f"{stride}", steps, f"{field}", field.formula])
    head = ["layer", "window", "stride", "step in the image", "sees", "worked out as"]
    return captioned(table("The receptive field, layer by layer", head, rows), caption, "numbers")


def _lines(values: Array) -> Html:
    lines = [" ".join(_signed(v) for v in line) for line in values.tolist()]
    return Html(element("br").join(lines))


def _signed(number: float) -> str:
    return f"{number:g}".replace("-", "−")
