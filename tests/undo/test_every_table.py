"""Undo of every verb of every table restores the CRM's state, but for what this page lists."""

import pytest
from samples import SAMPLES
from states import difference

from sqlcrm_activecampaign import connector

WRITABLE = [table for table in connector.tables if table.writes]

DIFFERS: dict[tuple[str, str], tuple[str, dict[str, tuple[int, int]]]] = {
    # (table, verb): (the plan's words, {resource: (rows that are gone, rows that are new)})
    ("contacts", "update"): ("A custom field that had no value is blank", {"fieldValues": (0, 3)}),
    ("contacts", "delete"): (
        "its tags, subscriptions, values and history are gone",
        {
            "accountContacts": (1, 0), "contactLists": (1, 0), "contactTags": (2, 0),
            "contacts": (1, 1), "fieldValues": (4, 4), "scoreValues": (1, 0), "tags": (2, 2),
        },
    ),
    ("contact_lists", "insert"): (
        "The row stays, with status 2 (unsubscribed)", {"contactLists": (0, 2)}
    ),
    ("contact_lists", "update"): ("that needs WITH OPT IN", {"contactLists": (1, 1)}),
    ("pipelines", "delete"): ("a pipeline has a new id", {"dealStages": (3, 3)}),
    ("deal_roles", "delete"): ("has no INSERT", {"dealRoles": (1, 0)}),
    ("forms", "delete"): ("has no INSERT", {}),
    ("users", "delete"): ("has no INSERT", {"users": (1, 0)}),
    ("campaigns", "delete"): (
        "A deleted campaign's content and figures are gone",
        {"campaigns": (1, 1), "campaignLists": (1, 0), "campaignMessages": (1, 0), "links": (1, 0)},
    ),
    ("contact_automations", "delete"): (
        "starts the automation from its beginning",
        {"contactAutomations": (1, 1), "automations": (1, 1)},
    ),
}  # fmt: skip
"""All that undoing cannot bring back, in the sandbox of the tests; new ids apart."""

UNTOUCHED = {("forms", "delete")}
"""Verbs that the sandbox does not have, though the connector does."""


def words(plan):
    notices = [notice for part in plan.parts for notice in part.plan.notices]
    return "\n".join([*notices, *(one.reason for one in plan.operations)])


@pytest.mark.parametrize("table", WRITABLE, ids=lambda table: table.name)
def test_undo_takes_back_every_verb_of_every_table(crm, db, table):
    """F8: what a row was is known before it is written, and is there again after undo."""
    sample = SAMPLES[table.name]
    for path, body in sample.before:
        crm.api("POST", path, body)
    for verb in ("insert", "update", "delete"):
        statement = getattr(sample, verb)
        assert bool(statement) == (table.carrier(verb) is not None), f"{verb} wants a sample"
        if statement:
            took_back(crm, db, table, verb, statement)


def took_back(crm, db, table, verb, statement):
    remade = SAMPLES[table.name].at if verb == "delete" else ""
    told, expected = DIFFERS.get((table.name, verb), ("", {}))
    before = crm.state()
    plan = db.plan(statement)
    (report,) = plan.apply()
    assert set(report.counts) == {"done"}, report.rejected
    touched = difference(before, crm.state(), remade)
    assert bool(touched) is ((table.name, verb) not in UNTOUCHED)

    undo = db.undo(report.run)
    assert told in words(undo)
    if verb == "delete" and undo.counts.get("rejected", 0) == 0:
        assert table.carrier("delete").undo in words(undo)
    assert undo.forecast.writes <= (plan.forecast.undo or 0)
    since = crm.count()
    (undone,) = undo.apply()
    assert set(undone.counts) <= {"done", "rejected", "unchanged"}
    assert len(crm.writes(since)) == undo.forecast.writes
    assert len(crm.calls(since)) <= undo.calls
    assert difference(before, crm.state(), remade) == expected
    assert db.undo(report.run).empty


def test_a_column_that_no_reply_shows_is_no_change_since(crm, db):
    statement = (
        "insert into deal_tasks@ac (title, related_id, owner_type, due_at, task_type_id) "
        "values ('t', 2, 'deal', timestamptz '2027-01-02 03:04:05+00', 1)"
    )
    before = crm.state()
    undo = db.undo(db.execute(statement).report.run)
    undo.apply()
    assert difference(before, crm.state()) == {}
