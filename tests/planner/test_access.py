"""Which read answers a scan with the fewest calls, by numbers."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fakes.crm import groups, members, notes, people

from sqlcrm.errors import ProgrammingError
from sqlcrm.planner.access import accesses, wire
from sqlcrm.planner.choice import WORTH_ASKING, best
from sqlcrm.planner.constants import UNKNOWN, fit
from sqlcrm.planner.plan import Predicate, Relation, Scan
from sqlcrm.sdk import Column, Filter, Offset, Param, Read, Table, Type


def scan(table: Table, *predicates: Predicate, **more: Any) -> Scan:
    columns = tuple(column.name for column in table.columns)
    return Scan(Relation("m", table.name, "fake", table), columns, predicates, **more)


def equal(column: str, *values: Any) -> Predicate:
    return Predicate(column, "=" if len(values) == 1 else "in", values)


def test_without_keys_or_conditions_there_is_the_list() -> None:
    (found,) = accesses(scan(groups), {})
    assert (found.read, found.keys, found.query, found.least) == (groups.reads[0], (), (), 1)
    assert not found.exact


@pytest.mark.parametrize(("keys", "calls"), [(0, 0), (1, 1), (2, 1), (3, 2), (20, 10)])
def test_keys_cost_a_call_for_every_batch(keys: int, calls: int) -> None:
    found = accesses(scan(groups), {"id": list(range(keys))})[1]
    assert (found.read.by, found.least, found.exact) == ("id", calls, True)


def test_few_keys_are_looked_up_at_once_and_many_weighed_against_the_list() -> None:
    few = best(accesses(scan(groups), {"id": list(range(2 * WORTH_ASKING))}))
    assert [access.read.by for access in few] == ["id"]
    many = best(accesses(scan(groups), {"id": list(range(2 * WORTH_ASKING + 1))}))
    assert [access.read.by for access in many] == ["", "id"]


def test_no_key_at_all_costs_no_call() -> None:
    (found,) = best(accesses(scan(groups), {"id": []}))
    assert (found.keys, found.least) == ((), 0)


def test_constants_are_keys_and_the_smaller_set_is_taken() -> None:
    found = accesses(scan(people, equal("id", 5, 6, 5)), {"id": [5, 6, 7]})
    assert [a.keys for a in found if a.read.by == "id"] == [(5, 6)]
    found = accesses(scan(people, equal("id", 5, 6, 7)), {"id": [5]})
    assert [a.keys for a in found if a.read.by == "id"] == [(5,)]


def test_the_list_with_more_filters_is_tried_first() -> None:
    plain, filtered = (
        Read("/a", "a", Offset(5)),
        Read("/b", "b", Offset(5), filters=(Filter("x", "=", "x"),)),
    )
    table = Table("t", "T.", ("x",), (Column("x"),), (plain, filtered))
    found = best(accesses(scan(table, equal("x", "1")), {}))
    assert [access.read.path for access in found] == ["/b", "/a"]


def test_a_parameter_is_filled_once() -> None:
    wanted = (Predicate("email", "prefix", ("a",)), Predicate("email", "contains", ("b",)))
    (found,) = accesses(scan(people, *wanted), {})
    assert found.query == (("email_like", "a"),)
    assert found.pushed == wanted[:1]


def test_only_operators_that_find_enough_are_used() -> None:
    table = Table(
        "t", "T.", ("n",), (Column("n", Type.INTEGER),),
        (Read("/t", "t", filters=(Filter("n", ">=", "from"), Filter("n", "<", "below"))),),
    )  # fmt: skip
    pushed = {
        op: accesses(scan(table, Predicate("n", op, (3,))), {})[0].query
        for op in ("=", ">", ">=", "<", "<=", "in")
    }
    assert pushed == {
        "=": (),
        ">": (("from", "3"),),
        ">=": (("from", "3"),),
        "<": (("below", "3"),),
        "<=": (),
        "in": (),
    }


def test_slack_moves_the_border_and_what_cannot_be_moved_is_not_pushed() -> None:
    moment = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    (found,) = accesses(scan(people, Predicate("seen_at", ">=", (moment,))), {})
    assert found.query == (("seen_after", "2025-12-31T23:59:59+00:00"),)
    last = dt.datetime.max.replace(tzinfo=dt.UTC)
    (found,) = accesses(scan(people, Predicate("seen_at", "<=", (last,))), {})
    assert found.query == ()


def test_a_filter_may_decline_a_value() -> None:
    declines = Filter("x", "=", "x", wire=lambda value: None if value == "" else f"<{value}>")
    table = Table("t", "T.", ("x",), (Column("x"),), (Read("/t", "t", filters=(declines,)),))
    assert accesses(scan(table, equal("x", "")), {})[0].query == ()
    assert accesses(scan(table, equal("x", "1")), {})[0].query == (("x", "<1>"),)


def test_a_table_that_needs_a_key_says_so() -> None:
    with pytest.raises(ProgrammingError, match="person_id"):
        accesses(scan(notes), {})
    (found,) = accesses(scan(notes), {"person_id": [1, 2, 3]})
    assert (found.least, found.exact) == (3, True)


def test_a_parameter_rules_out_reads_that_do_not_know_it() -> None:
    found = accesses(scan(people, params={"segment": 4}), {"id": [1]})
    assert [(a.read.by, a.query) for a in found] == [("", (("segment", "4"),))]
    with pytest.raises(ProgrammingError):
        accesses(scan(members, params={"segment": 4}), {})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "1"),
        (False, "0"),
        (7, "7"),
        (1.5, "1.5"),
        ("a&b=c", "a&b=c"),
        (dt.date(2026, 1, 31), "2026-01-31"),
        (dt.datetime(2026, 1, 31, 1, 2, 3, tzinfo=dt.UTC), "2026-01-31T01:02:03+00:00"),
    ],
)
def test_values_become_texts(value: Any, text: str) -> None:
    assert wire(value) == text


BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("type_", "value", "fitted"),
    [
        (Type.TEXT, "a", "a"),
        (Type.TEXT, 5, UNKNOWN),
        (Type.INTEGER, "5", 5),
        (Type.INTEGER, "five", UNKNOWN),
        (Type.INTEGER, 5.5, UNKNOWN),
        (Type.INTEGER, True, UNKNOWN),
        (Type.FLOAT, 5, 5.0),
        (Type.FLOAT, 10**400, UNKNOWN),
        (Type.FLOAT, "5", UNKNOWN),
        (Type.BOOLEAN, True, True),
        (Type.BOOLEAN, 1, UNKNOWN),
        (Type.DATE, "2026-01-31", dt.date(2026, 1, 31)),
        (Type.DATE, "31.1.2026", UNKNOWN),
        (Type.DATE, dt.datetime(2026, 1, 31), UNKNOWN),  # noqa: DTZ001 - as a bind may be
        (Type.TIMESTAMP, "2026-01-31 10:00", dt.datetime(2026, 1, 31, 10, tzinfo=BERLIN)),
        (Type.TIMESTAMP, dt.date(2026, 1, 31), dt.datetime(2026, 1, 31, tzinfo=BERLIN)),
        (Type.TIMESTAMP, "soon", UNKNOWN),
        (Type.TIMESTAMP, 5, UNKNOWN),
        (Type.JSON, "{}", UNKNOWN),
        (Type.TEXT, None, UNKNOWN),
    ],
)
def test_a_constant_is_pushed_in_the_columns_own_type_or_not_at_all(
    type_: Type, value: Any, fitted: Any
) -> None:
    assert fit(value, Column("c", type_), "Europe/Berlin") == fitted


@pytest.mark.parametrize("text", ["2026-10-25 02:30:00", "2026-03-29 02:30:00"])
def test_an_hour_that_comes_twice_or_never_is_not_pushed(text: str) -> None:
    """DuckDB takes the later one, Python the earlier."""
    assert fit(text, Column("c", Type.TIMESTAMP), "Europe/Berlin") is UNKNOWN
    assert fit(f"{text}+01:00", Column("c", Type.TIMESTAMP), "Europe/Berlin") is not UNKNOWN


def test_a_zone_that_only_duckdb_knows_is_no_error() -> None:
    assert fit("2026-01-01", Column("c", Type.TIMESTAMP), "AET") is UNKNOWN


def _signed() -> Table:
    lookup = Read("/p/{of}/s/lookup", "s", by="email", param="email", within="of", over=("p", "id"))
    listed = Read("/p/{of}/s", "s", Offset(5), by="of", over=("p", "id"))
    columns = (Column("id"), Column("of"), Column("email"))
    return Table("signed", "Who signed.", ("id",), columns, (lookup, listed))


def test_a_lookup_within_parents_costs_a_call_for_each_value_in_each_of_them() -> None:
    table = _signed()
    found = accesses(scan(table), {"of": ["a", "b"], "email": ["x", "y", "z"]})
    assert [(a.read.by, a.inside, a.least, a.exact) for a in found] == [
        ("email", ("a", "b"), 6, True),
        ("of", (), 2, False),
    ]
    assert found[0].pushed == (Predicate("of", "in", ("a", "b")),)


def test_where_the_parents_are_not_given_all_of_them_are_asked_for() -> None:
    table = _signed()
    (found,) = accesses(scan(table), {"email": ["x"]})
    assert (found.over, found.lacks, found.read.by) == (("p", "id"), "of", "email")
    (found,) = accesses(scan(table), {})
    assert (found.over, found.lacks, found.read.by) == (("p", "id"), "of", "of")


def test_lookups_that_cost_no_more_than_any_list_can_are_made_at_once() -> None:
    table, parents = _signed(), [str(n) for n in range(50)]
    (chosen,) = best(accesses(scan(table), {"of": parents, "email": ["x"]}))
    assert (chosen.read.by, chosen.least) == ("email", 50)
    chosen, *_ = best(accesses(scan(table), {"of": parents, "email": ["x", "y"]}))
    assert chosen.read.by == "of"


def test_a_table_that_needs_an_argument_says_which() -> None:
    read = Read("/found", "found", params=(Param("query", "q", required=True),))
    table = Table("found", "What is found.", ("id",), (Column("id"),), (read,))
    with pytest.raises(ProgrammingError, match=r"found@fake\(query => …\)"):
        accesses(scan(table), {})
