"""The version of Foveal, where every layer may read it."""

__version__ = "0.1.0"
