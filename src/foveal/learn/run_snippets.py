"""Run the snippets of the lessons and keep what they print.

``python -m foveal.learn.run_snippets`` runs those for Foveal and PyTorch;
``--keras PYTHON`` runs those for Keras with an interpreter that has it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from foveal.data import write_sample
from foveal.errors import FovealError
from foveal.learn.snippets import LESSONS, Snippet, outputs, snippets
from foveal.storage import write_text

# One process runs the snippets of a lesson, each in a namespace and a folder's state of its own.
_RUNNER = """
import contextlib, io, json, sys, traceback
results = {}
for key, code in json.load(sys.stdin).items():
    out = io.StringIO()
    try:
        with contextlib.redirect_stdout(out):
            exec(compile(code, key, "exec"), {"__name__": "__main__"})
    except BaseException:
        results[key] = {"error": traceback.format_exc()}
    else:
        results[key] = {"output": out.getvalue()}
sys.stdout.write("\\n" + json.dumps(results))
"""


def run(chosen: Iterable[Snippet], folder: Path, python: str = sys.executable) -> dict[str, str]:
    """Run snippets, one after the other in one process.

    Args:
        chosen: what to run.
        folder: where: the sample photos and digits must be in it.
        python: the interpreter.

    Returns:
        What each printed, by `Snippet.key`.

    Raises:
        FovealError: one of them failed; the message names it and ends with its traceback.
    """
    code = {snippet.key: snippet.code for snippet in chosen}
    settings = {
        "FOVEAL_CACHE_DIR": str(folder / "cache"),  # a snippet shows that the first time is slow
        "KERAS_BACKEND": "tensorflow",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "OMP_NUM_THREADS": "1",  # sums in the same order on every machine
        "TF_ENABLE_ONEDNN_OPTS": "0",  # the same
    }
    done = subprocess.run(
        [python, "-c", _RUNNER],
        input=json.dumps(code),
        capture_output=True,
        text=True,
        cwd=folder,
        env=os.environ | settings,
        check=False,
    )
    if done.returncode:
        raise FovealError(f"the snippets could not be run: {done.stderr[-2000:]}")
    results: Mapping[str, Mapping[str, str]] = json.loads(done.stdout.splitlines()[-1])
    for key, result in results.items():
        if "error" in result:
            raise FovealError(f"snippet {key} failed: {result['error']}")
    return {key: result["output"] for key, result in results.items()}


def prepare(folder: Path) -> None:
    """Write what the snippets open.

    Args:
        folder: an empty folder.
    """
    write_sample("photos", folder / "sample-photos")
    write_sample("digits", folder / "digits")


def main() -> None:
    """Run the snippets and rewrite their outputs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lesson", nargs="*", default=LESSONS, help="slugs; all if none")
    parser.add_argument("--keras", metavar="PYTHON", help="run the Keras tabs, with this Python")
    words = parser.parse_args()
    tabs = ("keras",) if words.keras else ("foveal", "pytorch")
    target = Path(__file__).parent / "content" / "outputs"
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder))
        for lesson in words.lesson:
            every = list(snippets(lesson))
            chosen = [snippet for snippet in every if snippet.tab in tabs]
            file = target / f"{lesson}.json"
            kept = outputs(lesson) if file.exists() else {}
            kept = kept | run(chosen, Path(folder), words.keras or sys.executable)
            ordered = {s.key: kept[s.key] for s in every if s.key in kept}
            text = json.dumps(ordered, indent=1, ensure_ascii=False)
            write_text(file, text + "\n")


if __name__ == "__main__":
    main()
