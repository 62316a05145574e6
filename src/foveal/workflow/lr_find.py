"""The learning-rate range test on a user's photos."""

from __future__ import annotations

from foveal.errors import UsageError
from foveal.training.trainer.lr_finder import LearningRateCurve
from foveal.workflow.classifier import Classifier
from foveal.workflow.jobs import open_classifier, open_scratch
from foveal.workflow.listener import Listener
from foveal.workflow.run import open_data
from foveal.workflow.scratch import ScratchClassifier
from foveal.workflow.settings import TrainSettings
from foveal.workflow.tune import FineTuning
from foveal.workflow.tuning import Tuning, tuning_config

# The test has steps and no epochs, tries every learning rate, and writes no run.
_UNUSED = (
    *("epochs", "lr", "patience", "strict", "out", "schedule", "warmup", "ema", "monitor"),
    *("time_limit", "checkpoint_minutes", "compile"),
)


def learning_rate_curve(
    settings: TrainSettings, *, steps: int = 100, listener: Listener | None = None
) -> LearningRateCurve:
    """Try ever larger learning rates on what a run would train.

    Args:
        settings: of the run; `fine_tune` or `from_scratch` says what is trained.
        steps: how many learning rates, at least 10.
        listener: hears what is being done; None for silence.

    Returns:
        The curve and a suggestion.

    Raises:
        UsageError: neither `fine_tune` nor `from_scratch` is set, since a head needs no such test;
            or a setting is given that this test does not use.
        DataError: the photos cannot be trained on.
        TrainingError: the loss never falls.
    """
    listener = listener or Listener()
    if settings.mode == "head":
        raise UsageError(
            "a head on frozen features needs no such test: it trains in seconds at its default "
            "learning rate; give `fine_tune` or `from_scratch`."
        )
    _refuse_what_has_no_effect(settings)
    data = open_data(settings)

    def tell(done: int, total: int, loss: float) -> None:
        listener.progress("Trying learning rates", done, total)

    if settings.mode == "scratch":
        scratch: ScratchClassifier = open_scratch(settings, data, listener)
        config = scratch.config(**settings.given())
        return scratch.learning_rate_curve(config, steps=steps, on_step=tell)
    classifier: Classifier = open_classifier(settings, data, listener)
    classifier.fit_head(settings.head_config())
    tuning = FineTuning(
        classifier,
        Tuning(policy=settings.network.policy or "none", **settings.tuning.given()),
        tuning_config(**settings.given()),
    )
    return tuning.learning_rate_curve(steps=steps, on_step=tell)


def _refuse_what_has_no_effect(settings: TrainSettings) -> None:
    plain, given = TrainSettings(folder=settings.folder).as_dict(), settings.as_dict()
    useless = [f"`{name}`" for name in _UNUSED if given[name] != plain[name]]
    if useless:
        raise UsageError(
            f"{', '.join(useless)} would have no effect on the search for a learning rate; leave "
            "them out."
        )
