"""What a training consists of, gathered for a checkpoint and put back from one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from foveal.errors import TrainingError
from foveal.storage import content_hash
from foveal.training.callbacks import Callback
from foveal.training.checkpointing.checkpoints import Checkpoint
from foveal.training.checkpointing.progress import Progress
from foveal.training.inputs.batches import TrainingData
from foveal.training.network_config import NetworkConfig
from foveal.training.optimisation.averaging import MovingAverage
from foveal.training.optimisation.optimisers import Optimiser
from foveal.training.optimisation.steps import Stepper
from foveal.training.processes.parallel import Processes
from foveal.training.record import Phase

FORMAT = 1
_MAY_CHANGE = {"checkpoint_minutes"}


class TrainingState:
    """The tensors and facts of a training, as they were after its last finished step.

    Args:
        network: what is trained.
        stepper: knows the statistics of the last finished step.
        optimiser: its moments belong to the state.
        average: the moving average, if there is one.
        progress: everything that is no tensor.
        callbacks: what they remember belongs to the state.
    """

    def __init__(
        self,
        network: nn.Module,
        stepper: Stepper,
        optimiser: Optimiser,
        average: MovingAverage | None,
        progress: Progress,
        callbacks: Sequence[Callback],
    ) -> None:
        self.network, self.optimiser, self.average = network, optimiser, average
        self.progress, self.callbacks = progress, callbacks
        self._safe = dict(zip([*stepper.statistics, *stepper.counters], stepper.safe, strict=True))
        own = network.state_dict()
        trained = set(optimiser.names.values()) | set(self._safe)
        self.moving = {name: tensor for name, tensor in own.items() if name in trained}
        if average is not None:
            self.evaluated = average.tensors
        else:
            self.evaluated = self.moving
        self.best = {name: tensor.clone() for name, tensor in self.evaluated.items()}

    @torch.no_grad()
    def note_best(self) -> None:
        """Keep the weights that were just validated as the best."""
        for name, tensor in self.evaluated.items():
            self.best[name].copy_(tensor)

    @torch.no_grad()
    def take(self, weights: Mapping[str, Tensor]) -> None:
        """Put weights into the network.

        Args:
            weights: `best` or `evaluated`.
        """
        for name, tensor in self.moving.items():
            tensor.copy_(weights[name])

    def validated(self) -> dict[str, Tensor]:
        """Return every weight as it is validated: averaged, if averaging is on."""
        whole = self.network.state_dict() | self.evaluated
        return {name: tensor.cpu().contiguous() for name, tensor in whole.items()}

    def tensors(self) -> dict[str, Tensor]:
        """Return every tensor that the rest of the training depends on."""
        average = {} if self.average is None else self.average.tensors
        kinds = {
            "network": self.network.state_dict() | self._safe,
            "optimiser": self.optimiser.state(),
            "average": average,
            "best": self.best,
        }
        return {f"{kind}/{name}": t for kind, own in kinds.items() for name, t in own.items()}

    def facts(self, identity: Mapping[str, Any]) -> dict[str, Any]:
        """Return what is no tensor, as JSON.

        Args:
            identity: what must be the same at a resume; see `identity_of`.
        """
        return {
            "format": FORMAT,
            "identity": dict(identity),
            "progress": self.progress.as_json(),
            "callbacks": [
                {"kind": type(callback).__name__, "state": callback.state()}
                for callback in self.callbacks
            ],
        }

    def resume(
        self, found: Checkpoint | None, facts: Mapping[str, Any] | None, processes: Processes
    ) -> None:
        """Bring every process to the state of process 0, from a checkpoint or the start.

        Args:
            found: the checkpoint, where it was read.
            facts: its facts, in every process; None at the start.
            processes: who takes part.

        Raises:
            TrainingError: the checkpoint is of another network or has other callbacks.
        """
        if facts is not None:
            self._restore_callbacks(facts["callbacks"])
        if found is not None:
            self._restore(found)
        processes.copy_from_first(self.tensors().values())
        with torch.no_grad():
            own = self.network.state_dict()
            for name, tensor in self._safe.items():
                own[name].copy_(tensor)

    @torch.no_grad()
    def _restore(self, checkpoint: Checkpoint) -> None:
        wanted = self.tensors()
        shapes = {name: tensor.shape for name, tensor in wanted.items()}
        got = {name: tensor.shape for name, tensor in checkpoint.tensors.items()}
        if shapes != got:
            odd = sorted(name for name in shapes | got if shapes.get(name) != got.get(name))
            raise TrainingError(
                f"{checkpoint.path} must hold the tensors of this network; {', '.join(odd[:3])} "
                "are missing or differ. Resume with the network it was written for."
            )
        for name, tensor in wanted.items():
            tensor.copy_(checkpoint.tensors[name])

    def _restore_callbacks(self, saved: list[dict[str, Any]]) -> None:
        then, now = [row["kind"] for row in saved], [type(c).__name__ for c in self.callbacks]
        if then != now:
            raise TrainingError(
                f"`callbacks` must be those of the checkpoint, {', '.join(then) or 'none'}; got "
                f"{', '.join(now) or 'none'}."
            )
        for callback, row in zip(self.callbacks, saved, strict=True):
            callback.load_state(row["state"])


def identity_of(
    config: NetworkConfig,
    phase: Phase,
    train: TrainingData,
    validation: TrainingData,
    further: Mapping[str, Any],
) -> dict[str, Any]:
    """Return what must not change between a checkpoint and its resume.

    Args:
        config: the settings.
        phase: what is trained.
        train: its number of samples and their classes count.
        validation: likewise.
        further: whatever else the caller wants to be the same, as JSON has it.
    """
    settings = {name: v for name, v in asdict(config).items() if name not in _MAY_CHANGE}
    data = {
        f"{name} samples": [len(part.targets_N), _hash(part)]
        for name, part in (("training", train), ("validation", validation))
    }
    facts = {"phase": phase, **settings, **data, **further}
    return dict(json.loads(json.dumps(facts)))  # as it will come back from a checkpoint


def check_identity(facts: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Refuse to go on with other settings or other data, or from another version's checkpoint.

    Args:
        facts: those of a checkpoint.
        now: from `identity_of`.

    Raises:
        TrainingError: they differ; the message lists how.
    """
    if facts.get("format") != FORMAT:
        raise TrainingError(
            f"the checkpoint must have format {FORMAT}; it has {facts.get('format')}. Go on with "
            "the version of Foveal that wrote it, or start a new run."
        )
    then = facts["identity"]
    differences = [
        f"{name} was {then.get(name)!r} and is {now.get(name)!r}"
        for name in sorted(then.keys() | now.keys())
        if then.get(name) != now.get(name)
    ]
    if differences:
        raise TrainingError(
            "this training cannot be resumed, settings or data have changed: "
            f"{'; '.join(differences)}. Change them back, or start a new run."
        )


def _hash(data: TrainingData) -> str:
    return content_hash(np.ascontiguousarray(data.targets_N, np.int64).tobytes())
