"""Several calls at once: none too many, none forgotten, nobody waits for the slowest."""

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import pytest

from sqlcrm.execution import ahead
from sqlcrm.execution.ahead import at_once, chains, one_by_one, width

SOON = 10  # seconds: longer than anything here takes, unless it hangs


@dataclass(frozen=True)
class Got:
    what: int
    size: int = 1


def settle(question: int, answer: int, _free: int) -> tuple[Got, Iterable[int]]:
    assert question == answer
    return Got(answer), ()


def results(
    questions: Iterable[int], ask: Callable[[int], int] = lambda q: q, wide: int = 3
) -> Iterator[Got]:
    return at_once(questions, ask, settle, lambda: wide)


def threads() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name.startswith("sqlcrm-read")]


def test_results_come_in_order_whatever_finishes_first() -> None:
    second = threading.Event()

    def ask(question: int) -> int:
        if question == 0:
            assert second.wait(SOON)
        if question == 1:
            second.set()
        return question

    assert [got.what for got in results(range(5), ask)] == [0, 1, 2, 3, 4]


def test_a_slow_one_holds_up_neither_questions_nor_results() -> None:
    last = threading.Event()
    count = 3 * ahead.HELD

    def ask(question: int) -> int:
        if question == 0:
            assert last.wait(SOON)
        if question == count - 1:
            last.set()
        return question

    found = [got.what for got in results(range(count), ask)]
    assert sorted(found) == list(range(count))
    assert found[0] != 0


def test_answers_bring_questions_and_all_are_asked_once() -> None:
    def tree(question: int, answer: int, _free: int) -> tuple[Got, Iterable[int]]:
        return Got(answer), [2 * question, 2 * question + 1] if question < 500 else ()

    found = [got.what for got in at_once([1], lambda q: q, tree, lambda: 4)]
    assert sorted(found) == list(range(1, 1000))
    assert sorted(got.what for got in one_by_one([1], lambda q: q, tree)) == sorted(found)


def test_no_more_are_under_way_than_wanted_and_all_of_these() -> None:
    wide = 4
    together = threading.Barrier(wide)
    under_way: set[int] = set()
    most = []

    def ask(question: int) -> int:
        under_way.add(question)
        most.append(len(under_way))
        together.wait(SOON)
        under_way.discard(question)
        return question

    assert len(list(results(range(5 * wide), ask, wide))) == 5 * wide
    assert max(most) <= wide


def test_who_settles_is_told_how_many_more_could_be_asked() -> None:
    told = []

    def once(question: int, answer: int, free: int) -> tuple[Got, Iterable[int]]:
        told.append(free)
        return Got(answer), [question + 1] if question < 3 else ()

    assert len(list(at_once([0], lambda q: q, once, lambda: 5))) == 4
    assert told == [5, 5, 5, 5]
    told.clear()
    assert len(list(at_once([3] * 9, lambda q: q, once, lambda: 1))) == 9
    assert told == [0] * 8 + [1]


def test_results_that_nobody_takes_stop_the_questions() -> None:
    asked = []
    full = threading.Event()

    def ask(question: int) -> int:
        asked.append(question)
        if len(asked) == ahead.HELD:
            full.set()
        return question

    found = results(range(1000), ask, wide=2)
    assert next(found).what == 0
    assert full.wait(SOON)
    assert len(asked) <= ahead.HELD + 3
    assert len(list(found)) == 999


def test_heavy_results_stop_the_questions_sooner() -> None:
    asked = []

    def ask(question: int) -> int:
        asked.append(question)
        return question

    def heavy(question: int, answer: int, _free: int) -> tuple[Got, Iterable[int]]:
        return Got(answer, ahead.HEAVY), ()

    found = at_once(range(50), ask, heavy, lambda: 2)
    for expected in range(5):
        assert next(found).what == expected
        assert len(asked) <= expected + 3
    assert len(list(found)) == 45


def test_an_error_is_raised_at_once_and_nothing_more_is_asked() -> None:
    never = threading.Event()
    asked = []

    def ask(question: int) -> int:
        asked.append(question)
        if question == 1:
            never.set()
            raise ValueError(question)
        assert never.wait(SOON)  # the first one is still under way when the second one fails
        return question

    with pytest.raises(ValueError, match="1"):
        list(results(range(100), ask, wide=2))
    assert len(asked) <= 4
    assert not threads()


@pytest.mark.parametrize("where", ["ask", "settle", "questions"])
def test_an_error_anywhere_reaches_the_caller(where: str) -> None:
    def fails(*_: object) -> tuple[Got, Iterable[int]]:
        raise RuntimeError(where)

    def questions() -> Iterator[int]:
        yield 0
        if where == "questions":
            raise RuntimeError(where)

    ask: Callable[[int], int] = fails if where == "ask" else lambda q: q  # type: ignore[assignment]  # it raises
    with pytest.raises(RuntimeError, match=where):
        list(at_once(questions(), ask, fails if where == "settle" else settle, lambda: 2))
    assert not threads()


def test_stopping_early_leaves_no_thread_and_asks_nothing_more() -> None:
    asked: list[int] = []
    found = results(range(100_000), lambda q: asked.append(q) or q)  # type: ignore[func-returns-value]  # None, so q
    assert next(found).what == 0
    found.close()  # type: ignore[attr-defined]  # a generator
    assert not threads()
    assert len(asked) <= ahead.HELD + 4


def test_one_by_one_asks_nothing_before_its_result_is_wanted() -> None:
    asked: list[int] = []
    found = one_by_one(range(9), lambda q: asked.append(q) or q, settle)  # type: ignore[func-returns-value]  # None, so q
    assert [next(found).what, next(found).what] == [0, 1]
    assert asked == [0, 1]


@pytest.mark.parametrize(
    ("rate", "latency", "least", "most"),
    [(5, 0.2, 2, 4), (50, 0.2, 12, 16), (5, 0.01, 2, 3), (50, 20, 64, 64), (None, 0.2, 8, 64)],
)
def test_as_many_calls_are_under_way_as_the_wait_for_answers_needs(
    rate: float | None, latency: float, least: int, most: int
) -> None:
    assert least <= width(rate, latency) <= most


def test_a_chain_is_divided_where_that_uses_more_of_the_rate() -> None:
    assert chains(1000, 5, 0.1, 8) == 1  # 10 calls a second one after the other, 5 allowed
    assert chains(1000, 5, 0.3, 8) == 2
    assert chains(1000, 50, 0.2, 64) == 13
    assert chains(1000, None, 0.2, 16) == 16
    assert chains(4, 5, 0.2, 8) == 1  # not worth the calls
    assert chains(1000, 5, 0.0, 8) == 1  # nothing is known of the wait yet
    assert chains(1000, 5, 0.3, 0) == 1
