"""Labels, mentors and reviewers of petitions, events and groups.

What the body of a labeling looks like is not in the documentation; `{"labeling": {"name": …}}`,
`{"label": {"name": …}}` and `{"name": …}` all work here, and so do forms. The payload of `label.*`
events is not known either.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlcrm.sandbox import Call, Reply
from sqlcrm_controlshift.sandbox.lists import Handler, Routes, find
from sqlcrm_controlshift.sandbox.shapes import (
    chapter_payload,
    event_payload,
    labelings_of,
    petition_payload,
)
from sqlcrm_controlshift.sandbox.store import Store
from sqlcrm_controlshift.sandbox.wire import Row, answer, body, invalid, missing

Payload = Callable[[Store, Row], Row]
_KINDS: tuple[tuple[str, str, str, Payload], ...] = (
    ("petitions", "Petition", "petition", petition_payload),
    ("events", "Event", "event", event_payload),
    ("local_chapters", "LocalChapter", "local_chapter", chapter_payload),
)


def label_all(store: Store, kind: str, row: Row, names: list[str]) -> None:
    """Put labels on something new; unknown ones are created here, and here only."""
    for name in names:
        found = store["labels"].having("name", name)
        label = found[0] if found else store["labels"].add(_new_label(name))
        apply(store, kind, row, label)


def _new_label(name: str) -> Row:
    return {"name": name, "public": False, "crm_settings": None}


def apply(store: Store, kind: str, row: Row, label: Row) -> None:
    """Put one label on; twice is once."""
    if any(link["label_id"] == label["id"] for link in labelings_of(store, row)):
        return
    ids = {"label_id": label["id"], "labelable_id": row["id"], "labelable_type": kind}
    row["labelings"].append(store["labelings"].add(ids)["id"])
    store.hooks.emit("label.applied", label_payload(label, kind, row))


def label_payload(label: Row, kind: str, row: Row) -> Row:
    """What `label.applied` and `label.removed` tell: our guess."""
    return {"name": label["name"], "labelable_type": kind, "slug": row["slug"]}


def _label_name(sent: Row) -> object:
    for name in ("labeling", "label"):
        inner = sent.get(name)
        if isinstance(inner, dict):
            return inner.get("name")
        if inner is not None:
            return inner
    return sent.get("name")


def _routes(table: str, kind: str, word: str, payload: Payload) -> Routes:
    def add(store: Store, call: Call, keys: tuple[str, ...]) -> Reply:
        row = find(store, table, keys[0])
        found = store["labels"].having("name", _label_name(body(call)))
        if not found:
            raise invalid("name", "does not exist")
        apply(store, kind, row, found[0])
        return Reply(201)

    def remove(store: Store, _: Call, keys: tuple[str, ...]) -> Reply:
        row = find(store, table, keys[0])
        label = next(iter(store["labels"].having("name", keys[1])), None)
        link = label and next(
            (found for found in labelings_of(store, row) if found["label_id"] == label["id"]), None
        )
        if label is None or link is None:
            raise missing()
        store["labelings"].remove(link["id"])
        row["labelings"].remove(link["id"])
        store.hooks.emit("label.removed", label_payload(label, kind, row))
        return Reply(200)

    def mentor(store: Store, call: Call, keys: tuple[str, ...]) -> Reply:
        row = find(store, table, keys[0])
        value = body(call).get("mentor")
        if value is not None and not (isinstance(value, dict) and value.get("email")):
            raise invalid("mentor", "needs an email")
        row["mentor"] = value and {"email": value["email"]}
        store[table].touch(row)
        done = "mentor_assigned" if value else "mentor_removed"
        store.hooks.emit(f"{word}.{done}", payload(store, row))
        return answer({"status": "success", "data": {"mentor": row["mentor"]}})

    return {
        f"POST {table}/*/labelings": add,
        f"DELETE {table}/*/labelings/*": remove,
        f"PUT {table}/*/mentor": mentor,
    }


def _reviewer(table: str) -> Handler:
    def reviewer(store: Store, call: Call, keys: tuple[str, ...]) -> Reply:
        row = find(store, table, keys[0])
        value = body(call).get("reviewer")
        needs = {"User": "email", "Team": "slug"}
        if value is not None:
            name = needs.get(str(value.get("type"))) if isinstance(value, dict) else None
            if name is None or not value.get(name):
                raise invalid("reviewer", "is a User with an email or a Team with a slug")
        row["reviewer"] = value
        store[table].touch(row)
        return answer({"status": "success", "data": {"reviewer": value}})

    return reviewer


ROUTES: Routes = {}
for _kind in _KINDS:
    ROUTES.update(_routes(*_kind))
for _table in ("petitions", "events"):
    ROUTES[f"PUT {_table}/*/reviewer"] = _reviewer(_table)
