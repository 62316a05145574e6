"""Where the class folders are: directly in the root, or below folders for each split."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from foveal.data.listing import Found, look_into
from foveal.data.records import (
    MISPLACED,
    NOT_AN_IMAGE,
    Rejection,
    Split,
    counted,
    first_few,
)
from foveal.errors import DataError

SPLIT_NAMES: dict[str, Split] = {
    "train": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
}
"""Names of split folders, in any case of letters, and of splits in tables."""

_EXPECTED = "expected one sub-folder of images for each class, such as cats/ and dogs/"


@dataclass(frozen=True)
class ClassFolder:
    """One folder of images of one class."""

    path: Path
    """The folder."""

    label: str
    """The class: the folder's name."""

    split: Split | None
    """The split it is given for; None where splits are to be made."""


@dataclass(frozen=True)
class Layout:
    """What was found at the levels above the images."""

    classes: tuple[ClassFolder, ...]
    """The class folders of every split."""

    above: tuple[Path, ...]
    """The root, and the split folders: no link may lead back to them."""

    hidden: tuple[Path, ...]
    """Hidden folders passed over."""

    rejected: tuple[Rejection, ...]
    """Images that lie outside the class folders."""

    warnings: tuple[str, ...]
    """Folders that are not used."""


def find_layout(root: Path) -> Layout:
    """Find the class folders below a root.

    Folders named train, val (valid, validation) and test, in any case of letters, give splits. A
    folder ``train`` that holds images itself beside other class folders is a class.

    Args:
        root: the folder of the data.

    Returns:
        The class folders, with what lies beside them.

    Raises:
        DataError: there is no such folder, or no class folder in it, or what is a split and what a
            class cannot be told.
    """
    found = _look(root)
    named = [folder for folder in found.folders if folder.name.lower() in SPLIT_NAMES]
    others = [folder for folder in found.folders if folder not in named]
    if not found.folders:
        raise DataError(_no_folders(root, found))
    if not named or _is_class_called_train(named, others):
        return _layout(root, found, {None: root}, [])
    return _layout(root, found, _split_folders(root, named, others), others)


def _layout(
    root: Path, found: Found, splits: dict[Split | None, Path], unused: list[Path]
) -> Layout:
    levels = {split: found if path == root else _look(path) for split, path in splits.items()}
    inside = [] if None in levels else list(levels.values())
    classes = [
        ClassFolder(folder, folder.name, split)
        for split, level in levels.items()
        for folder in level.folders
    ]
    for split, path in splits.items():
        if split is not None and not levels[split].folders:
            raise DataError(
                f"{path} has no class folders; {_EXPECTED}: add them, or remove {path.name}/."
            )
    remedy = "move it into the folder of its class"
    return Layout(
        classes=tuple(classes),
        above=(root, *(path for path in splits.values() if path != root)),
        hidden=tuple(path for level in (found, *inside) for path in level.hidden),
        rejected=tuple(
            Rejection(path, MISPLACED, remedy)
            for level in (found, *inside)
            for path in level.images
        ),
        warnings=_unused_warning(unused),
    )


def _look(folder: Path) -> Found:
    """List a level at which classes are named; here what cannot be read is an error."""
    if not folder.is_dir():
        what = "is a file, not a folder" if folder.exists() else "does not exist"
        raise DataError(f"{folder} {what}; {_EXPECTED}: check the path.")
    found = look_into(folder)
    for rejection in found.rejected:
        if rejection.reason != NOT_AN_IMAGE:
            raise DataError(f"{rejection.path}: {rejection.reason}; {rejection.remedy}.")
    return found


def _is_class_called_train(named: list[Path], others: list[Path]) -> bool:
    alone = len(named) == 1 and named[0].name.lower() == "train"
    return alone and bool(others) and not _look(named[0]).folders


def _split_folders(root: Path, named: list[Path], others: list[Path]) -> dict[Split | None, Path]:
    splits: dict[Split | None, Path] = {}
    for folder in named:
        split = SPLIT_NAMES[folder.name.lower()]
        if split in splits:
            raise DataError(
                f"{root} has two folders for {split}, {splits[split].name!r} and {folder.name!r}; "
                "one is expected: join them, or move one away."
            )
        splits[split] = folder
    if "train" not in splits:
        names = " and ".join(repr(folder.name) for folder in named)
        beside = f" beside {first_few([repr(folder.name) for folder in others])}" if others else ""
        raise DataError(
            f"{root} has {names}{beside} but no folder 'train'; expected the classes in train/ "
            "too, or only class folders: move the classes into train/, or rename what is a class."
        )
    return splits


def _unused_warning(unused: list[Path]) -> tuple[str, ...]:
    if not unused:
        return ()
    names = first_few([repr(folder.name) for folder in unused])
    return (f"beside train, validation and test these folders are not used: {names}.",)


def _no_folders(root: Path, found: Found) -> str:
    if found.images:
        names = first_few([path.name for path in found.images], limit=2)
        return (
            f"{root} has {counted(len(found.images), 'image')} directly in it ({names}) but no "
            f"class folders; {_EXPECTED}: move each image into a folder named by its class."
        )
    if found.rejected:
        names = first_few([item.path.name for item in found.rejected], limit=2)
        return (
            f"{root} has no class folders and no images, only "
            f"{counted(len(found.rejected), 'other file')} ({names}); {_EXPECTED}: check the path."
        )
    return f"{root} is empty; {_EXPECTED}."
