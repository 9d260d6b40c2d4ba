"""Writes that are garbled: every one of them is an error of ours that points, never a crash."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from sqlcrm.dialect import parse
from sqlcrm.errors import SqlError

WORDS = (
    'SYNC t@crm s TO FROM WITH INSERT UPDATE DELETE OR ALL EXCEPT ( ) a , "b" [c] [ ] EXIT AFTER 5'
    " ROWS IGNORE NULLS ON IDENTIFIED BY CHANGES CONTINUE FIRST 3 ERRORS OPT IN WHERE MERGE INTO"
    " USING WHEN MATCHED NOT THEN AND SOURCE SET = VALUES CONFLICT DO NOTHING RETURNING CASE END"
    " PLAN EXPLAIN DEFAULT NAME . * 'x' ? ;"
)
STARTS = (
    "SYNC s TO t@crm",
    "SYNC s TO t@crm WITH INSERT",
    "MERGE INTO t@crm USING s ON",
    "MERGE INTO t@crm USING s ON a WHEN",
    "INSERT INTO t@crm (a) SELECT 1 ON CONFLICT",
    "UPDATE t@crm SET a = 1 WHERE",
    "DELETE FROM t@crm",
    "PLAN",
    "",
)


def place(text: str) -> tuple[int, int]:
    """Return where the error of a text points, all of it where there is none."""
    try:
        parse(text)
    except SqlError as error:
        return error.start, error.end
    return 0, max(len(text), 1)


@settings(deadline=None, derandomize=True, max_examples=1000)
@given(st.sampled_from(STARTS), st.lists(st.sampled_from(WORDS.split()), max_size=9))
@example("SYNC s TO t@crm WITH INSERT", ["IDENTIFIED", "BY", "["])
@example("MERGE INTO t@crm USING s ON", ["a", "WHEN", "NOT", "MATCHED", "THEN", "INSERT", "("])
def test_words_in_any_order_are_a_statement_or_an_error_that_points(
    start: str, words: list[str]
) -> None:
    text = " ".join((start, *words))
    first, last = place(text)
    assert 0 <= first < last <= max(len(text), 1)
