"""Events: how a call is known to be ControlShift's, and what each type has."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import pytest

from sqlcrm.execution.decode import Decoder
from sqlcrm.sdk import ShapeChanged
from sqlcrm_controlshift import connector
from sqlcrm_controlshift.webhooks import OPEN, WEBHOOKS, events

SIGNED = {
    "type": "signature.created",
    "data": {
        "id": 901,
        "first_name": "Ana",
        "last_name": "Lee",
        "email": "Ana@Example.org",
        "postcode": "45402",
        "country": "US",
        "country_without_fallback": None,
        "join_organisation": None,
        "email_opt_in_type": {"context": "web_form", "mailable": True, "external_id": None},
        "member": {"id": 55, "created_at": "2026-02-01T10:00:00Z"},
        "petition": {"url": "https://demo.example.org/petitions/park", "slug": "park"},
        "created_at": "2026-02-01T10:00:00Z",
        "unsubscribe_at": None,
    },
    "jid": "0123456789abcdef01234567",
}


def row(body: dict[str, Any]) -> dict[str, Any]:
    """Return the row of an event, as its table reads it."""
    (event,) = events(body)
    table = next(one for one in WEBHOOKS.tables if one.type == event.type)
    found: dict[str, Any]
    (found,) = Decoder(table.columns, table.name, "UTC").batch([dict(event.row)], {}).to_pylist()
    return found


def test_a_call_is_signed_over_its_raw_body() -> None:
    """C8: the check value of the fact sheet."""
    signature = WEBHOOKS.signature
    assert signature is not None
    assert (signature.header, signature.prefix) == ("x-controlshift-webhook-signature", "sha256:")
    assert (signature.algorithm, signature.encoding, signature.timestamp) == ("sha256", "hex", "")
    digest = hmac.new(b"abc123", b'{"type":"x"}', hashlib.sha256).hexdigest()
    assert signature.prefix + digest == (
        "sha256:0b953ff86395ad25dbb91d7726b48c77e87f00d03e5215258f0d5158da189f7d"
    )


def test_the_secret_is_optional_and_hidden() -> None:
    setting = next(one for one in connector.settings if one.name == WEBHOOKS.secret)
    assert setting.secret
    assert not setting.required


def test_every_type_of_event_has_a_table() -> None:
    """All 58 types of section 7, and the names that T1 warns about."""
    types = {table.type for table in WEBHOOKS.tables}
    assert len(types) == len(WEBHOOKS.tables) == 58
    assert {"data.full_table_exported", "data.incremental_table_exported"} <= types
    assert not [name for name in types if name.startswith("bulk_data")]
    assert [t.name for t in WEBHOOKS.tables] == [t.type.replace(".", "_") for t in WEBHOOKS.tables]
    assert all(table.doc.endswith(".") for table in WEBHOOKS.tables)


def test_an_event_is_known_by_its_job_and_stands_in_its_persons_queue() -> None:
    """C8: the address is written in one way, whatever the person typed."""
    (event,) = events(SIGNED)
    assert (event.type, event.id) == ("signature.created", "0123456789abcdef01234567")
    assert event.person == "ana@example.org"


def test_a_signature_reads_as_in_the_table_of_signatures() -> None:
    """C8, T8: NULL is neither a yes nor a no; the country is the one that was given."""
    found = row(SIGNED)
    assert (found["petition_slug"], found["member_id"]) == ("park", 55)
    assert found["join_organisation"] is None
    assert (found["country"], found["country_or_default"]) == (None, "US")
    assert found["email_opt_in_type_mailable"] is True
    assert found["unsubscribed"] is None


def test_an_unsubscription_from_everything_says_so() -> None:
    """C9: the type is null then."""
    data = {"id": 3, "email": "ana@example.org", "unsubscribe_organisation": True}
    found = row({"type": "unsubscribe.created", "data": data, "jid": "a"})
    assert found["unsubscribe_organisation"] is True
    assert found["unsubscribable_type"] is None


def test_an_export_tells_where_its_file_lies() -> None:
    """C10: the bucket is there only for endpoints with an account of their own."""
    data = {"url": "https://x.example.org/f.csv", "table": "categories"}
    found = row({"type": "data.full_table_exported", "data": data, "jid": "a"})
    assert (found["url"], found["table"]) == (data["url"], "categories")
    assert found["s3_bucket"] is None


@pytest.mark.parametrize(
    ("data", "person"),
    [
        ({"member": {"id": 1, "email": "A@b.example"}}, "a@b.example"),
        ({"slug": "p", "creator": {"email": " C@d.example "}}, "c@d.example"),
        ({"slug": "e", "host": {"email": "h@d.example"}}, "h@d.example"),
        ({"slug": "c"}, ""),
        ({"creator": None, "email": ""}, ""),
    ],
)
def test_whom_an_event_is_about(data: Any, person: str) -> None:
    (event,) = events({"type": "x.y", "data": data})
    assert (event.person, event.id) == (person, "")


@pytest.mark.parametrize("type_", sorted(OPEN))
def test_what_is_not_documented_is_kept_whole(type_: str) -> None:
    """T17: samples of labels are wrong, and of some types there are none."""
    found = row({"type": type_, "data": {"a": [1]}, "jid": "a"})
    assert found["payload"] == '{"a": [1]}'


@pytest.mark.parametrize(
    "body", [None, [], {}, {"type": "x"}, {"type": 1, "data": {}}, {"data": {}}]
)
def test_what_is_no_event_is_said_to_be_none(body: Any) -> None:
    with pytest.raises(ShapeChanged):
        events(body)


@pytest.mark.parametrize("table", WEBHOOKS.tables, ids=lambda table: table.type)
def test_an_event_without_any_of_its_members_is_a_row_of_nulls(table: Any) -> None:
    found = row({"type": table.type, "data": {}, "jid": "a"})
    assert {value for name, value in found.items() if name != "payload"} <= {None}
