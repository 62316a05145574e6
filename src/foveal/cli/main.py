"""The entry point: find the command, parse its flags, run it, turn errors into sentences."""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import re
import signal
import sys
import traceback
from collections.abc import Sequence
from types import FrameType
from typing import NamedTuple, NoReturn, Protocol, runtime_checkable

from foveal.cli.output import accept_any_name
from foveal.errors import FovealError, TrainingInterrupted, UnknownNameError, UsageError

DONE, NO, WRONG_USAGE = 0, 1, 2


class Command(Protocol):
    """One command with its flags filled in."""

    def run(self) -> int:
        """Do the work and return the exit code."""


@runtime_checkable
class HearsFlags(Protocol):
    """A command that must know a flag that was given from one that was left at its default."""

    def hear_flags(self, flags: frozenset[str]) -> None:
        """Take the flags that were given.

        Args:
            flags: such as ``--top-k``.
        """


class Entry(NamedTuple):
    """One row of the table of commands."""

    target: str
    summary: str


# A table and not an import of every command: `foveal --help` stays instant.
COMMANDS = {
    "demo": Entry("foveal.cli.demo:Demo", "Run the main job end to end on built-in real data."),
    "sample": Entry("foveal.cli.data:SampleData", "Write a built-in dataset as ordinary folders."),
    "check": Entry("foveal.cli.data:Check", "Look for faults in folders of photos."),
    "split": Entry(
        "foveal.cli.data:Split", "Divide photos into train, validation and test; move nothing."
    ),
    "train": Entry("foveal.cli.train:Train", "Train a classifier on folders of photos."),
    "lr-find": Entry(
        "foveal.cli.lr_find:LrFind",
        "Find a learning rate for what train would train, by a short test.",
    ),
    "evaluate": Entry("foveal.cli.evaluate:Evaluate", "Measure a trained classifier on photos."),
    "predict": Entry("foveal.cli.predict:Predict", "Name photos."),
    "explain": Entry(
        "foveal.cli.explain:Explain", "Show what in a photo speaks for a class, as pictures."
    ),
    "compare-runs": Entry(
        "foveal.cli.compare_runs:CompareRuns", "Say whether one classifier is really better."
    ),
    "errors": Entry(
        "foveal.cli.errors:Errors", "List what is wrong: mistakes, labels, odd photos."
    ),
    "export": Entry(
        "foveal.cli.export:Export",
        "Write a trained classifier as a file for other programs, and try it out.",
    ),
    "models": Entry("foveal.cli.models:Models", "List the networks there are."),
    "summary": Entry("foveal.cli.summary:Summary", "Show what a network consists of."),
    "compare": Entry(
        "foveal.cli.compare:Compare", "Put networks side by side: size, work, speed, accuracy."
    ),
    "serve": Entry("foveal.cli.serve:Serve", "Answer predictions over HTTP."),
    "learn": Entry(
        "foveal.cli.learn:Learn", "Open lessons, the filter visualizer and the network explorer."
    ),
    "workbench": Entry(
        "foveal.cli.workbench:Workbench",
        "Train a classifier in the browser: photos in, answers out.",
    ),
}

_HELP = """\
usage: foveal COMMAND ...

Understand, train and ship image classifiers: on your own photos, on a laptop, offline.

{commands}

  foveal COMMAND --help   the flags of one command
  foveal --version        the version
  --debug                 with any command: show the traceback of an error

First steps:  foveal demo      or      foveal train PHOTOS/   (one sub-folder per class)
"""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit with its code.

    Args:
        arguments: the words after ``foveal``; None for those of this process.

    Raises:
        SystemExit: always; 0 done, 1 the answer is "no" or the work failed, 2 wrong usage,
            128 + the signal if one stopped it.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words
    words = [word for word in words if word != "--debug"]
    signal.signal(signal.SIGTERM, _terminated)
    accept_any_name()
    try:
        code = dispatch(words)
        sys.stdout.flush()
    except KeyboardInterrupt as stop:
        code = _failed("stopped.", 128 + getattr(stop, "signal", signal.SIGINT))
    except TrainingInterrupted as stop:
        code = _failed(str(stop), stop.exit_code)
    except BrokenPipeError:
        # The reader of our output has gone; point stdout elsewhere so that exit stays quiet.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = NO
    except FovealError as error:
        code = _report(error, debug, WRONG_USAGE if isinstance(error, UsageError) else NO, words)
    except Exception as error:  # the last line of defence: no traceback unless asked for
        code = _report(error, debug, NO, words)
    sys.exit(code)


class _Terminated(KeyboardInterrupt):
    """SIGTERM: stop as Ctrl-C does, so that nothing is left half done."""

    signal = signal.SIGTERM


def _terminated(number: int, frame: FrameType | None) -> NoReturn:
    raise _Terminated


def dispatch(words: Sequence[str]) -> int:
    """Run one command.

    Args:
        words: its name and flags.

    Returns:
        The exit code.

    Raises:
        UnknownNameError: there is no such command.
        FovealError: the command failed.
    """
    if not words or words[0] in ("-h", "--help", "help"):
        print(_HELP.format(commands=_table()), end="")  # noqa: T201  # stdout is what this is for
        return DONE if words else WRONG_USAGE
    name, *rest = words
    if name in ("-V", "--version", "version"):
        from foveal import __version__

        print(f"foveal {__version__}")  # noqa: T201
        return DONE
    if name not in COMMANDS:
        raise UnknownNameError("command", name, COMMANDS)
    return parse(name, rest).run()


def parse(name: str, words: Sequence[str]) -> Command:
    """Fill in the flags of a command.

    Args:
        name: a command.
        words: its flags.

    Returns:
        The command, ready to run.

    Raises:
        SystemExit: help was asked for (0).
        UsageError: a flag is unknown, or a value is missing, of the wrong kind or out of range.
    """
    import tyro

    from foveal.cli.flags import described
    from foveal.cli.refusal import refusal, typed_flags

    kind = described(_command(name))
    drawn = io.StringIO()
    try:
        with contextlib.redirect_stderr(drawn):
            command: Command = tyro.cli(
                kind,
                prog=f"foveal {name}",
                args=list(words),
                config=(
                    tyro.conf.PositionalRequiredArgs,
                    tyro.conf.FlagCreatePairsOff,
                    tyro.conf.OmitArgPrefixes,
                    tyro.conf.DisallowNone,
                ),
            )
    except SystemExit as stop:
        if stop.code and (sentence := refusal(kind, words, name)):
            raise UsageError(sentence) from None  # instead of the box that the parser drew
        sys.stderr.write(drawn.getvalue())
        raise
    sys.stderr.write(drawn.getvalue())
    if isinstance(command, HearsFlags):
        command.hear_flags(typed_flags(kind, words))
    return command


def _command(name: str) -> type[Command]:
    module, _, attribute = COMMANDS[name].target.partition(":")
    kind: type[Command] = getattr(importlib.import_module(module), attribute)
    return kind


def _table() -> str:
    width = max(len(name) for name in COMMANDS)
    return "\n".join(f"  {name:<{width}}   {entry.summary}" for name, entry in COMMANDS.items())


def _report(error: Exception, debug: bool, code: int, words: Sequence[str]) -> int:
    if debug:
        traceback.print_exception(error)
        return code
    if isinstance(error, FovealError):
        return _failed(_with_flags(str(error), words[0] if words else ""), code)
    kind = type(error).__name__
    return _failed(f"{kind}: {error}\nThis is a fault of Foveal; --debug shows where.", code)


def _with_flags(sentence: str, name: str) -> str:
    """Call settings by their flags: Python's `top_k` is `--top-k` here."""
    if name not in COMMANDS or "`" not in sentence:
        return sentence
    from foveal.cli.flags import described
    from foveal.cli.refusal import slots

    flags = {slot.name for slot in slots(described(_command(name))) if not slot.positional}
    return re.sub(
        r"`(\w+)`",
        lambda found: (
            f"`{flag}`" if (flag := f"--{found[1].replace('_', '-')}") in flags else found[0]
        ),
        sentence,
    )


def _failed(sentence: str, code: int) -> int:
    print(f"foveal: {sentence}", file=sys.stderr)  # noqa: T201
    return code
