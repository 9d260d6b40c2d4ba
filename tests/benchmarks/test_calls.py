"""C6, C7: a query makes the calls of the best client written by hand, or says why it makes more.

The server counts. What sqlcrm makes where that is more stands in benchmarks/suite/known.py. The
result of each query equals that on full copies.
"""

from collections.abc import Iterator, Mapping

import pytest

from benchmarks import calls
from benchmarks.calls import Outcome
from benchmarks.fewest import Cost, Query, batches, each, least, one, pages
from benchmarks.sandboxes import sandbox
from benchmarks.suite import QUERIES
from benchmarks.suite.known import KNOWN

PEOPLE = 2_000
BY_NAME = pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)


@pytest.fixture(scope="module")
def outcomes() -> Iterator[Mapping[str, Outcome]]:
    """Run the whole suite once."""
    with sandbox(PEOPLE) as served:
        yield {outcome.name: outcome for outcome in calls.run(served)}


@BY_NAME
def test_a_query_makes_the_fewest_calls_or_those_that_have_a_reason(
    query: Query, outcomes: Mapping[str, Outcome]
) -> None:
    found = outcomes[query.name]
    least, most = found.expected
    assert least <= found.made <= most, f"fewest: {found.how}; made: {'; '.join(found.asked)}"


@BY_NAME
def test_a_result_equals_that_on_full_copies(query: Query, outcomes: Mapping[str, Outcome]) -> None:
    assert outcomes[query.name].same


def test_more_calls_than_the_fewest_have_a_reason_and_a_query(
    outcomes: Mapping[str, Outcome],
) -> None:
    assert KNOWN.keys() <= outcomes.keys()
    assert all(known.reason for known in KNOWN.values())
    needless = {name for name in KNOWN if outcomes[name].expected == (outcomes[name].fewest,) * 2}
    assert needless == set()
    assert [one.name for one in outcomes.values() if one.expected[0] < one.fewest] == []


def test_queries_have_names_of_their_own() -> None:
    assert len({query.name for query in QUERIES}) == len(QUERIES) >= 30


def test_costs_add_up_and_tell_how() -> None:
    assert pages(0, "rows") == Cost(1, "0 rows / 100 = 1")
    assert pages(1_001, "rows").calls == 11
    assert batches(0, "ids").calls == 0
    assert (one("tag") + pages(101, "rows")).calls == 3
    assert least(each(7, "addresses"), pages(500, "rows")).calls == 5
