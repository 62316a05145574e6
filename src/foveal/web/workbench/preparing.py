"""Classifiers that are made ready before the first question: in the background, one by one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from foveal.errors import FovealError
from foveal.web.background import begin
from foveal.web.security import STOPPING
from foveal.web.workbench.long_work import Abandoned, Turn
from foveal.web.workbench.models_kept import LoadedModels

_LOADING = "Loading the classifier…"
_WAITING = "Waiting for another classifier, which is being loaded…"
_Key = tuple[Path, bool]


@dataclass(frozen=True)
class Readiness:
    """How far a classifier is."""

    state: Literal["loading", "ready", "failed"]
    """Whether it can be asked."""
    sentence: str = ""
    """What is being done, or why it failed."""

    def as_dict(self) -> dict[str, Any]:
        """Return what the page is told.

        Returns:
            ``state`` and ``sentence``.
        """
        return {"state": self.state, "sentence": self.sentence}


class Preparing:
    """Loads classifiers, and what explains them, in a thread.

    Args:
        models: keeps them.
        ending: set when the server stops.
    """

    def __init__(self, models: LoadedModels, ending: threading.Event) -> None:
        self._models, self._ending = models, ending
        self._changing, self._turn = threading.Lock(), threading.Lock()
        self._states: dict[_Key, Readiness] = {}

    def start(self, run: Path, reject: bool) -> Readiness:
        """Begin to load a classifier, unless that is under way.

        Args:
            run: its run folder.
            reject: whether it is to answer "none of these".

        Returns:
            How far it is.
        """
        key = (run, reject)
        with self._changing:
            known = self._states.get(key)
            if known is not None and known.state == "loading":
                return known
            waits = self._turn.locked()
            begun = self._states[key] = Readiness("loading", _WAITING if waits else _LOADING)
        begin(self._work, key)
        return begun

    def state(self, run: Path, reject: bool) -> Readiness:
        """Tell how far a classifier is.

        Args:
            run: its run folder.
            reject: whether it is to answer "none of these".

        Returns:
            How far it is; one that nobody began to load is loaded by its first question.
        """
        return self._states.get((run, reject), Readiness("ready"))

    def _work(self, key: _Key) -> None:
        run, reject = key

        def say(sentence: str) -> None:
            self._states[key] = Readiness("loading", sentence)

        with self._turn:
            try:
                say(_LOADING)
                telling = _Telling(say, self._ending)
                self._models.predictor(run, reject, telling)
                self._states[key] = Readiness("ready", " ".join(telling.warnings))
                # PyTorch takes seconds to import: before the first explanation, not during it.
                import foveal.explain  # noqa: F401  # for what it imports

                self._models.explainer(run)
            except Abandoned:
                self._fail(key, STOPPING)
            except FovealError as error:
                self._fail(key, str(error))
            except Exception as error:  # a thread that dies would leave the page waiting for ever
                self._fail(key, f"it could not be loaded ({type(error).__name__}: {error}).")

    def _fail(self, key: _Key, sentence: str) -> None:
        """Note why it cannot answer; what cannot be explained still answers."""
        if self._states[key].state != "ready":
            self._states[key] = Readiness("failed", sentence)


class _Telling(Turn):
    """Lets nothing go first: questions to the classifier wait for what it learns here."""

    def __init__(self, say: Callable[[str], None], ending: threading.Event) -> None:
        super().__init__(ending)
        self._say, self.warnings = say, list[str]()

    def warn(self, sentence: str) -> None:
        """Hear something that the user should look at; see `Listener.warn`.

        Args:
            sentence: plain text.
        """
        self.warnings.append(sentence)

    def progress(self, stage: str, done: int, total: int) -> None:
        """Hear how far a stage is; see `Listener.progress`.

        Args:
            stage: what is being done.
            done: units done.
            total: units to do.

        Raises:
            Abandoned: the server stops.
        """
        super().progress(stage, done, total)
        self._say(f"Learning what to reject. {stage}: {done:,} of {total:,}.")
