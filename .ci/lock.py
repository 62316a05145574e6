"""Write .ci/requirements.lock: every package that the tests install, by version and hash.

Run by `make lock`, after dependencies in pyproject.toml changed or to take newer versions.

PyTorch, torchvision and what only their CUDA builds need are left out: an index may offer a CPU
build, a CUDA build, or both, under one version and with other hashes, so no list of hashes holds
everywhere. pip takes them by the bounds in pyproject.toml.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
LOCK = HERE / "requirements.lock"
BUILDS_DIFFER = re.compile(r"(torch|torchvision|triton|nvidia-.*|cuda-.*)==")
HEADER = """\
# Made by `make lock`; do not edit. What `.ci/run` installs, checked by hash.
# Not here: PyTorch, torchvision and their CUDA libraries, whose builds differ between indexes.
"""


def resolved() -> str:
    """Return every requirement of the tests, with the hashes of all its wheels."""
    project = tomllib.loads((HERE.parent / "pyproject.toml").read_text(encoding="utf-8"))
    uv = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--upgrade", "--universal"]
    uv += ["--python-version", "3.11", "--generate-hashes", "--only-binary", ":all:"]
    uv += ["--no-header", "--no-annotate", "--extra", "dev", "pyproject.toml", "-"]
    build = "\n".join([*project["build-system"]["requires"], "editables"])  # pip install --editable
    done = subprocess.run(
        uv, input=build, capture_output=True, text=True, cwd=HERE.parent, check=False
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout


def without_differing_builds(text: str) -> str:
    """Leave out the packages whose hashes hold on one index only."""
    blocks = re.split(r"^(?=\S)", text, flags=re.M)
    return "".join(block for block in blocks if not BUILDS_DIFFER.match(block))


if __name__ == "__main__":
    LOCK.write_text(HEADER + without_differing_builds(resolved()), encoding="utf-8")
