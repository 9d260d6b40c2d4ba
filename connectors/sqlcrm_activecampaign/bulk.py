"""The bulk importer: many contacts in one call, done by the API in its own time.

Source: ActiveCampaign API v3 reference, "Bulk import"; read 2026-11-21.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from sqlcrm.sdk import Flow, Outcome, Request, Response, Row, ShapeChanged, dig, rows_at
from sqlcrm_activecampaign.replies import reason
from sqlcrm_activecampaign.wire import CONTACTS

ROWS = 250
"""Contacts a call, at most."""

BYTES = 399_999
"""Bytes a call, at most."""

POLL = 5.0
"""Seconds between questions whether a batch is done."""

POLLS = 120
"""Questions before a batch is given up as unknown: ten minutes."""

NAMES = {"email": "email", "firstName": "first_name", "lastName": "last_name", "phone": "phone"}
"""The importer spells these keys unlike the rest of the API."""


def bulk_import(rows: Sequence[Row]) -> Flow[Sequence[Outcome]]:
    """Create contacts that were just found absent, in as few calls as fit.

    The importer names the ids of contacts it created and the addresses it refused; what it updated
    or skipped (an excluded address) it does not mention: those are looked up, one by one.
    """
    outcomes: dict[int, Outcome] = {}
    for part in parts(rows):
        outcomes |= yield from _import(rows, part)
    return [outcomes[position] for position in range(len(rows))]


def parts(rows: Sequence[Row]) -> Iterator[list[int]]:
    """Cut positions of rows into calls that are neither too long nor too large."""
    part: list[int] = []
    size = 0
    for position, row in enumerate(rows):
        more = len(json.dumps(entry(row))) + 2
        if part and (len(part) == ROWS or size + more > BYTES - 100):
            yield part
            part, size = [], 0
        part.append(position)
        size += more
    if part:
        yield part


def entry(row: Row) -> dict[str, Any]:
    """Put a contact, in the names of the other endpoints, into the importer's own."""
    made: dict[str, Any] = {}
    for name, value in row.items():
        if name == "fieldValues":
            made["fields"] = [{"id": each["field"], "value": each["value"]} for each in value]
        elif name in NAMES:
            made[NAMES[name]] = value
        else:
            raise ShapeChanged(f"the bulk importer has no {name!r}")
    return made


def _import(rows: Sequence[Row], part: list[int]) -> Flow[dict[int, Outcome]]:
    """Send one part; while the API refuses it for some of its rows, send it without them."""
    outcomes: dict[int, Outcome] = {}
    left = part
    while left:
        reply = yield _order(rows, left)
        culprits = _culprits(reply, left)
        if not culprits:
            return outcomes | (yield from _accepted(rows, left, reply))
        outcomes |= {at: Outcome("rejected", why) for at, why in culprits.items()}
        left = [at for at in left if at not in culprits]
    return outcomes


def _accepted(rows: Sequence[Row], part: list[int], reply: Response) -> Flow[dict[int, Outcome]]:
    """Tell what became of a part that was not refused for single rows."""
    batch = dig(reply.body, "batchId")
    if reply.status >= 300:
        return dict.fromkeys(part, Outcome("rejected", reason(reply)))
    if not batch:
        return dict.fromkeys(part, Outcome("unknown", "the bulk importer named no batch"))
    return (yield from _follow(rows, part, str(batch)))


def _order(rows: Sequence[Row], part: list[int]) -> Request:
    """Return the call that imports the rows at these positions; doing it twice changes nothing."""
    body = {"contacts": [entry(rows[at]) for at in part]}
    return Request("POST", "/import/bulk_import", body=body, repeatable=True)


def _culprits(reply: Response, part: list[int]) -> dict[int, str]:
    """Return the rows for which the API refused a whole call: `contact` counts within the call."""
    if reply.status != 400:
        return {}
    named = dig(reply.body, "failureReasons")
    return {
        part[int(each["contact"])]: str(each.get("failureReason") or "refused")
        for each in (named if isinstance(named, list) else ())
        if isinstance(each, dict) and str(each.get("contact", "")).isdigit()
        if int(each["contact"]) < len(part)
    }


def _follow(rows: Sequence[Row], part: list[int], batch: str) -> Flow[dict[int, Outcome]]:
    """Wait until a batch is done, then tell what became of each row."""
    ask = Request("GET", "/import/info", query=(("batchId", batch),), after=POLL)
    state = ""
    for _ in range(POLLS):
        info = yield ask
        state = str(dig(info.body, "status") or "")
        if state == "completed":
            return (yield from _settle(rows, part, info.body))
        if state in {"failed", "interrupted"}:
            break
    doubt = Outcome("unknown", f"bulk import {batch} is {state or 'not known'}")
    return dict.fromkeys(part, doubt)


def _settle(rows: Sequence[Row], part: list[int], info: dict[str, Any]) -> Flow[dict[int, Outcome]]:
    """Match the ids created and the addresses refused to rows, and look up the others."""
    refused = {str(email).casefold() for email in info.get("failure") or ()}
    created: dict[str, str] = {}
    ids = [str(id_) for id_ in info.get("success") or ()]
    for first in range(0, len(ids), CONTACTS.size):
        some = tuple(("ids[]", id_) for id_ in ids[first : first + CONTACTS.size])
        reply = yield CONTACTS.first(Request("GET", "/contacts", query=some))
        for contact in rows_at(reply.body, "contacts", "/contacts"):
            created[str(contact["email"]).casefold()] = str(contact["id"])
    outcomes: dict[int, Outcome] = {}
    for at in part:
        email = str(rows[at]["email"])
        if email.casefold() in created:
            outcomes[at] = Outcome("done", id=created[email.casefold()])
        elif email.casefold() in refused:
            outcomes[at] = Outcome("rejected", "the bulk importer refused this address")
        else:
            outcomes[at] = yield from _look_up(email)
    return outcomes


def _look_up(email: str) -> Flow[Outcome]:
    """Tell what became of a contact that the importer does not mention."""
    reply = yield Request("GET", "/contacts", query=(("email", email),))
    for contact in rows_at(reply.body, "contacts", "/contacts"):
        if str(contact.get("email")).casefold() == email.casefold():
            return Outcome("done", id=str(contact["id"]))
    return Outcome("rejected", "skipped by the bulk importer: the address may be excluded")
