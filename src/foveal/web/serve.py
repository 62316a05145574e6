"""Running the site on this machine, or writing it as files for any web host."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import threading
import webbrowser
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import uvicorn

from foveal.errors import FovealError, UsageError
from foveal.storage import replace_folder
from foveal.web.app import Site, create_app
from foveal.web.background import end_within
from foveal.web.documents import Documents

HOST = "127.0.0.1"
_BACKLOG = 128
_ANSWER_SECONDS = 1.0  # for requests in work when the server is told to stop
_THREAD_SECONDS = 2.0  # then, for what computes


def listen(port: int, host: str = HOST) -> socket.socket:
    """Open a port of this machine, by default for this machine only.

    Args:
        port: which; 0 for any that is free.
        host: the address to listen at, or a name of it.

    Returns:
        A socket that listens.

    Raises:
        UsageError: the port is taken or may not be used, or the address is not of this machine.
    """
    try:
        family, *_, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, OverflowError, UnicodeError) as error:
        raise UsageError(
            f"`host` must be an address of this machine; {host!r} is none: leave --host out to "
            "serve this machine alone."
        ) from error
    # asyncio sends small answers at once (TCP_NODELAY) only where the protocol is named.
    opened = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(place)
        opened.listen(_BACKLOG)  # who comes before the server is up waits instead of failing
    except (OSError, OverflowError) as error:
        opened.close()
        if getattr(error, "errno", None) == errno.EADDRNOTAVAIL:
            raise UsageError(
                f"`host` must be an address of this machine; {host!r} is none: leave --host out "
                "to serve this machine alone."
            ) from error
        taken = getattr(error, "errno", None) == errno.EADDRINUSE
        raise UsageError(
            f"`port` must be free; {port} is {'taken' if taken else 'not to be had'}: "
            "choose another with --port, or 0 for any."
        ) from error
    return opened


def run_site(
    site: Site,
    port: int,
    *,
    open_browser: bool,
    started: Callable[[str], None],
    page: str = "",
) -> None:
    """Serve the site until it is interrupted.

    Args:
        site: what it shows.
        port: 0 for any that is free.
        open_browser: open the site in the reader's browser.
        started: called with the address.
        page: where to begin, such as ``"#/workbench"``; by default the start page.

    Raises:
        UsageError: the port cannot be used.
        FovealError: the server could not start.
    """
    opened = listen(port)
    address = f"http://{HOST}:{opened.getsockname()[1]}/{page}"
    config = uvicorn.Config(
        create_app(site),
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=10,
        timeout_graceful_shutdown=2,
        lifespan="off",
    )
    started(address)
    if open_browser:
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
    server = SiteServer(config, site.ending)
    try:
        server.run(sockets=[opened])
    except SystemExit as error:
        raise FovealError("the server could not start; choose another --port.") from error
    finally:
        opened.close()
        if server.told:
            end_within(_THREAD_SECONDS, 128 + server.told)


class SiteServer(uvicorn.Server):
    """Ends soon when told to: what computes is ended, and requests are refused in words.

    Args:
        config: of uvicorn.
        ending: set when the server stops.
    """

    def __init__(self, config: uvicorn.Config, ending: threading.Event) -> None:
        super().__init__(config)
        self._ending, self.told = ending, 0

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take note of a signal.

        Args:
            sig: its number.
            frame: where it came.
        """
        self.told = sig
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Give requests a moment, then take them away: the guard answers for them.

        Args:
            sockets: that listen.
        """
        self._ending.set()
        # Uvicorn reports as errors what is meant here.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        if tasks := set(self.server_state.tasks):
            _, late = await asyncio.wait(tasks, timeout=_ANSWER_SECONDS)
            for task in late:
                task.cancel()
        await super().shutdown(sockets)


def export_site(
    folder: Path, progress: Callable[[int, int], None] = lambda done, total: None
) -> int:
    """Write the site as files that any web host can serve.

    Args:
        folder: a folder that does not exist yet, or is empty.
        progress: called with files done and in all.

    Returns:
        The number of files.

    Raises:
        UsageError: the folder holds something.
        StorageError: the files cannot be written; then none is.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(
            f"`export` must name a new or empty folder, so that nothing of yours is replaced; "
            f"{folder} is not: choose another."
        )
    documents = Documents()
    paths = documents.paths()
    with replace_folder(folder) as temporary:
        for done, path in enumerate(paths, start=1):
            found = documents.get(path)
            if found is not None:
                target = temporary / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(found.content)
            progress(done, len(paths))
    return len(paths)
