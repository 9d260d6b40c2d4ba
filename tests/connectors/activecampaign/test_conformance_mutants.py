"""The kit's checks of consent can fail: each does as soon as what it is about is left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from sqlcrm.conformance.bench import Bench
from sqlcrm.conformance.consent import CHECKS
from sqlcrm.conformance.people import Roll
from sqlcrm.sandbox import Options, Running, serve
from sqlcrm.session import applying, optouts, planning, resuming
from sqlcrm.transport import testing
from sqlcrm.writing import decide
from sqlcrm_activecampaign import connector
from sqlcrm_activecampaign.sandbox import sandbox

SUBSCRIPTIONS = next(table for table in connector.tables if table.consent)

MUTANTS: Mapping[str, tuple[object, str, object]] = {
    "nothing is guarded": (decide, "guarded", lambda *_: ""),
    "everything is guarded": (
        decide,
        "guarded",
        lambda c, _r, v, *_: v.update({c.column: c.safe}) or "",
    ),
    "no status is made safe": (decide, "safe_default", lambda *_: False),
    "nothing is found to exist": (planning.Planning, "existing", lambda *_: {}),
    "resume does not look again": (resuming, "raises", lambda *_: False),
    "nothing has moved": (applying, "moved_rows", lambda *_: []),
}
"""What is left out: where, and what takes its place."""

OTHERS = {
    "refused INSERT": "nothing is found to exist",
    "insert_changes_nobody": "nothing is found to exist",
    "first_asked": "everything is guarded",
    "no_status": "no status is made safe",
    "resumed": "resume does not look again",
    "moved": "nothing has moved",
    "committed": "nothing has moved",
}
"""Checks that are not about the guard, and the mutant that each must notice."""

WITHOUT = {
    "rest_written": "contact_lists has nothing else to write",
    "imported_people": "no engine has a part in it",
    "applied_forbidden": "the plan has passed the guard when the policy changes",
    "resumed_forbidden": "the plan has passed the guard when the policy changes",
}


def _mutant(check: str) -> str:
    found = OTHERS.get(check) or OTHERS.get(check.split(" ", maxsplit=1)[0])
    return found or "nothing is guarded"


@pytest.fixture(scope="module")
def crm() -> Iterator[Running]:
    with serve([sandbox], Options(people=250, limits="off")) as running:
        yield running[0]


@pytest.fixture(scope="module")
def rolls(crm: Running, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Roll]:
    """Who is there, found out while nothing is left out yet."""
    found: dict[str, Roll] = {}
    with Bench(
        connector, SUBSCRIPTIONS, crm, tmp_path_factory.mktemp("roll"), {}, {}, found
    ) as bench:
        assert bench.roll.refusing
    return found


@pytest.mark.parametrize("check", [name for name in CHECKS if name not in WITHOUT])
def test_each_check_notices_its_mutant(
    check: str,
    crm: Running,
    rolls: dict[str, Roll],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(*MUTANTS[_mutant(check)])
    with (
        testing(),
        Bench(connector, SUBSCRIPTIONS, crm, tmp_path, {}, {}, rolls) as bench,
        pytest.raises((AssertionError, pytest.fail.Exception)),
    ):
        CHECKS[check](bench)


@pytest.mark.parametrize("check", ["back_again INSERT", "forgotten"])
def test_without_a_memory_people_who_come_back_are_subscribed(
    check: str,
    crm: Running,
    rolls: dict[str, Roll],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(optouts.OptOuts, "recall", lambda *_: None)
    with (
        testing(),
        Bench(connector, SUBSCRIPTIONS, crm, tmp_path, {}, {}, rolls) as bench,
        pytest.raises(AssertionError),
    ):
        CHECKS[check](bench)
