"""Signing up by address: people and what they did in one row, as forms on a web page send it.

Source: Action Network API v2 documentation, "Record signature helper" and its like; read
2026-11-22. Each row is a record of signatures, attendances and so on, beside its person.
"""

from __future__ import annotations

from sqlcrm.sdk import Column, Consent, Read, Table, Write
from sqlcrm_action_network.columns import flag, identity, text, texts, when
from sqlcrm_action_network.flows import PEOPLE, people_by_email, records_by_email
from sqlcrm_action_network.persons import person_columns
from sqlcrm_action_network.shapes import OF_RECORDS, STAYS, example, flat
from sqlcrm_action_network.signing_up import finishing, signing_up
from sqlcrm_action_network.tables.records import MONEY, OUTREACH
from sqlcrm_action_network.wire import SETTLES_PEOPLE

CONSENT = Consent(
    column="email_status", subscribed=("subscribed",), safe="unsubscribed", person="email"
)

DATA = "action_network:referrer_data"

MANY = 25
"""Rows in one go, so that the tags are read once for them. Of what is made anew with each call
only one, so that a lost answer leaves one row unclear."""


PERSON = person_columns(
    "person.",
    write_only=True,
    doc=(
        "For people who are new; without it they are unsubscribed. Who exists keeps the status: "
        "UPDATE people … WITH OPT IN changes it."
    ),
)

ADD_TAGS = texts(
    "add_tags", write_only=True, doc="Names of tags, which must exist.",
    instead="INSERT INTO taggings adds tags",
)  # fmt: skip

BACKGROUND = flag(
    "background", write_only=True, doc="Whether the API may do it later; the row is read back then."
)


def _columns(parent: str, own: tuple[Column, ...]) -> tuple[Column, ...]:
    return (
        *identity(),
        flat(parent),
        *PERSON,
        *own,
        ADD_TAGS,
        texts("remove_tags", write_only=True, doc="Names of tags."),
        flag(
            "autoresponse", "triggers.autoresponse.enabled", write_only=True,
            doc="Whether the action's thanks are sent; only by actions made on the web site.",
        ),
        BACKGROUND,
        text("referrer_source", f"{DATA}.source"),
        text("referrer_website", f"{DATA}.website"),
        text("referrer_email", f"{DATA}.email_referrer"),
        text("referrer_mobile_message", f"{DATA}.mobile_message_referrer"),
        when("created_date", readonly=False, doc="May be given, to date it back."),
        when("modified_date"),
    )  # fmt: skip


def signups(
    parents: str,
    records: str,
    *own: Column,
    append: bool = False,
    prefix: str = "osdi",
) -> Table:
    """Return the table that signs people up in one kind of action."""
    parent, one = f"{parents.removesuffix('s')}_id", records.removesuffix("s")
    at = f"_embedded.{prefix}:{records}"
    path = f"/{parents}/{{id}}/{records}"
    outreach = "outreach" if records == "outreaches" else one
    return Table(
        f"{outreach}_signups",
        doc=(
            f"The {records} of people, by their email address. INSERT signs a person up, and makes "
            "one who is new: unsubscribed, unless the row says otherwise."
        ),
        key=("id",),
        natural_key=() if append else (parent, "email"),
        columns=_columns(parent, own),
        consent=CONSENT,
        reads=(
            Read(
                "/people", at, by="email", fetch=records_by_email(records, at), filters=OF_RECORDS
            ),
        ),
        writes=(
            Write(
                "insert",
                send=signing_up(
                    path,
                    f"action_network:{parent}",
                    append=append,
                    batch=1 if append else MANY,
                ),
                finish=finishing(records, at, f"action_network:{parent}"),
                batch=1 if append else MANY,
                settles=SETTLES_PEOPLE,
                repeatable=not append,
                append=append,
                undo=STAYS,
            ),
        ),
        example=example(f"id, {parent} FROM {outreach}_signups@an WHERE email", "ana@example.org"),
    )  # fmt: skip


person_signups = Table(
    "person_signups",
    doc=(
        "New people with their tags in one call; people who exist are left as they are, for them "
        "there are people and taggings."
    ),
    key=("id",),
    natural_key=("email",),
    columns=(*identity(), *PERSON, ADD_TAGS, BACKGROUND),
    consent=CONSENT,
    reads=(Read("/people", PEOPLE, by="email", fetch=people_by_email),),
    writes=(
        Write(
            "insert", send=signing_up("/people", "", append=False, batch=MANY),
            finish=finishing("", "", ""), batch=MANY, repeatable=True, settles=SETTLES_PEOPLE,
            undo=STAYS,
        ),
    ),
    example=example("id FROM person_signups@an WHERE email", "ana@example.org"),
)  # fmt: skip

TABLES = (
    person_signups,
    signups("petitions", "signatures", text("comments")),
    signups("events", "attendances", text("status")),
    signups("forms", "submissions"),
    signups("surveys", "responses", prefix="action_network"),
    signups("fundraising_pages", "donations", *MONEY, append=True),
    signups("advocacy_campaigns", "outreaches", *OUTREACH, append=True),
)
