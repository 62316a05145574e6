"""Classifiers that are made ready before the first question: in the background, one by one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from foveal.errors import FovealError
from foveal.web.workbench.models_kept import LoadedModels
from foveal.workflow.listener import Listener

_LOADING = "Loading the classifier…"
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
    """

    def __init__(self, models: LoadedModels) -> None:
        self._models = models
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
            begun = self._states[key] = Readiness("loading", _LOADING)
        threading.Thread(target=self._work, args=(key,), daemon=True).start()
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
                telling = _Telling(say)
                self._models.predictor(run, reject, telling)
                self._states[key] = Readiness("ready", " ".join(telling.warnings))
                # PyTorch takes seconds to import: before the first explanation, not during it.
                import foveal.explain  # noqa: F401  # for what it imports

                self._models.explainer(run)
            except FovealError as error:
                self._fail(key, str(error))
            except Exception as error:  # a thread that dies would leave the page waiting for ever
                self._fail(key, f"it could not be loaded ({type(error).__name__}: {error}).")

    def _fail(self, key: _Key, sentence: str) -> None:
        """Note why it cannot answer; what cannot be explained still answers."""
        if self._states[key].state != "ready":
            self._states[key] = Readiness("failed", sentence)


class _Telling(Listener):
    def __init__(self, say: Callable[[str], None]) -> None:
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
        """
        self._say(f"Learning what to reject. {stage}: {done:,} of {total:,}.")
