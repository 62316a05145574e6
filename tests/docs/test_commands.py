"""Every command line in the documentation is one that the commands take today."""

from __future__ import annotations

import re

import pytest

from docs.markdown_pages import PAGES, WRITTEN, called, commands, inline_code
from foveal.cli.flags import described
from foveal.cli.main import COMMANDS, _command, parse
from foveal.cli.refusal import slots
from foveal.errors import UsageError

NETWORK = "layers = [{ conv = 4 }, { global_average_pool = true }]\n"
OF_OTHERS = {
    *("--help", "--version", "--debug", "--keras", "--busy"),
    *("--nproc-per-node", "--nnodes", "--node-rank", "--rdzv-backend", "--num_processes"),
    *("--rounds", "--batch-size", "--limit-concurrency", "--no-deps", "--check"),
}
"""Flags that are not a command's own: of all commands, of torchrun, of the benchmarks."""


def flags(name):
    return {slot.name for slot in slots(described(_command(name))) if not slot.positional}


ALL_FLAGS = {flag for name in COMMANDS for flag in flags(name)}
LINES = [
    pytest.param(name, words, id=f"{called(page)}: {name} {' '.join(words)}"[:90])
    for page in WRITTEN
    for name, words in commands(page)
    if not name.startswith("-")
]


@pytest.mark.parametrize(("name", "words"), LINES)
def test_a_command_line_in_a_block_is_taken_as_it_stands(name, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for word in words:
        if word.endswith(".toml"):
            (tmp_path / word).write_text(NETWORK)
    assert name in COMMANDS
    parse(name, words)


@pytest.mark.parametrize("page", PAGES, ids=called)
def test_a_command_within_text_has_flags_that_exist(page):
    for text in inline_code(page):
        found = re.match(r"foveal ([a-z][\w-]*)", text)
        if found:
            assert found[1] in COMMANDS, text
            named = set(re.findall(r"(?<![\w-])--[a-z][\w-]*", text))
            assert named <= flags(found[1]) | OF_OTHERS, text
        elif text.startswith("--"):
            flag = re.match(r"--[\w-]+", text)[0]
            assert flag in ALL_FLAGS | OF_OTHERS, text


def test_the_reference_names_every_flag_of_every_command():
    text = next(page for page in PAGES if page.name == "cli.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^### foveal ([\w-]+)\n(.*?)(?=^##|\Z)", text, flags=re.M | re.S))
    assert set(sections) == set(COMMANDS)
    shared = {"lr-find": "train"}  # its page says: see there
    for name, section in sections.items():
        shown = set(re.findall(r"^\| `(--[\w-]+)`", section, flags=re.M))
        assert shown | (flags(shared[name]) if name in shared else set()) >= flags(name)


def test_control_a_flag_that_does_not_exist_is_refused():
    with pytest.raises(UsageError, match="there is no flag --epoks; did you mean --epochs"):
        parse("train", ["photos", "--epoks", "3"])
