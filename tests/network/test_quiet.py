"""Without any fault: every kind of table, and how many requests it takes."""

import pytest

REQUESTS = {
    "upserts": 22, "items": 22, "uniques": 22, "laggy": 22, "notes": 21, "batched": 3, "errors": 3,
    "strict": 3, "named": 3, "jobs": 7, "queue": 7, "locked": 11,
}  # fmt: skip


@pytest.mark.parametrize(("kind", "requests"), REQUESTS.items())
def test_every_row_is_created_once_in_the_fewest_requests(bench, names, kind, requests):
    """B: a quiet network, for each kind of table: who, a look-up, then what carries 20 rows."""
    bench.all_done(bench.insert(kind, names(20)))
    assert len(bench.crm.seen) == requests


@pytest.mark.parametrize("kind", [kind for kind in REQUESTS if kind != "laggy"])
def test_the_same_statement_again_writes_nothing(bench, names, kind):
    """F6: run twice, the second run has 0 writes."""
    rows = names(20)
    bench.insert(kind, rows)
    since = len(bench.crm.writes)
    assert bench.insert(kind, rows).counts == {"unchanged": 20}
    assert len(bench.crm.writes) == since


def test_the_same_statement_at_once_writes_nothing_though_the_index_lags(bench, names):
    """F6: rows written a moment ago cannot be found yet; nothing is doubled."""
    rows = names(20)
    bench.insert("laggy", rows)
    assert bench.insert("laggy", rows).counts == {"unchanged": 20}
