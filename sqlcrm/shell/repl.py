"""The plain shell: one line after the other, statements until their semicolon, `\\` commands."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sqlcrm.errors import Cancelled
from sqlcrm.session.opening import (
    Limits,
    forget_cancel,
    history_file,
    is_whole,
    open_session,
)
from sqlcrm.session.text import escaped
from sqlcrm.shell.backslash import Desk, Leave, obey
from sqlcrm.shell.failures import Terminated, failed
from sqlcrm.shell.narration import Narrator
from sqlcrm.shell.output import Output
from sqlcrm.shell.printing import Style
from sqlcrm.shell.running import noticed
from sqlcrm.shell.signals import plain_interrupt
from sqlcrm.shell.sources import read_input

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession

PROMPT = "sqlcrm> "
_GREETING = "sqlcrm {version}: statements end with ; and \\? lists the commands, \\q leaves"


def shell(config: Path | None) -> int:
    """Open a shell; return its exit code. Where no person types, the first error ends it."""
    person = sys.stdin.isatty()
    narrator = Narrator()
    limits = Limits(ask=_ask) if person else Limits()
    session = open_session(config, kind="shell", limits=limits, progress=narrator.progress)
    try:
        with Output(Style("table", terminal=sys.stdout.isatty())) as output:
            desk = Desk(session, output, narrator)
            return _converse(desk) if person else _read(desk, read_input())
    finally:
        session.close()


def take(desk: Desk, text: str) -> int:
    """Run what was typed and return its exit code; whatever goes wrong is told.

    Raises: Leave for `\\q`; Terminated.
    """
    try:
        if text.lstrip().startswith("\\"):
            return obey(desk, text.strip().rstrip(";").rstrip())
        return desk.run(text)
    except (Leave, Terminated):
        raise
    except KeyboardInterrupt:
        desk.narrator.error("interrupted")
        return Cancelled.exit_code
    except Exception as error:  # noqa: BLE001 - a shell outlives its statements
        return failed(error)
    finally:
        forget_cancel(desk.session)


def _converse(desk: Desk) -> int:
    """Read from a person until they leave."""
    from sqlcrm import __version__

    line = _prompt()
    click.echo(_GREETING.format(version=__version__), err=True)
    desk.narrator.lines(noticed(desk.session))
    while True:
        try:
            text = line.prompt()
            if text.strip():
                take(desk, text)
        except Terminated:
            return Cancelled.exit_code
        except KeyboardInterrupt:
            continue
        except (EOFError, Leave):
            return 0


def _prompt() -> PromptSession[str]:
    """Return a prompt whose Enter ends a text that is whole, and else begins a line."""
    from prompt_toolkit import PromptSession
    from prompt_toolkit.history import FileHistory
    from prompt_toolkit.key_binding import KeyBindings
    from prompt_toolkit.output import create_output

    keys = KeyBindings()

    @keys.add("enter")
    def enter(event: Any) -> None:
        buffer = event.current_buffer
        if is_taken(buffer.text):
            buffer.validate_and_handle()
        else:
            buffer.insert_text("\n")

    return PromptSession(
        PROMPT,
        multiline=True,
        prompt_continuation=lambda width, _line, _soft: "-> ".rjust(width),
        history=FileHistory(str(history_file())),
        key_bindings=keys,
        reserve_space_for_menu=0,
        output=create_output(always_prefer_tty=True),  # results may go to a file
    )


def is_taken(text: str) -> bool:
    """Say whether a text can be run as it stands."""
    stripped = text.strip()
    return not stripped or stripped.startswith("\\") or is_whole(text)


def _read(desk: Desk, text: str) -> int:
    """Run what comes from a file or pipe; the first error ends it. Returns its exit code."""
    worst = 0
    try:
        for part in parts(text):
            code = take(desk, part)
            if code not in {0, 4}:
                return code
            worst = max(worst, code)
    except Leave:
        pass
    return worst


def parts(text: str) -> Iterator[str]:
    """Yield whole statements and backslash commands; what is left at the end counts as whole."""
    held = ""
    for line in text.splitlines(keepends=True):
        held += line
        if is_taken(held):
            if held.strip():
                yield held
            held = ""
    if held.strip():
        yield held


def _ask(_plan: object, why: str) -> bool:
    """Ask the person at the terminal whether to go on; Ctrl-C and the end of input mean no."""
    try:
        with plain_interrupt():
            click.echo(f"{escaped(why)}: apply? [y/N] ", nl=False, err=True)
            return sys.stdin.readline().strip().casefold() in {"y", "yes"}
    except KeyboardInterrupt:
        click.echo(err=True)
        return False
