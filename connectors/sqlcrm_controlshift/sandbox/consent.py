"""Who may be mailed: opt-ins, confirmations and unsubscribes, as the product's rules have it.

Rows of unsubscribes never change and are never taken back: a new opt-in that is later than the
latest unsubscribe from the whole organisation makes a person mailable again.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlcrm_controlshift.sandbox.acts import Acts
from sqlcrm_controlshift.sandbox.people import FIRST_ID
from sqlcrm_controlshift.sandbox.store import Store
from sqlcrm_controlshift.sandbox.wire import Row, iso

# state of a made-up member: (kind, also from this one thing, also from the organisation)
_LEFT = {
    "left": ("Organisation", False, True),
    "resubscribed": ("Organisation", False, True),
    "left_petition": ("Signature", True, False),
    "left_both": ("Signature", True, True),
    "left_event": ("Attendee", True, False),
    "left_partner": ("PartnershipSubscription", True, False),
    "bounced": ("Organisation", False, True),
    "external": ("Organisation", False, True),
}


def kinds(store: Store) -> tuple[Acts, Acts, Acts]:
    """What people may have done."""
    return store.signatures, store.attendees, store.chapter_members


def base_unsubscribe(store: Store, number: int) -> Row | None:
    """The unsubscribe that a made-up member has from the start, if any; ids follow the members'."""
    key = FIRST_ID + number
    state = store.members.state(key)
    person = store.members.get(key)
    if state not in _LEFT or person is None:
        return None
    kind, thing, organisation = _LEFT[state]
    at = left_at(store, key)
    acts = store.attendees if kind == "Attendee" else store.signatures
    unsubscribable = {"Organisation": None, "PartnershipSubscription": number + 1}
    return {
        "id": number + 1,
        "member": key,
        "email": person["email"],
        "unsubscribe_object": thing,
        "unsubscribe_organisation": organisation,
        "unsubscribable_id": unsubscribable.get(kind, next(iter(acts.made_by(key)), None)),
        "unsubscribable_type": kind,
        "created_at": at,
        "externally_unsubscribed_at": at if state == "external" else None,
        "bounce_id": number + 1 if state == "bounced" else None,
        "blast_email_id": number % 9 + 1 if state == "left" and number % 2 else None,
        "source": "crm" if state == "external" else "email_link",
        "moment": (at, 0),
    }


def left_at(store: Store, key: int) -> int:
    """When a made-up member said no: after the last act, or before it where that took it back."""
    if store.members.state(key) == "resubscribed":
        return store.signatures.time(store.signatures.made_by(key)[0]) + 600
    return 3600 + max(acts.time(act) for acts in kinds(store) for act in acts.made_by(key))


def unsubscribes(store: Store) -> Iterator[Row]:
    """All of them, oldest ids first."""
    for number in range(store.members.made):
        row = base_unsubscribe(store, number)
        if row is not None:
            yield row
    yield from store.unsubscribes


def leave(
    store: Store, member: int, kind: str, key: int | None, flags: tuple[bool, bool], source: str
) -> Row:
    """Somebody unsubscribes; `flags`: from this one thing, from the whole organisation."""
    person = store.members.get(member) or {"email": None}
    row = {
        "id": store.members.made + len(store.unsubscribes) + 1,
        "member": member,
        "email": person["email"],
        "unsubscribe_object": flags[0],
        "unsubscribe_organisation": flags[1],
        "unsubscribable_id": key,
        "unsubscribable_type": kind,
        "created_at": store.now(),
        "externally_unsubscribed_at": None,
        "bounce_id": None,
        "blast_email_id": None,
        "source": source,
        "moment": store.moment(),
    }
    store.unsubscribes.append(row)
    store.note("unsubscribes", row["id"])
    store.hooks.emit("unsubscribe.created", unsubscribe_json(row))
    return row


def unsubscribe_json(row: Row) -> Row:
    """As webhooks tell it; one from the whole organisation has no type there (C9)."""
    kind = row["unsubscribable_type"]
    shown = {name: row[name] for name in ("id", "email", "unsubscribe_organisation")}
    shown["unsubscribable_type"] = None if kind == "Organisation" else kind
    return {**shown, "created_at": iso(row["created_at"])}


def mailable(store: Store, member: int) -> bool:
    """Whether the latest opt-in is later than the latest unsubscribe from the organisation."""
    opted = [
        act["moment"]
        for acts in kinds(store)
        for key in acts.of_member(member)
        if counts(store, act := acts.row(key))
    ]
    first = base_unsubscribe(store, member - FIRST_ID) if store.members.state(member) else None
    rows = [*([first] if first else []), *_newer(store, member)]
    left = [row["moment"] for row in rows if row["unsubscribe_organisation"]]
    return bool(opted) and max(opted) > max(left, default=(0, 0))


def _newer(store: Store, member: int) -> list[Row]:
    return [row for row in store.unsubscribes if row["member"] == member]


def counts(store: Store, act: Row) -> bool:
    """Whether an act is an opt-in that holds."""
    kind = store["email_opt_in_types"].get(act["opt_in_type"] or 0)
    confirmed = act["confirmed_at"] is not None or not store.switches.double_opt_in
    return bool(
        act["join_organisation"]
        and act["email"]
        and act["deleted_at"] is None
        and kind
        and kind["mailable"]
        and confirmed
    )
