"""Processes that are killed while they write: nothing is lost, nothing is doubled."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from harness import nursery, served
from trials import BESIDE, PAIRS, RESUMING, RUNNING, Bench, Verdict, coverage, run_trials

LANES = 2
"""Trials at once: one for each core of a small machine."""

SHORT = max(200, len(PAIRS))
FULL = 1_000


def _lane(part: int, trials: int) -> tuple[list[Verdict], set[str]]:
    with served() as crm, nursery() as children:
        bench = Bench(crm, children)
        return run_trials(bench, trials, part, LANES), bench.transitions


def _all(trials: int) -> tuple[list[Verdict], set[str]]:
    with ThreadPoolExecutor(LANES) as lanes:
        done = list(lanes.map(_lane, range(LANES), [trials] * LANES))
    return [one for verdicts, _ in done for one in verdicts], done[0][1] | done[1][1]


def _check(trials: int, capsys: pytest.CaptureFixture[str]) -> None:
    verdicts, transitions = _all(trials)
    table, missing = coverage(verdicts)
    unknown = Counter(verdict.unknown for verdict in verdicts)
    with capsys.disabled():
        print(f"\n{len(verdicts)} trials, {sum(v.kills for v in verdicts)} kills")  # noqa: T201
        print(table)  # noqa: T201 - the coverage is part of what is asked for
        print(f"trials by notes that stayed unknown: {dict(sorted(unknown.items()))}")  # noqa: T201
    wrong = [f"{verdict.name}: {line}" for verdict in verdicts for line in verdict.wrong]
    assert wrong == []
    assert missing == []
    assert len(verdicts) >= trials
    assert transitions <= {*RUNNING, *RESUMING, *BESIDE}, "kills are to be aimed at these as well"


def test_a_kill_at_any_transition_under_any_fault_loses_and_doubles_nothing(capsys):
    """A1: random scripts, killed, resumed, and compared with an undisturbed run."""
    _check(SHORT, capsys)


@pytest.mark.slow
def test_a_thousand_kills_lose_and_double_nothing(capsys):
    """A1: the same, in its full form."""
    _check(FULL, capsys)


@pytest.mark.parametrize(
    ("mutant", "at", "fault"),
    [("late", "settled?", "none"), ("blind", "settled?", "none"), ("trusting", "sent", "none")],
)
def test_a_mutant_is_found(crm, children, mutant, at, fault):
    """A1: without the commit before sending, or without looking up, the trials above fail.

    late: what is about to be sent is written down only with its outcome. blind: what was sent
    without an answer is sent again. trusting: it is taken for done.
    """
    bench = Bench(crm, children, mutant)
    tried = (bench.trial(number, at, fault) for number in range(0, 80, 4))
    assert any(verdict.wrong for verdict in tried)


def test_what_the_mutants_fail_passes_without_them(crm, children):
    bench = Bench(crm, children)
    for at in ("settled?", "sent"):
        for number in range(0, 80, 8):
            assert bench.trial(number, at, "none").wrong == []
