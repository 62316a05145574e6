"""Dealing units to the splits that are held out from training."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence

from foveal.data.records import Split, counted
from foveal.data.requirements import Fault
from foveal.data.units import Unit


class Allocation:
    """How much each class still lacks in each split, while units are dealt out.

    Args:
        units: all units, in shuffled order; their `split` is set.
        val: fraction of each class for validation.
        test: fraction of each class for the test.
    """

    def __init__(self, units: list[Unit], val: float, test: float) -> None:
        self.units = units
        self.images: Counter[str] = Counter()
        for unit in units:
            self.images.update(unit.sizes)
        self.parts = Counter(label for unit in units for label in unit.sizes)
        self.in_train = Counter(self.parts)
        self.has: dict[Split, set[str]] = {"validation": set(), "test": set()}
        self.lacking: dict[Split, Counter[str]] = {"validation": Counter(), "test": Counter()}
        for label, count in self.images.items():
            shares = class_shares(count, self.parts[label], val, test)
            self.lacking["validation"][label], self.lacking["test"][label] = shares
        fractions: tuple[tuple[Split, float], ...] = (("validation", val), ("test", test))
        self.requested = [split for split, fraction in fractions if fraction]

    def deal(self) -> list[str]:
        """Give each requested split its share, the test from the front of the order.

        Returns:
            Warnings: the classes that are missing from a split.
        """
        if "test" in self.requested:
            self._fill("test", self.units)
        if "validation" in self.requested:
            self._fill("validation", self.units[::-1])
        return list(self._warnings())

    def nothing_held_out(self) -> Iterator[Fault]:
        """Find that not even the first of the requested splits could be given an image.

        Yields:
            A fault, after `deal`, where that is so.
        """
        if not self.has[self.requested[0]]:
            yield Fault(
                "empty-split",
                f"no images are left for the {self.requested[0]} split; the data has "
                f"{counted(len(self.units), 'separable group')}, too few to leave every class in "
                "train",
                "group by something of which there is more, or set the fraction to 0",
            )

    def _fill(self, split: Split, order: Sequence[Unit]) -> None:
        lacking = self.lacking[split]
        for unit in order:  # first what fits,
            if all(size <= lacking[label] for label, size in unit.sizes.items()):
                self._give(unit, split)
        for unit in order:  # then what overshoots, but by less than was lacking,
            if _gain(unit, lacking) > 0:
                self._give(unit, split)
        for label in sorted(self.images):  # and nobody goes without
            if self.parts[label] >= 3 and label not in self.has[split]:
                self._give_smallest(label, split, order)

    def _give_smallest(self, label: str, split: Split, order: Sequence[Unit]) -> None:
        fitting = [unit for unit in order if label in unit.sizes and self._can_go(unit, split)]
        if fitting:
            self._give(min(fitting, key=lambda unit: len(unit.members)), split)

    def _give(self, unit: Unit, split: Split) -> None:
        if self._can_go(unit, split):
            unit.split = split
            self.in_train.subtract(unit.sizes.keys())
            self.lacking[split].subtract(unit.sizes)
            self.has[split].update(unit.sizes)

    def _can_go(self, unit: Unit, split: Split) -> bool:
        """Tell whether training, and validation after the test, would keep something."""
        if unit.split != "train":
            return False
        later = self.lacking["validation"] if split == "test" else Counter[str]()
        return all(self.in_train[label] > 1 + (later[label] > 0) for label in unit.sizes)

    def _warnings(self) -> Iterator[str]:
        for split in self.requested:
            for label in sorted(self.images.keys() - self.has[split]):
                yield (
                    f"class {label!r} ({counted(self.images[label], 'image')} in "
                    f"{counted(self.parts[label], 'separable part')}) has none in the {split} "
                    "split, so it cannot be measured there; add images."
                )


def class_shares(images: int, parts: int, val: float, test: float) -> tuple[int, int]:
    """Return how many images of one class are held out.

    Args:
        images: images of the class, at least 2.
        parts: units that the class is in.
        val: fraction for validation, 0 <= val < 1.
        test: fraction for the test, 0 <= test < 1.

    Returns:
        (validation, test): each rounded, at least 1 where it is requested. Two parts serve
        training and validation; there is no third for the test.

    Example:
        >>> class_shares(100, 100, 0.15, 0.15), class_shares(3, 3, 0.15, 0.15)
        ((15, 15), (1, 1))
        >>> class_shares(2, 2, 0.15, 0.15)
        (1, 0)
    """
    if parts == 2 and val:
        test = 0.0
    shares = [max(1, math.floor(images * part + 0.5)) if part else 0 for part in (val, test)]
    while sum(shares) >= images:
        shares[shares.index(max(shares))] -= 1
    return shares[0], shares[1]


def _gain(unit: Unit, lacking: Counter[str]) -> int:
    """Return by how many images the unit brings a split nearer to its shares."""
    return sum(
        abs(lacking[label]) - abs(lacking[label] - size) for label, size in unit.sizes.items()
    )
