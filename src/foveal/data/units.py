"""What a split must not separate: the images of one group, and byte-identical files."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from foveal.data.records import Split
from foveal.storage import content_hash


@dataclass(eq=False)
class Unit:
    """Images that go to one split together."""

    rank: str
    """The place in the shuffled order: a hash of the seed and the group or content."""

    members: list[int]
    """The images, by their position in the input."""

    sizes: Counter[str]
    """How many images of each class."""

    split: Split = "train"
    """Where the unit goes."""


def make_units(
    contents: Sequence[str], labels: Sequence[str], groups: Sequence[str | None], seed: int
) -> list[Unit]:
    """Join the images that share a group or a content, and shuffle what results.

    Args:
        contents: the content hash of each image.
        labels: the class of each image.
        groups: the group of each image, or None.
        seed: 0 or a positive int.

    Returns:
        Units in shuffled order. The order depends on groups, contents and the seed alone.
    """
    keys = [
        (f"content:{content}", f"content:{content}" if group is None else f"group:{group}")
        for content, group in zip(contents, groups, strict=True)
    ]
    parents: dict[str, str] = {}
    for content_key, key in keys:
        parents[_root(content_key, parents)] = _root(key, parents)
    members: defaultdict[str, list[int]] = defaultdict(list)
    ranks: dict[str, str] = {}
    for index, (_, key) in enumerate(keys):
        root = _root(key, parents)
        members[root].append(index)
        rank = content_hash(f"{seed}:{key}".encode())
        ranks[root] = min(rank, ranks.get(root, rank))
    units = [
        Unit(ranks[root], inside, Counter(labels[index] for index in inside))
        for root, inside in members.items()
    ]
    return sorted(units, key=lambda unit: unit.rank)


def _root(key: str, parents: dict[str, str]) -> str:
    while (parent := parents.setdefault(key, key)) != key:
        parents[key] = parents[parent]
        key = parent
    return key
