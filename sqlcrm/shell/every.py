"""`sqlcrm run FILE --every 1h`: a script again and again, until somebody stops it."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable
from pathlib import Path

import click

from sqlcrm.errors import Cancelled, ConfigurationError
from sqlcrm.session.schedule import Schedule, only_here
from sqlcrm.shell.failures import failed
from sqlcrm.shell.signals import stopping


def repeat(script: Path, every: float, once: Callable[[], int]) -> int:
    """Run a script every so many seconds; return the exit code of what ended it.

    once: runs it and returns its exit code. What is wrong from the start, the configuration or
    the credentials, ends it at once; later, each run's failure is told, and the next one comes.
    Raises: Busy where another process repeats the same script.
    """
    schedule = Schedule(every)
    stop = threading.Event()
    with only_here(script):
        first = True
        while True:
            began, started = dt.datetime.now(dt.UTC), time.monotonic()
            code = _code(once)
            took = time.monotonic() - started
            if code == Cancelled.exit_code or (first and code == ConfigurationError.exit_code):
                return code
            first = False
            pause = schedule.pause(code, took)
            then = (dt.datetime.now(dt.UTC) + dt.timedelta(seconds=pause)).strftime("%H:%M:%SZ")
            with stopping(stop.set) as interruption:
                click.echo(
                    f"{began:%Y-%m-%dT%H:%M:%SZ} {script.name}: exit {code} after {took:.1f} s; "
                    f"next at {then}",
                    err=True,
                )
                stop.wait(pause)
            if interruption.asked:
                click.echo("stopped between two runs: nothing is left to resume", err=True)
                return Cancelled.exit_code


def _code(once: Callable[[], int]) -> int:
    """Run a script and return its exit code, whatever went wrong."""
    try:
        return once()
    except Exception as error:  # noqa: BLE001 - the next run may go well
        return failed(error)
