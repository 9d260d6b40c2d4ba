"""What flows are built from: answers to a batch find their rows by key alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from sqlcrm.sdk import Outcome, matched

ROWS = [{"name": "a"}, {"name": "b"}, {"name": "c"}]


def name(row: Mapping[str, Any]) -> str:
    return str(row["name"])


def told(result: Mapping[str, Any]) -> Outcome:
    if "error" in result:
        return Outcome("rejected", result["error"])
    return Outcome("done", id=str(result["id"]))


def states(results: Any) -> list[str]:
    return [outcome.state for outcome in matched(ROWS, results, name, told)]


def made(*names: str) -> list[dict[str, Any]]:
    return [{"name": each, "id": f"id of {each}"} for each in names]


def test_results_in_another_order_find_their_rows() -> None:
    """B8: reordered."""
    outcomes = matched(ROWS, made("c", "a", "b"), name, told)
    assert [outcome.id for outcome in outcomes] == ["id of a", "id of b", "id of c"]
    assert {outcome.state for outcome in outcomes} == {"done"}


def test_a_row_that_the_reply_leaves_out_is_unknown() -> None:
    """B8: fewer."""
    outcomes = matched(ROWS, made("a", "c"), name, told)
    assert outcomes[1] == Outcome("unknown", "the reply does not mention it")
    assert states(made("a", "c")) == ["done", "unknown", "done"]


def test_results_of_no_row_are_passed_over() -> None:
    """B8: more."""
    assert states(made("x", "a", "b", "c", "y")) == ["done"] * 3


def test_a_row_that_is_mentioned_twice_is_unknown() -> None:
    """B8: duplicated, whether or not the two results agree."""
    outcomes = matched(ROWS, made("a", "b", "a", "c"), name, told)
    assert outcomes[0] == Outcome("unknown", "the reply mentions it 2 times")
    assert [outcome.state for outcome in outcomes] == ["unknown", "done", "done"]


def test_rows_of_one_key_cannot_be_told_apart() -> None:
    outcomes = matched([*ROWS, {"name": "a"}], made("a", "b", "c"), name, told)
    assert [outcome.state for outcome in outcomes] == ["unknown", "done", "done", "unknown"]
    assert "same key" in outcomes[0].reason


def test_a_result_may_stand_for_a_refusal() -> None:
    """B7: each row gets its own verdict."""
    outcomes = matched(ROWS, [*made("a", "c"), {"name": "b", "error": "no"}], name, told)
    assert outcomes[1] == Outcome("rejected", "no")


@pytest.mark.parametrize(
    "results", [None, [], {}, "", 5, [None, 7, "a", ["a"], {}, {"name": None}], "abc"]
)
def test_a_reply_of_another_shape_tells_nothing(results: Any) -> None:
    """B8: a mismatch is unknown, and never an error: the call may have had its effect."""
    assert states(results) == ["unknown"] * 3


def test_a_single_result_need_not_be_in_a_list() -> None:
    assert states(made("b")[0]) == ["unknown", "done", "unknown"]
