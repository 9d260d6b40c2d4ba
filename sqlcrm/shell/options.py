"""What commands take: options that several of them share, and the order that they make."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from pathlib import Path

    from sqlcrm.shell.running import Order

F = TypeVar("F", bound=Callable[..., Any])

FORMATS = ("table", "csv", "json", "jsonl", "markdown", "parquet", "arrow")
_TEXTS = FORMATS[:5]


def file_path(text: str) -> Path:
    """Return the path of a file named on the command line."""
    from pathlib import Path  # it alone would take a sixth of the time that --help may take

    return Path(text)


def config_option(function: F) -> F:
    """Accept --config behind the command as well."""
    return click.option(
        "--config", type=file_path, metavar="FILE", help="The connections file to use."
    )(function)


def format_option(function: F) -> F:
    """Accept a format of text, for the commands that list things."""
    return click.option(
        "--format",
        "format_",
        type=click.Choice(_TEXTS),
        default="table",
        show_default=True,
        help="How to print.",
    )(function)


def running_options(function: F) -> F:
    """Accept what `query` and `run` have in common."""
    for option in reversed(_RUNNING):
        function = option(function)
    return config_option(function)


def seconds(_context: click.Context, _option: click.Parameter, text: str | None) -> float | None:
    """Return the seconds of a time such as 60s or 90d, None where none was given.

    Raises: BadParameter.
    """
    from sqlcrm.session.settings import duration

    if text is None:
        return None
    found = duration(text)
    if found is None:
        raise click.BadParameter(f"{text!r} is no time: write 60s, 10 minutes, 90d")
    return found


wait_option = click.option(
    "--wait",
    default="60s",
    show_default=True,
    callback=seconds,
    metavar="TIME",
    help="How long to wait for another run that writes the same table.",
)
_ALLOWED = (
    click.option("--yes", is_flag=True, help="Apply writes of any size."),
    click.option(
        "--max-changes", type=click.IntRange(0), metavar="N", help="Refuse to change more rows."
    ),
    click.option(
        "--max-deletes", type=click.IntRange(0), metavar="N", help="Refuse to delete more rows."
    ),
)


def allowed(function: F) -> F:
    """Accept what says how much a write may do unasked."""
    for option in reversed(_ALLOWED):
        function = option(function)
    return function


def limit_options(function: F) -> F:
    """Accept how much a write may do, for what runs where nobody can be asked."""
    for option in reversed(_ALLOWED[1:]):
        function = option(function)
    return function


report_option = click.option(
    "--report", type=file_path, metavar="FILE.html", help="Write what was done, as a web page."
)


def planning_options(function: F) -> F:
    """Accept what a plan takes."""
    for option in (param_option, _FORMATS):
        function = option(function)
    return config_option(function)


param_option = click.option(
    "--param", "params", multiple=True, metavar="NAME=TEXT", help="The value of $NAME, a text."
)
_FORMATS = click.option(
    "--format",
    "format_",
    type=click.Choice(FORMATS),
    help="How to print; by the suffix of -o, else table.",
)
_RUNNING = (
    _FORMATS,
    click.option(
        "-o", "--output", type=file_path, metavar="FILE", help="Write the result to a file."
    ),
    param_option,
    *_ALLOWED,
    click.option(
        "--on-error",
        type=click.Choice(("stop", "continue")),
        default="stop",
        show_default=True,
        help="Whether a failed statement stops the others.",
    ),
    wait_option,
    report_option,
    click.option("--raw", is_flag=True, help="CSV: leave texts alone that look like formulas."),
)


def order_of(context: click.Context, text: str, name: str, options: Mapping[str, Any]) -> Order:
    """Return what was asked for on the command line."""
    from sqlcrm.session.opening import Limits
    from sqlcrm.shell.output import chosen_style
    from sqlcrm.shell.running import Order
    from sqlcrm.shell.sources import parsed_params

    path = options.get("output")
    limits = ("yes", "max_changes", "max_deletes")
    return Order(
        text,
        name,
        config=options["config"] or context.obj,
        limits=Limits(**{one: options[one] for one in limits if one in options}),
        params=parsed_params(options.get("params", ())),
        go_on=options.get("on_error") == "continue",
        style=chosen_style(options.get("format_"), path, raw=options.get("raw", False)),
        path=path,
        wait=options.get("wait", 60.0),
        report=options.get("report"),
    )
