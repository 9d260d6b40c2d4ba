"""Everything one organisation holds."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from random import Random

from sqlcrm.sandbox import Options
from sqlcrm_controlshift.sandbox.acts import Acts
from sqlcrm_controlshift.sandbox.hooks import Hooks
from sqlcrm_controlshift.sandbox.people import Members
from sqlcrm_controlshift.sandbox.switches import Switches
from sqlcrm_controlshift.sandbox.table import Table
from sqlcrm_controlshift.sandbox.wire import Row

_FIRST_SIGNATURE, _FIRST_ATTENDEE, _FIRST_CHAPTER_MEMBER = 900_001, 300_001, 700_001
_TABLES = (
    *("petitions", "events", "calendars", "efforts", "partnerships", "regions", "targets"),
    *("categories", "labels", "labelings", "event_types", "local_chapters", "locations"),
    *("email_opt_in_types", "consent_content_versions", "crm_sync_logs", "share_clicks"),
)
COUNTRY = "US"  # the organisation's own, which `country` falls back to
HIDDEN = ("suppressed", "inappropriate")  # admin statuses that the public does not see


class Store:
    """One organisation. Its slug and number are new each time: they name the account."""

    def __init__(self, options: Options) -> None:
        self.slug = f"demo-{secrets.token_hex(4)}"
        self.organisation_id = 1000 + secrets.randbelow(1_000_000)
        self.options = options
        self.clock = options.clock
        self.random = Random(secrets.token_hex())  # noqa: S311 - made-up data, no secret
        self.switches = Switches()
        self.origin = "http://127.0.0.1"
        self.members = Members(options.people, options.seed)
        self.signatures = Acts(_FIRST_SIGNATURE, options.people)
        self.attendees = Acts(_FIRST_ATTENDEE, options.people)
        self.chapter_members = Acts(_FIRST_CHAPTER_MEMBER, options.people)
        self.inserted: dict[str, list[int]] = {}
        self.tables = {name: self._table(name, place) for place, name in enumerate(_TABLES)}
        self.unsubscribes: list[Row] = []  # those after the start; see consent.left
        self.hooks = Hooks(self.clock, self.switches, self.organisation_id)
        self.hidden: dict[str, int] = {}  # the row of each list that the fault `drift` hides
        self.dying: list[int] = []  # petitions whose deletion is scheduled
        self._moment = 0

    def _table(self, name: str, place: int) -> Table:
        return Table(100 * (place + 1) + 1, self.now, lambda key: self.note(name, key))

    def note(self, table: str, key: int) -> None:
        """A row was inserted: the next incremental export has it."""
        self.inserted.setdefault(table, []).append(key)

    def now(self) -> int:
        """The time of day, in epoch seconds."""
        return int(self.clock.now().timestamp())

    def moment(self) -> tuple[int, int]:
        """Now, such that what happens later in the same second is later."""
        self._moment += 1
        return self.now(), self._moment

    def __getitem__(self, name: str) -> Table:
        """A small collection by its name."""
        return self.tables[name]

    def site(self, path: str) -> str:
        """An address of the organisation's web pages, as the API tells it."""
        return f"https://{self.slug}.controlshiftlabs.com/{path}"

    def opt_in_type(self, external_id: object, context: str = "external") -> Row | None:
        """The opt-in type of a context with an external id."""
        return next(
            (
                row
                for row in self["email_opt_in_types"]
                if row["external_id"] == external_id and row["context"] == context
            ),
            None,
        )

    def categories_of(self, petition: Row) -> Iterator[Row]:
        """The categories of a petition that still are there."""
        found = (self["categories"].get(key) for key in petition["category_ids"])
        return (row for row in found if row)

    def public(self, petition: Row) -> bool:
        """Whether everybody may see a petition."""
        return bool(petition["launched"]) and petition["admin_status"] not in HIDDEN

    def signature_count(self, petition: Row) -> int:
        """How many signed, and what staff added; "this wasn't me" does not count."""
        count = len(self.signatures.of(petition["id"])) - petition["disowned"]
        return int(count + (petition["signature_count_add_amount"] or 0))
