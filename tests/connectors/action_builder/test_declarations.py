"""What the declarations promise, beside what the conformance kit sees."""

from __future__ import annotations

from sqlcrm.sdk import Table, validate
from sqlcrm_action_builder import connector

TABLES = {table.name: table for table in connector.tables}


def filters(table: Table) -> set[tuple[str, str]]:
    return {(one.column, one.op) for read in table.reads for one in read.filters}


def test_the_connector_is_valid() -> None:
    validate(connector)


def test_everything_but_the_list_of_campaigns_is_of_the_connections_campaign() -> None:
    paths = {read.path for table in connector.tables for read in table.reads}
    paths |= {write.path for table in connector.tables for write in table.writes if write.path}
    others = {path for path in paths if not path.startswith("/campaigns/{campaign}/")}
    assert others == {"/campaigns", "/campaigns/{id}"}


def test_what_the_live_api_refuses_to_filter_is_not_asked() -> None:
    """It refuses the documented filters by name; what it takes finds people, and tags by name."""
    assert filters(TABLES["people"]) == {
        ("modified_date", ">="),
        ("modified_date", "<="),
        ("email", "="),
        ("phone_number", "="),
        ("custom_id", "="),
    }
    assert filters(TABLES["tags"]) == {("name", "=")}


def test_a_status_can_only_be_one_that_is_known_not_to_subscribe_or_to_do_so() -> None:
    for name, column in (("people", "email_status"), ("emails", "status")):
        found = TABLES[name].column(column)
        assert found is not None
        assert "subscribed" in found.choices
        assert "Subscribed" not in found.choices
        assert "none" not in found.choices  # it is read, and refused (422)
    for name in ("people", "emails", "phone_numbers"):
        consent = TABLES[name].consent
        assert consent is not None
        assert (consent.subscribed, consent.safe) == (("subscribed",), "unsubscribed")


def test_what_cannot_be_deleted_has_no_delete() -> None:
    without = {table.name for table in connector.tables if table.carrier("delete") is None}
    assert without == {
        "emails",
        "phone_numbers",
        "postal_addresses",
        "connections",
        "campaigns",
        "entity_types",
        "connection_types",
    }


def test_a_delete_of_people_says_that_they_stay_in_the_network() -> None:
    for name in ("people", "entities"):
        write = TABLES[name].carrier("delete")
        assert write is not None
        assert "this campaign only" in write.undo
        assert "this campaign only" in TABLES[name].doc


def test_what_is_no_upsert_is_never_sent_twice() -> None:
    """Without an identifier the helper makes another entity, and answers add up."""
    for name in ("people", "entities", "tags", "taggings", "connection_taggings"):
        write = TABLES[name].carrier("insert")
        assert write is not None
        assert not write.repeatable


def test_changes_are_found_by_the_modified_date_of_people_and_entities() -> None:
    assert {table.name for table in connector.tables if table.modified} == {"people", "entities"}
