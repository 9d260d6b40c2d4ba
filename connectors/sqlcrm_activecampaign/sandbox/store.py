"""Everything one account holds, and what hangs together in it."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TypeVar, cast

from sqlcrm.sandbox import Options
from sqlcrm_activecampaign.sandbox.people import People
from sqlcrm_activecampaign.sandbox.rows import Links, Rows, Table, pairs
from sqlcrm_activecampaign.sandbox.templates import (
    account_contact,
    contact_automation,
    contact_list,
    contact_tag,
    field_value,
    score_value,
)
from sqlcrm_activecampaign.sandbox.wire import Row

Found = TypeVar("Found")
_KEPT = 64  # answers to queries kept, so that paging through one does not search again
_SIDES = {  # links of a row, besides those to what it points at
    "tags": ("contactGoalTags", "templateTags"),
    "lists": ("contactGoalLists", "user"),
    "users": ("lists", "userGroup", "dealGroupTotals", "configs"),
    "deals": ("dealActivities", "contact", "notes", "dealTasks", "stage", "group", "owner"),
    "accounts": ("notes", "accountContacts", "accountCustomFieldData"),
}


class Store:
    """One account: its name, its people and all other collections by resource name."""

    def __init__(self, options: Options) -> None:
        self.account = f"sandbox-{secrets.token_hex(4)}"
        self.options = options
        self.clock = options.clock
        base = f"https:\\/\\/{self.account}.activehosted.com\\/api\\/3\\/"
        self.people = People(self.account)
        self.contact_tags = contact_tag(base)
        self.contact_lists = contact_list(base)
        self.field_values = field_value(base)
        self.account_contacts = account_contact(base)
        self.contact_automations = contact_automation(base)
        self.score_values = score_value(base)
        self.rows: dict[str, Rows] = {
            "contacts": self.people,
            "contactTags": self.contact_tags,
            "contactLists": self.contact_lists,
            "fieldValues": self.field_values,
            "accountContacts": self.account_contacts,
            "contactAutomations": self.contact_automations,
            "scoreValues": self.score_values,
        }
        self.people.accounts_of = lambda key: self.account_contacts.having("contact", key)
        self.people.scores_of = lambda key: self.score_values.having("contact", key)
        self.people.orgname_of = self._orgname
        self.vanished: dict[str, int] = {}
        self._results: OrderedDict[object, tuple[int, object]] = OrderedDict()

    def now(self) -> int:
        """The time of day, in epoch seconds."""
        return int(self.clock.now().timestamp())

    def table(self, name: str) -> Table:
        """The collection of a resource that is kept as dictionaries; empty when it is new."""
        table = self.rows.get(name)
        if table is None:
            table = self.rows[name] = Table(self.links, name)
        if not isinstance(table, Table):
            raise TypeError(name)
        return table

    def links(self, path: str, key: int) -> Row:
        """The `links` of one row."""
        base = f"https://{self.account}.activehosted.com/api/3/{path}/{key}"
        return {side: f"{base}/{side}" for side in _SIDES.get(path, ("self",))}

    def version(self) -> int:
        """Goes up with every change anywhere."""
        return sum(rows.version for rows in self.rows.values())

    def drifted(self, name: str, ids: Sequence[int]) -> Sequence[int]:
        """The ids without the one that is hidden at the moment, if any (fault `drift`)."""
        hidden = self.vanished.get(name)
        return ids if hidden is None else [key for key in ids if key != hidden]

    def results(self, key: object, find: Callable[[], Found]) -> Found:
        """What `find` gives, or gave when it was last asked, if nothing changed since."""
        version = self.version()
        kept = self._results.get(key)
        if kept is None or kept[0] != version:
            kept = self._results[key] = (version, find())
            if len(self._results) > _KEPT:
                self._results.popitem(last=False)
        self._results.move_to_end(key)
        return cast("Found", kept[1])

    def tag_contact(self, contact: int, tag: int) -> tuple[int, bool]:
        """Give a contact a tag: (id of the relation, whether it is new)."""
        found = pairs(self.contact_tags, contact, "tag", tag)
        if found:
            return found, False
        return self.contact_tags.add(contact, tag, self.now()), True

    def set_field(self, contact: int, field: int, value: str) -> tuple[int, bool]:
        """Set one custom field of a contact: (id of the value, whether it is new)."""
        now = self.now()
        found = pairs(self.field_values, contact, "field", field)
        if found:
            self.field_values.change(found, value=value, udate=now)
            return found, False
        return self.field_values.add(contact, field, now, now, value), True

    def delete_contact(self, key: int) -> None:
        """Delete a contact with all that hangs on it."""
        hanging: list[Links] = [
            self.contact_tags,
            self.contact_lists,
            self.field_values,
            self.account_contacts,
            self.contact_automations,
            self.score_values,
        ]
        for links in hanging:
            for row in list(links.having("contact", key)):
                links.remove(row)
        for name in ("deals", "contactDeals", "geoIps", "trackingLogs"):
            self.delete_where(name, "contact", key)
        for name in ("notes", "dealTasks"):
            table = self.table(name)
            for row in table.having("relid", key):
                if table.value(row, "reltype") == "Subscriber":
                    table.remove(row)
        self.people.remove(key)

    def delete_where(self, name: str, column: str, key: int) -> None:
        """Delete the rows of a collection that point at an id."""
        rows = self.rows.get(name)
        if rows is None:
            return
        for row in list(rows.having(column, key)):
            if name == "accountContacts":
                self.people.touch(self.account_contacts.at(row, "contact"))
            rows.remove(row)

    def _orgname(self, account: int) -> str:
        accounts = self.table("accounts")
        return accounts.value(account, "name") if account in accounts else ""
