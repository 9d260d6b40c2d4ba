"""How the command ends when something went wrong: one sentence and an exit code, no traceback."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from types import FrameType

import click

from sqlcrm.errors import Cancelled, Error

_USAGE = 2


class Terminated(KeyboardInterrupt):
    """SIGTERM came where no statement runs."""


def _on_sigterm(_number: int, _frame: FrameType | None) -> None:
    """End as Ctrl-C does, in order; a shell, too, which Ctrl-C alone does not end.

    Raises: Terminated, always.
    """
    raise Terminated


def guarded(command: Callable[[], int | None]) -> int:
    """Run a command and return its exit code, whatever happens in it."""
    signal.signal(signal.SIGTERM, _on_sigterm)
    try:
        code = command() or 0
        sys.stdout.flush()
        ignore_stops()
    except BrokenPipeError:
        from sqlcrm.shell.output import forget_stdout

        forget_stdout()
        return 0
    except (KeyboardInterrupt, click.Abort):
        _say("error: interrupted; nothing was under way")
        return Cancelled.exit_code
    except Exception as error:  # noqa: BLE001 - the last place that can say it in one sentence
        return failed(error)
    return code


def ignore_stops() -> None:
    """Let no late Ctrl-C or SIGTERM change the exit code of what is done."""
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, signal.SIG_IGN)


def failed(error: Exception) -> int:
    """Say what went wrong and return the exit code for it."""
    if os.environ.get("SQLCRM_DEBUG"):
        import traceback

        traceback.print_exception(error)
    if isinstance(error, click.ClickException):
        _say(f"error: {_usage(error)}")
        return _USAGE
    if isinstance(error, Error):
        _say(f"error: {error}")
        return error.exit_code
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    _say(
        f"error: {what}; this is a mistake in sqlcrm; "
        "run with SQLCRM_DEBUG=1 for the traceback, and report it"
    )
    return 1


def _usage(error: click.ClickException) -> str:
    message = error.format_message().rstrip()
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "sqlcrm"
    return f"{message.removesuffix('.')} (see {path} --help)"


def _say(text: str) -> None:
    from sqlcrm.session.text import escaped

    click.echo(escaped(text, keep="\n\t"), err=True)
