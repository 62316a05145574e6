"""``python -m foveal``."""

from __future__ import annotations

from foveal.cli.main import main

main()
