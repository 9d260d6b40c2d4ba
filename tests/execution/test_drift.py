"""Lists that change while they are read: nothing is lost or doubled without a word."""

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import pytest

from sqlcrm.errors import ShapeChanged
from sqlcrm.execution.engine import Engine
from sqlcrm.execution.loading import Loading
from sqlcrm.planner.access import Access
from sqlcrm.planner.plan import Relation, Scan
from sqlcrm.sandbox import Options, available, serve
from sqlcrm.sdk import Column, Cursor, IdCursor, Offset, Paging, Read, Request, Table, Type
from sqlcrm.sdk import Response as Reply
from sqlcrm.sdk.values import Verdict
from sqlcrm.transport import Client, Clock, Limiter
from sqlcrm_activecampaign import connector
from sqlcrm_activecampaign.wire import CONTACTS

KEY = {"Api-Token": "sandbox-key"}
TABLES = {table.name: table for table in connector.tables}
Hook = Callable[[int], None]


@dataclass
class Watched:
    """The sandbox's door. between: called before each call, with how many there were.

    twist: changes a reply's body.
    """

    client: Client
    between: Hook = lambda _number: None
    twist: Callable[[int, Any], Any] = lambda _number, body: body
    latency: float = 0.3
    calls: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def rate(self, _path: str) -> float | None:
        return 10.0

    def drive(self, flow: Any) -> Any:
        return self.client.drive(flow)

    def send(self, request: Request) -> Any:
        with self.lock:
            number = self.calls
            self.calls += 1
            self.between(number)
        answer = self.client.send(request)
        body = self.twist(number, answer.response.body)
        return replace(answer, response=replace(answer.response, body=body))


class Crm:
    """A sandbox, and what others do to it meanwhile."""

    def __init__(self, url: str) -> None:
        self.http = httpx.Client(base_url=f"{url}/api/3", headers=KEY, trust_env=False)
        self.url = url

    def fault(self, name: str, share: float = 1.0) -> None:
        reply = httpx.post(f"{self.url}/_sandbox/faults", json={"name": name, "share": share})
        assert reply.status_code == 200

    def delete(self, path: str, key: int) -> None:
        assert self.http.delete(f"{path}/{key}").status_code == 200

    def add_contact(self, email: str) -> None:
        assert self.http.post("contacts", json={"contact": {"email": email}}).status_code == 201

    def tag(self, contact: int, tag: int) -> None:
        body = {"contactTag": {"contact": contact, "tag": tag}}
        assert self.http.post("contactTags", json=body).status_code in {200, 201}

    @contextmanager
    def door(self, **more: Any) -> Iterator[Watched]:
        client = Client(
            connection="ac",
            connector=connector,
            settings={"url": self.url, "api_key": "sandbox-key"},
            limiter=Limiter((), Clock()),
        )
        with client:
            yield Watched(client, **more)


@pytest.fixture
def crm() -> Iterator[Crm]:
    with serve([available()["activecampaign"]], Options(people=3000, limits="off")) as running:
        crm = Crm(running[0].url)
        with crm.http:
            yield crm


@dataclass
class Loaded:
    rows: list[tuple[Any, ...]]
    notices: list[str]
    extra: int

    @property
    def ids(self) -> list[int]:
        return [row[0] for row in self.rows]


def load(
    door: Any,
    table: Table,
    columns: tuple[str, ...] = ("id",),
    access: Access | None = None,
) -> Loaded:
    """Read a table as a statement does, the whole of it where no other access is given."""
    engine = Engine()
    try:
        scan = Scan(Relation("m", table.name, "ac", table), columns)
        wanted = [column for column in table.columns if column.name in columns]
        target = engine.stage(table.name, wanted)
        whole = next((Access(read) for read in table.reads if not read.by), None)
        loading = Loading(engine, lambda _: [], scan, wanted, target)
        loading.load([access or whole], door, "UTC")
        rows = engine.query(f"SELECT * FROM {target}")
        assert len(rows) == loading.rows
        return Loaded(rows, loading.notices, loading.extra)
    finally:
        engine.close()


def test_a_list_that_holds_still_comes_whole_and_without_a_word(crm: Crm) -> None:
    with crm.door() as door:
        found = load(door, TABLES["contacts"])
        assert sorted(found.ids) == list(range(1, 3001))
        assert found.notices == []
        assert door.calls <= 30 + found.extra
    with crm.door() as door:
        tags = load(door, TABLES["contact_tags"])
        assert len(tags.ids) == len(set(tags.ids)) > 3000
        assert tags.notices == []
        assert door.calls == -(-len(tags.ids) // 100)


def test_rows_beside_contacts_are_read_in_parts_as_well(crm: Crm) -> None:
    tagged = state(crm, "contactTags")
    tag, _ = Counter(row["tag"] for row in tagged).most_common(1)[0]
    contacts = {row["contact"] for row in tagged if row["tag"] == tag}
    table = TABLES["contact_tags"]
    read = next(read for read in table.reads if read.by == "tag_id")
    small = replace(read, pages=replace(CONTACTS, size=10))
    with crm.door(latency=0.5) as door:
        access = Access(small, keys=(int(tag),))
        found = load(door, replace(table, reads=(small,)), access=access)
        assert found.extra > 0
        assert door.calls <= -(-len(contacts) // 10) + found.extra
    assert sorted(found.ids) == sorted(
        int(row["id"]) for row in tagged if row["contact"] in contacts
    )


@pytest.mark.parametrize("seed", range(2))
def test_c1_contacts_that_nobody_touched_come_once_whatever_others_do(crm: Crm, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - not a secret
    untouched = set(range(1, 3001))

    def meddle(number: int) -> None:
        for key in chance.sample(sorted(untouched), 2):
            crm.delete("contacts", key)
            untouched.discard(key)
        crm.add_contact(f"late{seed}-{number}@example.org")

    with crm.door(between=meddle) as door:
        found = load(door, TABLES["contacts"], ("id", "email"))
    assert len(found.ids) == len(set(found.ids))
    assert untouched <= set(found.ids)
    assert found.extra > 0


@pytest.mark.parametrize("seed", range(2))
def test_c1_a_row_that_goes_from_an_offset_list_takes_no_other_one_with_it(
    crm: Crm, seed: int
) -> None:
    everything = {int(row["id"]) for row in state(crm, "contactTags")}
    when = random.Random(seed).randrange(1, 30)  # noqa: S311 - not a secret
    gone = min(everything)  # all rows move forward by one

    def meddle(number: int) -> None:
        if number == when:
            crm.delete("contactTags", gone)

    with crm.door(between=meddle) as door:
        found = load(door, TABLES["contact_tags"])
        assert door.calls <= -(-len(everything) // 100) + 6
    assert len(found.ids) == len(set(found.ids))
    assert everything - {gone} <= set(found.ids)
    assert found.notices == []


def state(crm: Crm, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = httpx.get(f"{crm.url}/_sandbox/state", timeout=60).json()[name]
    return rows


def test_c1_rows_that_are_appended_meanwhile_do_no_harm(crm: Crm) -> None:
    everything = {int(row["id"]) for row in state(crm, "contactTags")}
    pairs = {(int(row["contact"]), int(row["tag"])) for row in state(crm, "contactTags")}
    fresh = iter([(c, t) for c in range(1, 200) for t in (1, 2, 3) if (c, t) not in pairs])

    def meddle(_number: int) -> None:
        crm.tag(*next(fresh))

    with crm.door(between=meddle) as door:
        found = load(door, TABLES["contact_tags"])
    assert len(found.ids) == len(set(found.ids))
    assert everything <= set(found.ids)


def test_c1_a_list_that_changes_all_the_time_is_said_to_have_changed(crm: Crm) -> None:
    everything = sorted(int(row["id"]) for row in state(crm, "contactTags"))

    def meddle(number: int) -> None:
        crm.delete("contactTags", everything[number])

    with crm.door(between=meddle) as door:
        found = load(door, TABLES["contact_tags"])
        assert door.calls <= 1.05 * len(everything) / 100 + 10
    assert len(found.ids) == len(set(found.ids))
    (notice,) = found.notices
    assert notice.startswith("contact_tags@ac: ")
    assert "the list changed while it was read" in notice


def test_c1_rows_that_hide_and_come_back_are_found_or_missed_aloud(crm: Crm) -> None:
    everything = {int(row["id"]) for row in state(crm, "contactTags")}
    crm.fault("drift")
    with crm.door() as door:
        found = load(door, TABLES["contact_tags"])
    assert len(found.ids) == len(set(found.ids))
    assert set(found.ids) == everything or found.notices


# What no sandbox does: a door that answers from a function.


@dataclass(frozen=True)
class Answer:
    response: Reply
    verdict: Verdict = Verdict.OK
    reason: str = ""


@dataclass
class Made:
    """A door whose replies a function of the parameters makes."""

    reply: Callable[[int, dict[str, str]], Any]
    latency: float = 0.2
    calls: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def rate(self, _path: str) -> float | None:
        return 20.0

    def drive(self, flow: Any) -> Any:
        raise NotImplementedError

    def send(self, request: Request) -> Answer:
        with self.lock:
            self.calls += 1
            return Answer(Reply(200, self.reply(self.calls, dict(request.query))))


def things(pages: Paging, *columns: Column) -> Table:
    own = (Column("id", Type.INTEGER), *columns)
    return Table("things", "", ("id",), own, (Read("/things", "things", pages),))


def rows(start: int, count: int, **values: Any) -> list[dict[str, Any]]:
    return [{"id": i, **values} for i in range(start, start + count)]


def offset(query: dict[str, str]) -> int:
    return int(query["offset"])


ENDLESS: dict[str, tuple[Paging, Callable[[int, dict[str, str]], Any], int]] = {
    "an offset list that grows for ever": (
        Offset(10, "total"),
        lambda calls, query: {"things": rows(offset(query), 10), "total": 100 + 100 * calls},
        36,  # some are under way when it shows
    ),
    "a cursor of ids that grows for ever": (
        IdCursor(10, "things", "total", "above", ("sort", "id")),
        lambda _calls, query: {"things": rows(int(query.get("above", 0)) + 1, 10), "total": 100},
        22,
    ),
    "an offset that is ignored": (
        Offset(10),
        lambda _calls, _query: {"things": rows(0, 10)},
        3,
    ),
    "a cursor that repeats itself": (
        Cursor(10, "next", "cursor"),
        lambda calls, _query: {"things": rows(10 * calls, 10), "next": "same"},
        3,
    ),
    "cursors A, B, A": (
        Cursor(10, "next", "cursor"),
        lambda calls, _query: {"things": rows(10 * calls, 10), "next": "AB"[calls % 2]},
        3,
    ),
    "empty pages that promise more": (
        Cursor(10, "next", "cursor"),
        lambda calls, _query: {"things": [], "next": str(calls)},
        3,
    ),
}


@pytest.mark.parametrize("case", ENDLESS)
def test_c3_a_list_without_an_end_is_an_error_within_few_calls(case: str) -> None:
    pages, reply, most = ENDLESS[case]
    door = Made(reply)
    with pytest.raises(ShapeChanged, match="things@ac"):
        load(door, things(pages))
    assert door.calls <= most


@pytest.mark.parametrize("again", [0, 1])
def test_c1_a_short_list_with_rows_missing_is_read_once_more(again: int) -> None:
    def shifted(calls: int, query: dict[str, str]) -> Any:
        moved = offset(query) == 100 and (calls <= 3 or again)
        return {"things": rows(offset(query) + moved, 100), "total": 300}

    door = Made(shifted)
    found = load(door, things(Offset(100, "total")))
    assert door.calls == 6
    assert sorted(found.ids) == [i for i in range(300) if not (again and i == 100)]
    assert bool(found.notices) == bool(again)


def test_a_page_shorter_than_the_others_is_followed_by_what_it_lacks() -> None:
    def uneven(_calls: int, query: dict[str, str]) -> Any:
        start = offset(query)
        return {"things": rows(start, 60 if start == 100 else 100), "total": 500}

    door = Made(uneven)
    found = load(door, things(Offset(100, "total")))
    assert sorted(found.ids) == list(range(500))
    assert door.calls == 6
    assert found.notices == []


@pytest.mark.parametrize(
    "pages", [Offset(100, "total"), IdCursor(100, "things", "total", "above", ("sort", "id"))]
)
def test_c4_a_list_that_is_cut_off_at_a_cap_is_never_taken_for_whole(pages: Paging) -> None:
    def capped(_calls: int, query: dict[str, str]) -> Any:
        start = int(query.get("offset", query.get("above", 0)))
        count = min(100, max(0, 1000 - start))
        left = 1200 if "offset" in query else 1200 - start
        return {"things": rows(start + ("above" in query or "sort" in query), count), "total": left}

    with pytest.raises(ShapeChanged, match=r"ended after|empty page"):
        load(Made(capped), things(pages))


@pytest.mark.parametrize(("told", "said"), [(1000, False), (1004, False), (1006, True)])
def test_c5_rows_that_differ_from_the_apis_count_by_more_than_half_a_percent_are_told(
    told: int, said: bool
) -> None:
    def reply(_calls: int, query: dict[str, str]) -> Any:
        low = int(query.get("above", 0))
        first = "above" not in query
        return {"things": rows(low + 1, 100), "total": told if first else 1000 - low}

    found = load(
        Made(reply, latency=0.0), things(IdCursor(100, "things", "total", "above", ("sort", "id")))
    )
    assert len(found.rows) == 1000
    assert bool(found.notices) == said
    if said:
        assert "1,000 rows came, but the API counts 1,006" in found.notices[0]


def changing(number: int, **late: Any) -> Made:
    """300 rows in three pages, the last one of another shape."""

    def reply(_calls: int, query: dict[str, str]) -> Any:
        start = offset(query)
        values = {"size": "5", "note": "n"} if start < 200 else late
        return {"things": rows(start, 100, **values), "total": number}

    return Made(reply)


SHAPED = things(Offset(100, "total"), Column("size", Type.INTEGER), Column("note"))


def test_c10_a_field_that_appears_or_vanishes_shifts_no_column() -> None:
    names = ("id", "size", "note")
    found = load(changing(300, extra="x", note="late"), SHAPED, names).rows
    assert found[0] == (0, 5, "n")
    assert found[299] == (299, None, "late")  # a field that the API leaves out is NULL
    assert [row[0] for row in found] == list(range(300))


def test_c10_a_field_that_changes_its_type_is_an_error_that_names_it() -> None:
    with pytest.raises(ShapeChanged, match=r"things@ac\.size: 'many' is no BIGINT"):
        load(changing(300, size="many"), SHAPED, ("id", "size"))
    found = load(changing(300, size=7), SHAPED, ("id", "size"))
    assert found.rows[-1] == (299, 7)
