"""Which collections there are, what they are called on the wire and what hangs on what."""

from __future__ import annotations

from dataclasses import dataclass

_ACTION = ("identifier", "created_date", "modified_date", "origin_system", "title")
_RECORD = ("identifier", "created_date", "modified_date")
PERSON_FILTERS = frozenset(
    {
        "identifier", "created_date", "modified_date", "family_name", "given_name",
        "email_address", "phone_number", "region", "postal_code",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kind:
    """A collection that stands by itself.

    `path`: in addresses and in `state()`. `rel`: key under `_embedded`. `one`: link to one row.
    `id_field`: flat id in its records. `records`: path of the records under a row, "" for none.
    `writable`: fields that POST and PUT take, beyond the common ones; () where neither exists.
    `sponsor`: key of the sponsor's address, "" for no sponsor. `total`: counter of its records.
    """

    path: str
    rel: str
    one: str
    id_field: str = ""
    records: str = ""
    writable: tuple[str, ...] = ()
    filters: frozenset[str] = frozenset()
    sponsor: str = ""
    total: str = ""
    embed: bool = False


@dataclass(frozen=True, slots=True)
class Records:
    """Records of people under the rows of a kind.

    `helper`: link of the record helper, "" where there is none.
    `once`: one for each person and parent; a second POST gives the first one again.
    `link_rel`: key of the list of links, where it differs from the one under `_embedded`.
    `writable`: fields that POST and PUT take. `puts`, `deletes`: whether the method exists.
    """

    path: str
    rel: str
    parent: str
    helper: str = ""
    once: bool = True
    link_rel: str = ""
    writable: tuple[str, ...] = ()
    posts: bool = True
    puts: bool = True
    deletes: bool = False
    filters: frozenset[str] = frozenset(_RECORD)
    counted: bool = True


def _action(path: str, prefix: str, records: str, *own: str, **more: str) -> Kind:
    one = path.removesuffix("s")
    return Kind(
        path=path,
        rel=f"{prefix}:{path}",
        one=f"{prefix}:{one}",
        id_field=f"action_network:{one}_id",
        records=records,
        writable=own,
        filters=frozenset((*_ACTION, *(("start_date", "end_date") if one == "event" else ()))),
        sponsor=more.get("sponsor", "url"),
        total=more.get("total", f"total_{records}"),
        embed=True,
    )


_COMMON = (
    "title", "name", "description", "origin_system", "browser_url", "featured_image_url",
    "call_to_action", "action_network:hidden", "tag_list",
)  # fmt: skip
_EVENT = (
    "status", "start_date", "end_date", "location", "instructions", "transparence", "visibility",
    "guests_can_invite_others", "capacity", "reminders",
)  # fmt: skip
KINDS = {
    kind.path: kind
    for kind in (
        _action("petitions", "osdi", "signatures", *_COMMON, "petition_text", "target"),
        _action(
            "events", "osdi", "attendances", *_COMMON, *_EVENT,
            total="total_accepted", sponsor="browser_url",
        ),
        _action("forms", "osdi", "submissions", *_COMMON),
        _action("fundraising_pages", "osdi", "donations", *_COMMON),
        _action("advocacy_campaigns", "osdi", "outreaches", *_COMMON, "type", "targets"),
        _action("surveys", "action_network", "responses", *_COMMON, sponsor="browser_url"),
        _action(
            "event_campaigns", "action_network", "events", *_COMMON,
            "host_pitch", "host_instructions", "host_url", sponsor="browser_url",
        ),
        _action("campaigns", "action_network", "", sponsor="browser_url"),
        Kind("tags", "osdi:tags", "osdi:tag", records="taggings"),
        Kind("lists", "osdi:lists", "osdi:list", "action_network:list_id", records="items"),
        Kind("messages", "osdi:messages", "osdi:message"),
        Kind("wrappers", "osdi:wrappers", "osdi:wrapper"),
        Kind("queries", "osdi:queries", "osdi:query"),
        Kind(
            "unique_id_lists", "action_network:unique_id_lists", "action_network:unique_id_list"
        ),
    )
}  # fmt: skip
ACTIONS = (
    "petitions", "events", "forms", "fundraising_pages", "advocacy_campaigns", "surveys",
    "event_campaigns", "campaigns",
)  # fmt: skip
_NONE: frozenset[str] = frozenset()
RECORDS = {
    records.path: records
    for records in (
        Records(
            "signatures", "osdi:signatures", "petitions", "osdi:record_signature_helper",
            writable=("comments",),
        ),
        Records(
            "attendances", "osdi:attendances", "events", "osdi:record_attendance_helper",
            link_rel="osdi:attendance", writable=("status",),
        ),
        Records("submissions", "osdi:submissions", "forms", "osdi:record_submission_helper"),
        Records(
            "donations", "osdi:donations", "fundraising_pages", "osdi:record_donation_helper",
            once=False, puts=False,
            writable=("currency", "recipients", "payment", "action_network:recurrence"),
        ),
        Records(
            "outreaches", "osdi:outreaches", "advocacy_campaigns", "osdi:record_outreach_helper",
            once=False, writable=("type", "subject", "message", "targets"),
        ),
        Records(
            "responses", "action_network:responses", "surveys",
            "action_network:record_response_helper",
        ),
        Records(
            "taggings", "osdi:taggings", "tags", puts=False, deletes=True, filters=_NONE
        ),
        Records(
            "items", "osdi:items", "lists", posts=False, puts=False, filters=_NONE, counted=False
        ),
    )
}  # fmt: skip
OF_PEOPLE = (  # the records that are listed under a person, too
    "attendances", "signatures", "submissions", "donations", "outreaches", "taggings", "responses",
)  # fmt: skip
