"""The page about a run: what it says, that it is safe, and that it stays small."""

import base64
import csv
import io
import re
import stat
import subprocess
import sys
import zipfile
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from fakes.runs import call, make_run, operation

from sqlcrm.errors import FileProblem, ProgrammingError
from sqlcrm.session.page import check_place, page, write_page
from sqlcrm.session.page.rows import look_up
from sqlcrm.state.journal import Journal, Settled

HOSTILE = (
    "</style></code><script>alert(1)</script><img src=x onerror=alert(2)>"
    "\"'\u202egpj\x1b[31m{{7*7}}"
)


class _Balanced(HTMLParser):
    """Notes tags that are opened and not closed, and every tag and attribute it meets."""

    VOID = frozenset({"meta", "rect", "path"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.addresses += [value or "" for name, value in attrs if name in {"href", "src"}]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def parsed(text: str) -> _Balanced:
    parser = _Balanced()
    parser.feed(text)
    assert parser.open == []
    return parser


def words(text: str) -> str:
    """Return what a reader sees, blanks made one."""
    body = re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", body)).split())


def section(text: str, title: str) -> str:
    return re.split(r"<h[23]", text.split(f"{title}</h3>", 1)[1], maxsplit=1)[0]


def downloads(text: str) -> dict[str, bytes]:
    """Return the files within a page by name."""
    found = re.findall(r'download="([^"]*)" href="data:[^,"]*;base64,([^"]*)"', text)
    return {name: base64.b64decode(content) for name, content in found}


def rows_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


def test_the_page_tells_the_run_its_outcomes_and_its_calls(journal: Journal) -> None:
    operations = [
        *(operation(n) for n in (1, 2, 3)),
        operation(4, "unchanged", reason="exists"),
        operation(5, "rejected", reason="email is not valid"),
    ]
    settled = [Settled(1, "done", remote_id="11"), Settled(2, "unknown", reason="no answer came")]
    calls = [call(0), call(1, "POST", waited_ms=2500.0), call(2, "POST", status=503)]
    run = make_run(journal, operations, settled, calls, exit_code=5, state="failed")
    text = page(journal, run)
    seen = words(text)
    assert f"Run {run}: import.sql" in seen
    assert "exit code 5: finished, with unknown outcomes" in seen
    assert "started 2026-11-21 09:00:00 UTC" in seen
    assert "✓ done 1 " in seen
    assert "= unchanged 1 " in seen
    assert "✗ rejected 1 " in seen
    assert "? unknown 1 " in seen
    assert "○ planned 1 " in seen
    assert "create 3" in seen
    assert "email 3 first_name 3" in seen
    assert "POST 2 1 0 240 ms 2.5 s 4.0 kB" in seen
    assert "GET 1 0 0 120 ms 0 ms 2.0 kB" in seen
    parsed(text)


def test_a_change_shows_each_column_before_and_after(journal: Journal) -> None:
    before = {"first_name": "Ana", "phone": None, "country": "DK"}
    update = operation(
        1,
        verb="update",
        key={"id": 5},
        values={"first_name": "Zoë", "phone": "", "country": "DK"},
        before=before,
    )
    delete = operation(2, verb="delete", key={"id": 6}, values={}, before={"email": "b@x.org"})
    run = make_run(journal, [update, delete], [Settled(1, "done"), Settled(2, "done")])
    text = page(journal, run)
    seen = words(section(text, "What changed"))
    assert "1 update email person1@example.org first_name Ana Zoë phone NULL empty text" in seen
    assert "DK" not in seen  # it does not change
    assert "2 delete email person2@example.org email b@x.org none" in seen
    assert words(section(text, "Outcomes and plan")).endswith("first_name 1 phone 1")


def test_rejected_rows_are_shown_and_can_be_downloaded_mended_and_inserted(
    journal: Journal,
) -> None:
    values = [
        {"email": "a", "phone": "+61 412 345 678", "note": "=1+1", "amount": "-5"},
        {"email": "b, c", "phone": "@x", "note": 'say "hi"\r\nthere', "amount": -5},
        {"email": "\tc", "phone": None, "note": "", "amount": 1.5},
    ]
    operations = [
        operation(n, "rejected", reason=f"reason {n}", values=one, natural_key={})
        for n, one in enumerate(values, 1)
    ]
    run = make_run(journal, operations)
    text = page(journal, run)
    ((name, content),) = downloads(text).items()
    assert name == f"run-{run}-statement-1-rejected.csv"
    assert content == (
        b"amount,email,note,phone,reason,number\r\n"
        b"-5,a,'=1+1,+61 412 345 678,reason 1,1\r\n"
        b'-5,"b, c","say ""hi""\r\nthere",\'@x,reason 2,2\r\n'
        b'1.5,\'\tc,"",,reason 3,3\r\n'
    )
    seen = words(section(text, "Rejected rows"))
    assert "3 rows, all of them shown" in seen
    assert "-5 a =1+1 +61 412 345 678 reason 1 1" in seen
    assert r"say \"hi\"".replace("\\", "") + r"\r\nthere" in seen


def test_the_page_shows_a_thousand_rejected_rows_and_holds_them_all(journal: Journal) -> None:
    operations = [operation(n, "rejected", reason="bad") for n in range(1, 1502)]
    text = page(journal, make_run(journal, operations))
    part = section(text, "Rejected rows")
    assert "The first 1,000 of 1,501 rows; the file has all of them" in words(part)
    assert part.count("<tr><td") == 1000
    (content,) = downloads(text).values()
    rows = rows_of(content)
    assert [row[-1] for row in rows[1:]] == [str(n) for n in range(1, 1502)]


def test_an_unknown_row_comes_with_the_query_that_looks_it_up(journal: Journal) -> None:
    one = operation(1, natural_key={"email": "o'hara@x.org"})
    run = make_run(journal, [one], [Settled(1, "unknown", reason="connection cut")])
    text = page(journal, run)
    query = "SELECT * FROM contacts@ac WHERE email = 'o''hara@x.org'"
    assert query in words(section(text, "Unknown rows"))
    (content,) = downloads(text).values()
    assert rows_of(content)[1][-1] == query


@pytest.mark.parametrize(
    ("changes", "query"),
    [
        ({"verb": "update", "key": {"id": 5}}, "WHERE id = 5"),
        (
            {"verb": "delete", "key": {}, "natural_key": {"Full Name": "x"}},
            "WHERE \"Full Name\" = 'x'",
        ),
        ({"verb": "link", "natural_key": {"a": 1, "b": True}}, "WHERE a = 1 AND b = true"),
        ({"natural_key": {}}, ""),
        ({"natural_key": {"email": None}}, ""),
    ],
)
def test_a_query_looks_up_by_the_key_that_the_row_has(changes: dict[str, Any], query: str) -> None:
    one = operation(1, **changes)
    found = look_up(("t", "ac"), {"verb": one.verb, "key": one.key, "natural_key": one.natural_key})
    assert found == (f"SELECT * FROM t@ac {query}" if query else "")


def test_what_people_and_apis_wrote_stays_text(journal: Journal) -> None:
    rejected = operation(
        1, "rejected", reason=HOSTILE, values={HOSTILE: HOSTILE}, natural_key={"email": HOSTILE}
    )
    changed = operation(2, natural_key={"email": HOSTILE}, values={HOSTILE: HOSTILE})
    lost = operation(3, natural_key={"email": HOSTILE})
    run = make_run(
        journal,
        [rejected, changed, lost],
        [Settled(2, "done", remote_id=HOSTILE), Settled(3, "unknown", reason=HOSTILE)],
        [call(1, HOSTILE, error=HOSTILE, path=HOSTILE)],
        text=f"INSERT\n{HOSTILE}",
        verb=HOSTILE,
        script=HOSTILE,
        error=HOSTILE,
        exit_code=5,
    )
    text = page(journal, run)
    found = parsed(text)
    assert not found.tags & {"script", "img", "iframe", "object", "link", "form", "base"}
    assert not {name for name in found.attributes if name.startswith("on") or name == "style"}
    assert all(one.startswith(("#", "data:text/csv;")) for one in found.addresses)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
    assert r"\u202egpj\x1b[31m{{7*7}}" in words(text)


def test_nothing_but_the_pages_own_style_is_allowed(journal: Journal) -> None:
    import hashlib

    text = page(journal, make_run(journal, [operation(1)]))
    style = text.split("<style>")[1].split("</style>")[0]
    seal = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{seal}'; base-uri 'none'" in unescape(text)
    assert "url(" not in style
    assert "@import" not in style


def test_a_run_under_way_and_one_that_wrote_nothing_have_pages_too(journal: Journal) -> None:
    under_way = make_run(journal, [operation(1)], exit_code=None)
    journal.mark_sent(under_way, 1, [1])
    seen = words(page(journal, under_way))
    assert "still under way when this page was written" in seen
    assert "→ sent 1" in seen
    idle = journal.begin_run("query", text="SELECT 1")
    journal.log_requests(idle, 1, [call(1)])
    journal.end_run(idle, "done", 0)
    text = page(journal, idle)
    assert "This run wrote nothing." in words(text)
    assert "GET 1" in words(text)
    parsed(text)


def test_calls_of_statements_that_only_read_are_told_apart(journal: Journal) -> None:
    run = make_run(journal, [operation(1)], calls=[call(1, "POST")], exit_code=None)
    journal.log_requests(run, 2, [call(2), call(3)])
    seen = words(page(journal, run))
    assert "Of these, calls of statements that only read" in seen
    assert seen.count("GET 2 0 0") == 2
    assert seen.count("POST 1 0 0") == 2


def test_a_run_that_undoes_another_names_it(journal: Journal) -> None:
    first = make_run(journal, [operation(1)])
    undo = journal.begin_run("undo", of_run=first)
    assert f"kind undo of run {first} state" in words(page(journal, undo))


def test_a_run_that_is_not_there_is_refused(journal: Journal) -> None:
    with pytest.raises(ProgrammingError, match="There is no run 7"):
        page(journal, 7)


def test_long_values_and_wide_rows_are_cut_and_say_so(journal: Journal) -> None:
    wide = {f"column_{n:03}": "x" * 5000 for n in range(40)}
    run = make_run(journal, [operation(1, values=wide)], [Settled(1, "done")], text="-" * 30_000)
    text = page(journal, run)
    seen = words(text)
    assert "… and 4,800 more characters" in seen
    assert "… and 10 more columns" in seen
    assert "… and 10,000 more characters" in seen
    assert len(text) < 100_000


def test_many_statements_keep_the_page_small(journal: Journal) -> None:
    account = journal.account("activecampaign", "https://acme.example", "7")
    run = journal.begin_run("script", "long.sql", "…")
    for number in range(1, 251):
        journal.begin_statement(run, number, "x" * 3000, "insert", alias="ac", table="contacts")
        journal.freeze(run, number, account, [operation(n, "rejected") for n in range(1, 11)], 10)
    text = page(journal, run)
    assert "50 more statements have no section here" in words(text)
    assert "✗ rejected 2,500" in words(text)
    assert len(text) < 2_000_000
    assert len(downloads(text)) == 200


def test_a_hundred_thousand_rows_stay_under_two_megabytes(journal: Journal) -> None:
    count = 100_000
    operations = [
        operation(n) if n % 20 else operation(n, "rejected", reason="email is not valid")
        for n in range(1, count + 1)
    ]
    settled = [Settled(one.number, "done") for one in operations if one.state == "planned"]
    calls = [call(n * 0.2, "POST", waited_ms=150.0) for n in range(5000)]
    text = page(journal, make_run(journal, operations, settled, calls))
    assert len(text.encode()) < 2_000_000
    assert "The first 200 of 95,000 operations" in words(text)
    assert "The first 1,000 of 5,000 rows" in words(text)
    assert text.count("<rect") < 1000
    table = re.findall(r'<td class="number">([\d,]+)</td>', section(text, "Timeline"))
    assert sum(int(one.replace(",", "")) for one in table) == len(calls)
    (content,) = downloads(text).values()
    assert len(rows_of(content)) == 5001


def test_a_large_table_is_packed_and_whole(journal: Journal) -> None:
    operations = [operation(n, "rejected", reason="no " * 30) for n in range(1, 10_001)]
    run = make_run(journal, operations)
    text = page(journal, run)
    ((name, content),) = downloads(text).items()
    assert name == f"run-{run}-statement-1-rejected.csv.zip"
    assert "as CSV, in a ZIP file" in words(text)
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        assert file.namelist() == [f"run-{run}-statement-1-rejected.csv"]
        assert len(rows_of(file.read(file.namelist()[0]))) == 10_001
    assert len(text) < 1_000_000


def test_the_timeline_shows_when_calls_were_made_and_waited_for(journal: Journal) -> None:
    calls = [call(0, ms=0.0), call(60, "POST", waited_ms=30_000.0, ms=0.0)]
    text = page(journal, make_run(journal, [operation(1)], calls=calls))
    part = section(text, "Timeline")
    bars = re.findall(r'<rect class="(\w+)" x="([\d.]+)" .*?height="([\d.]+)"', part)
    assert [kind for kind, _, _ in bars].count("read") == 1
    assert [kind for kind, _, _ in bars].count("write") == 1
    waits = [float(x) for kind, x, _ in bars if kind == "wait"]
    assert len(waits) == 60  # of 120 bins the second half
    assert min(waits) == pytest.approx(56 + (960 - 56 - 8) / 2, abs=1)
    assert "over 1 min 00 s" in words(part)


def test_the_file_is_private_and_replaces_an_older_one_whole(
    journal: Journal, tmp_path: Path
) -> None:
    run = make_run(journal, [operation(1)])
    path = tmp_path / "report.html"
    path.write_text("older")
    path.chmod(0o644)
    write_page(journal, run, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    with pytest.raises(ProgrammingError):
        write_page(journal, 99, path)
    assert f"Run {run}" in path.read_text(encoding="utf-8")
    assert [one.name for one in tmp_path.iterdir() if one.is_file()] == ["report.html"]


def test_a_place_that_cannot_be_written_is_told_clearly(journal: Journal, tmp_path: Path) -> None:
    run = make_run(journal, [operation(1)])
    with pytest.raises(FileProblem, match=r"there is no folder .*nowhere\. Make it first"):
        write_page(journal, run, tmp_path / "nowhere" / "report.html")
    with pytest.raises(FileProblem, match=r"is a folder: name a file in it"):
        check_place(tmp_path)
    with pytest.raises(FileProblem, match="cannot be written"):
        write_page(journal, run, tmp_path / ("x" * 300))
    check_place(tmp_path / "report.html")


def test_jinja_is_imported_by_the_page_alone() -> None:
    code = (
        "import sys; from sqlcrm.shell.commands import main\n"
        "try: main(['query', 'select 1'])\n"
        "except SystemExit: print('jinja2' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "False"
