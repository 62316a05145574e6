"""Write the reference: docs/cli.md from the commands, docs/api/ from the docstrings.

Run by `make reference`. With ``--check`` nothing is written; the exit code says whether the pages
are what would be written.
"""

from __future__ import annotations

import sys
from pathlib import Path

from commands import command_page
from interface import interface_pages

from foveal.storage import write_text

DOCS = Path(__file__).resolve().parent.parent


def pages() -> dict[Path, str]:
    """Return the reference.

    Returns:
        Files and their text.
    """
    inner = {DOCS / "api" / name: text for name, text in interface_pages().items()}
    return {DOCS / "cli.md": command_page(), **inner}


def stale(wanted: dict[Path, str]) -> list[Path]:
    """Return the files that differ from what they should be, or should not be there.

    Args:
        wanted: see `pages`.

    Returns:
        Their paths, sorted.
    """
    kept = {file: file.read_text(encoding="utf-8") for file in (DOCS / "api").glob("*.md")}
    kept |= {file: file.read_text(encoding="utf-8") for file in (DOCS / "cli.md",) if file.exists()}
    return sorted(file for file in {*kept, *wanted} if kept.get(file) != wanted.get(file))


def main() -> int:
    """Write what is stale, or with ``--check`` say it.

    Returns:
        0, or 1 if ``--check`` found a stale page.
    """
    wanted = pages()
    found = stale(wanted)
    if "--check" in sys.argv[1:]:
        if found:
            names = ", ".join(str(file.relative_to(DOCS.parent)) for file in found)
            sys.stderr.write(
                f"the reference is not what the code says: {names}; run `make reference` and "
                "commit what it writes.\n"
            )
        return int(bool(found))
    for file in found:
        if file in wanted:
            file.parent.mkdir(exist_ok=True)
            write_text(file, wanted[file])
        else:
            file.unlink()
        sys.stdout.write(f"{file.relative_to(DOCS.parent)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
