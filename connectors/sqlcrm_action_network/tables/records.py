"""What people did: signatures, attendances, submissions, donations, outreaches, responses.

Source: Action Network API v2 documentation, "Signatures", "Attendances", "Submissions",
"Donations", "Outreaches", "Responses"; read 2026-11-22. A person has one of each in an action,
but for donations and outreaches, of which each call makes another.
"""

from __future__ import annotations

from sqlcrm.sdk import Column, Modified, Read, Table, Write
from sqlcrm_action_network.columns import amount, flag, linked, text, value
from sqlcrm_action_network.flows import DONATIONS, donations_of
from sqlcrm_action_network.shapes import (
    OF_RECORDS,
    STAYS,
    example,
    flat,
    record_columns,
    record_reads,
)
from sqlcrm_action_network.wire import COUNTED, LAG

TOUCHES = ("people", "mobile_subscriptions")
"""A person's `modified_date` moves with what the person does."""


def _made(parents: str, parent: str, records: str, *, append: bool = False) -> Write:
    """Return the write that makes a record of a person who exists."""
    return Write(
        "insert", "POST", f"/{parents}/{{{parent}}}/{records}", reply="", id_at="identifiers",
        repeatable=not append, append=append, undo=STAYS,
    )  # fmt: skip


def _changed(parents: str, parent: str, records: str, *columns: str) -> Write:
    return Write(
        "update", "PUT", f"/{parents}/{{{parent}}}/{records}/{{id}}", reply="", repeatable=True,
        shows=True, columns=columns,
    )  # fmt: skip


def once(
    parents: str,
    parent: str,
    records: str,
    doc: str,
    *own: Column,
    prefix: str = "osdi",
    changes: tuple[str, ...] = (),
) -> Table:
    """Return the table of records of which a person has one in an action."""
    at = f"_embedded.{prefix}:{records}"
    change = (_changed(parents, parent, records, *changes),) if changes else ()
    return Table(
        records,
        doc=f"{doc} One for each person and {parents.removesuffix('s').replace('_', ' ')}.",
        key=("id",),
        natural_key=(parent, "person_id"),
        modified=Modified("modified_date", lag=LAG),
        touches=(*TOUCHES, parents),
        columns=record_columns(flat(parent), *own),
        reads=record_reads(parents, parent, records, at),
        writes=(_made(parents, parent, records), *change),
        example=example(f"person_id, created_date FROM {records}@an WHERE {parent}"),
    )


signatures = once(
    "petitions",
    "petition_id",
    "signatures",
    "Who signed which petition.",
    text("comments"),
    changes=("comments",),
)

attendances = once(
    "events",
    "event_id",
    "attendances",
    "Who answered to which event of this group; by person_id, also to those of event campaigns of "
    "others, which else only campaign_attendances has.",
    text("status", doc="accepted (where none is given), declined, tentative or needs action."),
    changes=("status",),
)

submissions = once("forms", "form_id", "submissions", "Who sent in which form.")

responses = once(
    "surveys",
    "survey_id",
    "responses",
    "Who answered which survey.",
    prefix="action_network",
)

MONEY = (
    text("currency", doc="The API shows it in small letters."),
    amount("amount", readonly=True, doc="The sum of what the recipients get."),
    value("recipients", required=True, doc='JSON: [{"display_name": …, "amount": "25.00"}].'),
    text("payment_method", "payment.method", readonly=True),
    text("payment_reference", "payment.reference_number", readonly=True),
    flag("payment_authorization_stored", "payment.authorization_stored", readonly=True),
    flag("recurring", "action_network:recurrence.recurring"),
    text("recurrence_period", "action_network:recurrence.period"),
)
"""The columns that only donations have."""

donations = Table(
    "donations",
    doc=(
        "Donations. One can be recorded for a fundraising page made through the API, and then "
        "neither changed nor deleted; nobody is charged. The person may be gone."
    ),
    key=("id",),
    modified=Modified("modified_date", lag=LAG),
    touches=(*TOUCHES, "fundraising_pages"),
    columns=record_columns(
        linked("fundraising_page_id", "osdi:fundraising_page", "/fundraising_pages", required=True),
        *MONEY,
    ),
    reads=(
        Read("/donations", DONATIONS, COUNTED, filters=OF_RECORDS),
        Read("/donations/{id}", "", by="id"),
        Read(
            "/fundraising_pages/{fundraising_page_id}/donations", DONATIONS, COUNTED,
            by="fundraising_page_id", filters=OF_RECORDS,
        ),
        Read("/people", DONATIONS, by="person_id", fetch=donations_of, filters=OF_RECORDS),
    ),
    writes=(_made("fundraising_pages", "fundraising_page_id", "donations", append=True),),
    example="SELECT person_id, sum(amount) FROM donations@an GROUP BY person_id",
)  # fmt: skip

OUTREACH = (
    text("type"),
    text("subject"),
    text("message"),
    value("targets", doc='JSON: [{"title": …, "given_name": …, "family_name": …, "ocdid": …}].'),
)
"""The columns that only outreaches have."""

outreaches = Table(
    "outreaches",
    doc="Letters and calls that people sent and made; each call of the API makes one more.",
    key=("id",),
    modified=Modified("modified_date", lag=LAG),
    touches=(*TOUCHES, "advocacy_campaigns"),
    columns=record_columns(flat("advocacy_campaign_id"), *OUTREACH),
    reads=record_reads(
        "advocacy_campaigns", "advocacy_campaign_id", "outreaches", "_embedded.osdi:outreaches"
    ),
    writes=(
        _made("advocacy_campaigns", "advocacy_campaign_id", "outreaches", append=True),
        _changed(
            "advocacy_campaigns", "advocacy_campaign_id", "outreaches",
            "type", "subject", "message", "targets",
        ),
    ),
    example="SELECT advocacy_campaign_id, count(*) FROM outreaches@an GROUP BY 1",
)  # fmt: skip

TABLES = (signatures, attendances, submissions, donations, outreaches, responses)
