"""Calls that writes make against the fewest possible, counted by the server; results checked.

Each write has a fresh account and a session of its own. What it changed is compared with what it
should have: everything else in the account must be as it was.
"""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

import sqlcrm
from benchmarks.calls import summary
from benchmarks.fewest import Facts
from benchmarks.sandboxes import Served
from benchmarks.suite.known import AS_STATED
from benchmarks.suite.writes import LONG, WORKS
from benchmarks.suite.writes_known import KNOWN
from benchmarks.suite.writes_model import LOCAL, SIZES, Work
from benchmarks.writes_served import following
from benchmarks.writes_state import held

TABLES = (
    *("contacts", "tags", "contact_tags", "lists", "contact_lists", "fields", "field_values"),
    "notes",
)
"""Of which full copies are made, with the same names."""

SOMEBODY = "SELECT email FROM contacts WHERE email NOT LIKE '%+%' ORDER BY hash(id) LIMIT 1"

COPIES = "copies"
FEWEST_PEOPLE = 2_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one write. expected: the calls that it is known to make, from and up
    to.

    counts: its rows by state. wrong: what the account holds otherwise than it should, all else
    being as it was. asked: which calls were made.
    """

    name: str
    fewest: int
    made: int
    expected: tuple[int, int]
    how: str
    why: str
    reason: str
    counts: Mapping[str, int]
    wrong: tuple[str, ...]
    asked: tuple[str, ...]

    @property
    def ratio(self) -> float:
        """Calls made for each call needed."""
        return self.made / self.fewest

    def row(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {**asdict(self), "ratio": round(self.ratio, 3)}


class Suite:
    """The writes against one server, with full copies of what is there before."""

    def __init__(self, served: Served, folder: Path, sizes: Mapping[str, int]) -> None:
        self._served = served
        self._folder = folder
        self._copies = folder / "copies.duckdb"
        self._values: dict[str, Any] = {**sizes, "list": 5, "field": 2}
        self._copy()
        self._make_local()
        self._db = duckdb.connect(self._copies, read_only=True)
        self._held = held(served)
        self._facts = Facts(self._rows, served.total)

    def close(self) -> None:
        """Let go of the copies."""
        self._db.close()

    def run(self, work: Work) -> Outcome:
        """Run one write on a fresh account; raises what sqlcrm raises."""
        self._reset(work)
        with self._session(work) as db:
            if work.again or work.undo:
                db.execute(self._filled(work.sql))
            start = self._served.count()
            counts = self._counted(db, work)
            end = self._served.count()
        wrong = tuple(self._differences(work))
        asked = summary(self._served.calls()[start:end])
        return replace(
            outcome(work, self._facts, end - start, counts, wrong, asked),
            name=self._filled(work.name),
        )

    def _counted(self, db: sqlcrm.Connection, work: Work) -> Mapping[str, int]:
        """Run the statement that is counted; return its rows by state."""
        if work.undo:
            run = db.execute("SELECT max(run_id) FROM runs@sqlcrm").fetchone()
            assert run is not None
            reports = db.undo(run[0]).apply()
            return dict(sum((Counter(one.counts) for one in reports), Counter()))
        report = db.execute(self._filled(work.sql)).report
        assert report is not None
        return dict(report.counts)

    @contextmanager
    def _session(self, work: Work) -> Iterator[sqlcrm.Connection]:
        """Open a session that has the local tables which a write names."""
        with (
            tempfile.TemporaryDirectory(dir=self._folder) as state,
            sqlcrm.connect(ac=self._served.settings, state=state, yes=True) as db,
        ):
            db.execute(f"ATTACH '{self._copies}' AS {COPIES} (READ_ONLY)")
            for name in LOCAL.keys() & set(re.findall(r"\w+", work.sql)):
                db.execute(f"CREATE TABLE {name} AS FROM {COPIES}.{name}")
            yield db

    def _reset(self, work: Work) -> None:
        """Make a fresh account, which has the tag `Board`."""
        client = self._served.client
        client.post("/_sandbox/reset").raise_for_status()
        made = client.post("/api/3/tags", json={"tag": {"tag": "Board", "tagType": "contact"}})
        self._values["board"] = made.raise_for_status().json()["tag"]["id"]
        for (contact,) in self._queried(work.members) if work.members else ():
            pair = {"contact": contact, "tag": self._values["board"]}
            client.post("/api/3/contactTags", json={"contactTag": pair}).raise_for_status()

    def _differences(self, work: Work) -> Iterator[str]:
        """Yield what is otherwise than it should be, or has changed and should not have."""
        wanted = {name: Counter(rows) for name, rows in self._held.items()}
        if work.members:
            there = f"SELECT email, 'Board' FROM ({work.members}) JOIN contacts USING (id)"
            wanted["tags"].update(self._queried(there))
        for change in work.changes:
            wanted[change.table].subtract(self._queried(change.removed))
            wanted[change.table].update(self._queried(change.added))
        for name, rows in held(self._served).items():
            for row in rows.keys() | wanted[name].keys():
                if (was := rows[row]) != (should := wanted[name][row]):
                    yield f"{name}: {row} is there {was} times, not {should}"

    def _copy(self) -> None:
        """Copy the tables whole; the API's totals prove that they are."""
        with (
            tempfile.TemporaryDirectory(dir=self._folder) as state,
            sqlcrm.connect(ac=self._served.settings, state=state) as db,
        ):
            db.execute(f"ATTACH '{self._copies}' AS {COPIES}")
            for table in TABLES:
                db.execute(f"CREATE TABLE {COPIES}.{table} AS SELECT * FROM {table}@ac")
            db.execute(f"DETACH {COPIES}")

    def _make_local(self) -> None:
        with duckdb.connect(self._copies) as db:
            self._values["email_1"] = _one(
                db,
                "SELECT email FROM contacts WHERE email NOT LIKE '%+%' ORDER BY hash(id) LIMIT 1",
            )
            for name, sql in LOCAL.items():
                db.execute(f"CREATE TABLE {name} AS {self._filled(sql)}")

    def _queried(self, sql: str) -> list[tuple[Any, ...]]:
        if not sql:
            return []
        return self._db.execute(self._filled(sql)).fetchall()

    def _rows(self, source: str) -> int:
        return int(self._queried(f"SELECT count(*) FROM {source}")[0][0])

    def _filled(self, sql: str) -> str:
        return sql.format(**self._values)


def run(
    served: Served, works: Sequence[Work] = WORKS, sizes: Mapping[str, int] = SIZES
) -> Iterator[Outcome]:
    """Run the writes of the suite against a server."""
    with tempfile.TemporaryDirectory(prefix="sqlcrm-writes-") as folder:
        suite = Suite(served, Path(folder), sizes)
        try:
            for work in works:
                yield suite.run(work)
        finally:
            suite.close()


def run_long(people: int) -> Outcome:
    """Tag so many people; the API's totals say whether they have the tag, once each."""
    with following(people) as served, tempfile.TemporaryDirectory() as state:
        tag = {"tag": {"tag": "Board", "tagType": "contact"}}
        number = served.client.post("/api/3/tags", json=tag).json()["tag"]["id"]
        links = served.total("contactTags")
        with sqlcrm.connect(ac=served.settings, state=state, yes=True) as db:
            start = served.count()
            report = db.execute(LONG.sql).report
            end = served.count()
        assert report is not None
        asked = summary(served.calls()[start:end])
        tagged, all_ = served.total("contacts", tagid=number), served.total("contactTags") - links
        right = tagged == all_ == people
        wrong = () if right else (f"{tagged} have the tag, by {all_} new rows",)
        facts = Facts(lambda _: people, served.total)
        return outcome(LONG, facts, end - start, dict(report.counts), wrong, asked)


def outcome(
    work: Work,
    facts: Facts,
    made: int,
    counts: Mapping[str, int],
    wrong: tuple[str, ...],
    asked: tuple[str, ...],
) -> Outcome:
    """Put what was found beside what was expected."""
    fewest = work.fewest(facts)
    known = KNOWN.get(work.name, AS_STATED)
    return Outcome(
        name=work.name,
        fewest=fewest.calls,
        made=made,
        expected=(known.least(facts, fewest), known.most(facts, fewest)),
        how=fewest.how,
        why=work.why,
        reason=known.reason,
        counts=counts,
        wrong=wrong,
        asked=asked,
    )


def _one(db: duckdb.DuckDBPyConnection, sql: str) -> Any:
    found = db.execute(sql).fetchone()
    assert found is not None, sql
    return found[0]
