"""Explaining a trained classifier: pictures of what it looks at, for photos or by themselves."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from foveal.errors import DataError, ImageError, UnknownNameError, UsageError
from foveal.explain import (
    Explainer,
    explanation_sheet,
    filters_sheet,
    first_filters,
    maps_sheet,
    strongest_photos,
    strongest_sheet,
)
from foveal.explain.explainer import Method as MapMethod
from foveal.explain.sheet import MADE_BY, png_bytes
from foveal.runtime.backends import Images
from foveal.runtime.model_folder import find_model, read_config
from foveal.storage import write_bytes
from foveal.workflow.listener import Listener
from foveal.workflow.outputs import require_new_or_ours
from foveal.workflow.run_photos import photos_of_run, require_photos
from foveal.workflow.settings import IMAGENET

Method = Literal["gradcam", "gradcam++", "occlusion", "feature-maps", "filters", "strongest"]


@dataclass(frozen=True)
class Question:
    """What is asked of a network. Settings that have no effect are refused."""

    method: Method = "gradcam"
    """How to look."""
    label: str | None = None
    """The class that is asked about; None for the most probable ones."""
    block: str | None = None
    """Which block to look at; None for the one that suits the method."""
    channel: int | None = None
    """With ``strongest``: which channel of the block."""
    top_k: int | None = None
    """How many classes or, with ``strongest``, photos; None for 3 or 9."""

    def __post_init__(self) -> None:
        used: dict[Method, tuple[str, ...]] = {
            "gradcam": ("label", "block", "top_k"),
            "gradcam++": ("label", "block", "top_k"),
            "occlusion": ("label", "top_k"),
            "feature-maps": ("block",),
            "filters": (),
            "strongest": ("block", "channel", "top_k"),
        }
        names = {"label": "--class", "block": "--block", "channel": "--channel", "top_k": "--top-k"}
        useless = [
            flag
            for name, flag in names.items()
            if getattr(self, name) is not None and name not in used[self.method]
        ]
        if useless:
            raise UsageError(f"{', '.join(useless)} would have no effect with {self.method}.")
        if self.label is not None and self.top_k is not None:
            raise UsageError("give --class or --top-k, not both: one class is asked about.")
        if self.method == "strongest" and self.channel is None:
            raise UsageError("strongest needs --channel, such as --channel 0, and best --block.")


@dataclass(frozen=True)
class Picture:
    """One picture that was written."""

    path: Path
    """The PNG file."""
    photo: str | None
    """The photo it explains; None where it explains the network."""
    method: Method
    """How it was made."""
    block: str | None
    """The block it shows; None where it shows none."""
    classes: tuple[tuple[str, float], ...] = ()
    """The classes it explains, with their probabilities."""
    reason: str | None = None
    """Why there is none: the photo could not be read."""


def open_explainer(model: str, backbone: str | None = None, label: str | None = None) -> Explainer:
    """Load what is to be explained.

    Args:
        model: a run or model folder, or ``"imagenet"`` for a built-in network.
        backbone: with ``"imagenet"``: which network; None for the default.
        label: a class that will be asked about, so that a wrong one is refused before weights are
            loaded.

    Returns:
        The explainer.

    Raises:
        ModelError: there is no model.
        UnknownNameError: it knows no such class.
    """
    if model != IMAGENET:
        classes = read_config(find_model(model)).classes
        if label is not None and label not in classes:
            raise UnknownNameError("class", label, classes)
        return Explainer.load(model)
    return Explainer.imagenet(backbone) if backbone else Explainer.imagenet()


def explain_photos(
    explainer: Explainer,
    photos: Sequence[Path],
    question: Question,
    out: Path,
    listener: Listener | None = None,
) -> list[Picture]:
    """Explain what a network says of some photos, a picture each.

    Args:
        explainer: the network.
        photos: files.
        question: what is asked.
        out: the folder for the pictures; made if it is missing.
        listener: hears what is being done; None for silence.

    Returns:
        A picture for each photo; one that cannot be read has a reason instead of a file.

    Raises:
        UsageError: a picture would replace a file that is not ours.
        UnknownNameError: there is no such class or block.
    """
    listener = listener or Listener()
    targets = _targets(photos, question, out)
    for target in targets:
        require_new_or_ours(target, MADE_BY)
    pictures = []
    for done, (photo, target) in enumerate(zip(photos, targets, strict=True), start=1):
        try:
            image = explainer.preprocess.load(photo)
        except ImageError as error:
            reason = f"{error.reason}; {error.remedy}"
            pictures.append(Picture(target, str(photo), question.method, None, reason=reason))
        else:
            pictures.append(_explained(explainer, photo, image, question, target))
        if len(photos) > 1:
            listener.progress("Explaining photos", done, len(photos))
    return pictures


def explain_network(
    explainer: Explainer,
    question: Question,
    out: Path,
    photos: Sequence[Path] = (),
    listener: Listener | None = None,
) -> Picture:
    """Show the first layer's filters, or the photos that a channel answers to most.

    Args:
        explainer: the network.
        question: ``filters`` or ``strongest``.
        out: the folder for the picture; made if it is missing.
        photos: with ``strongest``: files that are looked through; see `run_files`.
        listener: hears what is being done; None for silence.

    Returns:
        The picture.

    Raises:
        UsageError: the picture would replace a file that is not ours, or there are no photos.
        UnknownNameError: there is no such block.
        DataError: none of the photos could be read.
    """
    block = None
    if question.method == "strongest":
        block = question.block or explainer.network.block_names[-1]
    place = "" if block is None else f".{_plain(block)}.{question.channel}"
    target = out / f"{_plain(explainer.network.name)}.{question.method}{place}.png"
    require_new_or_ours(target, MADE_BY)
    if block is None:
        title = f"{explainer.network.name}: filters of the first layer"
        sheet = filters_sheet(title, first_filters(explainer.network))
    else:
        sheet = _strongest(explainer, question, block, photos, listener or Listener())
    write_bytes(target, png_bytes(sheet))
    return Picture(target, None, question.method, block)


def _explained(
    explainer: Explainer, photo: Path, image: Images, question: Question, target: Path
) -> Picture:
    if question.method == "feature-maps":
        block = question.block or explainer.network.block_names[0]
        title = f"{photo.name}: feature maps of block {block!r}"
        sheet = maps_sheet(title, image, explainer.feature_maps(image, block))
        write_bytes(target, png_bytes(sheet))
        return Picture(target, str(photo), question.method, block)
    method: MapMethod = question.method  # type: ignore[assignment]  # the others took their own way
    found = explainer.explain(
        image, method, label=question.label, block=question.block, top_k=question.top_k or 3
    )
    write_bytes(target, png_bytes(explanation_sheet(photo.name, image, found)))
    classes = tuple((item.label, item.probability) for item in found)
    return Picture(target, str(photo), question.method, found[0].block, classes)


def run_files(run: Path) -> list[Path]:
    """Return the photos of a run, for ``strongest`` to look through.

    Args:
        run: a run folder.

    Returns:
        Files.

    Raises:
        DataError: the folder is no run, such as a model folder, or photos are gone.
    """
    if not photos_of_run(run):
        raise DataError(
            f"{run} is no run folder, so it does not say which photos to look through; give them: "
            f"foveal explain {run} PHOTO --method strongest"
        )
    return [photo.path for photo in require_photos(run, "to look through")]


def _strongest(
    explainer: Explainer,
    question: Question,
    block: str,
    photos: Sequence[Path],
    listener: Listener,
) -> Image.Image:
    if not photos:
        raise UsageError("strongest looks through photos; give some.")
    channel = question.channel or 0
    best = strongest_photos(
        explainer.network,
        explainer.preprocess,
        photos,
        block,
        channel,
        question.top_k or 9,
        lambda done, total: listener.progress("Looking through photos", done, total),
        listener.warn,
    )
    shown = []
    for item in best:
        image = explainer.preprocess.load(item.path)
        shown.append((item.path.name, image, explainer.feature_maps(image, block)[channel]))
    title = f"Channel {channel} of block {block!r}: the photos that it answers to most"
    return strongest_sheet(title, [(n, i, np.asarray(m)) for n, i, m in shown])


def _targets(photos: Sequence[Path], question: Question, out: Path) -> list[Path]:
    """Name a picture for each photo; photos of one name in several folders get numbers."""
    block = f".{_plain(question.block)}" if question.block else ""
    seen: dict[str, int] = {}
    targets = []
    for photo in photos:
        seen[photo.stem] = number = seen.get(photo.stem, 0) + 1
        again = f"-{number}" if number > 1 else ""
        targets.append(out / f"{photo.stem}{again}.{_plain(question.method)}{block}.png")
    return targets


def _plain(word: str) -> str:
    return re.sub(r"[^\w.-]", "_", word.replace("++", "-plus-plus"))
