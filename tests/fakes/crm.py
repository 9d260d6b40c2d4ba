"""A small CRM without a network: rows in memory, a connector that declares it, a door to it.

Its filters are as untidy as real ones: they ignore case, find parts where a whole was asked for,
round to days and let rows without a value through. All of them keep the promise of a superset.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from sqlcrm.sdk import (
    Bearer,
    Column,
    Connector,
    Cursor,
    Filter,
    Flow,
    IdCursor,
    Identity,
    NextLink,
    Offset,
    PageNumber,
    Param,
    RateLimit,
    Read,
    Request,
    Response,
    Setting,
    Sideload,
    Table,
    Type,
    Verdict,
    every_page,
)

ZONE = "America/Chicago"
LISTED = Offset(3, "meta.total")
UNCOUNTED = Offset(5)
PEOPLE = IdCursor(4, at="people", total_at="meta.total", after_id="id_above", order=("sort", "id"))
VALUES = Sideload("values", ask=("include", "values"), parent="person")

Body = dict[str, Any]


def custom_fields() -> Flow[Sequence[Column]]:
    """Read the account's own fields of people."""
    found = yield from every_page(Request("GET", "/fields"), "fields", LISTED)
    return [Column(f["name"], at=str(f["id"]), sideload=VALUES) for f in found]


def who() -> Flow[Identity]:
    """Say who the key belongs to."""
    reply = yield Request("GET", "/me")
    return Identity(account=str(reply.body["account"]))


def _number(name: str, **more: Any) -> Column:
    return Column(name, Type.INTEGER, **more)


people = Table(
    "people",
    doc="People.",
    key=("id",),
    natural_key=("email",),
    columns=(
        _number("id", readonly=True),
        Column("email", nocase=True),
        Column("name", at="fullName"),
        Column("city", nulls=()),
        Column("score", Type.FLOAT),
        Column("active", Type.BOOLEAN),
        Column("born", Type.DATE),
        Column("seen_at", Type.TIMESTAMP, at="seen"),
        _number("group_id", at="links.group", aliases=("team",)),
    ),
    more_columns=custom_fields,
    reads=(
        Read(
            "/people",
            "people",
            PEOPLE,
            filters=(
                Filter("email", "=", "email"),
                Filter("email", "contains", "email_like"),
                Filter("email", "prefix", "email_like"),
                Filter("name", "=", "name"),
                Filter("name", "prefix", "name_starts"),
                Filter("name", "contains", "name_has"),
                Filter("id", ">", "id_above"),
                Filter("id", ">=", "id_from"),
                Filter("id", "<=", "id_to"),
                Filter("group_id", "=", "group"),
                Filter("active", "=", "active"),
                Filter("score", ">=", "score_from"),
                Filter("born", "=", "born"),
                Filter("born", "<=", "born_to"),
                Filter("seen_at", ">=", "seen_after", slack=-1),
                Filter("seen_at", ">", "seen_after", slack=-1),
                Filter("seen_at", "<=", "seen_before", slack=1),
                Filter("seen_at", "<", "seen_before", slack=1),
            ),
            params=(Param("segment", "segment", Type.INTEGER),),
        ),
        Read("/people", "people", PEOPLE, by="id", param="ids[]", batch=3),
        Read("/people", "people", PEOPLE, by="email", param="email"),
    ),
)

groups = Table(
    "groups",
    doc="Groups.",
    key=("id",),
    columns=(_number("id"), Column("title"), _number("size"), _number("leader_id")),
    reads=(
        Read("/groups", "groups", LISTED, filters=(Filter("title", "=", "title"),)),
        Read("/groups", "groups", LISTED, by="id", param="ids[]", batch=2),
    ),
)

members = Table(
    "members",
    doc="Who is in which group.",
    key=("person_id", "group_id"),
    columns=(_number("person_id", at="person"), _number("group_id", at="group"), Column("role")),
    reads=(
        Read("/members", "members", UNCOUNTED, filters=(Filter("group_id", "=", "group"),)),
        Read("/members", "members", UNCOUNTED, by="person_id", param="person[]", batch=2),
    ),
)

notes = Table(
    "notes",
    doc="Notes of one person; the rows do not say whose they are.",
    key=("person_id", "id"),
    columns=(_number("id"), _number("person_id"), Column("body")),
    reads=(Read("/people/{person_id}/notes", "notes", by="person_id"),),
)

events = Table(
    "events",
    doc="Events, behind an opaque cursor.",
    key=("id",),
    columns=(_number("id"), _number("person_id", at="person"), Column("kind", nocase=True)),
    reads=(
        Read("/events", "events", Cursor(4, "meta.next", "cursor")),
        Read("/events", "events", Cursor(4, "meta.next", "cursor"), by="person_id",
             param="person[]", batch=4),
    ),
)  # fmt: skip

tickets = Table(
    "tickets",
    doc="Tickets, in numbered pages.",
    key=("id",),
    columns=(_number("id"), _number("person_id", at="person"), Column("state")),
    reads=(Read("/tickets", "tickets", PageNumber(3, total_at="count")),),
)

visits = Table(
    "visits",
    doc="Visits, whose pages name the next one's address.",
    key=("id",),
    columns=(_number("id"), _number("person_id", at="person"), Column("page")),
    reads=(Read("/visits", "visits", NextLink(4, "next", "limit")),),
)

connector = Connector(
    name="fake",
    title="Fake CRM",
    base_url="https://{host}",
    settings=(Setting("host"), Setting("token", secret=True)),
    auth=Bearer("token"),
    limits=(RateLimit(10),),
    tables=(people, groups, members, notes, events, tickets, visits),
    who=who,
    zone=ZONE,
)

Row = dict[str, Any]


@dataclass
class Crm:
    """The rows, in columns' names and Python's types: what a full scan must yield.

    custom: names of people's own fields, by id. segments: people's ids by segment.
    """

    people: list[Row] = field(default_factory=list)
    groups: list[Row] = field(default_factory=list)
    members: list[Row] = field(default_factory=list)
    notes: list[Row] = field(default_factory=list)
    events: list[Row] = field(default_factory=list)
    tickets: list[Row] = field(default_factory=list)
    visits: list[Row] = field(default_factory=list)
    custom: dict[int, str] = field(default_factory=dict)
    segments: dict[str, set[int]] = field(default_factory=dict)

    def columns(self, table: Table) -> tuple[Column, ...]:
        """Return a table's columns, people's own fields among them."""
        more = [Column(name) for name in self.custom.values()] if table.name == "people" else []
        return (*table.columns, *more)


@dataclass(frozen=True)
class Answer:
    """What the transport would say of one request."""

    response: Response
    verdict: Verdict = Verdict.OK
    reason: str = ""


@dataclass
class Door:
    """Answers requests from a Crm and keeps them in `asked`.

    twist: changes an answer's body before it is handed out; may change the Crm, too.
    """

    crm: Crm
    twist: Callable[[Request, Body], Any] = lambda _request, body: body
    asked: list[Request] = field(default_factory=list)

    def send(self, request: Request) -> Answer:
        """Answer one request."""
        self.asked.append(request)
        path = request.path
        for name, value in request.fill.items():
            path = path.replace(f"{{{name}}}", value)
        body = _Reply(self.crm, path, request).body()
        return Answer(Response(200, self.twist(request, body)))

    def rate(self, path: str) -> float | None:
        """Return that two calls at a time suffice: nothing here takes any time."""
        return 10.0

    @property
    def latency(self) -> float:
        """Nothing takes any time."""
        return 0.0

    def drive(self, flow: Flow[Any]) -> Any:
        """Run a flow to its end."""
        try:
            request = next(flow)
            while True:
                request = flow.send(self.send(request).response)
        except StopIteration as end:
            return end.value


class _Reply:
    """The API's side of one request."""

    def __init__(self, crm: Crm, path: str, request: Request) -> None:
        self.crm = crm
        self.parts = path.strip("/").split("/")
        self.query: dict[str, list[str]] = {}
        for name, value in request.query:
            self.query.setdefault(name, []).append(value)
        if "?" in self.parts[0]:  # the address of a next page
            self.parts[0], _, after = self.parts[0].partition("?after=")
            self.query = {"after": [after], "limit": ["4"]}

    def first(self, name: str, default: str = "") -> str:
        return self.query.get(name, [default])[0]

    def body(self) -> Body:
        if len(self.parts) == 3:
            person = int(self.parts[1])
            found = [n for n in self.crm.notes if n["person_id"] == person]
            return {"notes": [{"id": n["id"], "body": n["body"]} for n in found]}
        answer = getattr(self, f"_{self.parts[0]}")
        return dict(answer())

    def _me(self) -> Body:
        return {"account": "fake-1"}

    def _fields(self) -> Body:
        rows = [{"id": str(i), "name": name} for i, name in self.crm.custom.items()]
        return self._offset("fields", rows)

    def _people(self) -> Body:
        rows = [p for p in self.crm.people if all(self._passes(p))]
        rows.sort(key=lambda p: p["id"])
        page = rows[: int(self.first("limit"))]
        body: Body = {"people": [_person(p) for p in page], "meta": {"total": str(len(rows))}}
        if "values" in self.first("include"):
            self._sideload(page, body)
        return body

    def _sideload(self, page: Sequence[Row], body: Body) -> None:
        values = [
            {"id": f"{p['id']}-{i}", "person": str(p["id"]), "field": str(i), "value": p[name]}
            for p in page
            for i, name in self.crm.custom.items()
            if p.get(name) is not None
        ]
        for person, wire in zip(page, body["people"], strict=True):
            mine = (v["id"] for v in values if v["person"] == str(person["id"]))
            wire["values"] = list(mine)
        if values:
            body["values"] = values

    def _passes(self, person: Row) -> Iterator[bool]:
        for name, values in self.query.items():
            if name == "ids[]":
                yield str(person["id"]) in values
            elif name == "segment":
                yield person["id"] in self.crm.segments.get(values[0], set())
            elif name in _FILTERS:
                column, test = _FILTERS[name]
                had = person[column]
                yield name != "email" if had is None else test(had, values[0])

    def _groups(self) -> Body:
        ids, title = self.query.get("ids[]"), self.first("title").casefold()
        rows = [
            g | {"size": _loose(g["size"])}
            for g in self.crm.groups
            if (ids is None or str(g["id"]) in ids)
            and (not title or title in str(g["title"]).casefold())
        ]
        return self._offset("groups", rows)

    def _members(self) -> Body:
        persons, group = self.query.get("person[]"), self.first("group")
        rows = [
            {"person": str(m["person_id"]), "group": m["group_id"], "role": m["role"]}
            for m in self.crm.members
            if (persons is None or str(m["person_id"]) in persons)
            and (not group or str(m["group_id"]) == group)
        ]
        return self._offset("members", rows, total=False)

    def _offset(self, at: str, rows: list[Any], *, total: bool = True) -> Body:
        start, size = int(self.first("offset", "0")), int(self.first("limit"))
        body: Body = {at: rows[start : start + size]}
        return body | {"meta": {"total": len(rows)}} if total else body

    def _events(self) -> Body:
        persons = self.query.get("person[]")
        rows = _plain(self.crm.events, persons)
        cursor = self.first("cursor")
        start, size = int(cursor) if cursor.isdigit() else 0, int(self.first("limit"))
        more = str(start + size) if start + size < len(rows) else None
        return {"events": rows[start : start + size], "meta": {"next": more}}

    def _tickets(self) -> Body:
        rows = _plain(self.crm.tickets, None)
        size = int(self.first("per_page"))
        start = (int(self.first("page")) - 1) * size
        return {"tickets": rows[start : start + size], "count": str(len(rows))}

    def _visits(self) -> Body:
        rows = _plain(self.crm.visits, None)
        start, size = int(self.first("after", "0")), int(self.first("limit"))
        more = f"/visits?after={start + size}" if start + size < len(rows) else ""
        return {"visits": rows[start : start + size], "next": more}


def _plain(rows: Sequence[Row], persons: Sequence[str] | None) -> list[Row]:
    """Return rows with `person` for `person_id`, those of some persons only where named."""
    found = [row for row in rows if persons is None or str(row["person_id"]) in persons]
    return [{"person" if k == "person_id" else k: v for k, v in row.items()} for row in found]


def _loose(value: int | None) -> Any:
    """Return a number now as one, now as a string, as some APIs do; NULL as an empty string."""
    if value is None:
        return ""
    return str(value) if value % 2 else value


def _person(row: Row) -> Row:
    """Return a person as the API writes one."""
    seen: dt.datetime | None = row["seen_at"]
    local = seen.astimezone(ZoneInfo(ZONE)) if seen is not None else None
    told = local.isoformat() if local is not None else None
    if local is not None and row["id"] % 2 and local.utcoffset() == _unfolded(local):
        told = local.replace(tzinfo=None).isoformat(" ")
    return {
        "id": str(row["id"]),
        "email": row["email"] or "",
        "fullName": row["name"] if row["name"] is not None or row["id"] % 2 else "",
        "city": row["city"],
        "score": _told(row["score"], row["id"]),
        "active": None if row["active"] is None else "1" if row["active"] else "0",
        "born": row["born"].isoformat() if row["born"] else "0000-00-00",
        "seen": told or "0000-00-00 00:00:00",
        "links": {"group": _loose(row["group_id"])},
    }


def _told(score: float | None, id_: int) -> Any:
    return repr(score) if score is not None and id_ % 2 else score


def _unfolded(local: dt.datetime) -> dt.timedelta | None:
    """Return the offset that the reader of a time without zone will assume."""
    return local.replace(fold=0).utcoffset()


def _day(value: dt.datetime) -> dt.date:
    return value.astimezone(dt.UTC).date()


def _parsed(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


_FILTERS: Mapping[str, tuple[str, Callable[[Any, str], bool]]] = {
    "email": ("email", lambda had, asked: had.casefold() == asked.casefold()),
    "email_like": ("email", lambda had, asked: asked.casefold() in had.casefold()),
    "name": ("name", lambda had, asked: had.casefold() == asked.casefold()),
    "name_starts": ("name", lambda had, asked: had.startswith(asked)),
    "name_has": ("name", lambda had, asked: asked in had),
    "id_above": ("id", lambda had, asked: had > int(asked)),
    "id_from": ("id", lambda had, asked: had >= int(asked)),
    "id_to": ("id", lambda had, asked: had <= int(asked)),
    "group": ("group_id", lambda had, asked: str(had) == asked),
    "active": ("active", lambda had, asked: had == (asked == "1")),
    "score_from": ("score", lambda had, asked: had >= float(asked) // 1),
    "born": ("born", lambda had, asked: had.isoformat() == asked),
    "born_to": ("born", lambda had, asked: had.isoformat() <= asked),
    "seen_after": ("seen_at", lambda had, asked: _day(had) >= _day(_parsed(asked))),
    "seen_before": ("seen_at", lambda had, asked: _day(had) <= _day(_parsed(asked))),
}
