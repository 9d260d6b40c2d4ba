"""People, and entities of all types.

Source: Action Builder API v1 docs, "People", "Person signup helper"; clients where they disagree.
Read 2026-11-22.
"""

from __future__ import annotations

from sqlcrm.sdk import Column, Consent, Filter, Include, Modified, Read, Table, Type, Write
from sqlcrm_action_builder.columns import IDENTIFIERS, MADE, own, own_id
from sqlcrm_action_builder.flows import PEOPLE_AT, make_entity, make_person
from sqlcrm_action_builder.objects import entities, people
from sqlcrm_action_builder.wire import (
    LAG,
    MODIFIED,
    PAGES,
    PEOPLE,
    PERSON,
    SETTLES,
    digits,
    equals,
)

REMOVED = (
    "DELETE removes from this campaign only: the entity stays in the network, and in its other "
    "campaigns. Undo connects the same entity again, by its id."
)

STAYS = (
    "An entity that was made can be removed from the campaign; it stays in the network, and the "
    "API has no way to delete it there."
)

PARTS = {"emails": "person_id", "phone_numbers": "person_id"}
"""They leave the campaign with their entity."""

ASSESSMENT = own(
    "latest_assessment",
    Type.INTEGER,
    nulls=(),
    doc="A new number is a new assessment; NULL clears it.",
)

COMMON = (
    IDENTIFIERS,
    Column("dwid", readonly=True),
    Column("voterbase_id", readonly=True),
    own("latest_assessment_created_date", Type.TIMESTAMP, readonly=True),
    Column("browser_url", readonly=True, doc="The profile in the application."),
    *MADE,
)


def _best(where: str, field: str, name: str, type_: Type = Type.TEXT, **more: object) -> Column:
    """A column of the best of an entity's addresses: the first that is not `bad`."""
    return Column(name, type_, at=f"{where}[best].{field}", **more)  # type: ignore[arg-type]


EMAIL = (
    _best(
        "email_addresses",
        "address",
        "email",
        nocase=True,
        check="email",
        doc=(
            "The best address: the first that is not bad. The others are in emails. It is given "
            "when the person is made; addresses are added there, and none can be deleted."
        ),
    ),
    _best(
        "email_addresses",
        "status",
        "email_status",
        choices=("subscribed", "unsubscribed"),
        doc="Of that address. Replies also have bad, do_not_contact and none: see emails.",
    ),
    _best("email_addresses", "address_type", "email_type"),
)

# Given when the person is made; from then on they are rows of phone_numbers and postal_addresses.
PHONE = (
    _best(
        "phone_numbers",
        "number",
        "phone_number",
        normal=digits,
        doc="The best number, 11 digits or more. A new one is recorded as unsubscribed.",
    ),
    _best("phone_numbers", "status", "phone_status", readonly=True, doc="See phone_numbers."),
    _best("phone_numbers", "number_type", "phone_type"),
)

ADDRESS = (
    _best("postal_addresses", "address_lines", "address_lines", Type.TEXTS),
    _best("postal_addresses", "locality", "locality"),
    _best("postal_addresses", "region", "region", doc="An address without one is refused."),
    _best("postal_addresses", "postal_code", "postal_code"),
    _best("postal_addresses", "country", "country", doc="US, CA or GB."),
)

OWN_FIELDS = (
    Column("given_name", required=True),
    Column("family_name"),
    Column("preferred_language", doc="Such as en."),
    own("pronouns"),
    ASSESSMENT,
)

ID = own_id(
    readonly=False,
    doc=(
        "Given in an INSERT, it connects that entity of another campaign to this one, as it is: "
        "what else the row says is not sent."
    ),
)

CUSTOM_ID = Column(
    "custom_id",
    doc="An id of your own. The API matches by it; it can be given once, and never be removed.",
)


def _reads(*filters: Filter) -> tuple[Read, Read]:
    return (
        Read(PEOPLE, PEOPLE_AT, PAGES, filters=(*MODIFIED, *filters), includes=_beside(PEOPLE_AT)),
        Read(PERSON, "", by="id", includes=_beside("")),
    )


def _beside(at: str) -> tuple[Include, ...]:
    """The rows that lie within entities, which a join of the two then takes no calls for."""
    tables = ("emails", "phone_numbers", "postal_addresses")
    return tuple(Include(table, at, by="person_id", of="id") for table in tables)


# Not by name: the endpoint refuses `given_name` and `family_name`, which the docs list (2026).
FILTERS = (
    Filter("email", "=", "filter", wire=equals("email_address")),
    Filter("phone_number", "=", "filter", wire=equals("phone_number")),
    Filter("custom_id", "=", "filter", wire=equals("identifier", "custom_id:")),
)

people_table = Table(
    "people",
    doc=(
        "People of the campaign: entities of the type person, or of another one with a given name. "
        "An INSERT finds who exists by any e-mail address, and makes nobody twice. DELETE removes "
        "from this campaign only."
    ),
    key=("id",),
    natural_key=("email",),
    touches=(
        "entities",
        "emails",
        "phone_numbers",
        "postal_addresses",
        "taggings",
        "connections",
        "connection_taggings",
    ),
    modified=Modified("modified_date", lag=LAG),
    consent=Consent("email_status", ("subscribed",), safe="unsubscribed", person="email"),
    each=people,
    parts=PARTS,
    columns=(
        ID,
        own("entity_type", default="person", nocase=True, doc="Types are in entity_types."),
        *EMAIL,
        *OWN_FIELDS,
        *PHONE,
        *ADDRESS,
        CUSTOM_ID,
        *COMMON,
    ),
    reads=(
        *_reads(*FILTERS),
        Read(
            PEOPLE,
            PEOPLE_AT,
            PAGES,
            by="email",
            param="filter",
            wire=equals("email_address"),
            includes=_beside(PEOPLE_AT),
        ),
    ),
    writes=(
        Write("insert", send=make_person, calls=2, settles=SETTLES, undo=STAYS),
        # An address of the entity is found by its value, and gets the status (docs).
        Write(
            "update",
            "PUT",
            PERSON,
            repeatable=True,
            shows=True,
            columns=(*(column.name for column in OWN_FIELDS), "email_status"),
            together=(("email", "email_status"),),
        ),
        Write("delete", "DELETE", PERSON, repeatable=True, undo=REMOVED),
    ),
    example=(
        "SELECT id, email, given_name, family_name FROM people@ab "
        "WHERE modified_date >= DATE '2026-01-01'"
    ),
)

entities_table = Table(
    "entities",
    doc=(
        "Entities of all types: people too, and what else the campaign has, such as units and "
        "employers. People are made by INSERT INTO people. DELETE removes from this campaign only."
    ),
    key=("id",),
    natural_key=("entity_type", "name"),
    touches=people_table.touches and ("people", *people_table.touches[1:]),
    modified=Modified("modified_date", lag=LAG),
    each=entities,
    parts=PARTS,
    columns=(
        ID,
        own(
            "entity_type",
            nocase=True,
            required=True,
            doc="Write it as it stands in entity_types; replies may have it in small letters.",
        ),
        Column(
            "name",
            required=True,
            doc="Of a person: given and family name, which are changed in people.",
        ),
        ASSESSMENT,
        Column("custom_id", readonly=True),
        *COMMON,
    ),
    reads=_reads(Filter("custom_id", "=", "filter", wire=equals("identifier", "custom_id:"))),
    writes=(
        Write("insert", send=make_entity, settles=SETTLES, undo=STAYS),
        Write(
            "update",
            "PUT",
            PERSON,
            repeatable=True,
            shows=True,
            columns=("name", "latest_assessment"),
        ),
        Write("delete", "DELETE", PERSON, repeatable=True, undo=REMOVED),
    ),
    example="SELECT entity_type, count(*) FROM entities@ab GROUP BY entity_type",
)

TABLES = (people_table, entities_table)
