"""Training: settings, the loop, and what it leaves behind.

Importing this package imports no PyTorch: settings and callbacks need none, and what does is
imported when it is first asked for.
"""

from __future__ import annotations

import importlib

from foveal.training.callbacks import (
    Callback,
    CSVLogger,
    ModelCheckpoint,
    ProgressCallback,
    SaveWeights,
    SetLearningRate,
    Stop,
)
from foveal.training.config import HeadConfig
from foveal.training.network_config import NetworkConfig
from foveal.training.plateaus import EarlyStopping, ReduceLROnPlateau
from foveal.training.record import EpochRecord

__all__ = [
    "CSVLogger",
    "Callback",
    "Checkpoints",
    "EarlyStopping",
    "EpochRecord",
    "Fitted",
    "HeadConfig",
    "LearningRateCurve",
    "ModelCheckpoint",
    "NetworkConfig",
    "ParameterGroup",
    "ProgressCallback",
    "ReduceLROnPlateau",
    "SaveWeights",
    "SetLearningRate",
    "Stop",
    "TensorBoard",
    "Trainer",
    "evaluate",
    "find_learning_rate",
]
_NEED_TORCH = {
    "Checkpoints": "checkpointing.checkpoints",
    "Fitted": "trainer.engine",
    "LearningRateCurve": "trainer.lr_finder",
    "ParameterGroup": "optimisation.optimisers",
    "TensorBoard": "tensorboard",
    "Trainer": "trainer.engine",
    "evaluate": "trainer.evaluating",
    "find_learning_rate": "trainer.lr_finder",
}


def __getattr__(name: str) -> object:
    if name in _NEED_TORCH:
        module = importlib.import_module(f"foveal.training.{_NEED_TORCH[name]}")
        return getattr(module, name)
    raise AttributeError(f"module 'foveal.training' has no attribute {name!r}")
