"""C6: a write makes the calls of the best client written by hand, or says why it makes more.

The server counts. What sqlcrm makes where that is more stands in benchmarks/suite/writes_known.py.
What the account holds afterwards is compared with what it should hold, in every row.
"""

import json
from collections.abc import Iterator, Mapping

import pytest

from benchmarks.fewest import each
from benchmarks.suite.writes import LONG, WORKS
from benchmarks.suite.writes_known import KNOWN
from benchmarks.suite.writes_model import SIZES, Work, imports
from benchmarks.writes_calls import Outcome, run
from benchmarks.writes_report import calls
from benchmarks.writes_served import following

PEOPLE = 600
FEWER = {"tagged": 300, "many": 300, "new": 120, "compared": 200, "undone": 40}
BY_NAME = pytest.mark.parametrize("work", WORKS, ids=lambda work: work.name)


@pytest.fixture(scope="module")
def outcomes() -> Iterator[Mapping[str, Outcome]]:
    """Run the whole suite once, with fewer rows."""
    with following(PEOPLE) as served:
        found = run(served, sizes=FEWER)
        yield {work.name: outcome for work, outcome in zip(WORKS, found, strict=True)}


@BY_NAME
def test_a_write_makes_the_fewest_calls_or_those_that_have_a_reason(
    work: Work, outcomes: Mapping[str, Outcome]
) -> None:
    found = outcomes[work.name]
    least, most = found.expected
    assert least <= found.made <= most, f"fewest: {found.how}; made: {'; '.join(found.asked)}"


@BY_NAME
def test_a_write_changes_what_it_should_and_nothing_else(
    work: Work, outcomes: Mapping[str, Outcome]
) -> None:
    found = outcomes[work.name]
    assert found.wrong == ()
    assert found.counts.keys() <= {"done", "unchanged"}


def test_a_second_run_writes_nothing(outcomes: Mapping[str, Outcome]) -> None:
    found = outcomes["the same again"]
    assert found.counts == {"unchanged": FEWER["tagged"]}
    assert not any("import" in call for call in found.asked)


def test_more_calls_than_the_fewest_have_a_reason_and_a_write(
    outcomes: Mapping[str, Outcome],
) -> None:
    assert KNOWN.keys() <= {*outcomes, LONG.name}
    assert all(known.reason for known in KNOWN.values())
    needless = {n for n, o in outcomes.items() if n in KNOWN and o.expected[0] <= o.fewest}
    assert needless == set()
    assert [n for n, o in outcomes.items() if o.made < o.fewest] == []


def test_figures_can_be_written_and_shown(outcomes: Mapping[str, Outcome]) -> None:
    rows = json.loads(json.dumps([one.row() for one in outcomes.values()]))
    assert [row["made"] for row in rows] == [one.made for one in outcomes.values()]
    assert f"{len(WORKS)} of {len(WORKS)}." in calls([*outcomes.values()], PEOPLE)


def test_writes_have_names_and_rows_of_their_own() -> None:
    assert len({work.name for work in WORKS}) == len(WORKS) >= 10
    assert FEWER.keys() == SIZES.keys()


def test_an_import_takes_250_contacts_a_call_and_is_asked_about_once() -> None:
    assert imports(250).calls == 2
    assert imports(251).calls == 3
    assert (imports(100_000) + each(2, "tags")).calls == 403
