"""The scripts in examples/ run on a sandbox as they stand."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import sqlcrm
from sqlcrm.sandbox import Options, Running, serve
from sqlcrm_activecampaign.sandbox import sandbox

ROOT = Path(__file__).parents[2]
WRITING = ["a2-from-csv.sql", "a2-from-excel.sql", "new-contacts-and-tags.sql"]


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with serve([sandbox], Options(limits="off")) as found:
        yield found[0]


@pytest.fixture
def db(
    running: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[sqlcrm.Connection]:
    """A session with no limits allowed, in the folder in which the scripts are to be run."""
    monkeypatch.chdir(ROOT)
    settings = {**running.settings, "rate_limit": "off"}
    with sqlcrm.connect(ac=settings, state=tmp_path) as connection:
        yield connection


def _script(name: str) -> str:
    return (ROOT / "examples" / name).read_text(encoding="utf-8")


def test_every_example_is_tested_here() -> None:
    found = {path.name for path in (ROOT / "examples").glob("*.sql")}
    assert found == {*WRITING, "who-would-a-campaign-reach.sql"}


@pytest.mark.parametrize("name", WRITING)
def test_an_example_writes_once_and_then_nothing(db: sqlcrm.Connection, name: str) -> None:
    first = db.execute(_script(name)).reports
    assert {state for report in first for state in report.counts} <= {"done", "unchanged"}
    assert sum(report.rows for report in first) > 0
    for report in db.execute(_script(name)).reports:
        assert set(report.counts) == {"unchanged"}, report.lines()


@pytest.mark.parametrize("name", WRITING[:2])
def test_the_files_fit_the_seeded_people(db: sqlcrm.Connection, name: str) -> None:
    report = db.execute(_script(name)).report
    assert report is not None
    assert report.rows == 12
    unmatched = {one.column: [value for value, _ in one.values] for one in report.unmatched}
    assert unmatched == {"email": ["nobody.here@example.org"], "tag": ["A tag that nobody made"]}


def test_a_segment_is_not_empty(db: sqlcrm.Connection) -> None:
    rows = db.execute(_script("who-would-a-campaign-reach.sql")).fetchall()
    assert 0 < len(rows) < 100
    assert {row[3] for row in rows} <= {"BE", "NL"}
