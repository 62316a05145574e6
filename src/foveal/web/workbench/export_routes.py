"""The addresses of exports: begin one, ask how it is, download it."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import FastAPI, Request
from starlette.responses import FileResponse, Response

from foveal.web.uploads import RefusedUpload
from foveal.web.workbench.answers import READING, answer, read_fields
from foveal.web.workbench.bench import Workbench


def add_export_routes(app: FastAPI, bench: Workbench) -> None:
    """Let an application answer for exports.

    Args:
        app: the application.
        bench: the workbench.
    """

    @app.post("/api/workbench/runs/{key}/export")
    async def export(request: Request, key: str) -> Response:
        values = await read_fields(request, {"format": str}, {"int8": bool})

        def started() -> str:
            from foveal.workflow.export import ExportSettings

            settings = ExportSettings(values["format"], values.get("int8", False))
            return bench.exports.start(bench.runs.require_done(key), settings).id

        return answer({"job": await bench.listing.run(started)}, 202)

    @app.api_route("/api/workbench/exports/{key}", methods=READING)
    async def state(key: str) -> Response:
        job = bench.exports.require(key)
        return answer({"state": job.state, "sentence": job.sentence, "download": job.download})

    @app.api_route("/downloads/{name}", methods=READING)
    async def download(name: str) -> Response:
        job = bench.exports.require(name.partition(".")[0])
        file = job.file
        if file is None or not file.is_file() or job.download != f"/downloads/{name}":
            raise RefusedUpload(404, "there is no such export; export the run again.")
        saved = f"attachment; filename*=UTF-8''{quote(file.name)}"
        headers = {"Content-Disposition": saved}
        return FileResponse(file, media_type="application/octet-stream", headers=headers)
