"""Which of what was read answers what is asked: conditions that follow from others."""

import operator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sqlcrm.execution.cache import implies
from sqlcrm.planner.plan import Predicate

OPERATORS = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

values = st.integers(-3, 3)
predicates = st.one_of(
    st.builds(lambda op, v: Predicate("c", op, (v,)), st.sampled_from(sorted(OPERATORS)), values),
    st.builds(lambda many: Predicate("c", "in", tuple(many)), st.lists(values, min_size=1)),
)


def fulfils(value: int, predicate: Predicate) -> bool:
    if predicate.op == "in":
        return value in predicate.values
    return bool(OPERATORS[predicate.op](value, predicate.values[0]))


@given(predicates, predicates)
def test_what_follows_from_a_condition_holds_wherever_it_does(one: Any, other: Any) -> None:
    if implies(one, other):
        assert all(fulfils(v, other) for v in range(-5, 6) if fulfils(v, one))


@given(predicates)
def test_a_condition_follows_from_itself(one: Any) -> None:
    assert implies(one, one)


def test_a_narrower_border_follows_and_a_wider_one_does_not() -> None:
    narrow, wide = Predicate("c", ">", (5,)), Predicate("c", ">=", (5,))
    assert implies(narrow, wide)
    assert not implies(wide, narrow)
    assert not implies(Predicate("d", ">", (5,)), wide)
    assert implies(Predicate("c", "=", (6,)), narrow)


def test_the_order_of_texts_is_not_relied_on() -> None:
    assert not implies(Predicate("c", ">", ("b",)), Predicate("c", ">", ("a",)))
    assert implies(Predicate("c", "=", ("b",)), Predicate("c", "in", ("a", "b")))
