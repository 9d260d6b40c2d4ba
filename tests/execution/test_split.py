"""A chain of pages is read in parts where that is faster: each row once, hardly more calls."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sqlcrm.errors import ShapeChanged
from sqlcrm.execution.listing import Page
from sqlcrm.execution.pages import fetch
from sqlcrm.execution.parts import PAGES_A_PART, Strayed, most_extra
from sqlcrm.planner.access import Access
from sqlcrm.sdk import Column, Flow, IdCursor, Read, Request, Response, Type, Verdict

SIZE = 10
PAGES = IdCursor(
    SIZE,
    at="rows",
    total_at="total",
    after_id="above",
    order=("order", "up"),
    before_id="below",
    falling=("order", "down"),
)
READ = Read("/rows", "rows", PAGES)
COLUMNS = [Column("id", Type.INTEGER)]
Query = dict[str, str]


@dataclass(frozen=True)
class Answer:
    response: Response
    verdict: Verdict = Verdict.OK
    reason: str = ""


@dataclass
class Rows:
    """An API with one list of ids. ignores: parameters that it does not know."""

    ids: set[int]
    allowed: float | None = 5.0
    latency: float = 1.0
    ignores: frozenset[str] = frozenset()
    before: Callable[["Rows", Query], None] = lambda _rows, _query: None
    asked: list[Query] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def rate(self, path: str) -> float | None:
        assert path == "/rows"
        return self.allowed

    def drive(self, flow: Flow[Any]) -> Any:
        raise NotImplementedError

    def send(self, request: Request) -> Answer:
        query = {k: v for k, v in request.query if k not in self.ignores}
        with self.lock:
            self.asked.append(query)
            self.before(self, query)
            low, high = int(query.get("above", 0)), int(query.get("below", 10**18))
            rows = sorted(i for i in self.ids if low < i < high)
        if query.get("order") == "down":
            rows.reverse()
        page = [{"id": str(i)} for i in rows[: int(query["limit"])]]
        return Answer(Response(200, {"rows": page, "total": str(len(rows))}))


def pages(rows: Rows, *query: tuple[str, str], **how: bool) -> list[Page]:
    return list(fetch(Access(READ, query=query), COLUMNS, rows, "rows@crm", **how))


def ids(found: Iterable[Page]) -> list[int]:
    return sorted(int(row["id"]) for page in found for row in page.rows)


def backwards(rows: Rows) -> int:
    return sum(query["order"] == "down" for query in rows.asked)


def test_a_long_chain_is_read_in_parts_and_its_last_page_backwards() -> None:
    rows = Rows(set(range(1, 1001)))
    found = pages(rows)
    assert ids(found) == list(range(1, 1001))
    assert backwards(rows) == 1
    assert sum("below" in query for query in rows.asked) > 80
    assert len(rows.asked) <= 100 + found[-1].extra


def test_rows_without_gaps_cost_hardly_any_call_more() -> None:
    rows = Rows(set(range(1, 10_001)), allowed=50.0, latency=0.2)
    found = pages(rows)
    assert ids(found) == list(range(1, 10_001))
    assert len(rows.asked) <= 1000 * 1.02


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    st.sets(st.integers(1, 3000), min_size=1, max_size=900),
    st.sampled_from([None, 5.0, 50.0]),
    st.integers(0, 1500),
    st.integers(1500, 3002),
)
def test_however_ids_lie_every_row_comes_once_within_the_calls_that_were_told(
    some: set[int], allowed: float | None, low: int, high: int
) -> None:
    rows = Rows(some, allowed, latency=0.3)
    found = pages(rows, ("above", str(low)), ("below", str(high)))
    wanted = sorted(i for i in some if low < i < high)
    assert ids(found) == wanted
    least = max(1, -(-len(wanted) // SIZE))
    assert len(rows.asked) <= least + max(page.extra for page in found)
    assert max(page.extra for page in found) <= 64 + least // PAGES_A_PART


def test_one_part_with_almost_all_rows_is_divided_again() -> None:
    rows = Rows({*range(1, 20), *range(900_000, 902_000)}, latency=1.0)
    found = pages(rows)
    assert ids(found) == sorted(rows.ids)
    assert len({query.get("below") for query in rows.asked}) > 6
    assert len(rows.asked) <= -(-len(rows.ids) // SIZE) + found[-1].extra


def test_conditions_on_the_id_stay_in_every_part() -> None:
    rows = Rows(set(range(1, 1001)))
    found = pages(rows, ("above", "200"), ("below", "801"))
    assert ids(found) == list(range(201, 801))
    assert backwards(rows) == 1
    for query in rows.asked:
        assert int(query["above"]) >= 200
        assert int(query["below"]) <= 801


@pytest.mark.parametrize(
    ("count", "allowed", "latency", "how"),
    [
        (70, 5.0, 1.0, {}),  # too short to be worth it
        (1000, 5.0, 0.1, {}),  # one call after the other is fast enough
        (1000, 5.0, 1.0, {"ahead": False}),  # a LIMIT: not a call in vain
        (1000, 5.0, 1.0, {"split": False}),
    ],
)
def test_a_chain_stays_one_where_parts_gain_nothing(
    count: int, allowed: float, latency: float, how: dict[str, bool]
) -> None:
    rows = Rows(set(range(1, count + 1)), allowed, latency)
    found = pages(rows, **how)
    assert ids(found) == list(range(1, count + 1))
    assert len(rows.asked) == count // SIZE
    assert found[-1].extra == 0


def test_c1_rows_that_come_and_go_lose_and_double_no_other_row() -> None:
    def drift(rows: Rows, query: Query) -> None:
        number = len(rows.asked)
        rows.ids.discard(7 * number)
        rows.ids.add(5000 + number)

    rows = Rows(set(range(1, 2001)), allowed=50.0, latency=0.2, before=drift)
    found = ids(pages(rows))
    untouched = {i for i in range(1, 2001) if i % 7}
    assert len(found) == len(set(found))
    assert untouched <= set(found)


@pytest.mark.parametrize("ignored", ["below", "order", "above"])
def test_an_api_that_does_not_keep_to_the_part_is_found_out(ignored: str) -> None:
    def rough(rows: Rows, query: Query) -> None:
        if ignored == "order":
            query["order"] = "up"

    rows = Rows(set(range(1, 1001)), ignores=frozenset({ignored} - {"order"}), before=rough)
    error = ShapeChanged if ignored == "above" else Strayed
    with pytest.raises(error, match="rows@crm"):
        pages(rows)
    assert len(rows.asked) < 12


def test_the_calls_are_really_made_at_once() -> None:
    together = threading.Barrier(4)
    waited = []

    class Slow(Rows):
        def send(self, request: Request) -> Answer:
            if "below" in dict(request.query) and not waited:
                together.wait(10)
                waited.append(1)
            return super().send(request)

    rows = Slow(set(range(1, 1001)), allowed=10.0, latency=0.5)
    assert len(ids(pages(rows))) == 1000
    assert waited


def test_ids_that_are_no_numbers_are_read_in_one_chain() -> None:
    class Named(Rows):
        def send(self, request: Request) -> Answer:
            query = dict(request.query)
            low = query.get("above", "")
            rest = sorted(f"a{i:04}" for i in self.ids if f"a{i:04}" > low)
            self.asked.append(query)
            rows = [{"id": one} for one in rest[:SIZE]]
            return Answer(Response(200, {"rows": rows, "total": len(rest)}))

    rows = Named(set(range(1000)))
    assert sum(len(page.rows) for page in pages(rows)) == 1000
    assert len(rows.asked) == 100


@pytest.mark.parametrize("count", [70, 300, 2000, 9000])
@pytest.mark.parametrize(("allowed", "latency"), [(5.0, 0.1), (5.0, 0.4), (50.0, 0.2), (None, 0.2)])
def test_what_parts_may_cost_is_known_from_the_first_page(
    count: int, allowed: float | None, latency: float
) -> None:
    rows = Rows(set(range(1, 7 * count, 7)), allowed, latency)
    found = pages(rows)
    least = -(-count // SIZE)
    assert found[-1].extra <= most_extra(least, allowed, latency)
    assert len(rows.asked) <= least + most_extra(least, allowed, latency)
