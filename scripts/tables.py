"""Writes docs/tables: one page per table of every installed connector, from its declaration.

`python scripts/tables.py` writes the pages, `--check` only says which are stale, and fails then.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

from sqlcrm.catalog.connectors import installed, load
from sqlcrm.sandbox import available
from sqlcrm.sdk import (
    Column,
    Connector,
    Filter,
    RateLimit,
    Read,
    Table,
    Type,
    Webhooks,
    Write,
)
from sqlcrm.sdk.webhooks import EVENT_COLUMNS
from sqlcrm.session.events import SUFFIX
from sqlcrm.writing.decide import carrier

ROOT = Path(__file__).resolve().parents[1] / "docs" / "tables"
NOTE = "<!-- Written by scripts/tables.py from the connector's declaration: change it there. -->"
OPERATORS = {"contains": "`LIKE '%…%'`", "prefix": "`LIKE '…%'`"}
EVENTS = "webhook-events.md"
VERBS = ("insert", "update", "delete")


def main(arguments: Sequence[str]) -> int:
    """Write the pages, or with `--check` compare them; return the exit code."""
    wanted = pages()
    there = {path for path in ROOT.rglob("*.md") if path.is_file()}
    stale = [path for path, text in wanted.items() if path not in there or _read(path) != text]
    stale += sorted(there - wanted.keys())
    if "--check" in arguments:
        for path in stale:
            _say(f"{path.relative_to(ROOT.parents[1])} is stale: run python scripts/tables.py")
        return 1 if stale else 0
    for path in there - wanted.keys():
        path.unlink()
    for path, text in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    _say(f"{len(wanted)} pages, {len(stale)} of them changed")
    return 0


def pages() -> dict[Path, str]:
    """Return the text of every page by its path."""
    connectors = [load(name) for name in sorted(installed())]
    found = {ROOT / "index.md": _text(_index(connectors))}
    for connector in connectors:
        for table in connector.tables:
            path = ROOT / connector.name / f"{table.name}.md"
            found[path] = _text(_page(connector, table))
        if connector.webhooks is not None:
            path = ROOT / connector.name / EVENTS
            found[path] = _text(_events(connector, connector.webhooks))
    return found


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def _text(lines: Iterable[str]) -> str:
    return "\n".join(lines) + "\n"


def _index(connectors: Sequence[Connector]) -> Iterator[str]:
    yield "# Tables"
    yield ""
    yield NOTE
    for connector in connectors:
        yield ""
        yield f"## {connector.title}"
        yield ""
        yield f"Connector `{connector.name}`. Facts: {connector.source}."
        yield ""
        yield from _settings(connector)
        yield ""
        yield from _limits(connector.limits)
        yield ""
        yield "| table | INSERT | UPDATE | DELETE | what it holds |"
        yield "|---|---|---|---|---|"
        for table in connector.tables:
            can = " | ".join("yes" if _can(table, verb) else "" for verb in VERBS)
            link = f"[{table.name}]({connector.name}/{table.name}.md)"
            yield f"| {link} | {can} | {_cell(table.doc)} |"
        if connector.webhooks is not None:
            count = len(connector.webhooks.tables)
            yield ""
            yield f"And [{count} tables of events]({connector.name}/{EVENTS}), from its webhooks."


def _events(connector: Connector, webhooks: Webhooks) -> Iterator[str]:
    yield "# Events"
    yield ""
    yield NOTE
    yield ""
    alias = _alias(connector.name)
    yield (
        f"{connector.title}: [all tables](../index.md). Its webhooks are tables of the "
        "connection's name with `_events` behind it, such as "
        f"`{webhooks.tables[0].name}@{alias}{SUFFIX}` for a connection `{alias}`: "
        "see [listening](../../listen.md). Beside the columns below, each has:"
    )
    yield ""
    for column in EVENT_COLUMNS:
        yield f"- `{column.name}` ({column.type}): {column.doc}"
    for table in webhooks.tables:
        yield ""
        yield f"## {table.name}"
        yield ""
        yield f"`{table.type}`: {table.doc}"
        yield ""
        yield ", ".join(f"`{column.name}` {column.type}" for column in table.columns)


@cache
def _alias(connector: str) -> str:
    """Return what a connection may be called: as that of its sandbox, where there is one."""
    sandbox = available().get(connector)
    return sandbox.alias if sandbox is not None else connector


def _settings(connector: Connector) -> Iterator[str]:
    yield "| setting | | what it is |"
    yield "|---|---|---|"
    for setting in connector.settings:
        flags = ["secret"] if setting.secret else []
        flags += ["required"] if setting.required and not setting.default else []
        yield f"| `{setting.name}` | {', '.join(flags)} | {_cell(setting.doc)} |"


def _page(connector: Connector, table: Table) -> Iterator[str]:
    yield f"# {table.name}"
    yield ""
    yield NOTE
    yield ""
    yield f"{connector.title}: [all tables](../index.md). {table.doc}"
    if table.example:
        yield ""
        yield "```sql"
        yield table.example
        yield "```"
    yield ""
    yield from _names(table)
    yield ""
    yield from _columns(table)
    yield ""
    yield from _reading(table, _alias(connector.name))
    yield ""
    yield from _writing(table)
    yield ""
    yield "## Rate limits"
    yield ""
    yield from _limits(connector.limits)


def _names(table: Table) -> Iterator[str]:
    """Tell the other spellings, and what names a row."""
    camel = _camel(table.name)
    keys = dict.fromkeys(read.by for read in table.reads if read.by)
    spelled = [camel] if "_" in table.name else []
    spelled += [f"{camel}By{_camel(by)}" for by in keys]
    if spelled:
        yield f"Also found as {_and([f'`{name}`' for name in spelled])}, in any case of letters."
        yield ""
    key = _and([f"`{name}`" for name in table.key]) or "nothing"
    natural = _and([f"`{name}`" for name in table.natural_key])
    yield f"A row is named by {key}" + (
        f"; an INSERT finds rows that exist by {natural}." if natural else "."
    )


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _columns(table: Table) -> Iterator[str]:
    yield "## Columns"
    yield ""
    if table.more_columns is not None:
        yield "The account's own custom fields are columns too, behind these."
        yield ""
    yield "| column | type | | what it holds |"
    yield "|---|---|---|---|"
    for column in table.columns:
        flags = "; ".join(_flags(column, table))
        yield f"| `{column.name}` | {column.type} | {flags} | {_cell(column.doc)} |"


def _flags(column: Column, table: Table) -> Iterator[str]:
    if column.readonly:
        yield "read-only"
    if column.required:
        yield "required in an INSERT"
    if column.nocase and column.type is Type.TEXT:
        yield "compared without case"
    if column.check == "email":
        yield "checked as an e-mail address"
    if column.choices:
        yield f"{_or([f'`{choice}`' for choice in column.choices])} when written"
    if column.default is not None:
        yield f"`{column.default}` when an INSERT gives none"
    if table.consent is not None and table.consent.column == column.name:
        yield "subscription"
    if column.aliases:
        yield f"also {', '.join(f'`{alias}`' for alias in column.aliases)}"


def _reading(table: Table, alias: str) -> Iterator[str]:
    yield "## Reading"
    yield ""
    over = [read for read in table.reads if read.over]
    if all(read.by for read in table.reads) and over:
        parent, column = over[0].over or ("", "")
        yield (
            f"There is no list of all: without a `{over[0].by}` in WHERE, a join or an argument, "
            f"each `{column}` of [{parent}]({parent}.md) is asked for its own, a call or more each."
        )
        yield ""
    elif all(read.by for read in table.reads):
        wanted = _or([f"`{n}`" for n in dict.fromkeys(read.by for read in table.reads)])
        yield f"Not readable as a whole: WHERE, a join or an argument must give {wanted}."
        yield ""
    yield "| way | call | rows |"
    yield "|---|---|---|"
    for read in table.reads:
        yield f"| {_way(read)} | {_call(read)} | {_paging(read)} |"
    filters = [condition for read in table.reads for condition in read.filters]
    if filters:
        yield ""
        yield "Conditions that the API filters by; all others are checked here, after the read:"
        yield ""
        yield from _filters(filters)
    if table.modified is not None:
        yield ""
        yield (
            f"`{table.modified.column}` tells what [changed](../../reading.md#only-what-changed) "
            "since a script's last run; the API's filter may be up to "
            f"{table.modified.lag:g} seconds late."
        )
    params = [param for read in table.reads for param in read.params]
    if params:
        yield ""
        yield f"Arguments, as in `{table.name}@{alias}({params[0].name} => …)`:"
        yield ""
        for param in params:
            doc = f": {param.doc}" if param.doc else ""
            yield f"- `{param.name}` ({param.type}){doc}"


def _way(read: Read) -> str:
    if not read.by:
        return "the whole list, filtered as far as the API can"
    if read.batch > 1:
        return f"by `{read.by}`, up to {read.batch} values a call"
    return f"by `{read.by}`, a call for each value"


def _call(read: Read) -> str:
    if read.fetch is not None:
        return "several calls"
    return f"`GET {read.path}`"


def _paging(read: Read) -> str:
    return f"{read.pages.size} a page" if read.pages.size else "all in one answer"


def _filters(filters: Sequence[Filter]) -> Iterator[str]:
    by_column: dict[str, list[str]] = {}
    for condition in filters:
        shown = OPERATORS.get(condition.op, f"`{condition.op}`")
        by_column.setdefault(condition.column, []).append(shown)
    yield "| column | operators |"
    yield "|---|---|"
    for name, operators in by_column.items():
        yield f"| `{name}` | {' '.join(dict.fromkeys(operators))} |"


def _can(table: Table, verb: str) -> bool:
    """Whether a statement of this verb is accepted."""
    verbs = (verb,) if verb == "delete" else (verb, "upsert")
    return any(write.verb in verbs for write in table.writes)


def _writing(table: Table) -> Iterator[str]:
    yield "## Writing"
    yield ""
    verbs = [verb for verb in VERBS if _can(table, verb)]
    if not verbs:
        yield "Read-only: no call that writes is declared."
        return
    yield "| statement | call | a second time |"
    yield "|---|---|---|"
    for verb in verbs:
        write = carrier(table, verb)
        yield f"| {verb.upper()} | {_carried(write)} | {_again(table, write, verb)} |"
    for verb in verbs:
        write = carrier(table, verb)
        if write.undo:
            yield ""
            yield f"{verb.upper()}: {write.undo}"
    if table.consent is not None:
        yield ""
        yield from _consent(table)


def _carried(write: Write) -> str:
    if write.send is not None:
        return "as many as a row takes, one row after the other"
    return f"`{write.method} {write.path}`, one row a call"


def _again(table: Table, write: Write, verb: str) -> str:
    if verb == "update":
        return "rows that have these values are *unchanged*"
    if verb == "delete":
        return "the rows are not found any more"
    if write.append:
        return "equal rows that the journal knows are *unchanged*; the API would make new ones"
    key = _and([f"`{name}`" for name in table.natural_key])
    return f"rows found by {key} are *unchanged*, or *rejected* where other values differ"


def _consent(table: Table) -> Iterator[str]:
    consent = table.consent
    if consent is None:
        return
    subscribed = _or([f"`{value}`" for value in consent.subscribed])
    yield (
        f"`{consent.column}` says whether a person is subscribed ({subscribed}). An INSERT that "
        f"gives none sends `{consent.safe}`. An UPDATE to {subscribed} needs `WITH OPT IN`: see "
        "[consent](../../writing.md#consent)."
    )


def _limits(limits: Sequence[RateLimit]) -> Iterator[str]:
    for limit in limits:
        where = f", for paths under `{limit.paths}`" if limit.paths else ", for the whole account"
        span = "second" if limit.per == 1 else f"{limit.per:g} seconds"
        yield (
            f"- {limit.calls} calls a {span}{where}"
            if limit.per == 1
            else (f"- {limit.calls} calls in {span}{where}")
        )


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _and(parts: Sequence[str]) -> str:
    return _listed(parts, "and")


def _or(parts: Sequence[str]) -> str:
    return _listed(parts, "or")


def _listed(parts: Sequence[str], word: str) -> str:
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {word} {parts[-1]}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
