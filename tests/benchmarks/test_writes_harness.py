"""The parts of the benchmarks of writing that figures depend on."""

import json
import threading
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import (
    report,
    writes,
    writes_journal,
    writes_rate,
    writes_report,
    writes_resume,
)
from benchmarks.rate import Share
from benchmarks.reads import Part
from benchmarks.suite.writes import WORKS
from benchmarks.writes_calls import Suite
from benchmarks.writes_resume import BULK, SINGLE, Killed
from benchmarks.writes_served import following
from benchmarks.writes_state import held
from sqlcrm.transport.clock import Clock

FEWER = {"tagged": 20, "many": 20, "new": 20, "compared": 20, "undone": 20}


def test_what_the_client_waits_passes_at_the_server_too() -> None:
    contacts = [{"email": "ahead@example.org"}]
    with following(100) as served:
        before = held(served)["contacts"]
        served.client.post("/api/3/import/bulk_import", json={"contacts": contacts})
        served.client.get("/api/3/users/me")
        assert held(served)["contacts"] == before
        assert Clock.fake is not None
        Clock.fake.wait(5.0, threading.Event())
        served.client.get("/api/3/users/me")
        assert held(served)["contacts"] - before == Counter({("ahead@example.org", "", "", ""): 1})
    assert Clock.fake is None


def test_a_change_that_nobody_wanted_is_found(tmp_path: Path) -> None:
    note = next(work for work in WORKS if work.name == "a note for each of 20")
    with following(400) as served:
        suite = Suite(served, tmp_path, FEWER)
        assert suite.run(note).wrong == ()
        wrong = suite.run(replace(note, changes=())).wrong
        suite.close()
    assert len(wrong) == 20
    assert all("is there 1 times, not 0" in line for line in wrong)


def test_the_journals_time_is_part_of_the_run() -> None:
    for cost in writes_journal.run(singles=20, bulk=20, latencies=(20,)):
        assert 0 < sum(cost.commits) < cost.journal < cost.seconds
        assert cost.row()["commits"] == len(cost.commits) > 2


@pytest.mark.parametrize(
    "killed", [Killed("singles", SINGLE, 60, 20), Killed("bulk", BULK, 1_000, 2)]
)
def test_a_killed_write_is_finished_and_timed(killed: Killed) -> None:
    (found,) = writes_resume.run(rounds=1, killed=(killed,))
    assert found.right
    assert found.left > 0
    assert 0 < found.looked < found.done


def test_the_rate_of_writes_is_that_of_the_server() -> None:
    for share in writes_rate.run(rates=(20,), seconds=1):
        assert (share.calls, share.refused) == (20, 0)
        assert 0 < share.share < 1.1


def test_the_page_has_a_place_for_each_part_of_writing() -> None:
    text = report.PAGE.read_text(encoding="utf-8")
    for part in writes.PARTS:
        assert f"<!-- measured: writes {part} -->" in text
        assert f"<!-- end: writes {part} -->" in text


def test_one_command_prints_a_part_of_writing_and_writes_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    share = Share(5, "tags", 60, 0, 4.95, 12.6)
    part = writes.PARTS["rate"]
    shown = writes.listed(lambda: [share], writes_report.rate)
    monkeypatch.setitem(writes.PARTS, "rate", Part(part.title, shown))
    written = tmp_path / "figures.json"
    assert writes.main(["rate", "--json", str(written)]) == 0
    assert "| 5/s | tags | 60 | 4.95/s | 99.0% | 0 | 12.6 |" in capsys.readouterr().out
    assert json.loads(written.read_text())["rate"][0]["share"] == 0.99
