"""The bulk importer: its own limits, its own errors, done later. Source: the fact sheet, §6."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from sqlcrm.sandbox import Call, Reply
from sqlcrm.sandbox.limits import Limiter
from sqlcrm_activecampaign.sandbox.accounts import ACCOUNTS
from sqlcrm_activecampaign.sandbox.contact_writes import apply, is_email
from sqlcrm_activecampaign.sandbox.lists import SUBSCRIBED, UNSUBSCRIBED, subscribe
from sqlcrm_activecampaign.sandbox.people import Person
from sqlcrm_activecampaign.sandbox.resources import Routes, create
from sqlcrm_activecampaign.sandbox.rows import pairs
from sqlcrm_activecampaign.sandbox.store import Store
from sqlcrm_activecampaign.sandbox.tags import TAGS, named
from sqlcrm_activecampaign.sandbox.wire import Query, Refused, Row, answer, loads, number, objects

MOST_CONTACTS = 250  # in one request (docs: Bulk import)
MOST_BYTES = 399_999  # of one request (docs: Bulk import)
PER_MINUTE_SINGLE = 20  # requests with exactly one contact (docs: Bulk import)
PER_MINUTE = 100  # requests with more (docs: Bulk import)
SECONDS = 2.0  # after which a batch is done even if nobody asks; our own number
_STEPS = ("waiting", "active", "completed")  # what one poll after the other is told
_ATTRIBUTES = {"first_name": "firstName", "last_name": "lastName", "phone": "phone"}
_BULK_SOURCE = 4  # the source of a subscription by the importer; our own guess


@dataclass(slots=True)
class _Batch:
    """One accepted request."""

    key: str
    contacts: list[Row]
    due: float
    day: str
    step: int = 0
    success: list[str] = field(default_factory=list)
    failure: list[str] = field(default_factory=list)


class Importer:
    """Queues batches and carries them out when they are polled, or after a moment."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._batches: dict[str, _Batch] = {}
        self._waiting: dict[str, _Batch] = {}
        limited = store.options.limits == "real"
        clock = store.clock
        self._single = Limiter(PER_MINUTE_SINGLE, 60.0, clock) if limited else None
        self._multi = Limiter(PER_MINUTE, 60.0, clock) if limited else None

    def routes(self) -> Routes:
        """The routes of the importer."""
        return {
            "POST import/bulk_import": self._post,
            "GET import/bulk_import": self._overview,
            "GET import/info": self._info,
        }

    def settle(self) -> None:
        """Carry out what has waited long enough."""
        now = self._store.clock.monotonic() if self._waiting else 0.0
        for batch in [batch for batch in self._waiting.values() if batch.due <= now]:
            self._finish(batch)

    def _post(self, store: Store, call: Call, _: tuple[str, ...]) -> Reply:
        contacts: Any = loads(call.body).get("contacts")
        reasons = _mistakes(contacts, len(call.body))
        if reasons:
            message = "JSON payload did not pass validation. No contacts were imported."
            raise _refusal(message, reasons)
        self._limit(len(contacts))
        key = str(uuid.uuid4())
        day = store.clock.now().date().isoformat()
        batch = _Batch(key, contacts, store.clock.monotonic() + SECONDS, day)
        self._batches[key] = self._waiting[key] = batch
        return answer(
            {
                "success": 1,
                "queued_contacts": len(contacts),
                "batchId": key,
                "message": "Contact import queued",
            }
        )

    def _limit(self, contacts: int) -> None:
        limiter = self._single if contacts == 1 else self._multi
        if limiter is not None and not limiter.take():
            reason = f"Up to {limiter.calls} imports may be requested per minute."
            raise _refusal("Rate limit exceeded.", [reason])  # with a 400, not a 429

    def _overview(self, _store: Store, _call: Call, _keys: tuple[str, ...]) -> Reply:
        return answer(
            {"outstanding": self._days(done=False), "recentlyCompleted": self._days(done=True)}
        )

    def _days(self, *, done: bool) -> list[Row]:
        days: dict[str, tuple[int, int]] = {}
        for batch in self._batches.values():
            if (_STEPS[batch.step] == "completed") is done:
                batches, contacts = days.get(batch.day, (0, 0))
                days[batch.day] = (batches + 1, contacts + len(batch.contacts))
        return [
            {"forDate": day, "batches": str(batches), "contacts": str(contacts)}
            for day, (batches, contacts) in days.items()
        ]

    def _info(self, _store: Store, call: Call, _keys: tuple[str, ...]) -> Reply:
        """Each poll finds the batch one step further."""
        wanted = Query(call.query).get("batchId")
        if not wanted:
            raise Refused(400, {"success": 0, "message": "'batchId' is a required field."})
        batch = self._batches.get(wanted)
        if batch is None:
            raise Refused(400, {"success": 0, "message": "The batchId is not known."})
        status = _STEPS[batch.step]
        if status == "completed":
            return answer({"status": status, "success": batch.success, "failure": batch.failure})
        if batch.step + 1 == len(_STEPS) - 1:
            self._finish(batch)
        else:
            batch.step += 1
        return answer({"status": status})

    def _finish(self, batch: _Batch) -> None:
        batch.step = len(_STEPS) - 1
        del self._waiting[batch.key]
        for contact in batch.contacts:
            self._import(contact, batch)

    def _import(self, sent: Row, batch: _Batch) -> None:
        """One contact: insert or update, add tags by name, set fields and lists."""
        store, email = self._store, str(sent["email"]).strip()
        if "@@" in email or not is_email(email):
            batch.failure.append(email)
            return
        key = store.people.by_email.get(email.lower(), 0)
        if not key:
            key = store.people.add(Person(email, "", "", "", store.now(), store.now()))
            batch.success.append(str(key))  # ids of new contacts only
        apply(store, key, {_ATTRIBUTES[n]: sent[n] for n in _ATTRIBUTES if n in sent})
        if company := str(sent.get("customer_acct_name") or ""):
            _employ(store, key, company)
        names = sent.get("tags")
        for name in map(str, names if isinstance(names, list) else ()):
            if name:
                tag = named(store, name) or create(TAGS, store, {"tag": name})[0]
                store.tag_contact(key, tag)
        for value in objects(sent.get("fields")):
            if number(value.get("id")) in store.table("fields"):
                store.set_field(key, number(value["id"]), str(value.get("value") or ""))
        _lists(store, key, sent)


def _lists(store: Store, key: int, sent: Row) -> None:
    """Subscribe and unsubscribe; who unsubscribed once is not subscribed again."""
    lists, links = store.table("lists"), store.contact_lists
    for name, status in (("subscribe", SUBSCRIBED), ("unsubscribe", UNSUBSCRIBED)):
        for entry in objects(sent.get(name)):
            list_ = number(entry.get("listid"))
            found = pairs(links, key, "list", list_)
            opted_out = found and links.at(found, "status") == UNSUBSCRIBED
            if list_ in lists and not (opted_out and status == SUBSCRIBED):
                subscribe(store, key, list_, status, _BULK_SOURCE)


def _employ(store: Store, contact: int, company: str) -> None:
    """Tie a contact to an account by its name, made when it is new; one account a contact."""
    accounts = store.table("accounts")
    wanted = company.casefold()
    found = next(
        (key for key in accounts.ids() if accounts.value(key, "name").casefold() == wanted), 0
    )
    if not found:
        found, _ = create(ACCOUNTS, store, {"name": company})
    if not store.account_contacts.having("contact", contact):
        now = store.now()
        store.account_contacts.add(contact, found, now, now, "")
        store.people.touch(contact)


def _mistakes(contacts: Any, size: int) -> list[object]:
    """Why a whole request is refused; the index of the contact counts from 0."""
    if size > MOST_BYTES:
        return [f"The request is larger than {MOST_BYTES} bytes."]
    if not isinstance(contacts, list) or not contacts:
        return ["'contacts' is a required field."]
    if len(contacts) > MOST_CONTACTS:
        return [f"Up to {MOST_CONTACTS} contacts may be imported at a time."]
    reasons: list[object] = []
    for index, contact in enumerate(contacts):
        email = contact.get("email") if isinstance(contact, dict) else None
        if not isinstance(email, str) or not email:
            reasons.append({"contact": index, "failureReason": "'email' is a required field"})
        elif "@" not in email or " " in email.strip():
            reason = "Field 'email' incorrect format"
            reasons.append({"contact": index, "failureReason": reason})
    return reasons


def _refusal(message: str, reasons: list[object] | list[str]) -> Refused:
    return Refused(400, {"success": 0, "message": message, "failureReasons": list(reasons)})
