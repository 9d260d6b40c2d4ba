"""What is declared: complete, documented, and honest about the API's traps."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

import sqlcrm_controlshift
from sqlcrm.sdk import Table, Type, validate
from sqlcrm_controlshift import connector
from sqlcrm_controlshift.tables import actions, events, petitions

TABLES = {table.name: table for table in connector.tables}

REQUIRED = (
    *("petitions", "signatures", "members", "member_activities", "events", "attendees"),
    *("event_types", "calendars", "calendar_events", "local_chapters", "local_chapter_members"),
    *("petition_labelings", "event_labelings", "local_chapter_labelings", "partnerships"),
    *("partnership_petitions", "partnership_events", "efforts", "effort_petitions"),
    *("effort_targets", "categories", "category_petitions", "public_petitions", "petition_texts"),
    *("featured_petitions", "found_petitions", "public_partnership_petitions", "organisations"),
    *("email_opt_in_types", "consent_content_versions", "webhook_endpoints", "bulk_columns"),
    *("local_places", "local_points", "calendar_totals"),
)

each = pytest.mark.parametrize("table", connector.tables, ids=lambda table: table.name)


def test_the_declaration_is_valid() -> None:
    validate(connector)


@pytest.mark.parametrize("name", REQUIRED)
def test_the_table_exists(name: str) -> None:
    assert name in TABLES


@each
def test_a_table_has_words_and_an_example(table: Table) -> None:
    assert table.doc.endswith(".")
    assert re.search(rf"\b{table.name}@cs\b", table.example)
    assert re.fullmatch("[a-z0-9_]+", table.name)


@pytest.fixture(scope="module")
def empty() -> Iterator[duckdb.DuckDBPyConnection]:
    """All tables, without rows, and the events that examples name."""
    with duckdb.connect() as connection:
        for table in connector.tables:
            columns = ", ".join(f'"{c.name}" {c.type.value}' for c in table.columns)
            connection.execute(f'CREATE TABLE "{table.name}" ({columns})')
        connection.execute('CREATE TABLE data_full_table_exported (url TEXT, "table" TEXT)')
        yield connection


@each
def test_an_example_runs(table: Table, empty: duckdb.DuckDBPyConnection) -> None:
    text = re.sub(r"@cs(_events)?(\([^)]*\))?", "", table.example)
    empty.execute(text)


@each
def test_names_of_columns_are_snake_case_and_times_are_times(table: Table) -> None:
    for column in table.columns:
        assert re.fullmatch("[a-z][a-z0-9_]*", column.name), column.name
        if column.name.endswith("_at"):
            assert column.type is Type.TIMESTAMP, column.name


@each
def test_lists_take_no_size_and_end_at_the_apis_own_count(table: Table) -> None:
    """T10: `page` is the only parameter of lists."""
    for read in table.reads:
        if read.pages.size:
            assert getattr(read.pages, "per_page", None) == ""
            assert getattr(read.pages, "pages_at", "")
        assert not read.filters


def test_what_the_api_changes_of_a_petition_is_what_can_be_written() -> None:
    """Section 4: not its categories, its creator, its slug, nor how it stands."""
    update = TABLES["petitions"].write("update")
    assert update is not None
    assert set(update.columns) == set(petitions.CHANGEABLE)
    never = {"categories", "creator_email", "slug", "launched", "admin_status", "ended", "labels"}
    assert not never & set(update.columns)
    assert len(petitions.CHANGEABLE) == 28 + 3  # who of the staff looks after it


def test_what_the_api_changes_of_an_event_is_neither_when_nor_where() -> None:
    update = TABLES["events"].write("update")
    assert update is not None
    assert not {"start_at", "end_at", "time_zone", "latitude", "country"} & set(update.columns)
    assert TABLES["events"].write("delete") is None
    assert set(update.columns) == set(events.CHANGEABLE)


@pytest.mark.parametrize("name", ["signatures", "attendees"])
def test_joining_is_consent_and_nothing_else_subscribes_anybody(name: str) -> None:
    """T7, T8, T13: no opt-in to partners or texts can be written, which nothing would guard."""
    table = TABLES[name]
    consent = table.consent
    assert consent is not None
    assert (consent.column, consent.subscribed, consent.safe) == (
        "join_organisation",
        (True,),
        False,
    )
    assert (consent.person, consent.scope, consent.unseen) == ("email", "", True)
    for write in table.writes:
        assert not {"partnership_opt_ins", "opt_in_sms", "sms_opt_in_type"} & set(write.columns)
    update = table.write("update")
    assert update is not None
    assert "join_organisation" not in update.columns
    assert "partnership_opt_ins" not in actions.CREATABLE


def test_signatures_are_found_by_petition_and_person() -> None:
    table = TABLES["signatures"]
    assert table.natural_key == ("petition_slug", "email")
    assert [(r.by, r.within, r.over) for r in table.reads] == [
        ("email", "petition_slug", ("petitions", "slug")),
        ("petition_slug", "", ("petitions", "slug")),
    ]


def test_where_every_insert_makes_a_row_the_journal_is_the_memory() -> None:
    appending = {t.name for t in connector.tables for w in t.writes if w.append}
    assert appending == {"petitions", "events", "calendar_events", "effort_petitions"}


def test_a_deleted_petition_is_gone_later() -> None:
    """C6: and a second DELETE of one that is still there proves nothing."""
    delete = TABLES["petitions"].write("delete")
    assert delete is not None
    assert delete.finish is not None
    assert not delete.repeatable


@pytest.mark.parametrize("table", [t for t in connector.tables if t.name.startswith("exported_")])
def test_an_export_is_named_by_its_address_and_lets_nobody_in(table: Table) -> None:
    (read,) = table.reads
    assert (read.path, read.by, read.csv) == ("{export_url}", "export_url", True)
    names = {column.name for column in table.columns}
    assert not {"soft_login_token", "confirmation_token"} & names
    assert not table.writes


def test_exports_are_fetched_from_both_data_centres() -> None:
    """T16."""
    assert {
        "https://agra-data-exports-production.s3.amazonaws.com",
        "https://agra-data-exports-production-eu-central-1.s3.amazonaws.com",
    } <= set(connector.origins)


def test_webhook_endpoints_are_not_made_where_their_secret_would_be_lost() -> None:
    assert not TABLES["webhook_endpoints"].writes


def test_the_address_may_be_pasted_with_its_path_and_the_key_is_a_bearer() -> None:
    """C1."""
    url, key = connector.settings[:2]
    value = "https://acme.controlshiftlabs.com/api/v1/"
    for ending in url.strip:
        value = value.removesuffix(ending)
    assert value == "https://acme.controlshiftlabs.com"
    assert key.secret
    assert connector.auth.headers({"api_key": "cs_test"}) == {"Authorization": "Bearer cs_test"}


def test_the_limit_is_the_domains() -> None:
    assert [(limit.calls, limit.per, limit.paths) for limit in connector.limits] == [
        (1000, 60.0, "")
    ]


def test_the_connector_sees_only_the_sdk_and_the_standard_library() -> None:
    home = Path(sqlcrm_controlshift.__file__).parent
    standard = {"collections", "dataclasses", "re", "typing", "__future__"}
    for module in [*home.glob("*.py"), *(home / "tables").glob("*.py")]:
        assert len(module.read_text().splitlines()) <= 300
        for node in ast.walk(ast.parse(module.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            for name in names:
                fine = name == "sqlcrm.sdk" or name.split(".")[0] == "sqlcrm_controlshift"
                assert fine or name.split(".")[0] in standard, (module.name, name)
                assert "sandbox" not in name
