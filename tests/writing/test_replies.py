"""What a reply to a write shows of the row: kept otherwise than sent, or not written at all."""

import pytest

from sqlcrm.sdk import Column, Read, Table, Write
from sqlcrm.state.values import Operation
from sqlcrm.writing.replies import kept_otherwise, lacks, told_id, unwritten

PEOPLE = Table(
    "people",
    "People.",
    ("id",),
    (Column("id"), Column("email"), Column("name", at="names[main].full")),
    (Read("/people", "people"),),
)
BEFORE = {"id": "1", "email": "a@example.org", "name": "Ann"}


def _operation(**values):
    return Operation(1, "people", "update", {"id": "1"}, {}, values, BEFORE, "planned")


@pytest.mark.parametrize(
    ("sent", "reply", "left", "kept"),
    [
        ({"email": "b@x.org"}, {"email": "b@x.org"}, {}, None),
        ({"email": "b@x.org"}, {"email": "a@example.org"}, {"email": "a@example.org"}, None),
        ({"email": "B@x.org"}, {"email": "b@x.org"}, {}, {"email": "b@x.org"}),
        ({"email": "b@x.org"}, {}, {}, None),
        ({"name": None}, {"names": [{"main": True, "full": "Ann"}]}, {"name": "Ann"}, None),
        ({"name": "Zoe"}, {"names": []}, {"name": None}, {"name": None}),
        ({"name": "Zoe"}, {"names": [{"full": "x"}, {"main": 1, "full": "Zoe"}]}, {}, None),
        ({"email": "b@x.org"}, "no row", {}, None),
    ],
)
def test_a_reply_tells_what_was_not_written_and_what_is_kept_otherwise(sent, reply, left, kept):
    operation = _operation(**sent)
    assert unwritten(PEOPLE, operation, reply, "", "UTC") == left
    assert kept_otherwise(PEOPLE, operation, reply, "", "UTC") == kept


LISTED = Table(
    "emails",
    "Addresses, which lie within a person.",
    ("id",),
    (Column("id", at="mails[].id"), Column("address", at="mails[].address")),
    (Read("/people", "people"),),
    natural_key=("address",),
    each=lambda person: [{"mails": [one]} for one in person.get("mails", ())],
)


@pytest.mark.parametrize(
    ("mails", "missing", "told"),
    [
        ([{"id": "1", "address": "a@x.org"}, {"id": "2", "address": "b@x.org"}], False, "2"),
        ([{"id": "1", "address": "a@x.org"}], True, ""),
        ([], True, ""),
    ],
)
def test_a_row_within_another_is_found_in_the_reply_by_its_natural_key(mails, missing, told):
    values = {"address": "b@x.org"}
    operation = Operation(1, "emails", "create", {}, values, values, None, "planned")
    write = Write("insert", "PUT", "/people/7")
    assert lacks(LISTED, operation, {"mails": mails}, "") is missing
    assert told_id(LISTED, write, operation, {"mails": mails}) == told
