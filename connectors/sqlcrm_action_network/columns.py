"""Columns that many tables share, named alike everywhere.

NULL is written as an explicit null: a key that is left out stays as it was ("General concepts").
"""

from __future__ import annotations

import json
from typing import Any

from sqlcrm.sdk import Column, Type
from sqlcrm_action_network.wire import (
    href,
    last_part,
    own_id,
    plain_json,
    seconds,
    truth,
    unblank,
    whole_seconds,
)


def identity() -> tuple[Column, Column]:
    """The row's own id, a bare UUID, and all identifiers that it has."""
    return (
        Column("id", at="identifiers", readonly=True, from_wire=own_id),
        Column(
            "identifiers",
            Type.TEXTS,
            readonly=True,
            doc="All, each as system:id. They cannot be removed, and count in every group.",
        ),
    )


def text(name: str, at: str = "", **more: Any) -> Column:
    """A text; an empty one is none."""
    return Column(name, at=at, nulls=(), from_wire=unblank, normal=unblank, **more)


def texts(name: str, at: str = "", **more: Any) -> Column:
    """A list of texts."""
    return Column(name, Type.TEXTS, at=at, nulls=(), **more)


def number(name: str, at: str = "", **more: Any) -> Column:
    """A whole number."""
    return Column(name, Type.INTEGER, at=at, nulls=(), from_wire=unblank, **more)


def amount(name: str, at: str = "", **more: Any) -> Column:
    """An amount of money or a place on the map: a number, or the text of one."""
    return Column(name, Type.FLOAT, at=at, nulls=(), from_wire=unblank, **more)


def flag(name: str, at: str = "", **more: Any) -> Column:
    """A yes or no."""
    return Column(name, Type.BOOLEAN, at=at, nulls=(), to_wire=truth, **more)


def value(name: str, at: str = "", **more: Any) -> Column:
    """Lists and objects, as JSON."""
    return Column(name, Type.JSON, at=at, nulls=(), to_wire=json.loads, normal=plain_json, **more)


def when(name: str, at: str = "", **more: Any) -> Column:
    """A point in time, kept to the second."""
    more.setdefault("readonly", True)
    return Column(
        name, Type.TIMESTAMP, at=at, nulls=(), from_wire=unblank, to_wire=seconds,
        normal=whole_seconds, **more,
    )  # fmt: skip


def made_and_changed(**more: Any) -> tuple[Column, Column]:
    """When the row was made and changed; `more` is about the first."""
    return (
        when("created_date", **more),
        when("modified_date"),
    )


def linked(name: str, relation: str, path: str, **more: Any) -> Column:
    """The id of another row, which the API names by its address."""
    return Column(
        name, at=f"_links.{relation}.href", nulls=(), from_wire=last_part,
        to_wire=href(path), normal=unblank, **more,
    )  # fmt: skip


def titled(name: str, at: str = "", **more: Any) -> Column:
    """A text without which there is no row."""
    return Column(name, at=at, required=True, **more)
