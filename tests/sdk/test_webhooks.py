"""Webhooks that could not work are refused when the connector is loaded."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sqlcrm.errors import DeclarationError
from sqlcrm.sdk import Column, EventTable, Setting, Sideload, Signature, Webhooks, validate

sys.path.insert(0, str(Path(__file__).parents[1]))  # so that `fakes` can be imported

from fakes import hooked

SIDELOAD = Sideload("values", ask=("include", "values"), parent="person")


def table(name: str = "left", type_: str = "left", *columns: Column, doc: str = "x") -> EventTable:
    return EventTable(name, type_, columns or (Column("name"),), doc=doc)


def test_sound_webhooks_are_taken() -> None:
    for connector in (hooked.signed, hooked.timed, hooked.tokened):
        validate(connector)


@pytest.mark.parametrize(
    ("changes", "mistake"),
    [
        ({"secret": "no_such"}, "secret='no_such' is not a setting that is secret and optional"),
        ({"secret": "url"}, "secret='url' is not a setting that is secret and optional"),
        ({"secret": "token"}, "secret='token' is not a setting that is secret and optional"),
        ({"signature": Signature("")}, "the signature has no header"),
        ({"signature": Signature("X", algorithm="md5")}, "unknown algorithm 'md5'"),
        ({"signature": Signature("X", encoding="rot13")}, "unknown encoding 'rot13'"),
        ({"signature": Signature("X", window=0)}, "the window is not above 0"),
        ({"tables": ()}, "no table"),
        ({"tables": (table(), table(type_="other"))}, "the name 'left' occurs twice"),
        ({"tables": (table(), table("other"))}, "the type 'left' occurs twice"),
        ({"tables": (table("Left Side"),)}, "its name is not of small letters, digits and _"),
        ({"tables": (table(doc=""),)}, "left: has no doc"),
        (
            {"tables": (table("left", "left", Column("Event_Id")),)},
            "column name 'event_id' occurs twice",
        ),
        (
            {"tables": (table("left", "left", Column("x", at="7", sideload=SIDELOAD)),)},
            "column x: an event has no sideload",
        ),
    ],
)
def test_each_mistake_is_named(changes: dict[str, Any], mistake: str) -> None:
    assert hooked.signed.webhooks is not None
    wrong = replace(hooked.signed, webhooks=replace(hooked.signed.webhooks, **changes))
    with pytest.raises(DeclarationError) as raised:
        validate(wrong)
    assert "  - webhooks: " in str(raised.value)
    assert mistake in str(raised.value)


def test_a_table_of_events_is_found_without_regard_to_case() -> None:
    webhooks = Webhooks(hooked.events, hooked.TABLES)
    assert webhooks.table("SIGNED_UP") is hooked.TABLES[0]
    assert webhooks.table("nobody") is None
    names = [column.name for column in hooked.TABLES[1].all_columns]
    assert names == ["event_id", "event_position", "received_at", "name"]


def test_an_event_shows_nobody() -> None:
    """E7: what a person sees of an event, in a traceback for instance, is not who it is about."""
    (event,) = hooked.events({"type": "signed.up", "jid": "1", "data": {"name": "ana@x.org"}})
    assert "ana" not in repr(event)
    assert Setting("webhook_secret", secret=True, required=False) in hooked.signed.settings
