"""The rows of the bulk tables: values by column name, as Python values."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator

from sqlcrm_controlshift.sandbox.act_shapes import token
from sqlcrm_controlshift.sandbox.acts import Acts
from sqlcrm_controlshift.sandbox.consent import unsubscribes
from sqlcrm_controlshift.sandbox.people import START
from sqlcrm_controlshift.sandbox.store import HIDDEN, Store
from sqlcrm_controlshift.sandbox.wire import Row

Ids = list[int] | None
_AGENT = {"user_ip": "203.0.113.7", "user_agent": "Mozilla/5.0"}


def hstore(value: Row) -> str | None:
    """A map as PostgreSQL writes it; nothing for an empty one."""
    return ", ".join(f"{_quote(name)}=>{_quote(text)}" for name, text in value.items()) or None


def _quote(value: object) -> str:
    if value is None:
        return "NULL"
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def _act(store: Store, row: Row) -> Row:
    opted = {str(key): value for key, value in row["partnership_opt_ins"].items()}
    return {
        **row,
        **_AGENT,
        "member_id": row["member"],
        "additional_fields": hstore(row["additional_fields"]),
        "cached_organisation_slug": store.slug,
        "consent_content_version_id": row["consent_content_version"],
        "email_opt_in_type_id": row["opt_in_type"],
        "utm_params": hstore(row["utm"]),
        "referring_share_click_id": row["share_click"],
        "join_list_suppressed": False,
        "from_one_click": False,
        "partnership_opt_ins": json.dumps(opted) if opted else None,
        "confirmation_token": token(row["id"]),
        "token": token(row["id"]),
        "confirmation_sent_at": row["created_at"],
    }


def _signature(store: Store, row: Row) -> Row:
    return {**_act(store, row), "petition_id": row["parent"]}


def _attendee(store: Store, row: Row) -> Row:
    return {**_act(store, row), "event_id": row["parent"]}


def _chapter_member(store: Store, row: Row) -> Row:
    return {**_act(store, row), "local_chapter_id": row["parent"]}


def _member(store: Store, row: Row) -> Row:
    external = row["external_id"]
    ids = hstore({"crm": external}) if external else None
    return {
        **row,
        "organisation_id": store.organisation_id,
        "forum_premoderation_required": False,
        "external_ids": ids,
    }


def _petition(store: Store, row: Row) -> Row:
    image = row["image"] or {}
    return {
        **row,
        **_AGENT,
        "organisation_id": store.organisation_id,
        "hidden": row["admin_status"] in HIDDEN,
        "locked_fields": ",".join(sorted(row["locked"])) or None,
        "image_description": image.get("description"),
        "reviewer_type": row["reviewer"] and row["reviewer"]["type"],
        "content_updated_at": row["updated_at"],
    }


def _plain(store: Store, row: Row) -> Row:
    """A row whose columns are what it holds."""
    shown = {**row, "organisation_id": store.organisation_id}
    for name in ("locales", "external_ids"):
        if isinstance(row.get(name), dict):
            shown[name] = hstore(row[name])
    if row.get("external_id"):
        shown["external_ids"] = hstore({"id": row["external_id"]})
    return shown


def _unsubscribe(store: Store, row: Row) -> Row:
    shown = {**row, "member_id": row["member"], "organisation_id": store.organisation_id}
    return {**shown, "updated_at": row["created_at"]}


def _acts(acts: Acts, ids: Ids) -> Iterator[Row]:
    found = (acts.get(key) for key in (acts.ids() if ids is None else ids))
    return (row for row in found if row)


def _members(store: Store, ids: Ids) -> Iterator[Row]:
    found = (store.members.get(key) for key in (store.members.ids() if ids is None else ids))
    return (row for row in found if row)


def _unsubscribed(store: Store, ids: Ids) -> Iterable[Row]:
    if ids is None:
        return unsubscribes(store)
    wanted = set(ids)
    return (row for row in store.unsubscribes if row["id"] in wanted)


def _table(store: Store, name: str, ids: Ids) -> Iterator[Row]:
    found = iter(store[name]) if ids is None else (store[name].get(key) for key in ids)
    return (row for row in found if row)


def _categorized(store: Store, ids: Ids) -> Iterator[Row]:
    for petition in _table(store, "petitions", ids):
        for place, key in enumerate(petition["category_ids"]):
            times = dict.fromkeys(("created_at", "updated_at"), petition["created_at"])
            number = petition["id"] * 20 + place
            yield {"id": number, "category_id": key, "petition_id": petition["id"], **times}


_SHAPES: dict[str, Callable[[Store, Row], Row]] = {
    "signatures": _signature,
    "attendees": _attendee,
    "local_chapter_members": _chapter_member,
    "members": _member,
    "petitions": _petition,
    "unsubscribes": _unsubscribe,
}


def rows(store: Store, table: str, ids: Ids = None) -> Iterator[Row]:
    """All rows of a table, or those with these ids."""
    shape = _SHAPES.get(table, _plain)
    return (shape(store, row) for row in _source(store, table, ids))


def _source(store: Store, table: str, ids: Ids) -> Iterable[Row]:
    acts = {
        "signatures": store.signatures,
        "attendees": store.attendees,
        "local_chapter_members": store.chapter_members,
    }
    if table in acts:
        return _acts(acts[table], ids)
    if table == "members":
        return _members(store, ids)
    if table == "unsubscribes":
        return _unsubscribed(store, ids)
    if table == "categorized_petitions":
        return _categorized(store, ids)
    if table in store.tables:
        return _table(store, table, ids)
    if ids is not None:
        return ()
    return ({"id": key, "created_at": START, "updated_at": START} for key in (1, 2))
