"""Columns that many tables share, named alike everywhere, and found by the API's spelling too."""

from __future__ import annotations

from typing import Any

from sqlcrm.sdk import Column, Type
from sqlcrm_action_builder.wire import OWN, full_id, plain_id

STATUSES = ("subscribed", "unsubscribed", "bad", "do_not_contact")
"""Statuses of an address or a number (docs, changelog of 2024-09-17).

Replies also have `none`, which the API refuses to take.
"""


def own_id(**more: Any) -> Column:
    """The row's own id: the uuid behind `action_builder:` among its identifiers."""
    more.setdefault("readonly", True)
    return Column("id", from_wire=plain_id, **more)


def own(name: str, type_: Type = Type.TEXT, **more: Any) -> Column:
    """A column that the API spells with its own prefix."""
    return Column(name, type_, at=f"{OWN}{name}", **more)


def when(name: str, doc: str = "") -> Column:
    """A point in time that the API sets."""
    return Column(name, Type.TIMESTAMP, readonly=True, doc=doc)


def entry_id(where: str) -> Column:
    """The id of an address within an entity's list of them, by which it is changed."""
    return Column(
        "id",
        at=f"{where}[].{OWN}identifier",
        readonly=True,
        from_wire=plain_id,
        to_wire=full_id,
    )


IDENTIFIERS = Column(
    "identifiers",
    Type.TEXTS,
    readonly=True,
    doc="All ids, each with its kind: `action_builder:…`, `custom_id:…`, `dwid:…`.",
)

MADE = (when("created_date"), when("modified_date"))
