"""Training: settings, the loop, and what it leaves behind."""

from __future__ import annotations

from foveal.training.config import HeadConfig

__all__ = ["HeadConfig"]
