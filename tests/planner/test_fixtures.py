"""Every rule of the planner, by example: fixtures/*.sql hold SQL and what is planned for it.

A case is SQL up to a semicolon, then lines of `-- ` with the expected summary; a comment above
the SQL says what it shows. Remote tables are those of tests/fakes/crm.py, as people@fake, groups,
members, notes, events, tickets, visits; `loc (k BIGINT, who VARCHAR, n INTEGER)` is local.
The summary has a line for each remote table: its name, and then those of

    columns: …     what is staged
    where …        conditions that the API may be given
    keys …         where its keys come from
    params …       arguments that are no column
    fixed …        conditions that the call holds
    limit n by …   rows after which paging may stop, the first ones in which order
    counted        only how many rows fulfil the conditions matters

or the words of an error behind `-- error:`.
"""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import duckdb
import pytest
from fakes.crm import connector
from sqlglot import exp

from sqlcrm.catalog.tables import find_table
from sqlcrm.dialect import lex
from sqlcrm.errors import Error
from sqlcrm.planner.build import Environment, read_plan
from sqlcrm.planner.plan import KeySource, Predicate, Relation, Scan

FIXTURES = sorted(Path(__file__).with_name("fixtures").glob("*.sql"))
PAIR = re.compile(r"((?s:.*?));\n((?:-- .*\n)+)")


def cases() -> Iterator[object]:
    for file in FIXTURES:
        for number, found in enumerate(PAIR.finditer(file.read_text())):
            text = re.sub(r"^--.*\n", "", found[1].strip() + "\n", flags=re.M).strip()
            expected = [line.removeprefix("-- ") for line in found[2].splitlines()]
            yield pytest.param(text, expected, id=f"{file.stem}-{number + 1}")


@pytest.mark.parametrize(("text", "expected"), list(cases()))
def test_a_statement_is_planned_as_its_fixture_says(text: str, expected: list[str]) -> None:
    assert summary(text) == expected


def summary(text: str) -> list[str]:
    lexed = lex(text)
    relations = {}
    for ref in lexed.refs:
        named = find_table(connector, ref.name, ref.alias)
        arguments = tuple((a.name, a.text) for a in ref.arguments)
        relations[ref.mark] = Relation(
            ref.mark, ref.name, ref.alias, named.table, named.by, arguments
        )
    try:
        plan = read_plan(lexed.marked, relations, environment(), text)
    except Error as error:
        return [f"error: {str(error).splitlines()[0]}"]
    found = [line for scan in plan.scans for line in _lines(scan)]
    return [*found, *plan.notices]


@cache
def database() -> duckdb.DuckDBPyConnection:
    found = duckdb.connect()
    found.execute("SET TimeZone = 'UTC'")
    found.execute("CREATE TABLE loc (k BIGINT, who VARCHAR, n INTEGER)")
    return found


def environment() -> Environment:
    """Return what a session knows: DuckDB, and the local table."""

    def local(node: exp.Expr) -> list[str] | None:
        try:
            return database().sql(f"SELECT * FROM {node.sql('duckdb')} LIMIT 0").columns
        except duckdb.Error:
            return None

    def evaluate(text: str) -> tuple[str, str] | None:
        try:
            found = database().execute(f"SELECT typeof(v), v::VARCHAR FROM (SELECT {text} AS v)")
        except duckdb.Error:
            return None
        row = found.fetchone()
        return row if row is not None and row[1] is not None else None

    return Environment(local=local, evaluate=evaluate)


def _lines(scan: Scan) -> Iterator[str]:
    every = len(scan.columns) == len(scan.relation.table.columns)
    line = f"{scan.relation.name}: {'all columns' if every else ', '.join(scan.columns)}"
    line += _part("where", [_condition(p) for p in scan.predicates])
    line += _part("keys", [_keys(k, scan) for k in scan.keys])
    line += _part("params", [f"{name}={value!r}" for name, value in scan.params.items()])
    line += _part("fixed", [_condition(p) for p in scan.fixed])
    line += f" limit {scan.limit.rows}" if scan.limit is not None else ""
    order = scan.limit.order if scan.limit is not None else ()
    line += _part("by", [f"{o.column} DESC" if o.descending else o.column for o in order])
    line += " counted" if scan.counted else ""
    yield line


def _part(word: str, items: list[str]) -> str:
    return f" {word} {', '.join(items)}" if items else ""


def _condition(predicate: Predicate) -> str:
    values = ", ".join(map(str, predicate.values))
    return f"{predicate.column} {predicate.op} {f'({values})' if predicate.op == 'in' else values}"


def _keys(source: KeySource, scan: Scan) -> str:
    where = f" where {source.where}" if source.where else ""
    return f"{source.column} from {source.label}{where}"


def test_the_same_inputs_give_the_same_plan() -> None:
    text = "SELECT * FROM people@fake p JOIN groups@fake g ON g.id = p.group_id WHERE p.id > 3"
    assert summary(text) == summary(text)
