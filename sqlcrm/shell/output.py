"""Where results go: the standard output, or a file that appears whole or not at all."""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Self

import click

from sqlcrm.errors import FileProblem, ProgrammingError
from sqlcrm.shell.printing import BINARY, Columns, Row, Style, write_binary, write_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlcrm.session.result import Result

_SUFFIXES = {
    ".csv": "csv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".md": "markdown",
    ".parquet": "parquet",
    ".arrow": "arrow",
}


def chosen_style(format_: str | None, path: Path | None, *, raw: bool) -> Style:
    """Return the style that was asked for: by name, by the file's suffix, else a table.

    Raises: click.UsageError for bytes that would be shown in a terminal.
    """
    terminal = path is None and sys.stdout.isatty()
    name = format_ or (_SUFFIXES.get(path.suffix.casefold()) if path is not None else "table")
    if name is None:
        known = " ".join(_SUFFIXES)
        raise click.UsageError(
            f"the format of {path} is not clear: add --format, or end its name with one of {known}"
        )
    if name in BINARY and terminal:
        raise click.UsageError(f"{name} is not for a terminal: add -o FILE, or pipe it on")
    return Style(name, raw, terminal)


class Output:
    """Takes results. Used in a `with` block: a file gets its name only when `keep` was called."""

    def __init__(self, style: Style, path: Path | None = None) -> None:
        self.style = style
        self.path = path
        self.results = 0
        self._part: Path | None = None
        self._file: IO[bytes] | None = None
        self._quiet = False

    def __enter__(self) -> Self:
        if self.path is not None:
            try:
                self._file = self._opened(self.path)
            except OSError as error:
                raise FileProblem(f"{self.path} cannot be written ({error.strerror})") from None
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()
        if self._part is not None:
            self._part.unlink(missing_ok=True)

    def _opened(self, path: Path) -> IO[bytes]:
        """Open a new file beside `path`, readable by the user only; devices are written as such."""
        if path.exists() and not path.is_file():
            return path.open("wb")
        self._part = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0)
        return os.fdopen(os.open(self._part, flags, 0o600), "wb")

    def result(self, result: Result) -> int:
        """Write one result; return its number of rows."""
        if self.style.format not in BINARY:
            rows = result.rows()
            self.rows(result.columns, rows)
            return len(rows)
        self._next()
        count = 0

        def write(out: IO[bytes]) -> None:
            nonlocal count
            count = write_binary(out, self.style, result)

        self._write(write)
        return count

    def rows(self, columns: Columns, rows: Sequence[Row]) -> None:
        """Write rows in the style that was chosen."""
        self._next()
        self._write(lambda out: write_rows(out, self.style, columns, rows))

    def keep(self) -> None:
        """Give the file its name: everything went well."""
        if self._file is None or not self.results:
            return
        try:
            self._file.flush()
            if self._part is not None and self.path is not None:
                os.fsync(self._file.fileno())
                self._part.replace(self.path)
                self._part = None
        except OSError as error:
            raise FileProblem(f"{self.path} cannot be written ({error.strerror})") from None

    def _next(self) -> None:
        """Count a result, and keep results apart."""
        self.results += 1
        if self.results == 1:
            return
        if self.path is not None or self.style.format in BINARY:
            where = f"-o {self.path}" if self.path is not None else self.style.format
            raise ProgrammingError(
                f"{where} takes one result, and here is a second one: nothing is kept of either. "
                "Give it one SELECT"
            )
        if self.style.format in {"table", "markdown", "csv"}:
            self._write(lambda out: out.write(b"\n"))

    def _write(self, write: Callable[[IO[bytes]], object]) -> None:
        """Write to where it goes. A reader who went away is no error: what is left still runs."""
        out = self._file if self._file is not None else sys.stdout.buffer
        try:
            if not self._quiet:
                write(out)
                out.flush()
        except BrokenPipeError:
            self._quiet = True
            forget_stdout()
        except OSError as error:
            where = self.path if self.path is not None else "the standard output"
            raise FileProblem(f"{where} cannot be written ({error.strerror})") from None


def forget_stdout() -> None:
    """Let the standard output lead nowhere, so that Python does not complain when it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
