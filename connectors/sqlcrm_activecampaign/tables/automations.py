"""Automations, who is in them, scores and segments.

Source: ActiveCampaign API v3 reference, "Automations", "Contact automations", "Scores"; public
clients for the list of segments. Read 2026-11-21.
"""

from __future__ import annotations

from sqlcrm.sdk import Read, Table, Type
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
from sqlcrm_activecampaign.includes import CONTACTS_BESIDE
from sqlcrm_activecampaign.wire import BY_ID, CONTACTS, LISTED, WHOLE
from sqlcrm_activecampaign.writes import append, delete

automations = Table(
    "automations",
    doc="Automations. They can be read only.",
    few=True,
    key=("id",),
    columns=(
        own_id(),
        text("name"),
        number("status", doc="1 active, 2 inactive."),
        number("entered", doc="Contacts that entered it so far."),
        number("exited", doc="Contacts that left it so far."),
        flag("hidden"),
        ref("user_id", "userid"),
        text("screenshot", doc="URL of a picture."),
        made(),
        changed("mdate", "udate"),
    ),
    reads=(
        Read("/automations", "automations", LISTED, always=(BY_ID,)),
        Read("/automations/{id}", "automation", by="id"),
    ),
    example="SELECT id, name, entered - exited AS inside FROM automations@ac WHERE status = 1",
)

contact_automations = Table(
    "contact_automations",
    doc=(
        "Which contact entered which automation. An INSERT enters it again where the automation "
        "allows that, and starts whatever it does."
    ),
    key=("id",),
    columns=(
        own_id(),
        ref("contact_id", "contact", required=True),
        ref("automation_id", "automation", "seriesid", required=True),
        ref("start_id", "startid", readonly=True),
        number("status", readonly=True, doc="1 active, 2 completed."),
        ref("batch_id", "batchid", readonly=True),
        when("added_at", "adddate"),
        when("removed_at", "remdate"),
        number("timespan", readonly=True),
        ref("last_block_id", "lastblock", readonly=True),
        ref("last_log_id", "lastlogid", readonly=True),
        when("last_at", "lastdate", doc="Last step."),
        number("completed_elements", "completedElements", readonly=True),
        number("total_elements", "totalElements", readonly=True),
        flag("completed", readonly=True),
        typed(
            "complete_value",
            Type.FLOAT,
            "completeValue",
            readonly=True,
            doc="Percent completed.",
        ),
    ),
    reads=(
        Read(
            "/contacts",
            "contactAutomations",
            CONTACTS,
            by="contact_id",
            param="ids[]",
            batch=100,
            always=(("include", "contactAutomations"),),
            expects=("contacts[].contactAutomations",),
            includes=(CONTACTS_BESIDE,),
        ),
        # Not by automation through `seriesid`: whether it finds contacts that have left the
        # automation is not documented, and they are rows of this table.
        Read(
            "/contacts/{contact_id}/contactAutomations",
            "contactAutomations",
            WHOLE,
            by="contact_id",
        ),
        Read("/contactAutomations/{id}", "contactAutomation", by="id"),
        Read("/contactAutomations", "contactAutomations", LISTED, always=(BY_ID,)),
    ),
    writes=(
        append("/contactAutomations", "contactAutomation"),
        delete("/contactAutomations", "The contact starts the automation from its beginning."),
    ),
    example=(
        "SELECT c.email, ca.added_at FROM contact_automations@ac ca JOIN contacts@ac c "
        "ON c.id = ca.contact_id WHERE ca.automation_id = 1 AND NOT ca.completed"
    ),
)

scores = Table(
    "scores",
    doc="Scores that contacts and deals can have. They can be read only.",
    few=True,
    key=("id",),
    columns=(
        own_id(),
        text("name"),
        text("related_type", "reltype", doc="contact or deal."),
        text("description", "descript"),
        number("status"),
        made(),
        changed("mdate", "udate"),
    ),
    reads=(
        Read("/scores", "scores", LISTED, always=(BY_ID,)),
        Read("/scores/{id}", "score", by="id"),
    ),
    example="SELECT id, name FROM scores@ac WHERE related_type = 'contact'",
)

score_values = Table(
    "score_values",
    doc="Scores of contacts. They can be read only.",
    key=("id",),
    columns=(
        own_id(),
        ref("score_id", "score"),
        ref("contact_id", "contact"),
        ref("deal_id", "deal"),
        number("score_value", "scoreValue", "value"),
        made(),
        changed("mdate", "udate"),
    ),
    reads=(
        Read(
            "/contacts",
            "scoreValues",
            CONTACTS,
            by="contact_id",
            param="ids[]",
            batch=100,
            always=(("include", "scoreValues"),),
            expects=("contacts[].scoreValues",),
            includes=(CONTACTS_BESIDE,),
        ),
        Read("/contacts/{contact_id}/scoreValues", "scoreValues", WHOLE, by="contact_id"),
        # There is no list of them: they lie beside all contacts.
        Read(
            "/contacts",
            "scoreValues",
            CONTACTS,
            always=(("include", "scoreValues"),),
            expects=("contacts[].scoreValues",),
            includes=(CONTACTS_BESIDE,),
        ),
    ),
    example=(
        "SELECT c.email, v.score_value FROM score_values@ac v JOIN contacts@ac c "
        "ON c.id = v.contact_id WHERE v.score_id = 2 ORDER BY v.score_value DESC"
    ),
)

segments = Table(
    "segments",
    doc=(
        "Segments of the older kind. Who is in one is computed by the API in its own time, and "
        "cannot be read reliably: write the condition as SQL instead."
    ),
    few=True,
    key=("id",),
    columns=(
        own_id(),
        text("name"),
        text("logic", doc="and or or."),
        flag("hidden"),
        ref("series_id", "seriesid", doc="Id of the automation that it belongs to."),
    ),
    reads=(Read("/segments", "segments", LISTED, always=(BY_ID,)),),
    example="SELECT id, name FROM segments@ac WHERE NOT hidden",
)

TABLES = (automations, contact_automations, scores, score_values, segments)
