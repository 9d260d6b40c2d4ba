"""Rows that lie within the objects of a list, and lists of which only some objects are rows."""

from dataclasses import replace

from sqlcrm.execution.listing import Page
from sqlcrm.execution.loading import opened
from sqlcrm.planner.access import accesses
from sqlcrm.planner.plan import Relation, Scan
from sqlcrm.sdk import Column, PageNumber, Read, Table

PEOPLE = [{"id": "1", "mails": ["a", "b"]}, {"id": "2", "mails": []}, "nonsense"]
MAILS = Table(
    "mails",
    "Addresses.",
    ("address",),
    (Column("person_id"), Column("address")),
    (Read("/people", "people", PageNumber(25, total_at="total")),),
    each=lambda one: [{"person_id": one["id"], "address": mail} for mail in one["mails"]],
)


def test_a_page_is_opened_into_the_rows_that_its_objects_hold():
    page = opened(Page(PEOPLE, {}, 2, last=True, counted=(2, 2)), MAILS)
    assert [(row["person_id"], row["address"]) for row in page.rows] == [("1", "a"), ("1", "b")]
    assert page.counted is None  # it counts people: fewer rows are no lost rows
    plain = replace(MAILS, each=None)
    assert opened(Page(PEOPLE, {}, 2, last=True), plain).rows is PEOPLE


def test_the_total_of_a_list_does_not_count_what_lies_within():
    scan = Scan(Relation("m", "mails", "x", MAILS), ("address",))
    assert [access.counts for access in accesses(scan, {})] == [False]
    plain = Scan(Relation("m", "mails", "x", replace(MAILS, each=None)), ("address",))
    assert [access.counts for access in accesses(plain, {})] == [True]
