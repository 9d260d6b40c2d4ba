"""Columns that many tables share, named alike everywhere."""

from __future__ import annotations

from typing import Any

from sqlcrm.sdk import Column, Type

NO_ROW = ("", "0")
"""How the API writes "none" where an id of another row would stand."""

CENTRAL = "US Central time, although the API's name for it may say UTC."


def own_id() -> Column:
    """The row's own id, which every list and write of the API uses."""
    return Column("id", Type.INTEGER, readonly=True, nulls=("",))


def ref(name: str, at: str, *aliases: str, **more: Any) -> Column:
    """The id of another row; empty and 0 mean that there is none."""
    return typed(name, Type.INTEGER, at, *aliases, nulls=NO_ROW, **more)


def typed(name: str, type_: Type, at: str = "", *aliases: str, **more: Any) -> Column:
    """A column of any type, found by the API's spelling too."""
    return Column(name, type_, at=at, aliases=_spelled(name, at, aliases), **more)


def text(name: str, at: str = "", *aliases: str, **more: Any) -> Column:
    """A text; the API does not tell an empty one from none."""
    return typed(name, Type.TEXT, at, *aliases, **more)


def number(name: str, at: str = "", *aliases: str, **more: Any) -> Column:
    """A whole number, sent as a string of digits."""
    return typed(name, Type.INTEGER, at, *aliases, **more)


def flag(name: str, at: str = "", *aliases: str, **more: Any) -> Column:
    """A yes or no, sent as "0" or "1"."""
    return typed(name, Type.BOOLEAN, at, *aliases, **more)


def when(name: str, at: str = "", *aliases: str, **more: Any) -> Column:
    """A point in time that the API sets; zero-dates are NULL."""
    more.setdefault("readonly", True)
    return typed(name, Type.TIMESTAMP, at, *aliases, **more)


def made(at: str = "cdate", *aliases: str) -> Column:
    """When the row was made."""
    return when("created_at", at, *aliases)


def changed(at: str = "udate", *aliases: str, doc: str = "") -> Column:
    """When the row was changed last; often NULL until the first change."""
    return when("updated_at", at, *aliases, doc=doc or "May be NULL until the first change.")


def by_whom() -> tuple[Column, ...]:
    """The users who made and changed the row."""
    return (
        ref("created_by", "created_by", readonly=True, doc="Id of the user who made it."),
        ref("updated_by", "updated_by", readonly=True, doc="Id of the user who changed it last."),
    )


def _spelled(name: str, at: str, aliases: tuple[str, ...]) -> tuple[str, ...]:
    """Return the API's own spelling and the others as aliases, each once, none of them `name`."""
    spellings = {name.casefold(): name}
    for alias in (at, *aliases):
        if alias and "." not in alias:
            spellings.setdefault(alias.casefold(), alias)
    return tuple(spellings.values())[1:]
