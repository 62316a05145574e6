"""Small drawings, coloured by the style sheet: scales, axes and a frame with a description."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from foveal.evaluation.markup import Child, Html, element


@dataclass(frozen=True)
class Scale:
    """A straight line from values to pixels."""

    domain: tuple[float, float]
    """Values at both ends."""
    pixels: tuple[float, float]
    """Where they are drawn."""

    def __call__(self, value: float) -> float:
        """Return where `value` is drawn; in the middle when the domain is a single value.

        Args:
            value: a number of the domain.

        Returns:
            Pixels, rounded to 0.1.
        """
        (first, last), (start, end) = self.domain, self.pixels
        share = (value - first) / (last - first) if last != first else 0.5
        return round(start + share * (end - start), 1)


@dataclass(frozen=True)
class Frame:
    """The plot area inside a drawing."""

    width: int = 360
    """Width of the drawing in its own pixels."""
    height: int = 250
    """Height of the drawing in its own pixels."""
    left: int = 46
    """Room for the labels of the vertical axis."""
    right: int = 20
    """Room on the right."""
    top: int = 14
    """Room above."""
    bottom: int = 44
    """Room for the labels and the name of the horizontal axis."""

    @property
    def across(self) -> tuple[float, float]:
        """Left and right edge of the plot."""
        return (self.left, self.width - self.right)

    @property
    def upward(self) -> tuple[float, float]:
        """Bottom and top edge of the plot."""
        return (self.height - self.bottom, self.top)


def drawing(
    key: str, title: str, description: str, size: tuple[int, int], *children: Child
) -> Html:
    """Return an ``svg`` element that a screen reader reads as one picture.

    Args:
        key: a word that is unique on the page.
        title: what it is.
        description: what it shows, in words.
        size: width and height of the drawing in its own pixels.
        children: the drawing.

    Returns:
        The element, as wide as the style sheet lets it be.
    """
    return element(
        "svg",
        element("title", title, id=f"{key}-title"),
        element("desc", description, id=f"{key}-desc"),
        *children,
        viewBox=f"0 0 {size[0]} {size[1]}",
        role="img",
        aria_labelledby=f"{key}-title {key}-desc",
        class_=f"drawing {key.split('-')[0]}",
    )


def label(x: float, y: float, text: str, anchor: str = "middle", class_: str = "tick") -> Html:
    """Return a piece of text in a drawing.

    Args:
        x: where it is anchored.
        y: its base line.
        text: what it says.
        anchor: ``"start"``, ``"middle"`` or ``"end"``.
        class_: its class in the style sheet.

    Returns:
        A ``text`` element.
    """
    return element("text", text, x=x, y=y, text_anchor=anchor, class_=class_)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Html:
    """Return a straight line.

    Args:
        x1: start.
        y1: start.
        x2: end.
        y2: end.
        class_: its class in the style sheet.

    Returns:
        A ``line`` element.
    """
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def vertical_axis(frame: Frame, scale: Scale, ticks: Sequence[tuple[float, str]]) -> list[Html]:
    """Return grid lines with their labels on the left.

    Args:
        frame: the plot area.
        scale: of the vertical axis.
        ticks: values and what is written beside them.

    Returns:
        Lines and texts.
    """
    left, right = frame.across
    marks = []
    for value, text in ticks:
        y = scale(value)
        marks += [line(left, y, right, y, "grid"), label(left - 8, y + 4, text, "end")]
    return marks


def horizontal_axis(
    frame: Frame, scale: Scale, ticks: Sequence[tuple[float, str]], caption: str
) -> list[Html]:
    """Return the labels below the plot and the name of the axis.

    Args:
        frame: the plot area.
        scale: of the horizontal axis.
        ticks: values and what is written below them.
        caption: the name of the axis.

    Returns:
        A line and texts.
    """
    left, right = frame.across
    floor = frame.upward[0]
    texts = [label(scale(value), floor + 17, text) for value, text in ticks]
    middle = (left + right) / 2
    return [
        line(left, floor, right, floor, "axis"),
        *texts,
        label(middle, floor + 36, caption, class_="caption"),
    ]


def round_ticks(low: float, high: float, about: int = 4) -> list[float]:
    """Return round numbers within a range.

    Args:
        low: lower end.
        high: upper end, above `low`.
        about: how many are wanted.

    Returns:
        Multiples of 1, 2 or 5 times a power of ten, from `low` to `high`.

    Example:
        >>> round_ticks(0, 1.7)
        [0.0, 0.5, 1.0, 1.5]
    """
    rough = (high - low) / about
    power = 10.0 ** int(f"{rough:e}".split("e")[1])
    step = next(power * m for m in (1, 2, 5, 10) if power * m >= rough * 0.8)
    first = int(-(-low // step))
    return [round(i * step, 10) for i in range(first, int(high / step + 1e-9) + 1)]
