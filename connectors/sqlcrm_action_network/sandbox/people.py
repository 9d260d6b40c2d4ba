"""The people of one group: made up on demand until something about them changes."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from copy import deepcopy

from msgspec.json import decode, encode

from sqlcrm_action_network.sandbox.ids import Ids
from sqlcrm_action_network.sandbox.population import OTHER_ORG, Population
from sqlcrm_action_network.sandbox.wire import Row, iso


def email_of(row: Row) -> str:
    """The address in a person's row, or ""."""
    return row["email_addresses"][0]["address"] if row["email_addresses"] else ""


def phone_of(row: Row) -> str:
    """The number in a person's row, or ""."""
    return row["phone_numbers"][0]["number"] if row["phone_numbers"] else ""


class People:
    """All people by number, and by each thing they can be matched on."""

    def __init__(self, made: Population, ids: Ids) -> None:
        self.made = made
        self.ids = ids
        ids.base = made.count
        self.created = array("q", map(made.created, range(made.count)))
        self.modified = array("q", map(made.modified, range(made.count)))
        self._changed: dict[int, Row] = {}
        self._gone: set[int] = set()
        self._live: Sequence[int] | None = range(made.count)
        self._emails: dict[str, int] = {}
        self._phones: dict[str, int] = {}
        self._identifiers: dict[str, int] = {
            f"other_org:{number}": number for number in range(min(OTHER_ORG, made.count))
        }

    def numbers(self) -> Sequence[int]:
        """Everybody, in an order that has nothing to do with `modified_date`."""
        if self._live is None:
            everybody = range(len(self.created))
            self._live = (
                [number for number in everybody if number not in self._gone]
                if self._gone
                else everybody
            )
        return self._live

    def __contains__(self, number: int | None) -> bool:
        """Whether there is such a person."""
        return (
            isinstance(number, int) and 0 <= number < len(self.created) and number not in self._gone
        )

    def find(self, key: str) -> int | None:
        """The person with this id, or None."""
        number = self.ids.find(key)
        return number if number in self else None

    def row(self, number: int) -> Row:
        """A person as it reads on the wire, but for the links."""
        row: Row = decode(b"{%s}" % self.wire(number, self.ids.of(number)))
        return row

    def wire(self, number: int, key: str) -> bytes:
        """A person as JSON, but for the links and the braces."""
        row = self._changed.get(number)
        if row is None:
            rest = self.made.text(number)
        else:
            more = {key: value for key, value in row.items() if key != "identifiers"}
            named = encode(row["identifiers"])[1:].decode()
            comma = "," if row["identifiers"] else ""
            rest = f"{comma}{named},{encode(more)[1:-1].decode()}"
        return (
            f'"identifiers":["action_network:{key}"{rest},'
            f'"created_date":"{iso(self.created[number])}",'
            f'"modified_date":"{iso(self.modified[number])}"'
        ).encode()

    def _made(self, number: int) -> Row:
        row: Row = decode(f'{{"identifiers":[""{self.made.text(number)}}}')
        del row["identifiers"][0]
        return row

    def text(self, number: int, field: str) -> str:
        """One value that filters compare; made quickly for people who never changed."""
        row = self._changed.get(number)
        if row is None:
            return _MADE[field](self.made, number)
        return _KEPT[field](row)

    def custom_ids(self, number: int) -> list[str]:
        """The identifiers besides the one of Action Network."""
        row = self._changed.get(number) or self._made(number)
        return list(row["identifiers"])

    def by_email(self, email: str) -> int | None:
        """Who has this address, in any case of letters."""
        low = email.lower()
        number = self._emails.get(low)
        number = self.made.by_email(low) if number is None else number
        if (
            number is not None
            and number in self
            and self.text(number, "email_address").lower() == low
        ):
            return number
        return None

    def by_phone(self, phone: str) -> int | None:
        """Who has this number, in eleven digits."""
        number = self._phones.get(phone)
        number = self.made.by_phone(phone) if number is None else number
        return (
            number
            if number is not None and number in self and self.text(number, "phone_number") == phone
            else None
        )

    def by_identifier(self, identifier: str) -> int | None:
        """Who has this identifier in any group; that may be somebody else than one thinks."""
        if identifier.startswith("action_network:"):
            return self.find(identifier.removeprefix("action_network:"))
        number = self._identifiers.get(identifier)
        if number is None:
            number = self.made.by_identifier(identifier)
            if number is None or identifier not in self.custom_ids(number):
                return None
        return number if number in self else None

    def add(self, row: Row, now: int) -> int:
        """A new person."""
        number = self.ids.add()
        self.created.append(now)
        self.modified.append(now)
        self._live = None
        self._changed[number] = row
        self._index(number, row)
        return number

    def edit(self, number: int) -> Row:
        """A copy of what is stored about a person, to be changed and put back with `put`."""
        return deepcopy(self._changed.get(number) or self._made(number))

    def put(self, number: int, row: Row, now: int) -> None:
        """Store a changed person; it counts as modified."""
        self._changed[number] = row
        self._index(number, row)
        self.touch(number, now)

    def touch(self, number: int, now: int) -> None:
        """Something happened: an action, a tag, a subscription, a changed field."""
        if number in self:
            self.modified[number] = now

    def remove(self, number: int) -> None:
        """Somebody else is the same human and has taken over all there was."""
        self._gone.add(number)
        self._live = None

    def _index(self, number: int, row: Row) -> None:
        for known, key in (
            (self._emails, email_of(row).lower()),
            (self._phones, phone_of(row)),
            *((self._identifiers, identifier) for identifier in row["identifiers"]),
        ):
            if key:
                known[key] = number


def _address(row: Row, field: str) -> str:
    return (row["postal_addresses"][0].get(field) or "") if row["postal_addresses"] else ""


_MADE = {
    "given_name": Population.given,
    "family_name": Population.family,
    "email_address": Population.email,
    "phone_number": Population.phone,
    "region": Population.region,
    "postal_code": Population.postal_code,
}
_KEPT: dict[str, Callable[[Row], str]] = {
    "given_name": lambda row: row.get("given_name") or "",
    "family_name": lambda row: row.get("family_name") or "",
    "email_address": email_of,
    "phone_number": phone_of,
    "region": lambda row: _address(row, "region"),
    "postal_code": lambda row: _address(row, "postal_code"),
}
FIELDS = frozenset(_MADE)
