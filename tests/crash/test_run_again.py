"""A script that is run again before its killed run is resumed."""

import pytest
from harness import place

NOTES = (
    "insert into contact_notes@ac (contact_id, note) "
    "select 1, 'note ' || (i // 2) from range(12) t(i)"
)
TAGS = (
    "set bulk = off; insert into contact_tags@ac (contact_id, tag_id) "
    "select i, 40 from range(1, 21) t(i)"
)
NAMES = "update contacts@ac set first_name = '{}' where id between 1 and 12"


def _notes(crm):
    return sorted(n["note"] for n in crm.state()["notes"] if n["note"].startswith("note "))


@pytest.mark.parametrize("times", [1, 4])
def test_what_a_later_run_wrote_is_not_written_by_resume(crm, children, times):
    """A1: k equal rows are k rows, whichever run makes them."""
    with place(crm, children) as there:
        kill = {"at": "settled", "times": times}
        there.child("run", NOTES, kill=kill)
        there.child("run", NOTES)
        there.child("resume")
        made = _notes(crm)
    assert len(made) == 12
    assert made == sorted(f"note {i // 2}" for i in range(12))


def test_resume_does_not_put_older_values_over_newer_ones(crm, children):
    """A10: the frozen rows are older than what a later run wrote."""
    with place(crm, children) as there:
        there.child("run", NAMES.format("Old"), kill={"at": "settled", "times": 3})
        there.child("run", NAMES.format("New"))
        there.child("resume")
        names = {c["firstName"] for c in crm.state()["contacts"] if int(c["id"]) <= 12}
    assert names == {"New"}


def test_rows_that_a_later_run_did_not_write_are_still_written(crm, children):
    """A1: what nobody else has done is finished."""
    with place(crm, children) as there:
        there.child("run", TAGS, kill={"at": "settled", "times": 2})
        there.child("resume")
        tagged = [r for r in crm.state()["contactTags"] if r["tag"] == "40"]
    assert {int(r["contact"]) for r in tagged} >= set(range(1, 21))
