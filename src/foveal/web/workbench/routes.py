"""The addresses of the workbench, room by room."""

from __future__ import annotations

from fastapi import FastAPI

from foveal.web.workbench.bench import Workbench
from foveal.web.workbench.export_routes import add_export_routes
from foveal.web.workbench.photo_routes import add_photo_routes
from foveal.web.workbench.run_routes import add_run_routes
from foveal.web.workbench.use_routes import add_use_routes


def add_workbench(app: FastAPI, bench: Workbench) -> None:
    """Let an application answer for a workbench.

    Args:
        app: the application.
        bench: the workbench.
    """
    add_photo_routes(app, bench)
    add_run_routes(app, bench)
    add_use_routes(app, bench)
    add_export_routes(app, bench)
