"""Explanations that cover one place of a photo after the other: slow, and so in turns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal, TypeVar

from foveal.errors import UnknownNameError
from foveal.runtime.backends import Backend, Images, Outputs
from foveal.web.workbench.long_work import Turn
from foveal.web.workbench.models_kept import LoadedModels
from foveal.web.workbench.using import explained, what_it_sees

METHOD: Literal["occlusion"] = "occlusion"
Tag = TypeVar("Tag")


def explain_by_covering(
    models: LoadedModels, run: Path, data: bytes, label: str | None, turn: Turn
) -> dict[str, Any]:
    """Say where in a photo the evidence for a class lies.

    Args:
        models: keeps classifiers loaded.
        run: the run folder.
        data: the content of an image file.
        label: the class; None for the most probable one.
        turn: is asked after every few places.

    Returns:
        What `foveal.web.workbench.using.explain` returns.

    Raises:
        ImageError: the photo cannot be used.
        UnknownNameError: there is no such class.
        Abandoned: nobody waits any longer.
    """
    from foveal.explain import Explanation, occlusion

    explainer = models.explainer(run)
    image, classes = what_it_sees(explainer.preprocess, data), explainer.classes
    if label is not None and label not in classes:
        raise UnknownNameError("class", label, classes)
    with models.in_torch:
        shares_K, backend = explainer.probabilities(image), explainer.backend
    index = int(shares_K.argmax()) if label is None else classes.index(label)
    fill = explainer.preprocess.mean
    (map_HW,) = occlusion(_InTurns(backend, turn), image, [index], fill=fill)
    found = Explanation(classes[index], index, float(shares_K[index]), METHOD, None, map_HW)
    return explained(found, image, explainer.preprocess)


class _InTurns:
    """A backend that asks a turn between two answers; see `Backend`."""

    def __init__(self, backend: Backend, turn: Turn) -> None:
        self.name, self.batch, self.run = backend.name, backend.batch, backend.run
        self._backend, self._turn = backend, turn

    def stream(self, batches: Iterable[tuple[Tag, Images]]) -> Iterator[tuple[Tag, Outputs]]:
        """Run many batches; see `Backend.stream`.

        Args:
            batches: pairs of anything and uint8 images (N, H, W, C).

        Yields:
            The same tags with their outputs.

        Raises:
            Abandoned: nobody waits any longer.
        """
        for answer in self._backend.stream(batches):
            self._turn.look()
            yield answer
