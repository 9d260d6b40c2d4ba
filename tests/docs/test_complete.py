"""What exists is documented: tables, commands, errors, public names, the journal's columns."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import sqlcrm
import sqlcrm.errors
import sqlcrm.sdk
from sqlcrm.catalog.connectors import installed, load
from sqlcrm.shell.commands import sqlcrm as command
from sqlcrm.state.relations import RELATIONS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def _read(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def _section(text: str, title: str) -> str:
    """Return the text under a heading of the second level."""
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found is not None, title
    return found[1]


def _tables() -> list[Path]:
    return [
        DOCS / "tables" / name / f"{table.name}.md"
        for name in sorted(installed())
        for table in load(name).tables
    ]


def test_the_pages_of_tables_are_current() -> None:
    script = [sys.executable, ROOT / "scripts" / "tables.py", "--check"]
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_stale_page_is_named(tmp_path: Path) -> None:
    """Run a copy of the script, which looks for the pages beside itself."""
    (tmp_path / "scripts").mkdir()
    copy = tmp_path / "scripts" / "tables.py"
    copy.write_text((ROOT / "scripts" / "tables.py").read_text(encoding="utf-8"), encoding="utf-8")
    for arguments, code in (([], 0), (["--check"], 0)):
        done = subprocess.run([sys.executable, copy, *arguments], capture_output=True, check=False)
        assert done.returncode == code
    page = tmp_path / "docs" / "tables" / "index.md"
    page.write_text("something else", encoding="utf-8")
    script = [sys.executable, copy, "--check"]
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "docs/tables/index.md is stale" in done.stderr


def test_every_table_has_a_page() -> None:
    assert [path for path in _tables() if not path.is_file()] == []


def test_the_readme_counts_the_tables() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in installed():
        connector = load(name)
        assert f"{connector.title} ({len(connector.tables)} tables" in readme.replace("\n", " ")


def _commands(
    group: click.Command, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, group
    if isinstance(group, click.Group):
        for name, one in group.commands.items():
            yield from _commands(one, (*path, name))


@pytest.mark.parametrize(
    ("path", "one"),
    [pytest.param(path, one, id=" ".join(path) or "sqlcrm") for path, one in _commands(command)],
)
def test_every_command_and_option_is_documented(path: tuple[str, ...], one: click.Command) -> None:
    page = _read("command-line.md")
    section = _section(page, path[0] if path else "sqlcrm")
    assert f"`sqlcrm {' '.join(path)}".rstrip() in section
    if path == ("run",):  # its options are those of `query`, and it says so
        assert "`--plan`" in section
        assert "--every" in section
        assert {p.name for p in one.params} - {"file", "only", "every"} == {
            p.name for p in command.commands["query"].params
        } - {"sql"}
        section += _section(page, "query")
    for param in one.params:
        for option in param.opts if isinstance(param, click.Option) else ():
            assert re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", section), option
            choices = getattr(param.type, "choices", ())
            assert all(choice in page for choice in choices), option


def _typed_lines() -> Iterator[str]:
    """Yield what stands behind each `sqlcrm` that the pages tell people to type."""
    for page in (ROOT / "README.md", *sorted(DOCS.glob("*.md"))):
        text = page.read_text(encoding="utf-8")
        for block in re.findall(r"^```sh[^\n]*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
            yield from re.findall(r"^(?:.*(?:\||&&) )?sqlcrm (.*?)(?: \|\| .*)?$", block, re.M)


def test_commands_in_the_pages_can_be_parsed() -> None:
    lines = list(_typed_lines())
    assert len(lines) > 20
    for line in lines:
        words = shlex.split(line, comments=True)
        at: click.Command = command
        with click.Context(command) as context:
            while isinstance(at, click.Group):
                _, words, _ = at.make_parser(context).parse_args(words)
                at = at.commands[words.pop(0)]
            at.make_parser(context).parse_args(words)


def test_every_command_of_the_shell_is_documented() -> None:
    from sqlcrm.shell.backslash import _COMMANDS

    section = _section(_read("command-line.md"), "The shell")
    assert [word for word in _COMMANDS if f"`{word}" not in section] == []


def test_every_error_is_documented_with_its_exit_code() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (\d+) \|", _read("errors.md"), re.MULTILINE))
    classes = {
        name: str(one.exit_code)
        for name, one in vars(sqlcrm.errors).items()
        if isinstance(one, type) and issubclass(one, sqlcrm.errors.Error)
    }
    assert rows == classes


def test_every_public_name_is_documented() -> None:
    text = _read("python.md")
    missing = [
        name
        for name in sqlcrm.__all__
        if f"`{name}`" not in text and f"`sqlcrm.{name}`" not in text and f"## {name}" not in text
    ]
    assert missing == []


def test_every_name_of_the_sdk_is_documented() -> None:
    section = _section(_read("writing-a-connector.md"), "What there is to declare")
    assert [name for name in sqlcrm.sdk.__all__ if f"`{name}`" not in section] == []


def test_every_column_of_the_journal_is_documented() -> None:
    section = _section(_read("writing.md"), "The journal in SQL")
    for name, relation in RELATIONS.items():
        found = re.search(rf"^\*\*{name}\*\*(.*?)(?=^$)", section, re.MULTILINE | re.DOTALL)
        assert found is not None, name
        if name != "rejected":
            told = re.findall(r"`([a-z_]+)`", found[1])
            assert told == [column for column, _ in relation.described], name
