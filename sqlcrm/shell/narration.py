"""What is told beside the data: reports, notices, errors, progress. All of it goes to stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import click

from sqlcrm.shell.text import escaped


class Narrator:
    """Tells a person what happens."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._width = 0

    def say(self, text: str) -> None:
        """Tell one thing; an API's control characters in it are shown, not obeyed."""
        self.clear()
        click.echo(escaped(text, keep="\n\t"), err=True)

    def lines(self, lines: Iterable[str]) -> None:
        """Tell several things, one a line."""
        for line in lines:
            self.say(line)

    def error(self, error: BaseException | str) -> None:
        """Tell what went wrong, in the error's own words."""
        self.say(f"error: {error}")

    def progress(self, table: str, done: int, every: int) -> None:
        """Show how far a write is, on one line that is rewritten; in a terminal only."""
        if not self._terminal:
            return
        text = escaped(f"{table}: {done:,} of {every:,}")
        click.echo(f"\r{text.ljust(self._width)}", nl=False, err=True)
        self._width = len(text)

    def clear(self) -> None:
        """Take the progress line away."""
        if self._width:
            click.echo("\r" + " " * self._width + "\r", nl=False, err=True)
            self._width = 0
