"""``foveal explain``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro

from foveal.cli.live import listener
from foveal.cli.output import console, percent, print_json
from foveal.cli.predict import find_photos
from foveal.cli.rules import require_built_in, require_photos_given, require_top_k
from foveal.errors import UsageError
from foveal.workflow.settings import IMAGENET

if TYPE_CHECKING:
    from foveal.workflow.explain import Picture

_OF_NETWORKS = ("filters", "strongest")


@dataclass(frozen=True)
class Explain:
    """Show what in a photo speaks for a class, as pictures."""

    model: Annotated[str, tyro.conf.arg(metavar="RUN|imagenet")]
    """A run or model folder, or ``imagenet`` for the built-in network with its 1,000 classes."""
    paths: Annotated[
        tyro.conf.Positional[tuple[Path, ...]],
        tyro.conf.arg(metavar="[PHOTO ...]", help_behavior_hint="(none with filters)"),
    ] = ()
    """Photos, or folders of photos. With strongest: where to look, by default the photos of RUN."""
    method: Literal["gradcam", "gradcam++", "occlusion", "feature-maps", "filters", "strongest"] = (
        "gradcam"
    )
    """gradcam, gradcam++: which places' features speak for a class; occlusion: what covering a
    place changes; feature-maps: what a block answers; filters: the first layer's weights;
    strongest: the photos that a channel answers to most."""
    label: Annotated[str | None, tyro.conf.arg(name="class", metavar="NAME")] = None
    """The class that is asked about; by default the most probable ones, side by side. Their
    probabilities are computed in full precision; those of ``foveal predict`` may be some points
    off where the processor computes in bfloat16."""
    block: str | None = None
    """The block to look at, a name that ``foveal summary RUN`` shows; by default the last one with
    maps, and for feature-maps the first."""
    channel: int | None = None
    """With strongest: the channel of the block, from 0."""
    top_k: int | None = None
    """How many classes side by side, 3 by default; with strongest how many photos, 9."""
    backbone: str | None = None
    """With ``imagenet``: which network; by default efficientnet_lite2."""
    out: Path = Path("explanations")
    """The folder for the pictures."""
    json: bool = False
    """Write JSON for a program to read."""

    def __post_init__(self) -> None:
        require_built_in(self.backbone, self.model)
        if self.method == "filters" and self.paths:
            raise UsageError("filters explains the network and takes no photos.")
        if self.method == "strongest" and self.model == IMAGENET and not self.paths:
            raise UsageError("strongest looks through photos; give some after 'imagenet'.")
        if self.method not in _OF_NETWORKS:
            require_photos_given(self.paths)
        require_top_k(self.top_k)

    def run(self) -> int:
        """Write the pictures.

        Returns:
            0, or 1 if a photo could not be read.
        """
        from foveal.workflow.explain import (
            Question,
            explain_network,
            explain_photos,
            open_explainer,
            run_files,
        )

        question = Question(self.method, self.label, self.block, self.channel, self.top_k)
        photos = list(find_photos(self.paths))
        if self.method == "strongest" and not photos:
            photos = run_files(Path(self.model))
        explainer = open_explainer(self.model, self.backbone, self.label)
        heard = listener()
        if self.method not in _OF_NETWORKS:
            pictures = explain_photos(explainer, photos, question, self.out, heard)
        else:
            pictures = [explain_network(explainer, question, self.out, photos, heard)]
        if self.json:
            print_json([_as_dict(picture) for picture in pictures])
        else:
            for picture in pictures:
                _show(picture)
        return 1 if any(picture.reason for picture in pictures) else 0


def _as_dict(picture: Picture) -> dict[str, Any]:
    return {
        "photo": picture.photo,
        "picture": None if picture.reason else str(picture.path),
        "method": picture.method,
        "block": picture.block,
        "classes": [{"label": name, "probability": sure} for name, sure in picture.classes],
        "reason": picture.reason,
    }


def _show(picture: Picture) -> None:
    screen = console()
    if picture.reason is not None:
        screen.print(f"{picture.photo}: not read: {picture.reason}", style="yellow", markup=False)
        return
    named = ", ".join(f"{name} {percent(sure)}" for name, sure in picture.classes)
    screen.print(f"{picture.path}  {named}".rstrip(), markup=False, soft_wrap=True)
