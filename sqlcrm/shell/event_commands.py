"""The commands about webhooks' events: listen, events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sqlcrm.shell.options import (
    config_option,
    file_path,
    format_option,
    limit_options,
    order_of,
    param_option,
    wait_option,
)

if TYPE_CHECKING:
    from pathlib import Path

_PLACE = ("host", "port", "once", "retry_dead", "attempts")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--once", is_flag=True, help="Run what is stored, then end; open no port.")
@click.option("--retry-dead", is_flag=True, help="Run dead letters again, too.")
@click.option(
    "--attempts",
    type=click.IntRange(1),
    default=8,
    show_default=True,
    help="How often to try an event before it is a dead letter.",
)
@param_option
@limit_options
@wait_option
@config_option
@click.pass_context
def listen(context: click.Context, /, file: str, **options: Any) -> int:
    """Take webhooks' calls and run a script over their events, until Ctrl-C.

    Prints `ready URL` on the standard output. Each call is verified, and on disk before it is
    acknowledged; the script is run for many events at once, those of a person in their order.
    """
    from sqlcrm.shell.listen import Place, listen
    from sqlcrm.shell.sources import read_script

    place = Place(**{name: options.pop(name) for name in _PLACE})
    return listen(order_of(context, read_script(file_path(file)), file, options), place)


@click.group()
def events() -> None:
    """Look after the events that webhooks brought. events@sqlcrm has them all."""


@events.command("list")
@click.option("-n", "--number", type=click.IntRange(1), default=20, show_default=True)
@format_option
@config_option
@click.pass_context
def list_(context: click.Context, config: Path | None, number: int, format_: str) -> int:
    """List events that are pending or dead, the latest last."""
    from sqlcrm.shell.stored_events import list_events

    return list_events(config or context.obj, number, format_)


@events.command()
@click.argument("positions", metavar="[EVENT]...", nargs=-1, type=click.IntRange(1))
@click.option("--all", "every", is_flag=True, help="All that are dead.")
@config_option
@click.pass_context
def retry(
    context: click.Context, positions: tuple[int, ...], config: Path | None, *, every: bool
) -> int:
    """Let dead letters be run again: by the `sqlcrm listen` that runs, or the next one."""
    from sqlcrm.shell.stored_events import retry_events

    if every == bool(positions):
        raise click.UsageError("take the numbers of EVENTs, or --all")
    return retry_events(config or context.obj, positions or None)


@events.command()
@click.argument("positions", metavar="EVENT...", nargs=-1, required=True, type=click.IntRange(1))
@config_option
@click.pass_context
def drop(context: click.Context, positions: tuple[int, ...], config: Path | None) -> int:
    """Give up events that are dead or pending: they are not run."""
    from sqlcrm.shell.stored_events import drop_events

    return drop_events(config or context.obj, positions)


EVENT_COMMANDS = (listen, events)
