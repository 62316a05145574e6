"""Settings that would change nothing beside the others are refused, before any work begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foveal.errors import UsageError

if TYPE_CHECKING:
    from foveal.workflow.settings import TrainOptions

_TRANSFER_FLAGS = ("backbone", "weights", "views", "head")


def refuse_what_has_no_effect(options: TrainOptions) -> None:
    """Refuse settings that contradict others, or change nothing beside them.

    Args:
        options: of a run.

    Raises:
        UsageError: there is such a setting; the message names it.
    """
    if options.fine_tune and options.from_scratch:
        raise UsageError(
            "`fine_tune` continues from trained weights and `from_scratch` from none; give one "
            "of them."
        )
    if options.frozen_precision == "int8" and (
        options.from_scratch or options.tuning.unfreeze == "all"
    ):
        raise UsageError(
            "`precision` int8 is for frozen blocks, and here all blocks are trained; choose "
            "auto, f32 or bf16."
        )
    _refuse_other_kinds(options)
    _refuse_idle_views(options)
    if options.is_fresh and options.tuning.cache_gb is not None:
        raise UsageError(
            "`cache_gb` would have no effect with `unfreeze` all or a `policy`: photos are new in "
            "every epoch, and nothing is kept."
        )


def _refuse_other_kinds(options: TrainOptions) -> None:
    useless = {
        "scratch": [name for name in _TRANSFER_FLAGS if getattr(options, name) is not None]
        + list(options.tuning.given()),
        "fine-tune": list(options.scratch.given()),
        "head": [*options.tuning.given(), *options.network.given(), *options.scratch.given()],
    }[options.mode]
    if useless:
        what = {
            "scratch": "a network from scratch",
            "fine-tune": "fine-tuning",
            "head": "a head on frozen features; add --fine-tune or --from-scratch",
        }[options.mode]
        names = ", ".join(f"`{name}`" for name in useless)
        raise UsageError(f"{names} would have no effect on {what}.")


def _refuse_idle_views(options: TrainOptions) -> None:
    if options.views not in (None, 1) and not options.augmentation().changes:
        raise UsageError(
            f"`views` {options.views} would have no effect without augmentation: all of them would "
            "be the plain photo; give `views` or `augment` none, not both."
        )
    given = {"augment": options.augment, "flip": options.flip}
    idle = [name for name, value in given.items() if value not in (None, "none")]
    if options.mode == "head" and options.views == 1 and idle:
        raise UsageError(
            f"`{idle[0]}` {given[idle[0]]} would have no effect on a single view, the plain photo; "
            "give more `views`."
        )
