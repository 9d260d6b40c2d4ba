"""Subscriptions later on: when people are deleted and come back, by undo, resume and plans."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from sqlcrm.conformance.bench import Bench
from sqlcrm.conformance.judging import NOTHING, looked, risen
from sqlcrm.conformance.people import MANY, Member
from sqlcrm.conformance.ways import literal
from sqlcrm.errors import Cancelled, GuardRefused, PlanMoved
from sqlcrm.execution.engine import quote
from sqlcrm.session.api import Connection


def back_again(path: str, bench: Bench) -> None:
    """Who was deleted by us and comes back stays opted out, however the address is spelled."""
    people = _deletable(bench)
    db = bench.session()
    bench.delete_people(db, people)
    _stay_out(bench, db, path, people)


def deleted_elsewhere(bench: Bench) -> None:
    """Who was seen to have opted out stays so, if somebody else deletes the person then."""
    people = _deletable(bench)
    db = bench.session()
    looked(bench, db)
    bench.delete_people(bench.outside, people)
    _stay_out(bench, db, "INSERT", people)


def refused_then_deleted(bench: Bench) -> None:
    """Who was met as opted out by an import that changed nothing is remembered as well."""
    people = _deletable(bench)
    db = bench.session()
    if bench.need:
        bench.want(db, people, bench.yes)
        names = ", ".join(f"w.{quote(n)}" for n in [*people[0].key, bench.consent.column])
        plain = names.replace("w.", "")
        db.execute(
            f"INSERT INTO {bench.table.name}@crm ({plain}) SELECT {names} FROM wanted AS w JOIN "
            f"{bench.people.name}@crm AS p ON p.{quote(bench.people.key[0])} = "
            f"w.{quote(bench.who)} WHERE p.{quote(bench.address)} IS NOT NULL"
        )
    else:
        bench.subscribe(db, "INSERT", people, bench.yes)
    bench.delete_people(bench.outside, people)
    _stay_out(bench, db, "INSERT", people)


def forgotten(bench: Bench) -> None:
    """Forgetting a person forgets no refusal."""
    people = _deletable(bench)
    db = bench.session()
    bench.delete_people(db, people)
    for one in people:
        db.session.journal.forget(one.address)
    _stay_out(bench, db, "INSERT", people)


def _deletable(bench: Bench) -> Sequence[Member]:
    if not bench.deletes_people:
        pytest.skip(f"{bench.people.name} cannot be deleted and made again")
    return bench.roll.refusing[:MANY]


def _stay_out(bench: Bench, db: Connection, path: str, people: Sequence[Member]) -> None:
    """Who comes back is subscribed where an opt-in is carried, and nobody else."""
    now = bench.come_back(db, people)
    before = bench.subscribers()
    refusing = bench.session("ours", allow_resubscribe=False)
    bench.subscribe(refusing, path, now[:1], bench.yes, meant=None)
    assert risen(bench, before) == NOTHING
    bench.subscribe(db, path, now[1:], bench.yes, meant=now[1:2])
    assert risen(bench, before) == bench.named(now[1:2])


def undone(bench: Bench) -> None:
    """To undo that people left subscribes none of them again, forced or not."""
    db, people = bench.session(), bench.roll.subscribed[:3]
    report = bench.subscribe(db, "UPDATE", people, bench.consent.safe)
    before = bench.subscribers()
    assert not bench.named(people) & before
    for force in (False, True):
        db.undo(report.run, force=force).apply()
        assert risen(bench, before) == NOTHING


def undone_person(bench: Bench) -> None:
    """A person whom undo takes away, and who opted out meanwhile, stays opted out."""
    if not bench.deletes_people or bench.need is None:
        pytest.skip("undo takes no person away")
    db, address = bench.session(), bench.fresh()
    text = f"INSERT INTO {bench.people.name}@crm ({quote(bench.address)}) VALUES (?)"
    run = db.execute(text, [address]).report.run  # type: ignore[union-attr]
    member = _again(bench, address)
    bench.subscribe(bench.outside, "INSERT", [member], bench.consent.safe)
    db.undo(run).apply()
    _comes_back_alone(bench, db, member)


def deleted_by_plan(bench: Bench) -> None:
    """Who opted out between the plan of a deletion and its application stays opted out."""
    if not bench.deletes_people:
        pytest.skip(f"{bench.people.name} cannot be deleted and made again")
    db, member = bench.session(), bench.roll.subscribed[0]
    db.plan(bench.deletion([member])).save(bench.folder / "deletion")
    bench.subscribe(bench.outside, "UPDATE", [member], bench.consent.safe)
    try:
        db.load_plan(bench.folder / "deletion").apply()
    except PlanMoved:
        return
    _comes_back_alone(bench, db, member)


def _again(bench: Bench, address: str) -> Member:
    """Return a person that has just been made, for the list of others."""
    rows = bench.outside.execute(
        f"SELECT {quote(bench.people.key[0])} FROM {bench.people.name}@crm "
        f"WHERE {quote(bench.address)} = ?",
        [address],
    ).fetchall()
    return Member(address, {**bench.roll.never[0].key, bench.who: rows[0][0]})


def _comes_back_alone(bench: Bench, db: Connection, member: Member) -> None:
    now = bench.come_back(db, [member])
    before = bench.subscribers()
    bench.subscribe(db, "INSERT", now, bench.yes)
    assert risen(bench, before) == NOTHING


def resumed(bench: Bench) -> None:
    """Who opted out between an interruption and `resume` is not subscribed by it."""
    db, people = bench.session(), bench.roll.never[:4]
    with interrupted(db), contextlib.suppress(Cancelled):
        bench.subscribe(db, "INSERT", people, bench.yes, meant=bench.first)
    before = bench.subscribers()
    left = [m for m in people if not bench.named([m]) & before]
    assert left, "nothing was interrupted"
    bench.subscribe(bench.outside, "INSERT", left[1:], bench.consent.safe)
    bench.session().resume()
    assert risen(bench, before) == bench.named(left[:1])


def resumed_forbidden(bench: Bench) -> None:
    """What is resumed obeys `allow_resubscribe` as it is by then."""
    db, people = bench.session(), bench.roll.refusing[:4]
    with interrupted(db), contextlib.suppress(Cancelled):
        bench.subscribe(db, "UPDATE", people, bench.yes, meant=None)
    before = bench.subscribers()
    with contextlib.suppress(GuardRefused):
        bench.session(allow_resubscribe=False).resume()
    assert risen(bench, before) == NOTHING


@contextlib.contextmanager
def interrupted(db: Connection) -> Iterator[None]:
    """Interrupt a write after its first row."""

    def stop(progress: Any) -> None:
        if progress.writing and progress.done:
            db.cancel()

    db.execute("SET bulk = off")
    db.session.progress = stop
    yield


def moved(bench: Bench) -> None:
    """A saved plan subscribes nobody who opted out since it was made."""
    db, people = bench.session(), bench.roll.never[:MANY]
    db.plan(bench.statement(db, "INSERT", people, bench.yes, meant=bench.first)).save(
        bench.folder / "plan"
    )
    bench.subscribe(bench.outside, "INSERT", people[:1], bench.consent.safe)
    before = bench.subscribers()
    with pytest.raises(PlanMoved):
        bench.session().load_plan(bench.folder / "plan").apply()
    assert risen(bench, before) == NOTHING


def applied_forbidden(bench: Bench) -> None:
    """A saved plan obeys `allow_resubscribe` as it is when it is applied."""
    bench.must("UPDATE")
    db, people = bench.session(), bench.roll.refusing[:2]
    before = bench.subscribers()
    db.plan(
        f"UPDATE {bench.table.name}@crm SET {quote(bench.consent.column)} = {literal(bench.yes)} "
        f"WHERE {quote(bench.who)} IN ({bench.keys(people)}) WITH OPT IN"
    ).save(bench.folder / "plan")
    with contextlib.suppress(GuardRefused):
        bench.session(allow_resubscribe=False).load_plan(bench.folder / "plan").apply()
    assert risen(bench, before) == NOTHING


def committed(bench: Bench) -> None:
    """COMMIT subscribes nobody who opted out since the statement ran."""
    db, people = bench.session(), bench.roll.never[:3]
    text = bench.statement(db, "INSERT", people, bench.yes, meant=bench.first)
    db.execute("BEGIN")
    db.execute(text)
    bench.subscribe(bench.outside, "INSERT", people[:1], bench.consent.safe)
    before = bench.subscribers()
    with pytest.raises(PlanMoved):
        db.execute("COMMIT")
    assert risen(bench, before) == NOTHING


def committed_refused(bench: Bench) -> None:
    """Within a transaction, too, nobody who refused is subscribed."""
    bench.must("UPDATE")
    db, before = bench.session(), bench.subscribers()
    db.execute("BEGIN")
    people = bench.roll.refusing[:3]
    db.execute(
        f"UPDATE {bench.table.name}@crm SET {quote(bench.consent.column)} = ? "
        f"WHERE {quote(bench.who)} IN ({bench.keys(people)})",
        [bench.yes],
    )
    db.execute("COMMIT")
    assert risen(bench, before) == NOTHING


REMEMBERED = (deleted_elsewhere, refused_then_deleted, forgotten, undone_person, deleted_by_plan)

POSTPONED = (
    undone, resumed, resumed_forbidden, moved, applied_forbidden, committed, committed_refused,
)  # fmt: skip
