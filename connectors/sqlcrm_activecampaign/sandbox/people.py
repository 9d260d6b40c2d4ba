"""The contacts themselves, kept small: a million fit in a gigabyte or so.

A row's JSON is built from a template when it is first asked for, and kept until it changes.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Callable, Sequence

from sqlcrm_activecampaign.sandbox.wire import Row, central, text

_CHILDREN = ("contactTags", "contactLists", "fieldValues", "notes")  # links of each contact
_ZERO = '"0000-00-00 00:00:00"'  # one of the API's ways to say "never"


class Person:
    """One contact. Dates are epoch seconds, `udate` 0 for never."""

    __slots__ = (
        "bounced", "cdate", "country", "email", "first", "last", "orgid", "phone", "udate", "wire",
    )  # fmt: skip

    def __init__(
        self, email: str, first: str, last: str, phone: str, cdate: int, udate: int
    ) -> None:
        self.email = email
        self.first = first
        self.last = last
        self.phone = phone
        self.cdate = cdate
        self.udate = udate
        self.country = ""  # where a made-up person lives; not on the wire
        self.orgid = 0
        self.bounced = 0
        self.wire: bytes | None = None


class People:
    """All contacts, by id and by e-mail address (in any case of letters)."""

    def __init__(self, account: str) -> None:
        self._people: list[Person | None] = [None]  # ids start at 1
        self.by_email: dict[str, int] = {}
        self._template = _template(account)
        self._all: list[int] | None = None
        self._gone = False
        self.accounts_of: Callable[[int], Sequence[int]] = lambda _: ()
        self.scores_of: Callable[[int], Sequence[int]] = lambda _: ()
        self.orgname_of: Callable[[int], str] = lambda _: ""
        self.version = 0

    def __contains__(self, key: object) -> bool:
        """Whether there is a contact with this id."""
        return (
            isinstance(key, int) and 0 < key < len(self._people) and self._people[key] is not None
        )

    def __len__(self) -> int:
        """How many contacts there are."""
        return len(self.ids())

    def __getitem__(self, key: int) -> Person:
        """The contact with this id. Raises: KeyError."""
        person = self._people[key] if 0 < key < len(self._people) else None
        if person is None:
            raise KeyError(key)
        return person

    def ids(self) -> Sequence[int]:
        """The ids there are, rising."""
        if not self._gone:
            return range(1, len(self._people))
        if self._all is None:
            self._all = [key for key, person in enumerate(self._people) if person is not None]
        return self._all

    def add(self, person: Person) -> int:
        """Store a contact whose address is new; gives its id."""
        key = len(self._people)
        self._people.append(person)
        if self._all is not None:
            self._all.append(key)
        if person.email:
            self.by_email[person.email.lower()] = key
        self.version += 1
        return key

    def rename(self, key: int, email: str) -> None:
        """Change the address."""
        person = self[key]
        self.by_email.pop(person.email.lower(), None)
        person.email = email
        if email:
            self.by_email[email.lower()] = key

    def touch(self, key: int) -> None:
        """Something about this contact changed."""
        self[key].wire = None
        self.version += 1

    def remove(self, key: int) -> None:
        """Delete a contact for good; the same address gets a new id later."""
        self.by_email.pop(self[key].email.lower(), None)
        self._people[key] = None
        if self._all is not None:
            self._all.pop(bisect_left(self._all, key))
        self._gone = True
        self.version += 1

    def encoded(self, key: int) -> bytes:
        """One contact as JSON."""
        person = self[key]
        if person.wire is None:
            person.wire = self._render(key, person)
        return person.wire

    def row(self, key: int) -> Row:
        """One contact as it reads on the wire."""
        row: Row = json.loads(self.encoded(key))
        return row

    def value(self, key: int, column: str) -> str:
        """One value, as a string."""
        return str(self.row(key).get(column) or "")

    def having(self, column: str, value: int) -> Sequence[int]:
        """The contacts that point at an id: at an organisation, for instance."""
        return [key for key in self.ids() if self.value(key, column) == str(value)]

    def _render(self, key: int, person: Person) -> bytes:
        scores, accounts = self.scores_of(key), self.accounts_of(key)
        orgname = text(self.orgname_of(person.orgid)) if person.orgid else '""'
        day, time, offset = central(person.cdate)
        created = changed = f"{day} {time}"
        udate = "null"
        if person.udate:
            last_day, last_time, last_offset = central(person.udate)
            changed = f"{last_day} {last_time}"
            udate = f'"{last_day}T{last_time}{last_offset}"'
        values = (
            f"{day}T{time}{offset}",
            text(person.email),
            text(person.phone),
            text(person.first),
            text(person.last),
            person.orgid,
            orgname,
            person.bounced,
            f'"{day}"' if person.bounced else "null",
            hash_of(key),
            _ZERO if key % 3 == 0 else "null",
            udate,
            created,
            changed,
            created,
            changed,
            "false" if person.email else "true",
            ",".join([f'"{score}"' for score in scores]) if scores else "",
            ",".join([f'"{account}"' for account in accounts]) if accounts else "",
            key,
            key,
            key,
            key,
            key,
            f'"{person.orgid}"' if person.orgid else "null",
        )
        return (self._template % values).encode()


def hash_of(key: int) -> str:
    """The 32 hexadecimal digits every contact has."""
    return f"{key * 0x9E3779B97F4A7C15F39CC0605CEDC835 & (1 << 128) - 1:032x}"


def _template(account: str) -> str:
    base = f"https:\\/\\/{account}.activehosted.com\\/api\\/3\\/contacts\\/%s\\/"
    links = ",".join(f'"{child}":"{base}{child}"' for child in _CHILDREN)
    return (
        '{"cdate":"%s","email":%s,"phone":%s,"firstName":%s,"lastName":%s,"orgid":"%s",'
        '"orgname":%s,"segmentio_id":"","bounced_hard":"%s","bounced_soft":"0",'
        '"bounced_date":%s,"ip":"0","ua":"","hash":"%s","socialdata_lastcheck":%s,'
        '"email_local":"","email_domain":"","sentcnt":"0","rating_tstamp":"0000-00-00",'
        '"gravatar":"0","deleted":"0","anonymized":"0","adate":null,"udate":%s,"edate":null,'
        '"deleted_at":null,"created_utc_timestamp":"%s","updated_utc_timestamp":"%s",'
        '"created_timestamp":"%s","updated_timestamp":"%s","created_by":null,"updated_by":null,'
        '"email_empty":%s,"mpp_tracking":"0","best_send_hour":null,"last_click_date":null,'
        '"last_open_date":null,"last_mpp_open_date":null,"scoreValues":[%s],'
        '"accountContacts":[%s],"links":{' + links + '},"id":"%s","organization":%s}'
    )
