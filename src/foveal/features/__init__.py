"""Frozen features: a frozen layer is computed once, and remembered."""

from __future__ import annotations

from foveal.features.backbone import Backbone, choose_backbone
from foveal.features.cache import FeatureStore
from foveal.features.decoding import Views
from foveal.features.encoder import Encoded, FrozenEncoder, cache_bytes

__all__ = [
    "Backbone",
    "Encoded",
    "FeatureStore",
    "FrozenEncoder",
    "Views",
    "cache_bytes",
    "choose_backbone",
]
