"""The parts of the benchmarks that figures depend on."""

import json
from pathlib import Path

import pytest

import sqlcrm
from benchmarks import memory, reads, report, throughput
from benchmarks.canned import canned
from benchmarks.sandboxes import Served, sandbox

QUERY = {"limit": "100", "orders[id]": "ASC", "id_greater": "150"}


def _page(served: Served) -> dict[str, object]:
    return dict(served.client.get("/api/3/contacts", params=QUERY).raise_for_status().json())


def test_canned_pages_have_the_shape_of_the_sandbox() -> None:
    with canned(250) as canned_, sandbox(250) as real:
        ours, theirs = _page(canned_), _page(real)
    assert ours.keys() == theirs.keys()
    assert ours["meta"]["total"] == theirs["meta"]["total"] == "100"  # type: ignore[index]
    for left, right in zip(ours["contacts"], theirs["contacts"], strict=True):  # type: ignore[call-overload]
        assert left["id"] == right["id"]
        assert left.keys() == right.keys()


def test_the_canned_server_gives_each_contact_once(tmp_path: Path) -> None:
    sql = "SELECT count(*), count(DISTINCT id), min(id), max(id) FROM (SELECT id FROM contacts@ac)"
    with canned(1_234) as served, sqlcrm.connect(ac=served.settings, state=tmp_path) as db:
        assert db.execute(sql).fetchall() == [(1_234, 1_234, 1, 1_234)]


def test_the_canned_server_refuses_what_it_does_not_know() -> None:
    with canned(1) as served:
        answer = served.client.get("/api/3/contacts", params={"email": "a@example.org"})
    assert answer.status_code == 400


def test_the_servers_own_clock_tells_when_each_call_came() -> None:
    with sandbox(100, rate=1) as served:
        for _ in range(2):
            served.client.get("/api/3/contacts")
        stamps = served.stamps()
        assert [call["status"] for call in served.calls()] == [200, 429]
        assert len(stamps) == 2
        assert stamps == sorted(stamps)
        assert served.stamps() == []


def test_every_contestant_reads_all_rows() -> None:
    speeds = throughput.run(rounds=1, peers=None, sizes=(300,))
    assert {one.columns for one in speeds if one.contestant == "sqlcrm"} == {"five", "all"}
    assert len(speeds) == 7
    assert all(one.median > 0 for one in speeds)


def test_memory_is_that_of_a_process_of_its_own() -> None:
    growths = memory.run(rounds=1, sizes=(300,))
    assert [one.job for one in growths] == list(memory.JOBS)
    assert all(one.peak >= one.base > 0 for one in growths)


def test_figures_in_a_page_are_replaced_between_their_marks(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- measured: rate -->\nold\n<!-- end: rate -->\nafter\n")
    report.refresh("rate", report.table(("a", "b"), [(1, "x|y")]), page)
    report.refresh("rate", report.table(("a", "b"), [(2, "x|y")]), page)
    wanted = (
        "<!-- measured: rate -->\n\n| a | b |\n| --: | --- |\n| 2 | x\\|y |\n\n<!-- end: rate -->"
    )
    assert page.read_text() == f"before\n{wanted}\nafter\n"
    with pytest.raises(ValueError, match="measured: calls"):
        report.refresh("calls", "", page)


def test_the_page_has_a_place_for_each_part() -> None:
    text = report.PAGE.read_text(encoding="utf-8")
    for part in reads.PARTS:
        assert f"<!-- measured: {part} -->" in text
        assert f"<!-- end: {part} -->" in text


def test_one_command_prints_a_part_and_writes_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "SIZES", (200,))
    written = tmp_path / "figures.json"
    assert reads.main(["memory", "--memory-rounds", "1", "--json", str(written)]) == 0
    assert "| GROUP BY of one column | 200 |" in capsys.readouterr().out
    assert [row["rows"] for row in json.loads(written.read_text())["memory"]] == [200, 200]
