"""The promise of the whole: what is pushed to an API never changes a result."""

from collections import Counter
from typing import Any

from fakes.crm import Crm, Door
from fakes.rows import Query, crms, locals_, queries
from fakes.session import FakeSession
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from sqlcrm.errors import DatabaseError

UNHURRIED = settings(
    deadline=None,
    derandomize=True,
    max_examples=110,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


def fill(session: FakeSession, crm: Crm, rows: list[tuple[Any, ...]]) -> None:
    session.connect(Door(crm))
    session.tell_truth()
    session.engine.run(
        "CREATE OR REPLACE TABLE loc (k BIGINT, who VARCHAR, n INTEGER, code VARCHAR)"
    )
    for row in rows:
        session.engine.run("INSERT INTO loc VALUES (?, ?, ?, ?)", row)


def truth(session: FakeSession, text: str) -> Counter[tuple[Any, ...]] | None:
    """Return the rows over the full tables; None where DuckDB refuses the text itself."""
    try:
        return bag(session.engine.query(text))
    except DatabaseError:
        return None


def bag(rows: list[tuple[Any, ...]]) -> Counter[tuple[Any, ...]]:
    return Counter(tuple(map(repr, row)) for row in rows)


def check(session: FakeSession, query: Query) -> None:
    asked, full = query.over(suffix="@fake"), query.over("truth.").replace(".team", ".group_id")
    note(asked)
    expected = truth(session, full)
    if expected is None:
        return
    got = bag(session.rows(asked))
    if query.limit is None:
        assert got == expected
        return
    everything = truth(session, full.rpartition(" LIMIT ")[0])
    assert got.total() == expected.total()
    assert everything is not None
    assert got <= everything


@UNHURRIED
@given(crms(), locals_(), st.lists(queries(), min_size=1, max_size=5))
def test_c6_a_query_gives_what_it_gives_over_the_full_tables(
    session: FakeSession, crm: Crm, rows: list[tuple[Any, ...]], wanted: list[Query]
) -> None:
    fill(session, crm, rows)
    for query in wanted:
        check(session, query)


@settings(UNHURRIED, max_examples=50)
@given(crms(), locals_(), st.lists(queries(), min_size=7, max_size=7))
def test_c8_what_earlier_queries_left_in_the_cache_changes_no_result(
    session: FakeSession, crm: Crm, rows: list[tuple[Any, ...]], wanted: list[Query]
) -> None:
    """C8: a thousand pairs of queries, and each of the later ones after all before it."""
    fill(session, crm, rows)
    session.settings.own_ttl = 600.0
    session.cache.forget("fake", None)
    for query in wanted:
        check(session, query)
