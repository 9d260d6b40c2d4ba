"""Tasks and notes, which belong to contacts, deals and other rows.

Source: ActiveCampaign API v3 reference, "Tasks", "Task types", "Task outcomes", "Notes";
read 2026-11-21.
"""

from __future__ import annotations

from sqlcrm.sdk import Column, Filter, Read, Table, Type, Write
from sqlcrm_activecampaign.columns import (
    changed,
    flag,
    made,
    number,
    own_id,
    ref,
    text,
    typed,
    when,
)
from sqlcrm_activecampaign.wire import BY_ID, LISTED, WHOLE, moment, needle, whole
from sqlcrm_activecampaign.writes import append, delete, insert, update

TWO_DAYS = 2 * 86_400.0
"""Seconds of slack where a filter of times may count whole days, in the account's own zone."""

OWNED_BY = "Activity, Deal, DealTask, Subscriber (a contact) or CustomerAccount (an account)."

deal_tasks = Table(
    "deal_tasks",
    doc="Tasks of deals and contacts. Every INSERT makes a new task.",
    key=("id",),
    columns=(
        own_id(),
        text("title"),
        text("note"),
        ref("related_id", "relid", required=True, doc="Id of the deal or contact."),
        text("related_type", "reltype", readonly=True, doc="Subscriber (a contact) or Deal."),
        text(
            "owner_type",
            "ownerType",
            choices=("contact", "deal"),
            write_only=True,
            doc="For writing: whose id related_id is. Replies have related_type instead.",
        ),
        when("due_at", "duedate", readonly=False, required=True),
        when("ends_at", "edate"),
        ref("task_type_id", "dealTasktype", required=True, doc="See deal_task_types."),
        number("status", choices=(0, 1), doc="0 to be done, 1 done."),
        ref("user_id", "user", readonly=True),
        ref("assignee_id", "assignee", doc="User who is to do it."),
        ref("automation_id", "automation", readonly=True),
        ref("done_automation_id", "doneAutomation", doc="Automation started when it is done."),
        ref("outcome_id", "outcomeId", doc="See task_outcomes."),
        text("outcome_info", "outcomeInfo"),
        made(),
        changed(),
        when("done_at", "donedate"),
    ),
    reads=(
        # Not pushed: `reltype`, whose spelling in the filter is not documented; `due_before`,
        # which the reference itself misspells; `note`.
        Read(
            "/dealTasks",
            "dealTasks",
            LISTED,
            always=(BY_ID,),
            filters=(
                Filter("title", "=", "filters[title]", wire=needle),
                Filter("related_id", "=", "filters[relid]", wire=whole),
                Filter("status", "=", "filters[status]", wire=whole),
                Filter("task_type_id", "=", "filters[d_tasktypeid]", wire=whole),
                Filter("user_id", "=", "filters[userid]", wire=whole),
                Filter("assignee_id", "=", "filters[assignee_userid]", wire=whole),
                Filter("outcome_id", "=", "filters[outcome_id]", wire=whole),
                Filter("due_at", ">=", "filters[due_after]", slack=-TWO_DAYS, wire=moment),
                Filter("due_at", ">", "filters[due_after]", slack=-TWO_DAYS, wire=moment),
            ),
        ),
        Read("/dealTasks/{id}", "dealTask", by="id"),
        Read(
            "/dealTasks",
            "dealTasks",
            LISTED,
            by="related_id",
            param="filters[relid]",
            always=(BY_ID,),
        ),
    ),
    writes=(
        append("/dealTasks", "dealTask"),
        update("/dealTasks", "dealTask"),
        delete("/dealTasks"),
    ),
    example=(
        "SELECT title, due_at FROM deal_tasks@ac WHERE status = 0 AND due_at < now() "
        "ORDER BY due_at"
    ),
)

deal_task_types = Table(
    "deal_task_types",
    doc="Kinds of tasks; Call, Email, Lunch and Meeting are there from the start.",
    few=True,
    key=("id",),
    natural_key=("title",),
    columns=(
        own_id(),
        text("title", required=True),
        number("status"),
        number("default_duration", "defduration", readonly=True),
        made(),
        changed(),
    ),
    reads=(
        Read("/dealTasktypes", "dealTasktypes", LISTED, always=(BY_ID,)),
        Read("/dealTasktypes/{id}", "dealTasktype", by="id"),
    ),
    writes=(
        insert("/dealTasktypes", "dealTasktype"),
        update("/dealTasktypes", "dealTasktype"),
        delete("/dealTasktypes"),
    ),
    example="SELECT id, title FROM deal_task_types@ac",
)

task_outcomes = Table(
    "task_outcomes",
    doc="What can come of a task.",
    few=True,
    key=("id",),
    columns=(
        own_id(),
        text("title"),
        text("sentiment", doc="POSITIVE, NEUTRAL or NEGATIVE."),
        flag("disabled"),
        typed("task_type_ids", Type.TEXTS, "dealTasktype_ids"),
        made("created_utc_timestamp", "cdate"),
        changed("updated_utc_timestamp", "udate"),
    ),
    reads=(
        Read("/taskOutcomes", "taskOutcomes", LISTED, always=(BY_ID,)),
        Read("/taskOutcomes/{id}", "taskOutcome", by="id"),
    ),
    # No writes: the reference shows their body without an envelope and misspells their path.
    example="SELECT id, title, sentiment FROM task_outcomes@ac",
)


def _note_columns(owner: Column, kind: Column) -> tuple[Column, ...]:
    """Return the columns of a note, given how its owner is called."""
    return (
        own_id(),
        owner,
        kind,
        text("note", required=True),
        ref("user_id", "userid", "user", readonly=True, doc="Id of the user who wrote it."),
        flag("is_draft", readonly=True),
        made(),
        changed("mdate", "udate"),
    )


notes = Table(
    "notes",
    doc="Notes on contacts, deals, accounts, tasks and activities. Every INSERT makes a new note.",
    key=("id",),
    columns=_note_columns(
        ref("related_id", "relid", required=True, doc="Id of the row that the note is on."),
        text("related_type", "reltype", required=True, doc=OWNED_BY),
    ),
    reads=(
        Read("/notes", "notes", LISTED, always=(BY_ID,)),
        Read("/notes/{id}", "note", by="id"),
    ),
    writes=(
        append("/notes", "note"),
        update("/notes", "note", whole=("note", "related_id", "related_type")),
        delete("/notes"),
    ),
    example=(
        "INSERT INTO notes@ac (related_type, related_id, note) VALUES ('Subscriber', 201, 'Called')"
    ),
)

contact_notes = Table(
    "contact_notes",
    doc="Notes on one contact: give `contact_id`, or join it. All notes are in notes.",
    key=("id",),
    columns=_note_columns(
        ref("contact_id", "relid", required=True),
        text("related_type", "reltype", readonly=True, doc="Subscriber: a contact."),
    ),
    reads=(Read("/contacts/{contact_id}/notes", "notes", WHOLE, by="contact_id"),),
    writes=(
        Write(
            "insert",
            "POST",
            "/notes",
            wrap="note",
            append=True,
            always={"reltype": "Subscriber"},
        ),
        delete("/notes"),
    ),
    example="SELECT note, created_at FROM contact_notes@ac WHERE contact_id = 201",
)

TABLES = (deal_tasks, deal_task_types, task_outcomes, notes, contact_notes)
