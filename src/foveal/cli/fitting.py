"""Tables that fit the terminal: columns get shorter, then fewer; no number is ever broken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table

_GAP = 2  # between two columns


@dataclass(frozen=True)
class Column:
    """One column of a table."""

    title: str
    """What stands above it."""
    cells: tuple[str, ...]
    """Its text, row by row."""
    right: bool = True
    """Whether it is aligned to the right, as numbers are."""
    keep: int = 0
    """The larger, the longer it stays when there is little room."""
    short: tuple[str, tuple[str, ...]] | None = None
    """A shorter title and shorter cells, for when there is little room."""

    @property
    def width(self) -> int:
        """Characters it takes."""
        return max(len(text) for text in (self.title, *self.cells))

    def shortened(self) -> Column:
        """Return the column with its shorter text.

        Returns:
            The same column where there is none, or none that is shorter.
        """
        if self.short is None:
            return self
        shorter = Column(self.short[0], self.short[1], self.right, self.keep)
        return shorter if shorter.width < self.width else self


def fitted(columns: Sequence[Column], width: int) -> tuple[list[Column], list[str]]:
    """Choose what fits.

    Args:
        columns: from left to right.
        width: characters in a line.

    Returns:
        The columns to show, and the titles of those that were left out. One column always stays.
    """
    shown, left_out = list(columns), list[str]()
    by_need = sorted(range(len(columns)), key=lambda index: columns[index].keep)
    for index in by_need:
        if _width(shown) <= width:
            break
        shown[index] = shown[index].shortened()
    for index in by_need:
        if _width(shown) <= width or len(shown) == 1:
            break
        left_out.append(columns[index].title)
        shown = [column for column in shown if column.title not in _titles(columns[index])]
    return shown, left_out


def fitted_table(columns: Sequence[Column], width: int) -> tuple[Table, list[str]]:
    """Make a table of what fits.

    Args:
        columns: from left to right.
        width: characters in a line.

    Returns:
        The table, and the titles of the columns that were left out.
    """
    from rich.table import Table
    from rich.text import Text

    shown, left_out = fitted(columns, width)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in shown:
        table.add_column(column.title, justify="right" if column.right else "left", no_wrap=True)
    for row in zip(*(column.cells for column in shown), strict=True):
        table.add_row(*map(Text, row))
    return table, left_out


def rounded(value: int | None) -> str:
    """Write a large number in few characters.

    Args:
        value: a whole number, or None where it is not known.

    Returns:
        Such as ``"25.6 M"`` or ``"640"``, or ``"–"``.

    Example:
        >>> rounded(25_557_032), rounded(999_960), rounded(640), rounded(4_089_184_256)
        ('25.6 M', '1.0 M', '640', '4.1 G')
    """
    if value is None:
        return "–"
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= 0.99995 * size:
            return f"{value / size:.1f} {letter}"
    return str(value)


def _width(columns: Sequence[Column]) -> int:
    return sum(column.width for column in columns) + _GAP * (len(columns) - 1)


def _titles(column: Column) -> tuple[str, ...]:
    return (column.title, column.shortened().title)
