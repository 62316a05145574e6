"""A whole number that remembers how it was worked out."""

from __future__ import annotations

from typing import Self


class Explained(int):
    """An int with the formula, numbers put in, that it came from.

    It is an int in every respect (arithmetic gives plain ints, JSON writes a number); only
    `explain` is added.

    Args:
        value: the number.
        formula: the right-hand side it was worked out by, such as ``"⌈32 / 2⌉"``.

    Example:
        >>> size = Explained(16, "⌈32 / 2⌉")
        >>> size + 1
        17
        >>> size.explain()
        '⌈32 / 2⌉ = 16'
    """

    formula: str

    def __new__(cls, value: int, formula: str) -> Self:
        """Make the number; ints are made here, not in ``__init__``."""
        number = super().__new__(cls, value)
        number.formula = formula
        return number

    def explain(self) -> str:
        """Return the formula with its result.

        Returns:
            Text such as ``"⌈32 / 2⌉ = 16"``; only the number where it was given, not worked out.
        """
        result = f"{int(self):,}".replace("-", "−")
        return result if self.formula == result else f"{self.formula} = {result}"

    def __reduce__(self) -> tuple[type[Explained], tuple[int, str]]:
        return (Explained, (int(self), self.formula))
