"""Reads what is to be run: a script, the standard input, parameters."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import click

from sqlcrm.errors import FileProblem


def read_script(path: Path) -> str:
    """Return the text of a script.

    Raises: FileProblem where it cannot be read or is not UTF-8.
    """
    try:
        return _decoded(path.read_bytes(), str(path))
    except OSError as error:
        raise FileProblem(f"{path} cannot be read ({error.strerror})") from None


def read_input() -> str:
    """Return all of the standard input."""
    return _decoded(sys.stdin.buffer.read(), "the standard input")


def read_argument(text: str) -> str:
    """Return SQL from the command line; `-` stands for the standard input.

    Raises: click.UsageError for bytes that are no UTF-8.
    """
    if not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text):
        raise click.UsageError("the SQL is not UTF-8")
    return read_input() if text == "-" else text


def _decoded(content: bytes, what: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileProblem(
            f"{what} is not UTF-8 (byte {error.start + 1}): save it as UTF-8"
        ) from None


def parsed_params(params: Iterable[str]) -> dict[str, str]:
    """Return `NAME=TEXT` arguments as a mapping.

    Raises: click.UsageError for one that has no name or comes twice.
    """
    found: dict[str, str] = {}
    for param in params:
        name, equals, value = param.partition("=")
        name = name.removeprefix("$")
        if not equals or not name.isidentifier():
            raise click.UsageError(f"--param {param}: write it as NAME=TEXT")
        if name in found:
            raise click.UsageError(f"--param {name} is given twice")
        found[name] = value
    return found
