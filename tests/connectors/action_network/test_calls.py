"""People come in a list that tells no length: how many calls a join with them takes."""

from pathlib import Path

import pytest

import sqlcrm
from sqlcrm.sandbox import Options, serve
from sqlcrm_action_network.sandbox import sandbox


@pytest.mark.parametrize(("addresses", "most"), [(250, 14), (30, 14), (9, 19), (3, 3)])
def test_a_join_takes_hardly_more_than_twice_the_calls_of_the_better_way(
    addresses: int, most: int, tmp_path: Path
) -> None:
    """300 people are 12 pages and the end; each address is a lookup else, or two for its case."""
    with serve([sandbox], Options(people=300, limits="off")) as running:
        settings = {**running[0].settings, "rate_limit": "off"}
        with sqlcrm.connect(an=settings, state=tmp_path) as db:
            db.execute(
                "CREATE TABLE wanted AS SELECT 'nobody' || i || '@example.org' AS email "
                f"FROM range({addresses}) t(i)"
            )
            found = db.execute("SELECT p.id FROM wanted w JOIN people@an p ON p.email = w.email")
            assert found.fetchall() == []
            assert len(db.session.connections.calls) <= most


def test_explain_promises_no_count_that_the_list_does_not_tell(tmp_path: Path) -> None:
    with serve([sandbox], Options(people=60, limits="off")) as running:
        settings = {**running[0].settings, "rate_limit": "off"}
        with sqlcrm.connect(an=settings, state=tmp_path) as db:
            told = str(db.execute("EXPLAIN ANALYZE SELECT count(*) FROM people@an").fetchall())
            assert "its total is the count" not in told
            told = str(db.execute("EXPLAIN SELECT count(*) FROM people@an").fetchall())
            assert "exact" not in told
            assert db.execute("SELECT count(*) FROM people@an").fetchall() == [(60,)]
