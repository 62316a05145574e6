"""A process that computes on after a signal, where Python cannot call its handler, ends in time."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

PROGRAM = """
import hashlib, signal, sys
from foveal.training.processes.interrupt import leaving_late

if sys.argv[3] == "deaf":  # as in a long call, wherever the signal comes
    signal.signal(signal.SIGINT, lambda *_: None)
try:
    with leaving_late(lambda: print("last words"), grace=float(sys.argv[1])):
        print("ready", flush=True)
        hashlib.pbkdf2_hmac("sha256", b"long", b"call", int(sys.argv[2]))
        print("done")
except KeyboardInterrupt:
    print("stopped")
"""


@pytest.mark.parametrize(
    ("grace", "rounds", "handler", "code", "said"),
    [
        (0.2, 2**31 - 1, "deaf", 128 + signal.SIGINT, "last words"),
        (60.0, 10**6, "python's", 0, "stopped"),
    ],
)
def test_a_signal_ends_a_long_call_only_when_it_takes_too_long(grace, rounds, handler, code, said):
    words = [sys.executable, "-c", PROGRAM, str(grace), str(rounds), handler]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=100)
    assert (process.returncode, rest) == (code, f"{said}\n")
