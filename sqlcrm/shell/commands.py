"""The command line. What is heavy is imported inside the commands: `--help` must not wait."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, NoReturn

import click

from sqlcrm import __version__
from sqlcrm.shell.event_commands import EVENT_COMMANDS
from sqlcrm.shell.failures import guarded
from sqlcrm.shell.options import (
    config_option,
    file_path,
    format_option,
    order_of,
    running_options,
    seconds,
)
from sqlcrm.shell.write_commands import COMMANDS

if TYPE_CHECKING:
    from pathlib import Path


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command `sqlcrm` and leave with its exit code."""
    sys.exit(guarded(lambda: sqlcrm.main(arguments, prog_name="sqlcrm", standalone_mode=False)))


_CONTEXT = {"help_option_names": ["-h", "--help"], "terminal_width": 80}


@click.group(invoke_without_command=True, context_settings=_CONTEXT)
@click.version_option(__version__, prog_name="sqlcrm", message="%(prog)s %(version)s")
@click.option("--config", type=file_path, metavar="FILE", help="The connections file to use.")
@click.pass_context
def sqlcrm(context: click.Context, config: Path | None) -> int | None:
    """SQL over CRMs: tables are named table@connection. Without a command: a shell.

    Results go to the standard output, everything else to the standard error. Exit codes: 0 fine;
    1 a statement failed; 2 usage, configuration or credentials; 3 unreachable, try again; 4 rows
    were rejected; 5 unknown outcomes; 6 refused by a guard; 130 interrupted.
    """
    context.obj = config
    if context.invoked_subcommand is not None:
        return None
    from sqlcrm.shell.repl import shell

    return shell(config)


@sqlcrm.command()
@click.argument("sql")
@running_options
@click.pass_context
def query(context: click.Context, /, sql: str, **options: Any) -> int:
    """Run statements and print their results. SQL of `-` is read from the standard input.

    The format is a table unless --format or the suffix of -o says otherwise, also in a pipe.
    """
    from sqlcrm.shell.running import execute
    from sqlcrm.shell.sources import read_argument

    return execute(order_of(context, read_argument(sql), "", options))


@sqlcrm.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--plan", "only", is_flag=True, help="Show what it would write; write nothing.")
@click.option(
    "--every",
    callback=seconds,
    metavar="TIME",
    help="Run it again and again, with so much time from one beginning to the next.",
)
@running_options
@click.pass_context
def run(
    context: click.Context, /, file: str, *, only: bool, every: float | None, **options: Any
) -> int:
    """Run a script. A failed statement stops it, rejected rows do not.

    With --every it is read and run anew each time, and one line on the standard error tells how
    each run ended. Only one process repeats a script. --max-changes and --max-deletes say how much
    a run may write; --yes is refused.
    """
    from sqlcrm.shell.running import execute
    from sqlcrm.shell.sources import read_input, read_script

    if every is not None:
        if file == "-" or only or options["yes"]:
            raise click.UsageError("--every takes a file, without --plan and --yes")
        from sqlcrm.shell.every import repeat

        path = file_path(file)
        return repeat(
            path, every, lambda: execute(order_of(context, read_script(path), file, options))
        )
    text = read_input() if file == "-" else read_script(file_path(file))
    order = order_of(context, text, file, options)
    if only:
        from sqlcrm.shell.writes import show_plan

        return show_plan(order, None)
    return execute(order)


@sqlcrm.command()
@click.argument("alias", required=False)
@click.argument("table", required=False)
@format_option
@config_option
@click.pass_context
def tables(
    context: click.Context,
    alias: str | None,
    table: str | None,
    config: Path | None,
    format_: str,
) -> int:
    """List the tables of one connection, or of all; or the columns of one table.

    With what may be written to each, and the columns by which rows are looked up."""
    from sqlcrm.shell.listing import list_columns, list_tables

    if alias is not None and table is not None:
        return list_columns(config or context.obj, alias, table, format_)
    return list_tables(config or context.obj, alias, format_)


@sqlcrm.group()
def connections() -> None:
    """Look at the connections."""


@connections.command("list")
@format_option
@config_option
@click.pass_context
def list_(context: click.Context, config: Path | None, format_: str) -> int:
    """List the connections that are configured; makes no call and shows no secret."""
    from sqlcrm.shell.listing import list_connections

    return list_connections(config or context.obj, format_)


@connections.command()
@click.argument("aliases", metavar="[ALIAS]...", nargs=-1)
@format_option
@config_option
@click.pass_context
def test(
    context: click.Context, aliases: tuple[str, ...], config: Path | None, format_: str
) -> int:
    """Ask each connection who you are there and what the key may do: one call each."""
    from sqlcrm.shell.listing import check_connections

    return check_connections(config or context.obj, aliases, format_)


@sqlcrm.command()
@click.argument("file", type=file_path, default="sqlcrm.toml")
def trust(file: Path) -> int:
    """Allow a connections file to be used where it lies.

    Without FILE: ./sqlcrm.toml. Such a file can run commands and send secrets: read it first. Each
    change needs trust again.
    """
    from sqlcrm.shell.listing import trust_file

    return trust_file(file)


@sqlcrm.command()
@click.option("-n", "--number", type=click.IntRange(1), default=20, show_default=True)
@format_option
@config_option
@click.pass_context
def runs(context: click.Context, number: int, config: Path | None, format_: str) -> int:
    """List the runs that wrote something, the latest last."""
    from sqlcrm.shell.listing import list_runs

    return list_runs(config or context.obj, number, format_)


@sqlcrm.command()
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="First port; 0: any free.")
@click.option("--people", type=click.IntRange(0), default=10_000, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="Same seed, same data.")
@click.option(
    "--limits",
    type=click.Choice(("real", "off")),
    default="real",
    show_default=True,
    help="The API's own rate limits, or none.",
)
@click.option(
    "--latency", type=click.FloatRange(0), default=0, metavar="MS", help="Added to every call."
)
@click.option("--faults", default="", metavar="NAME[:SHARE]", help="A fault, such as 500:0.1.")
@click.option(
    "--config-out", type=file_path, metavar="FILE", help="Where to write the connections."
)
def sandbox(names: tuple[str, ...], **options: Any) -> int:
    """Serve CRMs on this machine, with made-up people, until Ctrl-C.

    Prints `ready NAME URL` for each on the standard output, and each call it gets on the standard
    error. Writes a connections file that leads to them.
    """
    from sqlcrm.shell.sandboxes import serve_sandboxes

    return serve_sandboxes(names, **options)


@sqlcrm.command()
@click.option("--people", type=click.IntRange(50), default=2_000, show_default=True)
def demo(people: int) -> int:
    """Tag made-up people from a spreadsheet, twice.

    Needs no account, terminal or answer, and touches nothing of yours."""
    from sqlcrm.shell.demo import show

    return show(people)


for one in (*COMMANDS, *EVENT_COMMANDS):
    sqlcrm.add_command(one)
