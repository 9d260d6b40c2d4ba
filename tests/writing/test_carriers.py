"""What carries rows: many in one batch where that takes fewer calls, counted as they are."""

import pytest

from sqlcrm.planner.plan import Relation
from sqlcrm.sdk import Column, Read, Table, Write
from sqlcrm.state.values import Operation
from sqlcrm.writing.carriers import Means, carried
from sqlcrm.writing.plan import WritePlan


def _flow(_rows):
    raise AssertionError("nothing is sent here")
    yield


ALONE = Write("insert", "POST", "/taggings", repeatable=True)
TOGETHER = Write("insert", send=_flow, per="person", calls=3, repeatable=True)
TAGGINGS = Table(
    "taggings",
    "Which person has which tag.",
    ("id",),
    (Column("id", readonly=True), Column("person"), Column("tag")),
    (Read("/taggings", "taggings"),),
    (ALONE, TOGETHER),
    natural_key=("person", "tag"),
    link=True,
)


def _plan(*people: str) -> WritePlan:
    operations = tuple(
        Operation(i, "taggings", "link", {}, values, values, None, "planned")
        for i, person in enumerate(people, 1)
        for values in [{"person": person, "tag": str(i)}]
    )
    means = Means(lambda _write, ours: {o.number: {} for o in ours}, lambda _names, _ours: 1)
    return carried(
        WritePlan("insert", Relation("m", "taggings", "an", TAGGINGS), "INSERT", operations), means
    )


@pytest.mark.parametrize(("people", "calls"), [("aaaa", 3), ("aaa", 3), ("aaaabbbb", 6), ("ab", 2)])
def test_rows_of_one_person_go_together_where_that_takes_fewer_calls(people, calls):
    plan = _plan(*people)
    together = [batch for batch in plan.batches if batch.write is TOGETHER]
    assert len(together) == (len(set(people)) if calls < len(people) else 0)
    assert plan.forecast.writes == calls
    assert sorted(n for batch in plan.batches for n in batch.operations) == [
        *range(1, len(people) + 1)
    ]
