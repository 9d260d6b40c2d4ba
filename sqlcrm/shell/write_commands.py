"""The commands about writes: plan, apply, resume, undo, journal, forget."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sqlcrm.shell.options import (
    allowed,
    config_option,
    file_path,
    order_of,
    planning_options,
    report_option,
    seconds,
    wait_option,
)

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@planning_options
@click.option("-o", "--output", type=file_path, metavar="PLAN", help="Write the plan to a file.")
@click.pass_context
def plan(context: click.Context, /, file: str, output: Path | None, **options: Any) -> int:
    """Show what a script would write, row by row, and in how many calls. Nothing is written.

    With -o the plan is kept: `sqlcrm apply PLAN` does exactly that, if nothing has moved."""
    from sqlcrm.shell.sources import read_input, read_script
    from sqlcrm.shell.writes import show_plan

    text = read_input() if file == "-" else read_script(file_path(file))
    return show_plan(order_of(context, text, file, options), output)


@click.command()
@click.argument("file", metavar="PLAN", type=click.Path(exists=True, dir_okay=False))
@allowed
@report_option
@wait_option
@config_option
@click.pass_context
def apply(context: click.Context, /, file: str, **options: Any) -> int:
    """Apply a plan that `sqlcrm plan -o` wrote, unless rows that it rests on have changed."""
    from sqlcrm.shell.writes import apply_plan

    return apply_plan(order_of(context, "", file, options))


@click.command()
@click.argument("number", metavar="[RUN]", type=click.IntRange(1), required=False)
@click.option("--give-up", is_flag=True, help="Give up what is left of RUN instead.")
@report_option
@wait_option
@config_option
@click.pass_context
def resume(context: click.Context, /, number: int | None, *, give_up: bool, **options: Any) -> int:
    """Finish the runs, or that one, that a crash, a kill or Ctrl-C ended before their work did.

    What was sent without an answer is looked up, never sent blindly."""
    from sqlcrm.shell.writes import give_up_run, resume_runs

    if give_up:
        if number is None:
            raise click.UsageError("--give-up takes the number of a RUN")
        return give_up_run(order_of(context, "", "", options), number)
    return resume_runs(order_of(context, "", "", options), number)


@click.command()
@click.argument("number", metavar="RUN", type=click.IntRange(1))
@click.option("--plan", "only", is_flag=True, help="Show what it would write; write nothing.")
@click.option("--force", is_flag=True, help="Take rows back that were changed since, too.")
@allowed
@report_option
@wait_option
@config_option
@click.pass_context
def undo(context: click.Context, /, number: int, *, only: bool, force: bool, **options: Any) -> int:
    """Take a run back, from what its rows were before. Rows changed since are left alone."""
    from sqlcrm.shell.writes import undo_run

    return undo_run(order_of(context, "", "", options), number, only=only, force=force)


@click.group()
def journal() -> None:
    """Look after the journal. What is in it: runs@sqlcrm, operations@sqlcrm, requests@sqlcrm."""


@journal.command()
@click.option(
    "--older-than", "age", required=True, callback=seconds, metavar="TIME", help="As in 90d."
)
@config_option
@click.pass_context
def prune(context: click.Context, /, age: float, **options: Any) -> int:
    """Delete finished runs that are older. What keeps rows from being doubled stays."""
    from sqlcrm.shell.writes import prune_journal

    if age < 86_400:  # 1m would be a minute, and was meant as a month
        raise click.UsageError("--older-than takes a day or more, in days: 90d")

    return prune_journal(order_of(context, "", "", options), age)


@journal.command()
@click.argument("number", metavar="RUN", type=click.IntRange(1))
@config_option
@click.pass_context
def abandon(context: click.Context, /, number: int, **options: Any) -> int:
    """End a run that still says running although the machine that it ran on is gone."""
    from sqlcrm.shell.writes import abandon_run

    return abandon_run(order_of(context, "", "", options), number)


@click.command()
@click.argument("address", metavar="EMAIL")
@config_option
@click.pass_context
def forget(context: click.Context, /, address: str, **options: Any) -> int:
    """Take a person out of the journal. Counts stay, and that they opted out."""
    from sqlcrm.shell.writes import forget_person

    return forget_person(order_of(context, "", "", options), address)


COMMANDS = (plan, apply, resume, undo, journal, forget)
