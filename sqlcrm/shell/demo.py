"""`sqlcrm demo`: the first five minutes, on a made-up CRM in this process in a folder of its own.

Needs no terminal, no answer and no network; nothing of the user's is read or written.
"""

from __future__ import annotations

import json
import tempfile
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sqlcrm.sandbox import Options, Running, available, serve
from sqlcrm.session.opening import open_session
from sqlcrm.session.scripts import run_script
from sqlcrm.session.text import escaped
from sqlcrm.shell.printing import Style, write_rows
from sqlcrm.shell.sandboxes import write_config
from sqlcrm.shell.signals import stopping

if TYPE_CHECKING:
    from sqlcrm.session.result import Result
    from sqlcrm.session.scripts import Statement
    from sqlcrm.session.state import Session

SCRIPT = """\
create or replace table contacttags_other_system@inmemorystorage as
select email, tag from {source};
insert into ContactTagsByContactId@ac
( contact
, tag
)
select ctt.id
,   tag.id
from  contacttags_other_system@inmemorystorage ctg
join  contacts@ac ctt
on   ctt.email = ctg.email
join  tags@ac tag
on   tag.tag = ctg.tag
"""
"""Tags contacts by what another system says of them."""

_STRANGER = "nobody@example.org"
_NO_TAG = "a tag that does not exist"

_EXCEL = "read_excel('people.xlsx')"
_CSV = "read_csv('people.csv')"
_UNMATCHED = "select source, target_table, value from unmatched@sqlcrm"

NEXT = """\
What to try next, in two terminals:

  sqlcrm sandbox activecampaign --port 8787 --limits off --config-out sandbox.toml

  sqlcrm --config sandbox.toml tables ac
  sqlcrm --config sandbox.toml query "select id, email, first_name from contacts@ac limit 5"
  sqlcrm --config sandbox.toml query "select * from contacts@ac" -o contacts.csv
  sqlcrm --config sandbox.toml query "insert into contact_tags@ac (contact, tag) values (1, 2)"
  sqlcrm --config sandbox.toml runs
  sqlcrm --config sandbox.toml      (a shell; \\? helps)
"""


def show(people: int) -> int:
    """Show it all and return the exit code."""
    with tempfile.TemporaryDirectory(prefix="sqlcrm-demo-") as name:
        folder = Path(name)
        options = Options(people, limits="off")
        with serve([available()["activecampaign"]], options) as running, chdir(folder):
            write_config(folder / "demo.toml", running, unlimited=True)
            with _session(folder) as session, stopping(session.cancel):
                return _Demo(session, running[0], people).show()


@contextmanager
def _session(folder: Path) -> Iterator[Session]:
    state = folder / "state"
    state.mkdir(mode=0o700)
    session = open_session(folder / "demo.toml", kind="script", state=state)
    try:
        yield session
    finally:
        session.close()


class _Demo:
    """One showing."""

    def __init__(self, session: Session, crm: Running, people: int) -> None:
        self._session = session
        self._crm = crm
        self._people = people
        self._emails: list[str] = []
        self._tags: list[str] = []

    def show(self) -> int:
        """Tell the story, step by step; an error ends it."""
        _say(
            f"1. A made-up ActiveCampaign with {self._people:,} people runs at {self._crm.url}.\n"
            "   (Its limit of 5 calls a second is off, so that this is quick.)\n"
        )
        self._write_files()
        _say(
            f"2. people.xlsx and people.csv hold {len(self._emails)} of their e-mail addresses, "
            "each with a tag,\n   one address that nobody has, and one tag that does not exist.\n"
        )
        _say(f"3. The spreadsheet says who should have the tag {self._tags[0]!r}:\n")
        self._tag(_EXCEL, self._tags[0])
        _say(f"4. The CSV file says who should have the tag {self._tags[1]!r}:\n")
        self._tag(_CSV, self._tags[1])
        _say("5. The same two once more. Nothing is written twice:\n")
        self._run(SCRIPT.format(source=_EXCEL))
        self._run(SCRIPT.format(source=_CSV))
        _say("\n6. What the last file named and the CRM does not have:\n")
        _say(_indented(f"{_UNMATCHED}\n"))
        self._run(_UNMATCHED)
        _say(f"\n{NEXT}")
        return 0

    def _tag(self, source: str, tag: str) -> None:
        """Run the script, and ask the CRM itself, past sqlcrm, what became of its contacts."""
        text = SCRIPT.format(source=source)
        _say(f"{_indented(text)}\n")
        before = self._having(tag)
        self._run(text)
        _say(
            f"\n   The CRM itself says: {before} of the {len(self._emails)} had {tag!r} before, "
            f"{self._having(tag)} have it now.\n"
        )

    def _having(self, tag: str) -> int:
        """Return how many of the file's people have a tag, by the CRM's own state."""
        state = _fetched(f"{self._crm.url}/_sandbox/state")
        wanted = {email.casefold() for email in self._emails}
        people = {str(c["id"]) for c in state["contacts"] if c["email"].casefold() in wanted}
        number = next(str(one["id"]) for one in state["tags"] if one["tag"] == tag)
        links = state["contactTags"]
        return len({str(one["contact"]) for one in links if str(one["tag"]) == number} & people)

    def _write_files(self) -> None:
        """Write people.xlsx and people.csv, each with a tag of its own."""
        emails = self._rows("select email from contacts@ac where email <> '' order by id limit 40")
        tags = self._rows("select tag from tags@ac order by id limit 2")
        self._emails = [row[0] for row in emails]
        self._tags = [row[0] for row in tags]
        _write_excel(Path("people.xlsx"), _lines(self._emails, self._tags[0]))
        lines = [",".join(line) for line in _lines(self._emails, self._tags[1])]
        Path("people.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def _rows(self, text: str) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = []
        self._script(text, lambda _statement, result: found.extend(result.rows()))
        return found

    def _run(self, text: str) -> None:
        self._script(text, _show)

    def _script(self, text: str, on_result: Any) -> None:
        script = run_script(self._session, text, on_result=on_result)
        if script.errors:
            raise script.errors[0]


def _lines(emails: Sequence[str], tag: str) -> list[tuple[str, str]]:
    people = [(email, tag) for email in emails]
    return [("email", "tag"), *people, (_STRANGER, tag), (emails[0], _NO_TAG)]


def _write_excel(path: Path, lines: Sequence[Sequence[str]]) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("people")
        for number, line in enumerate(lines):
            sheet.write_row(number, 0, line)


def _show(_statement: Statement, result: Result) -> None:
    """Print what a statement gave: its report, or its rows."""
    if result.report is not None:
        _say(_indented("\n".join(result.report.lines())))
    elif result.rows() and result.names != ["Count"]:
        import io

        out = io.BytesIO()
        write_rows(out, Style("table"), result.columns, result.rows())
        _say(_indented(out.getvalue().decode()))


def _fetched(url: str) -> dict[str, list[dict[str, Any]]]:
    """Return JSON from our own sandbox, whatever proxies the environment names."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=30) as answer:
        return dict(json.load(answer))


def _indented(text: str) -> str:
    return "".join(f"   {line}".rstrip() + "\n" for line in text.splitlines()).rstrip("\n")


def _say(text: str) -> None:
    click.echo(escaped(text, keep="\n"))
