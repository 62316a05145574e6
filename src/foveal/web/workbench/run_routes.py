"""The addresses of runs: what can be trained, trainings, and what came of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import Response

from foveal.storage import read_bytes
from foveal.web.uploads import RefusedUpload
from foveal.web.workbench.answers import READING, answer, read_fields
from foveal.web.workbench.bench import Workbench
from foveal.web.workbench.division import division_of
from foveal.web.workbench.offers import offers, settings_for
from foveal.web.workbench.page_words import event_for_page, for_page
from foveal.web.workbench.run_views import run_line, run_page
from foveal.web.workbench.trainings import events_after

REPORT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; sandbox"
)
_AT = "/api/workbench/runs"
_ASKED = {
    "name": str,
    "epochs": int,
    "time_limit": str,
    "augment": str,
    "flip": str,
    "seed": int,
}


def add_run_routes(app: FastAPI, bench: Workbench) -> None:
    """Let an application answer for runs.

    Args:
        app: the application.
        bench: the workbench.
    """
    _add_listing(app, bench)
    _add_training(app, bench)

    @app.api_route("/runs/{key}/report.html", methods=READING)
    async def report(key: str) -> Response:
        def content() -> bytes:
            return read_bytes(bench.runs.require_done(key).path / "report.html")

        policy = {"Content-Security-Policy": REPORT_POLICY}
        page = await bench.listing.run(content)
        return Response(page, media_type="text/html; charset=utf-8", headers=policy)


def _add_listing(app: FastAPI, bench: Workbench) -> None:
    @app.api_route("/api/workbench/options", methods=READING)
    async def options() -> Response:
        return answer(await bench.listing.run(offers))

    @app.api_route(_AT, methods=READING)
    async def all_runs() -> Response:
        lines = await bench.listing.run(lambda: [run_line(r) for r in bench.runs.all().values()])
        lines.sort(key=lambda line: (line["created"] or "", line["name"]), reverse=True)
        running = next((line["id"] for line in lines if line["state"] == "running"), None)
        return answer({"runs": lines, "running": running})

    def page(key: str) -> dict[str, Any]:
        run = bench.runs.require(key)
        return run_page(run) | {"rejects": bench.models.rejects(run.path)}

    @app.api_route(_AT + "/{key}", methods=READING)
    async def one_run(key: str) -> Response:
        return answer(await bench.listing.run(page, key))

    @app.api_route(_AT + "/{key}/events", methods=READING)
    async def events(request: Request, key: str) -> Response:
        after = request.query_params.get("after", "0")
        if not after.isdecimal() or len(after) > 9:
            raise RefusedUpload(422, "`after` must be a whole number, 0 or more.")

        def told() -> dict[str, Any]:
            found = bench.runs.require(key)
            state, error = found.state()  # before the events: the last of them cannot be missed
            lines, until = events_after(found.notes, int(after))
            photos = found.training.settings.get("folder") if found.training else None
            told = [event_for_page(line, photos) for line in lines]
            why = error and for_page(error, photos)
            return {"events": told, "next": until, "state": state, "error": why}

        return answer(await bench.listing.run(told))


def _add_training(app: FastAPI, bench: Workbench) -> None:
    @app.post(_AT)
    async def start(request: Request) -> Response:
        needed = {"photos": str, "kind": str, "backbone": str}
        values = await read_fields(request, needed, _ASKED)

        def started() -> dict[str, str]:
            photos = bench.sets.require(values["photos"])
            asked = values | {"group_by": division_of(photos).group_by}
            settings = settings_for(asked, photos.path, Path(bench.runs.root))
            run = bench.runs.start(settings, values.get("name"), photos.name)
            return {"id": run.id, "name": run.name}

        return answer(await bench.listing.run(started), 201)

    @app.post(_AT + "/{key}/stop")
    async def stop(key: str) -> Response:
        await bench.listing.run(bench.runs.stop, key)
        return answer({})

    @app.post(_AT + "/{key}/remove")
    async def remove(key: str) -> Response:
        await bench.listing.run(bench.runs.remove, key)
        return answer({})

    @app.post(_AT + "/{key}/resume")
    async def resume(key: str) -> Response:
        await bench.listing.run(bench.runs.go_on, key)
        return answer({})
