"""A run as one HTML page, from the journal alone: no script, nothing fetched from anywhere."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from sqlcrm.errors import FileProblem
from sqlcrm.session.page.facts import run_facts
from sqlcrm.session.page.render import rendered
from sqlcrm.state.journal import Journal


def page(journal: Journal, run: int) -> str:
    """Return the page about a run, as the journal has it now.

    Raises: ProgrammingError where there is no such run, JournalProblem, Busy.
    """
    return rendered(run_facts(journal, run))


def write_page(journal: Journal, run: int, path: Path) -> None:
    """Write the page about a run: a file that only its owner may read, whole or not at all.

    Raises: FileProblem, and what `page` raises.
    """
    check_place(path)
    text = page(journal, run).encode("utf-8", errors="backslashreplace")
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(text)  # a device or a pipe stays one
        else:
            _replace(path, text)
    except OSError as error:
        raise FileProblem(f"{path} cannot be written ({error.strerror})") from None


def check_place(path: Path) -> None:
    """Raise FileProblem where no page can get this path: best known before a run begins."""
    try:
        folder, there = path.is_dir(), path.parent.is_dir()
    except OSError as error:
        raise FileProblem(f"{path} cannot be written ({error.strerror})") from None
    if folder:
        raise FileProblem(f"{path} is a folder: name a file in it, as {path / 'report.html'}")
    if not there:
        raise FileProblem(
            f"{path} cannot be written: there is no folder {path.parent}. Make it first"
        )


def _replace(path: Path, text: bytes) -> None:
    """Write a new file beside `path`, then let it take its name."""
    part = path.with_name(f".{path.name[:100]}.{os.getpid()}-{secrets.token_hex(4)}")
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0)
    try:
        with os.fdopen(os.open(part, flags, 0o600), "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
