"""An operation becomes a request in the API's own form."""

import datetime as dt
from decimal import Decimal

from sqlcrm.sdk import Column, Read, Sideload, Table, Type, Write
from sqlcrm.state.values import Operation
from sqlcrm.writing.bodies import request

FIELDS = Sideload("fieldValues", ("include", "fieldValues"), "contact")
PEOPLE = Table(
    "people",
    "People.",
    ("id",),
    (
        Column("id", Type.INTEGER, readonly=True),
        Column("first_name", at="firstName"),
        Column("city", at="address.city"),
        Column("active", Type.BOOLEAN),
        Column("born", Type.DATE),
        Column("share", Type.FLOAT),
        Column("tags", Type.TEXTS),
        Column("level", at="7", sideload=FIELDS, to_wire=str.upper),
    ),
    (Read("/people", "people"),),
)


def _operation(values, before=None):
    return Operation(1, "people", "update", {"id": 5}, {}, values, before, "planned")


def test_values_go_to_their_paths_in_wire_form_within_the_wrap():
    write = Write("update", "PUT", "/people/{id}", wrap="person", repeatable=True)
    values = {
        "first_name": None,
        "city": "Hull",
        "active": True,
        "born": dt.date(2000, 1, 2),
        "share": Decimal("1.5"),
        "tags": ["a"],
        "level": "gold",
    }
    made = request(write, PEOPLE, _operation(values))
    assert (made.method, made.path, dict(made.fill)) == ("PUT", "/people/{id}", {"id": "5"})
    assert made.may_repeat
    assert made.body == {
        "person": {
            "firstName": "",
            "address": {"city": "Hull"},
            "active": 1,
            "born": "2000-01-02",
            "share": "1.5",
            "tags": ["a"],
            "fieldValues": [{"field": "7", "value": "GOLD"}],
        }
    }


def test_columns_that_must_always_be_sent_come_from_the_before_image():
    write = Write("update", "POST", "/people", whole=("first_name", "city"), always={"type": "x"})
    made = request(write, PEOPLE, _operation({"city": "Hull"}, {"first_name": "Ana", "city": "?"}))
    assert made.body == {"address": {"city": "Hull"}, "firstName": "Ana", "type": "x"}
    assert not made.may_repeat


def test_a_delete_has_no_body():
    write = Write("delete", "DELETE", "/people/{id}", repeatable=True)
    assert request(write, PEOPLE, _operation({})).body is None


def test_what_the_path_names_is_not_repeated_in_the_body():
    write = Write("insert", "POST", "/cities/{city}/people", repeatable=True)
    made = request(write, PEOPLE, _operation({"city": "Hull", "first_name": "Ann"}))
    assert dict(made.fill) == {"city": "Hull"}
    assert made.body == {"firstName": "Ann"}


def test_a_column_goes_with_the_others_of_its_group_that_have_a_value():
    write = Write(
        "update", "PUT", "/people/{id}", together=(("first_name", "city", "born"),), repeatable=True
    )
    before = {"id": 5, "first_name": "Ann", "city": "Hull", "born": None}
    made = request(write, PEOPLE, _operation({"city": "York"}, before))
    assert made.body == {"firstName": "Ann", "address": {"city": "York"}}
    assert request(write, PEOPLE, _operation({"share": 1.5}, before)).body == {"share": 1.5}


def test_a_value_may_be_written_elsewhere_than_it_is_read():
    kind = Column("kind", at="type.code", into="type_code")
    table = Table("notes", "Notes.", ("id",), (Column("id"), kind), (Read("/notes", "notes"),))
    write = Write("update", "PUT", "/notes/{id}", repeatable=True)
    assert request(write, table, _operation({"kind": "x"})).body == {"type_code": "x"}
