"""``foveal serve``."""

from __future__ import annotations

import ipaddress
import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from foveal.cli.live import listener
from foveal.cli.output import console, percent
from foveal.cli.rules import require_port, require_rejection, require_top_k
from foveal.errors import UsageError

if TYPE_CHECKING:
    from foveal.web.serving.guard import Served as Request
    from foveal.web.serving.limits import Limits
    from foveal.web.serving.service import Served

TOKEN = "FOVEAL_SERVE_TOKEN"
_SHOWN_CLASSES = 8


@dataclass(frozen=True)
class Serve:
    """Answer predictions over HTTP."""

    run_folder: Annotated[Path, tyro.conf.arg(metavar="RUN")]
    """A run or model folder."""
    host: str = "127.0.0.1"
    """The address to listen at; the usual one can be reached from this machine only."""
    port: int = 8000
    """The port; 0 for any that is free."""
    queue: int = 64
    """Images that may wait or be in work at once; more are answered 429."""
    batch_window: float = 5.0
    """Milliseconds that an image waits for others to be computed with, while others are being
    decoded."""
    max_mb: int = 20
    """Megabytes of one request; more is answered 413."""
    max_pixels: int = 50_000_000
    """Pixels of one image, width times height; more is answered 422."""
    max_images: int = 16
    """Images of one request; more is answered 422."""
    workers: int | None = None
    """Processes that decode; by default one for each core, and at least 2."""
    reject: Literal["auto"] | None = None
    """auto: tell with each image whether it is unlike all that RUN learned from. What is unlike is
    fitted on the photos of RUN when first asked for, and kept in its model."""
    coverage: float | None = None
    """With --reject: the share of photos of the classes to keep, 0.95 by default."""
    top_k: int = 5
    """How many names an image gets where the request does not say."""
    allow_host: tuple[str, ...] = ()
    """Names under which others reach this server, for a proxy or with --host."""
    token: str | None = None
    """Ask each request for this token. Other users of the machine can see it here; the environment
    variable FOVEAL_SERVE_TOKEN hides it."""
    log: bool = False
    """Write one line for each request."""
    json: bool = False
    """Write the address and the model as one line of JSON for a program to read."""

    def __post_init__(self) -> None:
        require_port(self.port)
        require_top_k(self.top_k)
        if self.token is not None and not _can_be_sent(self.token):
            raise UsageError("`token` must be printable ASCII without spaces, and not empty.")
        require_rejection(self.coverage, self.reject)
        self._limits()

    def run(self) -> int:
        """Serve until stopped.

        Returns:
            0.
        """
        from foveal.web.serving.guard import Access
        from foveal.web.serving.server import run_server
        from foveal.web.serving.service import Service, open_served
        from foveal.workflow.scores import ensure_rejection

        token, coverage = self._token(), None
        if self.reject is not None:
            coverage = ensure_rejection(self.run_folder, self.coverage, listener())
        served = open_served(self.run_folder, coverage)
        service = Service(served, self._limits())
        names = (*self.allow_host, *(() if _is_wildcard(self.host) else (self.host,)))
        answered = run_server(
            service,
            Access(names, wildcard=_is_wildcard(self.host), token=token),
            host=self.host,
            port=self.port,
            top_k=self.top_k,
            started=lambda address, port: self._tell(served, address, port, token),
            log=_log if self.log else lambda request: None,
        )
        console(stderr=True).print(f"Stopped; {answered:,} requests were answered.", style="dim")
        return 0

    def _limits(self) -> Limits:
        from foveal.web.serving.limits import Limits

        given = {} if self.workers is None else {"workers": self.workers}
        return Limits(
            queue=self.queue,
            batch_window=self.batch_window,
            max_mb=self.max_mb,
            max_pixels=self.max_pixels,
            max_images=self.max_images,
            **given,
        )

    def _token(self) -> str | None:
        token = self.token if self.token is not None else os.environ.get(TOKEN)
        if token is not None and not _can_be_sent(token):
            raise UsageError(f"{TOKEN} must be printable ASCII without spaces, and not empty.")
        return token

    def _tell(self, served: Served, address: str, port: int, token: str | None) -> None:
        named = f"[{address}]" if ":" in address else address
        url = f"http://{named}:{port}"
        config, rejecting = served.predictor.config, served.rejecting
        if self.json:
            told = {
                "address": url,
                "port": port,
                "model_version": served.version,
                "architecture": config.architecture,
                "classes": list(config.classes),
                "token": token is not None,
            }
            sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
            sys.stdout.flush()
            return
        screen, limits = console(), self._limits()
        screen.print(f"Foveal serves {served.name}: {url}/docs", markup=False, soft_wrap=True)
        for line in (
            f"model {config.architecture}, version {served.version}, "
            f"{len(config.classes):,} classes: {_listed(config.classes)}",
            f"at most {limits.queue} images at once, {limits.max_mb} MB and {limits.max_images} "
            f"images a request, {limits.max_pixels:,} pixels an image",
            "nothing is rejected"
            if rejecting is None
            else "says what is unlike all it learned from; keeps "
            f"{percent(rejecting.rejector.coverage)} of photos of the classes",
            _reached_by(self.host, self.allow_host, token),
        ):
            screen.print(f"  {line}", style="dim", markup=False, soft_wrap=True)
        screen.print("Stop with Ctrl+C.", style="dim")
        sys.stdout.flush()


def _reached_by(host: str, names: tuple[str, ...], token: str | None) -> str:
    who = "anybody" if token is None else "whoever knows the token"
    if _is_loopback(host):
        told = f"only this machine can reach it, and there {who} may use it"
    else:
        told = f"WHO CAN REACH {host.upper()} OVER THE NETWORK CAN REACH IT: {who} may use it"
        told += "; photos and answers travel unencrypted"
        if _is_wildcard(host) and not names:
            told += "; it answers to its addresses, --allow-host adds names"
    return told + (f"; it also answers to {', '.join(names)}" if names else "")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _is_wildcard(host: str) -> bool:
    return host in ("0.0.0.0", "::", "")


def _can_be_sent(token: str) -> bool:
    return bool(token) and token.isascii() and token.isprintable() and " " not in token


def _listed(classes: tuple[str, ...]) -> str:
    more = len(classes) - _SHOWN_CLASSES
    return ", ".join(classes[:_SHOWN_CLASSES]) + (f" and {more:,} more" if more > 0 else "")


def _log(request: Request) -> None:
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S")
    path = request.path.encode("unicode_escape").decode("ascii")
    told = f"{stamp} {request.client} {request.method} {path} {request.status}"
    sys.stdout.write(f"{told} {1000 * request.seconds:.1f} ms\n")
    sys.stdout.flush()
