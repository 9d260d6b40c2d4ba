"""What is declared: complete, documented, and honest about the API's traps."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

import sqlcrm_activecampaign
from sqlcrm.sdk import Column, IdCursor, Need, Offset, Single, Table, Type, validate
from sqlcrm_activecampaign import connector
from sqlcrm_activecampaign.wire import Beside

TABLES = {table.name: table for table in connector.tables}

REQUIRED = (
    *("contacts", "tags", "contact_tags", "lists", "contact_lists", "fields", "field_options"),
    *("field_values", "accounts", "account_contacts", "account_custom_field_data"),
    *("account_custom_field_meta", "deals", "deal_stages", "pipelines", "deal_custom_field_data"),
    *("deal_custom_field_meta", "contact_deals", "deal_roles", "deal_tasks", "deal_task_types"),
    *("task_outcomes", "notes", "campaigns", "messages", "automations", "contact_automations"),
    *("segments", "users", "groups", "forms", "scores", "score_values", "addresses"),
    *("saved_responses", "webhooks", "connections", "ecom_customers", "ecom_orders"),
)

# Without an example in the reference of their total.
UNCOUNTED = {
    "account_custom_field_meta",
    "account_custom_field_data",
    "deal_custom_field_meta",
    "ecom_order_products",
}

each = pytest.mark.parametrize("table", connector.tables, ids=lambda table: table.name)


def test_the_declaration_is_valid() -> None:
    validate(connector)


@pytest.mark.parametrize("name", REQUIRED)
def test_the_table_exists(name: str) -> None:
    assert name in TABLES


@each
def test_a_table_has_words_and_an_example(table: Table) -> None:
    assert table.doc.endswith(".")
    assert re.search(rf"\b{table.name}@ac\b", table.example)
    assert re.fullmatch("[a-z0-9_]+", table.name)


@pytest.fixture(scope="module")
def empty() -> Iterator[duckdb.DuckDBPyConnection]:
    """All tables, without rows."""
    with duckdb.connect() as connection:
        for table in connector.tables:
            columns = ", ".join(f'"{c.name}" {c.type.value}' for c in table.columns)
            connection.execute(f'CREATE TABLE "{table.name}" ({columns})')
        yield connection


@each
def test_an_example_runs(table: Table, empty: duckdb.DuckDBPyConnection) -> None:
    empty.execute(table.example.replace("@ac", ""))


@each
def test_names_of_columns_are_snake_case_and_ids_are_whole_numbers(table: Table) -> None:
    for column in table.columns:
        assert re.fullmatch("[a-z][a-z0-9_]*", column.name), column.name
        if column.name == "id" or (column.name.endswith("_id") and not _foreign(column)):
            assert column.type is Type.INTEGER, column.name
        if column.name.endswith("_at"):
            assert column.type is Type.TIMESTAMP, column.name


def _foreign(column: Column) -> bool:
    """Whether an id is another system's, a text of any form."""
    return column.name in {"external_id", "external_checkout_id", "segmentio_id"}


@each
def test_own_ids_cannot_be_written_and_ids_of_others_may_be_zero_for_none(table: Table) -> None:
    for column in table.columns:
        if column.name == "id":
            assert column.readonly
            assert column.nulls == ("",)


@each
def test_the_apis_own_spelling_finds_the_column(table: Table) -> None:
    for column in table.columns:
        if column.at and "." not in column.at and column.at != "id":
            assert table.column(column.at) is not None, column.at


@each
def test_lists_ask_for_full_pages(table: Table) -> None:
    """The default is 20 rows: a look-up that forgets this makes what exists a second time."""
    for read in table.reads:
        alone = "{" in read.path
        assert isinstance(read.pages, (IdCursor, Offset, Beside, Single))
        assert isinstance(read.pages, Single) == alone, read.path
        assert read.pages.size == (0 if alone else 100)


@each
def test_scans_end_at_the_apis_own_total(table: Table) -> None:
    for read in table.reads:
        if isinstance(read.pages, Offset):
            assert bool(read.pages.total_at) == (table.name not in UNCOUNTED)


@each
def test_offsets_never_go_without_an_order(table: Table) -> None:
    """Newer endpoints refuse orders they do not know, and custom field data has none."""
    for read in table.reads:
        if isinstance(read.pages, Offset) and not table.name.endswith(("_meta", "_data")):
            ordered = any(name.startswith("orders[") for name, _ in read.always)
            assert ordered or table.name == "event_tracking_events", read.path


@each
def test_rows_beside_others_are_proved_to_be_asked_for(table: Table) -> None:
    """An `include` that the API does not know is ignored without a word."""
    for read in table.reads:
        included = dict(read.always).get("include")
        if read.path == "/contacts" and read.at != "contacts":
            assert included == read.at
            assert read.expects == (f"contacts[].{read.at}",)
            assert isinstance(read.pages, IdCursor)
        else:
            assert included is None


def test_every_table_that_can_be_inserted_into_cannot_double_a_row() -> None:
    appending = {
        table.name
        for table in connector.tables
        for write in table.writes
        if write.verb == "insert" and write.append
    }
    assert appending == {
        "deals",
        "deal_tasks",
        "notes",
        "contact_notes",
        "contact_automations",
        "campaigns",
        "messages",
    }
    for table in connector.tables:
        for write in table.writes:
            if write.verb == "insert" and not write.append and not write.repeatable:
                assert table.natural_key, table.name


def test_where_the_api_refuses_a_second_row_sending_again_does_no_harm() -> None:
    """B5. Not account_contacts: there the refusal may be about another account's row."""
    unique = {t.name for t in connector.tables for write in t.writes if write.unique}
    assert unique == {"contacts", "tags", "fields", "accounts", "contact_deals"}


def test_what_the_bulk_importer_carries_stands_beside_a_single_write() -> None:
    carried = {
        (table.name, write.verb)
        for table in connector.tables
        for write in table.writes
        if write.path == "/import/bulk_import"
    }
    assert carried == {
        *(("contacts", "insert"), ("contacts", "update"), ("contact_tags", "insert")),
        *(("field_values", "insert"), ("field_values", "update")),
        *(("contact_lists", "insert"), ("contact_lists", "update")),
    }
    for name, verb in carried:
        table = TABLES[name]
        single = table.carrier(verb)
        assert single is not None
        assert single.send is None
        (write,) = (w for w in table.writes if w.verb == verb and w.send)
        assert (write.batch, write.least, write.repeatable) == (250, 10, True)
        assert write.finish is not None
        assert write.takes is not None
        assert not write.append
        assert "webhooks" in write.differs
        assert set(single.columns) == set(write.columns)
        assert write.per == ("" if name == "contacts" else "contact_id")
        assert ("email" in write.whole) == (name == "contacts" and verb == "update")
        needed = [(need.name, need.by, need.table, need.value) for need in write.needs]
        email = ("email", "contact_id", "contacts", "email")
        assert needed[:1] == ([] if name == "contacts" else [email])


def test_contacts_are_found_by_address_id_and_list() -> None:
    contacts = TABLES["contacts"]
    assert [(read.by, read.param, read.batch) for read in contacts.reads] == [
        ("", "", 1),
        ("id", "ids[]", 100),
        ("email", "email", 1),
    ]
    email = contacts.column("EMAIL")
    assert email is not None
    assert email.nocase
    assert contacts.column("firstName") is contacts.column("first_name")
    assert contacts.natural_key == ("email",)


def test_contacts_are_changed_by_id_and_only_made_or_merged_by_address() -> None:
    contacts = TABLES["contacts"]
    paths = {(w.verb, w.method, w.path) for w in contacts.writes if not w.send}
    assert paths == {
        ("insert", "POST", "/contacts"),
        ("upsert", "POST", "/contact/sync"),
        ("update", "PUT", "/contacts/{id}"),
        ("delete", "DELETE", "/contacts/{id}"),
    }
    upsert, delete = contacts.write("upsert"), contacts.write("delete")
    assert upsert is not None
    assert upsert.repeatable
    assert delete is not None
    assert "new id" in delete.undo


def test_names_and_segments_of_contacts_are_not_pushed() -> None:
    read = TABLES["contacts"].reads[0]
    assert {condition.column for condition in read.filters} == {
        "id",
        "email",
        "phone",
        "created_at",
        "updated_at",
    }
    assert "segmentid" not in {param.param for param in read.params}


@each
def test_habits_of_the_first_version_of_the_api_are_not_pushed(table: Table) -> None:
    sent = {f.param for read in table.reads for f in read.filters} | {
        read.param for read in table.reads
    }
    assert not [name for name in sent if re.match(r"field\[|p\[|filters\[listid\]", name)]


@each
def test_borders_in_time_have_slack_outwards(table: Table) -> None:
    for read in table.reads:
        for condition in read.filters:
            column = table.column(condition.column)
            assert column is not None
            if column.type is Type.TIMESTAMP:
                assert condition.slack * (1 if condition.op.startswith("<") else -1) >= 1


def test_tags_are_applied_by_contact_and_tag_and_taken_off_by_their_own_id() -> None:
    link = TABLES["contact_tags"]
    assert link.link
    assert link.natural_key == ("contact_id", "tag_id")
    insert, delete = link.write("insert"), link.write("delete")
    assert insert is not None
    assert insert.repeatable
    assert delete is not None
    assert delete.path == "/contactTags/{id}"
    assert link.column("contact") is link.column("contact_id")
    assert link.column("tag") is link.column("tag_id")


def test_contact_tags_have_four_ways_in() -> None:
    reads = TABLES["contact_tags"].reads
    assert [(read.path, read.by, read.param, read.batch) for read in reads] == [
        ("/contacts", "contact_id", "ids[]", 100),
        ("/contacts", "tag_id", "tagid", 1),
        ("/contacts/{contact_id}/contactTags", "contact_id", "", 1),
        ("/contactTags", "", "", 1),
    ]


def test_tag_names_compare_without_case() -> None:
    tag = TABLES["tags"].column("name")
    assert tag is not None
    assert (tag.name, tag.nocase) == ("tag", True)
    assert TABLES["tags"].natural_key == ("tag", "tag_type")


def test_a_subscription_is_consent_and_is_never_deleted() -> None:
    subscriptions = TABLES["contact_lists"]
    consent = subscriptions.consent
    assert consent is not None
    assert (consent.column, consent.subscribed, consent.safe) == ("status", (1,), 2)
    assert consent.opted_in == {"sourceid": 4}
    assert {write.verb for write in subscriptions.writes} == {"insert", "update"}
    paths = {write.path for write in subscriptions.writes if not write.send}
    assert paths == {"/contactLists"}
    assert consent.person == Need("email", "contact_id", "contacts", "email")
    assert consent.scope == "list_id"
    update = subscriptions.write("update")
    assert update is not None
    assert set(update.whole) == {"contact_id", "list_id", "status"}


def test_subscriptions_of_a_list_are_asked_for_whatever_their_status() -> None:
    read = next(read for read in TABLES["contact_lists"].reads if read.by == "list_id")
    assert ("status", "-1") in read.always


def test_a_value_of_a_field_is_updated_with_all_that_names_it() -> None:
    update = TABLES["field_values"].write("update")
    assert update is not None
    assert update.whole == ("contact_id", "field_id", "value")


def test_money_is_whole_cents_and_deals_are_not_filtered_by_dollars() -> None:
    value = TABLES["deals"].column("value")
    assert value is not None
    assert value.type is Type.INTEGER
    assert "cents" in value.doc.lower()
    assert "value" not in {f.column for read in TABLES["deals"].reads for f in read.filters}


def test_times_without_a_zone_are_central_whatever_their_name() -> None:
    assert connector.zone == "America/Chicago"
    column = TABLES["contacts"].column("created_utc_timestamp")
    assert column is not None
    assert column.name == "created_central_at"
    assert "US Central" in column.doc


def test_counts_of_accounts_come_only_from_reads_that_ask_for_them() -> None:
    for read in TABLES["accounts"].reads:
        knows_counts = not read.columns or "deal_count" in read.columns
        assert knows_counts == (("count_deals", "true") in read.always)


def test_the_address_is_told_not_derived_and_may_be_pasted_with_its_path() -> None:
    url, key = connector.settings
    assert connector.base_url == "{url}/api/3"
    value = "https://acme.api-us1.com/api/3/"
    for ending in url.strip:
        value = value.removesuffix(ending)
    assert value == "https://acme.api-us1.com"
    assert key.secret
    assert connector.auth.headers({"api_key": "k"}) == {"Api-Token": "k"}


def test_the_limits_are_the_accounts_and_the_importers_own() -> None:
    assert [(limit.calls, limit.per, limit.paths) for limit in connector.limits] == [
        (5, 1.0, ""),
        (100, 60.0, "/import/bulk_import"),
    ]


def test_a_hundred_ids_fit_into_two_kilobytes() -> None:
    ids = "&".join(f"ids%5B%5D={10_000_000 + n}" for n in range(100))
    assert len(ids) + len("https://acme.api-us1.com/api/3/contacts?") < 2_048


def test_the_connector_sees_only_the_sdk_and_the_standard_library() -> None:
    home = Path(sqlcrm_activecampaign.__file__).parent
    allowed = {"sqlcrm.sdk", "sqlcrm_activecampaign", "__future__"}
    standard = {"collections", "contextlib", "dataclasses", "datetime", "functools", "json"} | {
        *("math", "re", "typing", "urllib")
    }
    for module in [*home.glob("*.py"), *(home / "tables").glob("*.py")]:
        for node in ast.walk(ast.parse(module.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            for name in names:
                fine = name in allowed or name.startswith("sqlcrm_activecampaign.")
                assert fine or name.split(".")[0] in standard, (module.name, name)
                assert "sandbox" not in name


@pytest.mark.parametrize("module", ["tables", "."])
def test_modules_stay_short(module: str) -> None:
    home = Path(sqlcrm_activecampaign.__file__).parent / module
    assert all(len(path.read_text().splitlines()) <= 300 for path in home.glob("*.py"))
