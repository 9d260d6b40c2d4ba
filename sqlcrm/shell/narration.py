"""What is told beside the data: reports, notices, errors, progress. All of it goes to stderr."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterable

import click

from sqlcrm.session.opening import Progress
from sqlcrm.session.text import escaped

OFTEN = 0.1
"""Seconds between one rewriting of the progress line and the next."""


class Narrator:
    """Tells a person what happens."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._width = 0
        self._table = ""
        self._began = self._shown = 0.0

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

    def progress(self, progress: Progress) -> None:
        """Show how far a statement is, on one line that is rewritten; in a terminal only."""
        now = time.monotonic()
        if progress.table != self._table:
            self._table, self._began, self._shown = progress.table, now, 0.0
        if not self._terminal or now - self._shown < OFTEN:
            return
        self._shown = now
        text = escaped(described(progress, now - self._began))
        width = shutil.get_terminal_size().columns - 1  # a full line would wrap
        text = text[:width]
        click.echo(f"\r{text.ljust(self._width)}", nl=False, err=True)
        self._width = len(text)

    def clear(self) -> None:
        """Take the progress line away."""
        if self._width:
            click.echo("\r" + " " * self._width + "\r", nl=False, err=True)
            self._width = 0


def described(progress: Progress, seconds: float) -> str:
    """Return a progress in words; `seconds` have gone by since it began."""
    if progress.writing:
        text = f"{progress.table}: {progress.done:,} of {progress.of or 0:,} rows written"
    else:
        calls = f"{progress.done:,}" if progress.of is None else (
            f"{progress.done:,} of {max(progress.of, progress.done):,}"
        )  # fmt: skip
        text = f"{progress.table}: {progress.rows:,} rows, {calls} calls"
    left = (progress.of or 0) - progress.done
    if left <= 0 or progress.done < 2 or seconds < 1:
        return text
    return f"{text}, {_time(left * seconds / progress.done)} left"


def _time(seconds: float) -> str:
    """Return a length of time in one or two units."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, seconds = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s"
