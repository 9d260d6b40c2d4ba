"""E-mails: drafts, sending and scheduling them, and what they are wrapped in.

Source: Action Network API v2 documentation, "Messages", "Send helper", "Schedule helper",
"Wrappers"; read 2026-11-22. Sending is a table of its own, so that no UPDATE does it by the way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlcrm.sdk import Column, Read, Row, Table, Write
from sqlcrm_action_network.columns import (
    amount,
    flag,
    identity,
    linked,
    made_and_changed,
    number,
    text,
    value,
    when,
)
from sqlcrm_action_network.shapes import STAYS
from sqlcrm_action_network.wire import COUNTED, own_id

AT = "_embedded.osdi:messages"

COUNTS = ("sent", "opened", "clicked", "actions", "unsubscribed", "bounced", "spam_reports")

messages = Table(
    "messages",
    doc=(
        "E-mails. INSERT makes a draft, and again one where it is repeated; UPDATE changes "
        "drafts. Neither sends: see message_sendings and message_schedules. The API wants half a "
        "minute between messages that are made or aimed anew."
    ),
    key=("id",),
    columns=(
        *identity(),
        text("subject"),
        text("body", doc="HTML."),
        text("from_name", "from", aliases=("from",), doc="Name of the sender."),
        text("reply_to"),
        text("name", doc="For the group's own use."),
        value("targets", doc='JSON: [{"href": "https://…/queries/…"}].'),
        linked("wrapper_id", "osdi:wrapper", "/wrappers"),
        text("status", readonly=True, doc="draft, scheduled, sending, sent, throttled, …"),
        text("type", readonly=True),
        number("total_targeted", readonly=True),
        when("sent_start_date"),
        *(number(name, f"statistics.{name}", readonly=True) for name in COUNTS),
        number("donated", "statistics.action_network:donated", readonly=True),
        amount("total_amount", "statistics.action_network:total_amount", readonly=True),
        text("origin_system"),
        text("administrative_url", readonly=True),
        *made_and_changed(),
    ),
    reads=(Read("/messages", AT, COUNTED), Read("/messages/{id}", "", by="id")),
    writes=(
        Write(
            "insert", "POST", "/messages", reply="", id_at="identifiers", append=True, undo=STAYS
        ),
        Write(
            "update", "PUT", "/messages/{id}", reply="", repeatable=True, shows=True
        ),
    ),
    touches=("message_sendings", "message_schedules"),
    example="SELECT subject, status, sent, opened FROM messages@an WHERE status = 'sent'",
)  # fmt: skip


def _with_status(*statuses: str) -> Callable[[Row], Sequence[Row]]:
    """Return the function that keeps a message of one of these statuses."""

    def each(row: Row) -> Sequence[Row]:
        return (row,) if str(row.get("status") or "").casefold() in statuses else ()

    return each


READS = (Read("/messages", AT, COUNTED), Read("/messages/{message_id}", "", by="message_id"))


def _columns(*more: Column) -> tuple[Column, ...]:
    key: dict[str, Any] = {"at": "identifiers", "from_wire": own_id, "required": True}
    return (Column("message_id", **key), text("status", readonly=True), *more)


message_sendings = Table(
    "message_sendings",
    doc=(
        "Messages that are being sent, or were. INSERT sends a draft AT ONCE, which nothing takes "
        "back; DELETE stops what is still going out."
    ),
    key=("message_id",),
    natural_key=("message_id",),
    columns=_columns(when("sent_start_date")),
    reads=READS,
    each=_with_status("sending", "sent", "throttled"),
    writes=(
        # Never sent again by itself: whether a lost answer meant that it went out, a person looks.
        Write(
            "insert", "POST", "/messages/{message_id}/send", append=True,
            columns=("message_id",), undo="What went out is gone; what did not yet is stopped.",
        ),
        Write("delete", "DELETE", "/messages/{message_id}/send", repeatable=True),
    ),
    touches=("messages", "message_schedules"),
    example="SELECT message_id, sent_start_date FROM message_sendings@an",
)  # fmt: skip

message_schedules = Table(
    "message_schedules",
    doc="Messages that wait for their time. INSERT schedules a draft; DELETE cancels that.",
    key=("message_id",),
    natural_key=("message_id",),
    columns=_columns(
        when("scheduled_start_date", readonly=False, required=True, write_only=True)
    ),
    reads=READS,
    each=_with_status("scheduled"),
    writes=(
        Write(
            "insert", "POST", "/messages/{message_id}/schedule", repeatable=True,
            columns=("message_id", "scheduled_start_date"),
        ),
        Write("delete", "DELETE", "/messages/{message_id}/schedule", repeatable=True),
    ),
    touches=("messages", "message_sendings"),
    example="SELECT message_id FROM message_schedules@an",
)  # fmt: skip

wrappers = Table(
    "wrappers",
    doc="What stands around the body of messages. Read only.",
    key=("id",),
    columns=(
        *identity(),
        text("name", readonly=True),
        text("header", readonly=True),
        text("footer", readonly=True),
        text("wrapper_type", readonly=True),
        flag("is_default", "default", readonly=True, aliases=("default",)),
        text("suffix", "action_network:suffix", readonly=True),
        text("administrative_url", readonly=True),
        *made_and_changed(),
    ),
    reads=(
        Read("/wrappers", "_embedded.osdi:wrappers", COUNTED),
        Read("/wrappers/{id}", "", by="id"),
    ),
    example="SELECT id, name FROM wrappers@an",
)

TABLES = (messages, message_sendings, message_schedules, wrappers)
