"""The bulk importer: many contacts in one call, done by the API in its own time.

Source: ActiveCampaign API v3 reference, "Bulk import"; read 2026-11-21. What became of a contact
it does not say: it lists the ids of new contacts only, in an order of its own, and skips excluded
addresses without a word. So each row is read back.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlcrm.sdk import BatchRefused, Flow, Outcome, Request, Response, Row, dig
from sqlcrm_activecampaign.replies import reason

PATH = "/import/bulk_import"

CONTACTS = 250
"""Contacts a call, at most."""

LEAST = 10
"""Below this the reference asks for single calls instead."""

BYTES = 399_999
"""Bytes a call, at most."""

POLLS = (2.0, 3.0, 5.0, *[10.0] * 5, *[30.0] * 18)
"""Seconds before each question whether a job is done: ten minutes in all."""

BLANK = ("", None)

LOST = "this row does not fit the bulk importer"

NAMES = {"email": "email", "firstName": "first_name", "lastName": "last_name", "phone": "phone"}
"""The importer spells these keys unlike the rest of the API."""


@dataclass(slots=True)
class Entry:
    """One contact of a call: what the importer is told, and the positions of its rows."""

    email: str
    told: dict[str, Any] = field(default_factory=dict)
    rows: list[int] = field(default_factory=list)

    @property
    def body(self) -> dict[str, Any]:
        """What the call says of this contact."""
        return {"email": self.email, **self.told}

    def add(self, at: int, told: Row) -> None:
        """Add what one more row says of this contact."""
        self.rows.append(at)
        for name, value in told.items():
            if isinstance(value, list):
                self.told.setdefault(name, []).extend(value)
            else:
                self.told[name] = value


Tell = Callable[[Row], dict[str, Any] | None]
"""What a row has the importer told of its contact; None where that cannot be put to it."""


def new_contact(row: Row) -> dict[str, Any] | None:
    """Tell of a contact that does not exist yet: what is blank is what it would be anyway."""
    told = {name: value for name, value in row.items() if value not in BLANK}
    fields = [each for each in told.pop("fieldValues", ()) if each["value"] not in BLANK]
    return _contact({**told, "fieldValues": fields} if fields else told)


def changed_contact(row: Row) -> dict[str, Any] | None:
    """Tell what changes in a contact. The reference is silent about what a blank would do."""
    values = [*row.values(), *(each["value"] for each in row.get("fieldValues", ()))]
    return None if any(value in BLANK for value in values) else _contact(row)


def _contact(row: Row) -> dict[str, Any] | None:
    if not row.keys() <= {*NAMES, "fieldValues"}:
        return None
    told = {key: row[name] for name, key in NAMES.items() if name in row and name != "email"}
    if "fieldValues" in row:
        told["fields"] = [_field(each["field"], each["value"]) for each in row["fieldValues"]]
    return told


def _field(number: Any, value: Any) -> dict[str, Any]:
    return {"id": int(number), "value": value}


def tag(row: Row) -> dict[str, Any] | None:
    """Tell of a tag, by its name: one that is not there would be made, as a tag of contacts.

    So what the importer might read as another name is not put to it: nothing says whether it
    trims names, or parts them at commas as the API's first version did.
    """
    name = str(row.get("tag_name") or "")
    if row.get("tag_type") != "contact" or not name or name != name.strip() or "," in name:
        return None
    return {"tags": [name]}


def field_value(row: Row) -> dict[str, Any] | None:
    """Tell of the value of one custom field."""
    blank = row.get("value") in BLANK
    return None if blank else {"fields": [_field(row["field"], row["value"])]}


def subscription(row: Row) -> dict[str, Any] | None:
    """Tell of a subscription, or of its end. One meant against an opt-out is not for the importer.

    It subscribes nobody who has unsubscribed, and takes no `sourceid`.
    """
    verb = {1: "subscribe", 2: "unsubscribe"}.get(row.get("status", 0))
    return {verb: [{"listid": int(row["list"])}]} if verb and "sourceid" not in row else None


def new_contacts(rows: Sequence[Row]) -> Flow[Sequence[Outcome]]:
    """Create contacts that were just found absent."""
    return (yield from _import(rows, new_contact, new=True))


def changed_contacts(rows: Sequence[Row]) -> Flow[Sequence[Outcome]]:
    """Change contacts, by the address that they keep."""
    return (yield from _import(rows, changed_contact))


def tags(rows: Sequence[Row]) -> Flow[Sequence[Outcome]]:
    """Apply tags; those of one contact go together."""
    return (yield from _import(rows, tag))


def field_values(rows: Sequence[Row]) -> Flow[Sequence[Outcome]]:
    """Set values of custom fields; those of one contact go together."""
    return (yield from _import(rows, field_value))


def subscriptions(rows: Sequence[Row]) -> Flow[Sequence[Outcome]]:
    """Subscribe who was on a list never before, and unsubscribe whomever."""
    return (yield from _import(rows, subscription))


def finish(batch: str) -> Flow[str]:
    """Wait until a job is done; return "done", or why it is not."""
    state = ""
    for wait in POLLS:
        info = yield Request("GET", "/import/info", query=(("batchId", batch),), after=wait)
        state = str(dig(info.body, "status") or "").casefold()
        if state == "completed":
            return "done"
        if info.status >= 300 or state in {"failed", "interrupted"}:
            break
    return f"bulk import {batch} is {state or 'not known'}"


def _import(rows: Sequence[Row], tell: Tell, *, new: bool = False) -> Flow[Sequence[Outcome]]:
    """Send one batch, in as few calls as its size allows.

    new: the contacts are. Raises: BatchRefused, while nothing of the batch is accepted.
    """
    outcomes: dict[int, Outcome] = {}
    for part in parts(entries(rows, tell)):
        outcomes |= yield from _sent(part, new=new, first=not outcomes)
    return [outcomes.get(at, Outcome("again", LOST)) for at in range(len(rows))]


def _sent(part: list[Entry], *, new: bool, first: bool) -> Flow[dict[int, Outcome]]:
    """Send one call, and once more without those for whom the API refuses it.

    A contact that exists, with an address that the importer does not like, may still be written by
    its id: its rows are tried alone.
    """
    reply = yield _order(part)
    culprits = _culprits(reply, part)
    alone = {} if new else {at: Outcome("again", why) for at, why in culprits.items()}
    if alone:
        part = [entry for entry in part if not alone.keys() & set(entry.rows)]
        if not part:
            return alone
        reply = yield _order(part)
    rows = [at for entry in part for at in entry.rows]
    if reply.status < 300:
        return alone | dict.fromkeys(rows, _accepted(reply))
    if first and (len(part) > 1 or (new and culprits)):
        raise BatchRefused(reason(reply), culprits if new else None)
    return alone | dict.fromkeys(rows, Outcome("again", reason(reply)))


def _order(part: Sequence[Entry]) -> Request:
    """Return the call that imports these; doing it twice changes nothing."""
    body = {"contacts": [entry.body for entry in part]}
    return Request("POST", PATH, body=body, repeatable=True)


def entries(rows: Sequence[Row], tell: Tell) -> list[Entry]:
    """Return what is told of each contact, without the rows that cannot be put to the importer."""
    found: dict[str, Entry] = {}
    for at, row in enumerate(rows):
        email, told = str(row.get("email") or ""), tell(row)
        if email and told is not None:
            found.setdefault(email.casefold(), Entry(email)).add(at, told)
    return list(found.values())


def parts(found: Sequence[Entry]) -> Iterator[list[Entry]]:
    """Cut entries into calls that are neither too long nor too large."""
    part: list[Entry] = []
    size = around = len('{"contacts": []}')
    for entry in found:
        more = len(json.dumps(entry.body)) + len(", ")
        if part and (len(part) == CONTACTS or size + more > BYTES):
            yield part
            part, size = [], around
        part.append(entry)
        size += more
    if part:
        yield part


def _accepted(reply: Response) -> Outcome:
    """Return what became of the rows of a call that was not refused."""
    batch = dig(reply.body, "batchId")
    if not batch:
        return Outcome("unknown", "the bulk importer named no batch")
    return Outcome("accepted", ticket=str(batch))


def _culprits(reply: Response, part: Sequence[Entry]) -> dict[int, str]:
    """Return why the API refused a call, by the rows' positions: `contact` counts within the call.

    Empty where a number does not fit: then it counts otherwise than we believe.
    """
    named = dig(reply.body, "failureReasons")
    culprits: dict[int, str] = {}
    for each in named if isinstance(named, list) else ():
        place = str(each.get("contact", "")) if isinstance(each, dict) else ""
        if not place.isdecimal() or int(place) >= len(part):
            return {}
        why = str(each.get("failureReason") or "refused by the bulk importer")
        culprits |= dict.fromkeys(part[int(place)].rows, why)
    return culprits
