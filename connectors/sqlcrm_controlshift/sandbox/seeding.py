"""What the made-up people did, and in which state of consent each of them is."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlcrm_controlshift.sandbox.act_shapes import (
    attendee_json,
    chapter_member_json,
    new_act,
    signature_json,
)
from sqlcrm_controlshift.sandbox.acts import Acts
from sqlcrm_controlshift.sandbox.consent import left_at
from sqlcrm_controlshift.sandbox.furnishing import MAILABLE, UNMAILABLE, WEB, furnish
from sqlcrm_controlshift.sandbox.people import FIRST_ID, anonymous, mix
from sqlcrm_controlshift.sandbox.store import Store
from sqlcrm_controlshift.sandbox.wire import Row, encode

_DECLINED = {"declined": False, "never_asked": None}
_REASONS = ("double_opt_in", "authenticated", "facebook")
_FIELDS: tuple[Row, ...] = (
    {"volunteer": "yes", "t_shirt": "M"},
    {"comment": 'She said "no",\nand meant it; naïve = <b>bold</b>'},
    {"volunteer": "no"},
)
_SOURCES = ("", "facebook", "email", "embed", "https://example.org/?a=1&b=2")
_LEFT_ONE = {"left_petition", "left_both"}
_GONE: Row = {
    **dict.fromkeys(("email", "phone_number", "postcode", "country")),
    "first_name": "",
    "last_name": "",
    "locale": "en",
}


def fill(store: Store) -> None:
    """The whole organisation as it is at the start."""
    furnish(store)
    for acts, shape in (
        (store.signatures, signature_json),
        (store.attendees, attendee_json),
        (store.chapter_members, chapter_member_json),
    ):
        _connect(store, acts, shape)
    petitions = [row["id"] for row in store["petitions"] if row["launched"]]
    store.signatures.fill(_signers(store, petitions))
    events = [row["id"] for row in store["events"]]
    store.attendees.fill(_some(store, events, 10, "left_event"))
    chapters = [row["id"] for row in store["local_chapters"]]
    store.chapter_members.fill(_some(store, chapters, 20, ""))
    store.inserted.clear()


def _connect(store: Store, acts: Acts, shape: Callable[[Store, Row], Row]) -> None:
    acts.make = lambda key, parent, member, time: _act(store, acts, (key, parent, member), time)
    acts.render = lambda row: encode(shape(store, row))


def _pick(number: int, seed: int, among: int) -> int:
    """The place of one of so many, the first ones far more often."""
    share = (mix(number, seed) & 0xFFFF) / 0x10000
    return int(share**3 * among)


def _signers(store: Store, petitions: list[int]) -> Iterator[tuple[int, int]]:
    """Everybody signs once, in order; then a third of them, and the returned, sign another."""
    seed, count, state = store.options.seed, store.members.made, store.members.state
    for index in range(count):
        parent = petitions[_pick(index, seed, len(petitions))]
        if state(FIRST_ID + index) == "not_me":
            store["petitions"].change(parent)["disowned"] += 1
        yield parent, index
    for index in range(count):
        if index % 3 == 0 or state(FIRST_ID + index) == "resubscribed":
            first = _pick(index, seed, len(petitions))
            step = 1 + mix(index, seed + 1) % (len(petitions) - 1)
            yield petitions[(first + step) % len(petitions)], index


def _some(store: Store, parents: list[int], every: int, state: str) -> Iterator[tuple[int, int]]:
    seed = store.options.seed + every
    for index in range(store.members.made):
        if index % every == 0 or (state and store.members.state(FIRST_ID + index) == state):
            yield parents[_pick(index, seed, len(parents))], index


def _act(store: Store, acts: Acts, ids: tuple[int, int, int], time: int) -> Row:
    """One act of a made-up person, as their state has it."""
    key, parent, member = ids
    state = store.members.state(member)
    row = new_act(parent, member, store.members.get(member) or _GONE, time)
    row["id"] = key
    bits = mix(key, store.options.seed + 5)
    first = acts.made_by(member)[0] == key
    row["new_member"] = first
    row["moment"] = (time, 0)
    row["join_organisation"] = _DECLINED.get(state, True)
    row["opt_in_type"] = MAILABLE[bits % len(MAILABLE)]
    if state in _DECLINED:
        row["opt_in_type"] = WEB if state == "declined" else None
    elif state == "unmailable":
        row["opt_in_type"] = UNMAILABLE
    if state not in {"pending", "never_asked"}:
        row["confirmed_at"] = row["updated_at"] = time + 120
        row["confirmed_reason"] = _REASONS[(bits >> 4) % 3]
    _decorate(store, row, bits >> 8)
    if first:
        _say_no(store, acts, row, state)
    return anonymous(row) if state == "anonymous" else row


def _decorate(store: Store, row: Row, bits: int) -> None:
    row["source"] = _SOURCES[bits % 5]
    if bits >> 3 & 3 == 0:
        row["additional_fields"] = _FIELDS[(bits >> 5) % 3]
    if bits >> 8 & 7 == 0:
        row["utm"] = {"source": "newsletter", "campaign": "spring, 2025", "medium": "email"}
    if bits >> 11 & 15 == 0:
        row["opt_in_sms"] = bool(bits >> 15 & 1)
    if bits >> 16 & 7 == 0:
        row["first_name"] = row["first_name"].lower()  # as people type
    if bits >> 20 & 15 == 0:
        partner = next(iter(store["partnerships"]))["id"]
        row["partnership_opt_ins"] = {partner: bool(bits >> 24 & 1)}
    if bits >> 25 & 31 == 0:
        row["message_to_target"] = "Dear minister,\nplease."
    row["from_embed"] = bits >> 30 & 7 == 0


def _say_no(store: Store, acts: Acts, row: Row, state: str) -> None:
    """The ways to say no that a row itself shows."""
    signed = acts is store.signatures
    if (signed and state in _LEFT_ONE) or (acts is store.attendees and state == "left_event"):
        row["unsubscribe_at"] = row["updated_at"] = left_at(store, row["member"])
    if signed and state == "not_me":
        row["deleted_at"] = row["updated_at"] = row["created_at"] + 900
    if state == "left_partner":
        row["partnership_opt_ins"] = {next(iter(store["partnerships"]))["id"]: False}
