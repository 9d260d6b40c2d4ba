"""Plans that a person might regret are stopped before the first call."""

import pytest

from sqlcrm.errors import GuardRefused
from sqlcrm.planner.plan import Relation
from sqlcrm.sdk import Column, Read, Table
from sqlcrm.state.values import Operation
from sqlcrm.writing.guards import Limits, check
from sqlcrm.writing.plan import WritePlan

TAGS = Table("tags", "Tags.", ("id",), (Column("id"),), (Read("/tags", "tags"),))


def _plan(number, verb="update", total=None):
    operations = tuple(
        Operation(i, "tags", verb, {"id": i}, {}, {}, None, "planned") for i in range(number)
    )
    relation = Relation("m", "tags", "ac", TAGS)
    return WritePlan(verb, relation, "", operations, total=total)


@pytest.mark.parametrize(
    ("plan", "limits"),
    [
        (_plan(100), Limits()),
        (_plan(101), Limits(yes=True)),
        (_plan(101), Limits(max_changes=101)),
        (_plan(3, "delete"), Limits(max_changes=3, max_deletes=3)),
        (_plan(50, total=100), Limits()),
        (_plan(0), Limits(max_changes=0)),
        (_plan(2, "delete"), Limits(ask=lambda *_: True)),
    ],
)
def test_what_is_allowed_passes(plan, limits):
    check(plan, limits, read_only=False)


@pytest.mark.parametrize(
    ("plan", "limits", "words"),
    [
        (_plan(101), Limits(), "--max-changes 101"),
        (_plan(1, "delete"), Limits(), "1 deleted"),
        (_plan(51, total=100), Limits(), "more than half of the table"),
        (_plan(4), Limits(yes=True, max_changes=3), "more than max-changes 3"),
        (_plan(4, "delete"), Limits(max_changes=9, max_deletes=3), "more than max-deletes 3"),
        (_plan(2, "delete"), Limits(max_deletes=2), "If you mean it"),
        (_plan(2, "delete"), Limits(ask=lambda *_: False), "you said no"),
    ],
)
def test_what_is_not_allowed_is_refused_with_the_way_to_allow_it(plan, limits, words):
    with pytest.raises(GuardRefused, match=words):
        check(plan, limits, read_only=False)


def test_a_read_only_connection_refuses_whatever_is_allowed():
    with pytest.raises(GuardRefused, match="read_only"):
        check(_plan(1), Limits(yes=True), read_only=True)
