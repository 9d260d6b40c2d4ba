"""Every way in which a subscription could rise, and what must come of it.

Judged by the sandbox's own state, never by what sqlcrm says it did.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import pytest

from sqlcrm.conformance import later
from sqlcrm.conformance.bench import Bench
from sqlcrm.conformance.judging import NOTHING, looked, risen
from sqlcrm.conformance.people import MANY, Member
from sqlcrm.conformance.ways import PATHS
from sqlcrm.execution.engine import quote
from sqlcrm.sdk import Type, dig
from sqlcrm.session.api import Connection

Check = Callable[[Bench], None]

INSERTING = [path for path, (_, writes, _) in PATHS.items() if "insert" in writes]
RAISING = [path for path in PATHS if path != "INSERT"]  # INSERT changes no row that exists


def _said_so(bench: Bench, db: Connection, number: int) -> None:
    """The outcome of each row says that its status was kept."""
    rows = db.execute(
        "SELECT reason FROM operations@sqlcrm WHERE run_id = (SELECT max(run_id) FROM "
        f"operations@sqlcrm) AND reason LIKE '%{bench.consent.column}%'"
    ).fetchall()
    assert len(rows) == number, rows


def refused(path: str, bench: Bench) -> None:
    """Nobody who has refused, in whatever status, is subscribed without a word; alone or many.

    `allow_resubscribe` takes the place of no opt-in; false refuses even that.
    """
    db, before = bench.session(), bench.subscribers()
    people = bench.roll.refusing
    for some in (people[:1], people[: 2 * MANY]):
        bench.subscribe(db, path, some, bench.yes)
        assert risen(bench, before) == NOTHING
        _said_so(bench, db, len(some))
    bench.subscribe(bench.session(allow_resubscribe=True), path, people[:MANY], bench.yes)
    assert risen(bench, before) == NOTHING, "with allow_resubscribe"
    db = bench.session(allow_resubscribe=False)
    bench.subscribe(db, path, people[:MANY], bench.yes, meant=None)
    assert risen(bench, before) == NOTHING, "without allow_resubscribe"


def opted_in(path: str, bench: Bench) -> None:
    """WITH OPT IN subscribes those, and with WHERE those alone, of whom it is said."""
    db, before = bench.session(), bench.subscribers()
    first, second = bench.roll.refusing[:4], bench.roll.refusing[4 : 4 + MANY]
    bench.subscribe(db, path, first, bench.yes, meant=first[1:3])
    assert risen(bench, before) == bench.named(first[1:3])
    bench.subscribe(db, path, second, bench.yes, meant=None)
    assert risen(bench, before) == bench.named([*first[1:3], *second])


def insert_changes_nobody(bench: Bench) -> None:
    """A plain INSERT subscribes nobody who has a row, not even WITH OPT IN."""
    db, before = bench.session(), bench.subscribers()
    bench.subscribe(db, "INSERT", bench.roll.refusing[:MANY], bench.yes, meant=None)
    assert risen(bench, before) == NOTHING


def first_asked(path: str, bench: Bench) -> None:
    """Who was never asked is subscribed where the row says so, alone or among many.

    Where nobody can see who was asked, an opt-in must say so too.
    """
    db, before = bench.session(), bench.subscribers()
    people = bench.roll.never[: MANY + 1]
    for some in (people[:1], people[1:]):
        bench.subscribe(db, path, some, bench.yes, meant=bench.first)
    assert risen(bench, before) == bench.named(people)


def no_status(path: str, bench: Bench) -> None:
    """A new row without a status, or with an empty one, is there and subscribes nobody."""
    db, before = bench.session(), bench.subscribers()
    new = bench.roll.never[: 2 * MANY + 1]
    parts: list[tuple[Sequence[Member], tuple[Any, ...]]] = [(new[MANY + 1 :], (None,))]
    if "{status}" not in PATHS[path][0] and (bench.extra or "{sets}" not in PATHS[path][0]):
        parts += [(new[:1], ()), (new[1 : MANY + 1], ())]
    for some, status in parts:
        bench.subscribe(db, path, some, *status)
        _recorded(bench, some)
    assert risen(bench, before) == NOTHING


def _recorded(bench: Bench, members: Sequence[Member]) -> None:
    """The rows are there, and say that nobody is subscribed."""
    bench.want(bench.outside, members)
    on = " AND ".join(f"t.{quote(name)} = w.{quote(name)}" for name in members[0].key)
    rows = bench.outside.execute(
        f"SELECT t.{quote(bench.consent.column)} FROM {bench.table.name}@crm AS t "
        f"JOIN wanted AS w ON {on}"
    ).fetchall()
    assert rows == [(bench.consent.safe,)] * len(members)


def emptied(bench: Bench) -> None:
    """A NULL leaves the status as it is: what an API makes of none may be its default."""
    db, before = bench.session(), bench.subscribers()
    everyone = [*bench.roll.subscribed[:1], *bench.roll.refusing[:3]]
    (state,) = bench.rows(bench.table)
    for path in filter(bench.can, ("UPDATE", "ON CONFLICT DO UPDATE", "SYNCHRONIZE")):
        bench.subscribe(db, path, everyone, None)
    assert bench.subscribers() == before
    column = bench.table.column(bench.consent.column)
    assert column is not None
    for was, now in zip(state, *bench.rows(bench.table), strict=True):
        assert dig(was, column.path) == dig(now, column.path)
    assert bench.extra or bench.writes() == []


def spelled(bench: Bench) -> None:
    """A status of another type, or under another spelling of its column, is that status still."""
    db, before = bench.session(), bench.subscribers()
    people = bench.roll.refusing[:3]
    kinds = ["VARCHAR"]
    if isinstance(bench.yes, int):
        kinds += ["DOUBLE", "DECIMAL(9, 2)", *(["BOOLEAN"] if bench.yes == 1 else [])]
    for kind in kinds:
        bench.subscribe(db, "UPDATE", people, bench.yes, kind=kind)
        assert risen(bench, before) == NOTHING, kind
    for path in filter(bench.can, ("ON CONFLICT DO UPDATE", "SYNCHRONIZE")):
        bench.subscribe(db, path, people, bench.yes, kind=kinds[-1])
        assert risen(bench, before) == NOTHING, path
    column = bench.table.column(bench.consent.column)
    assert column is not None
    for name in (column.name.upper(), f'"{column.name.title()}"', *column.aliases):
        db.execute(
            f"UPDATE {bench.table.name.upper()}@crm SET {name} = ? WHERE "
            f"{quote(bench.who)} IN ({bench.keys(people)})",
            [bench.yes],
        )
        assert risen(bench, before) == NOTHING, name


def rest_written(bench: Bench) -> None:
    """What else a row says is written, although its status is kept."""
    bench.must("UPDATE")
    name = _writable(bench)
    if not name:
        pytest.skip(f"{bench.table.name} has no other column to change")
    db, before = bench.session(), bench.subscribers()
    people = bench.roll.refusing[:3]
    where = f"FROM {bench.table.name}@crm WHERE {quote(bench.who)} IN ({bench.keys(people)})"
    db.execute(
        f"UPDATE {bench.table.name}@crm SET {quote(bench.consent.column)} = ?, {quote(name)} = "
        f"'Conformance' WHERE {quote(bench.who)} IN ({bench.keys(people)})",
        [bench.yes],
    )
    assert risen(bench, before) == NOTHING
    rows = bench.outside.execute(f"SELECT DISTINCT {quote(name)} {where}").fetchall()
    assert rows == [("Conformance",)]
    _said_so(bench, db, len(people))


def _writable(bench: Bench) -> str:
    """Return a text that an UPDATE can change beside the status, "" without one."""
    write = bench.table.carrier("update")
    can = set(write.columns) if write else set()
    own = {bench.who, *bench.scoped, bench.consent.column, *bench.table.natural_key}
    for column in bench.table.columns:
        free = not (column.readonly or column.choices or column.check or column.name in own)
        if write and free and column.type is Type.TEXT and (not can or column.name in can):
            return column.name
    return ""


def imported_people(bench: Bench) -> None:
    """Making persons, one or many, subscribes none of them: nor does the API by itself."""
    db, before = bench.session(), bench.subscribers()
    bench.import_people(db, [bench.fresh()])
    bench.import_people(db, [bench.fresh() for _ in range(MANY)])
    assert risen(bench, before) == NOTHING


def from_cache(bench: Bench) -> None:
    """What was read a while ago decides nothing."""
    db, people = bench.session(), bench.roll.never[:2]
    db.execute("SET cache_ttl = '10 minutes'")
    looked(bench, db)
    bench.subscribe(bench.outside, "INSERT", people, bench.consent.safe)
    before = bench.subscribers()
    bench.subscribe(db, "SYNCHRONIZE" if bench.can("SYNCHRONIZE") else "INSERT", people, bench.yes)
    assert risen(bench, before) == NOTHING


def _each(check: Callable[[str, Bench], None], paths: Sequence[str]) -> dict[str, Check]:
    return {f"{check.__name__} {path}": partial(check, path) for path in paths}


CHECKS: Mapping[str, Check] = {
    **_each(refused, list(PATHS)),
    **_each(opted_in, RAISING),
    **_each(first_asked, INSERTING),
    **_each(no_status, INSERTING),
    **_each(later.back_again, INSERTING),
    **{
        check.__name__: check
        for check in (
            insert_changes_nobody, emptied, spelled, rest_written, imported_people, from_cache,
            *later.REMEMBERED, *later.POSTPONED,
        )
    },
}  # fmt: skip
"""By name, each check of a table that declares a Consent."""
