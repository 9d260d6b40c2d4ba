"""What is declared: complete, documented, and honest about what the API cannot do."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

import sqlcrm_action_network
from sqlcrm.sdk import PageNumber, Single, Table, Type, validate
from sqlcrm_action_network import connector

TABLES = {table.name: table for table in connector.tables}

WRITES = {
    "people": {"insert", "update"},
    "mobile_subscriptions": {"update"},
    "tags": {"insert"},
    "taggings": {"insert", "delete"},
    "petitions": {"insert", "update"},
    "events": {"insert", "update"},
    "forms": {"insert", "update"},
    "fundraising_pages": {"insert", "update"},
    "advocacy_campaigns": {"insert", "update"},
    "surveys": {"insert", "update"},
    "event_campaigns": {"insert", "update"},
    "campaign_events": set(),
    "campaign_attendances": set(),
    "campaigns": set(),
    "signatures": {"insert", "update"},
    "attendances": {"insert", "update"},
    "submissions": {"insert"},
    "responses": {"insert"},
    "donations": {"insert"},
    "outreaches": {"insert", "update"},
    "person_signups": {"insert"},
    "signature_signups": {"insert"},
    "attendance_signups": {"insert"},
    "submission_signups": {"insert"},
    "response_signups": {"insert"},
    "donation_signups": {"insert"},
    "outreach_signups": {"insert"},
    "messages": {"insert", "update"},
    "message_sendings": {"insert", "delete"},
    "message_schedules": {"insert", "delete"},
    "wrappers": set(),
    "lists": set(),
    "items": set(),
    "queries": set(),
    "unique_id_lists": {"insert", "update"},
    "custom_fields": set(),
}

FILTERABLE = {
    "people": {
        *("created_date", "modified_date", "family_name", "given_name", "email"),
        *("phone", "region", "postal_code", "id"),
    },
    **dict.fromkeys(
        (
            *("petitions", "forms", "fundraising_pages", "event_campaigns", "campaigns"),
            *("surveys", "advocacy_campaigns"),
        ),
        frozenset({"created_date", "modified_date", "origin_system", "title", "id"}),
    ),
    "events": {
        *("created_date", "modified_date", "origin_system", "title", "id"),
        *("start_date", "end_date"),
    },
    **dict.fromkeys(
        ("signatures", "attendances", "submissions", "donations", "outreaches", "responses"),
        frozenset({"created_date", "modified_date", "id"}),
    ),
}

UNFILTERED = ("tags", "lists", "items", "messages", "wrappers", "queries", "unique_id_lists")

each = pytest.mark.parametrize("table", connector.tables, ids=lambda table: table.name)


def test_the_declaration_is_valid() -> None:
    validate(connector)


def test_every_resource_is_a_table_with_the_writes_that_the_api_has() -> None:
    found = {t.name: {w.verb for w in t.writes} for t in connector.tables}
    embeds = {name for name in found if name.endswith("_embeds")}
    assert len(embeds) == 8
    assert {name: verbs for name, verbs in found.items() if name not in embeds} == WRITES
    assert all(not found[name] for name in embeds)


@each
def test_a_table_has_words_and_an_example(table: Table) -> None:
    assert table.doc.endswith(".")
    assert re.search(rf"\b{table.name}@an\b", table.example)
    assert re.fullmatch("[a-z0-9_]+", table.name)


@pytest.fixture(scope="module")
def empty() -> Iterator[duckdb.DuckDBPyConnection]:
    """All tables, without rows."""
    with duckdb.connect() as connection:
        for table in connector.tables:
            columns = ", ".join(f'"{c.name}" {c.type}' for c in table.columns)
            connection.execute(f'CREATE TABLE "{table.name}" ({columns})')
        yield connection


@each
def test_examples_run(table: Table, empty: duckdb.DuckDBPyConnection) -> None:
    empty.execute(table.example.replace("@an", ""))


@pytest.mark.parametrize("name", FILTERABLE)
def test_all_that_the_api_filters_by_is_pushed(name: str) -> None:
    reads = TABLES[name].reads
    pushed = {f.column for read in reads for f in read.filters}
    assert pushed | {read.by for read in reads if read.by} >= FILTERABLE[name]
    assert all(f.param == "filter" for read in reads for f in read.filters)


@pytest.mark.parametrize("name", UNFILTERED)
def test_nothing_is_pushed_that_the_api_would_ignore(name: str) -> None:
    assert not [f for read in TABLES[name].reads for f in read.filters]


@each
def test_lists_are_paged_by_25_or_whole(table: Table) -> None:
    for read in table.reads:
        if isinstance(read.pages, Single):
            continue
        assert isinstance(read.pages, PageNumber)
        assert read.pages.size == 25
        counted = table.name not in {"people", "mobile_subscriptions", "items"}
        assert bool(read.pages.pages_at) is counted
        assert bool(read.pages.next_at) is not counted


@each
def test_what_the_api_makes_again_with_each_call_is_never_repeated(table: Table) -> None:
    once = {
        *("donations", "outreaches", "donation_signups", "outreach_signups"),
        *("messages", "message_sendings"),
    }
    for write in (w for w in table.writes if w.verb == "insert"):
        assert write.append is (table.name in once)
        if table.name in once or table.name in {"tags", "petitions", "events"}:
            assert not write.repeatable


@each
def test_updates_are_checked_against_the_reply(table: Table) -> None:
    assert all(write.shows for write in table.writes if write.verb == "update")


@each
def test_null_is_written_as_null(table: Table) -> None:
    """A key that is left out stays; the empty text is no way to empty a field."""
    if "update" not in {write.verb for write in table.writes}:
        return
    needed = {*table.key, *table.natural_key}
    for column in table.columns:
        if column.readonly or column.required or column.choices or column.name in needed:
            continue
        assert column.nulls == (), column.name


@each
def test_booleans_are_written_as_json_has_them(table: Table) -> None:
    for column in (c for c in table.columns if c.type is Type.BOOLEAN and not c.readonly):
        assert column.to_wire is not None
        assert column.to_wire(1) is True


def test_a_connector_imports_the_sdk_alone() -> None:
    folder = Path(sqlcrm_action_network.__file__).parent
    for path in (*folder.glob("*.py"), *(folder / "tables").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlcrm"):
                assert re.match(r"sqlcrm(\.sdk|_action_network)\b", node.module or ""), path.name
