"""Members: the people of the organisation, made up on demand from their number.

A million cost next to nothing: only those that somebody changed or added are kept.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from sqlcrm_controlshift.sandbox.wire import Row

FIRST_ID = 5001
START = 1_640_995_200  # 2022-01-01
END = 1_767_139_200  # 2025-12-31: never in the future
_MASK = (1 << 64) - 1
_NUMBER = re.compile(r"(\d+)@")
_FIRSTS = (
    "Ana Olivia Amelia Priya Mei Aroha Niamh Siobhán Zoë Chloe Grace Willow Harper Ruby Isla Jack "
    "Noah Leo Henry Tomás Jean-Luc Søren Łukasz Jürgen Björn Ngozi Kwame Fatima Yusuf Dmitri Олена "
    "玲 Aaliyah Mary-Jane Anneliese Bartholomew"
)
_LASTS = (
    "Lee Smith Jones Brown Taylor Nguyen O'Brien O'Connor D'Angelo McDonald García Müller Silva "
    "Ó_Murchú Fernández van_der_Berg Łuczak Østergård Papadopoulos Patel Singh Chen Okafor Costa "
    "Коваленко 王 Kaur Cholmondeley-Warner White Martin Walker Begay Two_Bulls Baker Abdullah"
)
_FIRST = tuple(_FIRSTS.split())
_LAST = tuple(name.replace("_", " ") for name in _LASTS.split())
_LATIN = {"Олена": "olena", "玲": "ling", "Коваленко": "kovalenko", "王": "wang"}
_PLAIN = str.maketrans({"ø": "o", "Ø": "O", "ł": "l", "Ł": "L"})
_DOMAINS = ("example.org", "example.com", "example.net", "mail.example.org", "campus.example.edu")
_PLACES = (
    ("US", "45402", "+1937555", "en"),
    ("US", "10001", "+1212555", "en"),
    ("GB", "SW1A 1AA", "+447700900", "en-GB"),
    ("DE", "10115", "+4930555", "de"),
    ("NL", "1012 AB", "+3120555", "nl"),
    ("AU", "2000", "+61491570", "en-AU"),
    ("BR", "01310-100", "+5511555", "pt-BR"),
    (None, None, "", "en"),
)


def mix(number: int, salt: int) -> int:
    """64 bits that look random and are always the same for the same two numbers."""
    bits = (number * 0x9E3779B97F4A7C15 + salt * 0xBF58476D1CE4E5B9) & _MASK
    bits = ((bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    bits = ((bits ^ (bits >> 27)) * 0x94D049BB133111EB) & _MASK
    return bits ^ (bits >> 31)


@lru_cache(maxsize=1024)
def _ascii(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.translate(_PLAIN))
    return "".join(c for c in plain.lower() if c.isascii() and c.isalnum())


STATES = (
    *("subscribed",) * 120,
    *("never_asked",) * 24,
    *("pending", "unmailable", "resubscribed", "anonymous") * 12,
    *("declined", "left", "left_petition", "left_both", "left_event", "left_partner") * 12,
    *("not_me", "bounced", "external") * 12,
)  # 300: from 300 people on, each way to say no has a dozen


class Members:
    """All members by id and by e-mail address, which is one person's in any case of letters."""

    def __init__(self, count: int, seed: int) -> None:
        self.seed = seed
        self.made = count  # those made up at the start
        self._changed: dict[int, Row | None] = {}
        self._by_email: dict[str, int] = {}
        self._next = FIRST_ID + count
        self._gone = 0
        self._step = (END - START) * 0.7 / max(count, 1)

    def __len__(self) -> int:
        """How many there are."""
        return self._next - FIRST_ID - self._gone

    def ids(self) -> Iterator[int]:
        """The ids there are, rising."""
        changed = self._changed
        return (
            key
            for key in range(FIRST_ID, self._next)
            if key not in changed or changed[key] is not None
        )

    def state(self, key: int) -> str:
        """What a made-up person is an example of; "" for those who came later."""
        index = key - FIRST_ID
        return STATES[(index * 77 + self.seed) % 300] if 0 <= index < self.made else ""

    def get(self, key: int) -> Row | None:
        """One member, or None. Not to be changed: see `change`."""
        if key in self._changed:
            return self._changed[key]
        return self._make(key) if FIRST_ID <= key < FIRST_ID + self.made else None

    def joined(self, key: int) -> int:
        """When a member was created."""
        row = self._changed.get(key)
        return int(row["created_at"]) if row else int(START + (key - FIRST_ID) * self._step)

    def change(self, key: int) -> Row:
        """The row of a member that is there, to be changed in place."""
        row = self.get(key)
        if row is None:
            raise KeyError(key)
        self._changed[key] = row
        return row

    def find(self, email: str) -> int:
        """The id of the member with an address, or 0."""
        wanted = email.strip().lower()
        if wanted in self._by_email:
            return self._by_email[wanted]
        digits = _NUMBER.search(wanted)
        key = FIRST_ID + int(digits[1]) if digits and len(digits[1]) < 12 else 0
        row = self.get(key)
        return key if row and str(row["email"]).lower() == wanted else 0

    def add(self, row: Row) -> int:
        """Store a new member; gives the id."""
        key = self._next
        self._next += 1
        self._changed[key] = {**row, "id": key}
        self._by_email[row["email"].lower()] = key
        return key

    def remove(self, key: int) -> None:
        """Delete one for good."""
        self.forget_address(key)
        self._changed[key] = None
        self._gone += 1

    def forget_address(self, key: int) -> None:
        """Nobody is found by this member's address any more."""
        row = self.get(key)
        if row and row["email"]:
            self._by_email.pop(row["email"].lower(), None)

    def _make(self, key: int) -> Row:
        index = key - FIRST_ID
        bits = mix(index, self.seed)
        first = _FIRST[bits % len(_FIRST)]
        last = _LAST[(bits >> 8) % len(_LAST)]
        country, postcode, prefix, locale = _PLACES[(bits >> 16) % 8]
        domain = _DOMAINS[(bits >> 20) % 5]
        local = f"{_LATIN.get(first) or _ascii(first)}.{_LATIN.get(last) or _ascii(last)}{index}"
        if bits >> 24 & 31 == 0:
            local = local.title()
        phone = f"{prefix}{bits >> 32 & 0xFFFF:05d}" if prefix and bits >> 30 & 3 else None
        created = int(START + index * self._step)
        row = {
            "id": key,
            "email": f"{local}@{domain}",
            "first_name": first,
            "last_name": "" if bits >> 40 & 63 == 0 else last,
            "phone_number": phone,
            "postcode": postcode,
            "country": country,
            "locale": locale,
            "created_at": created,
            "updated_at": created,
            "confirmed_at": None,
            "external_id": f"crm-{index}" if bits >> 46 & 7 == 0 else None,
            "banned_at": END if bits >> 52 & 255 == 0 else None,
        }
        return anonymous(row) if self.state(key) == "anonymous" else row


def anonymous(row: Row) -> Row:
    """A person or one of their signatures without what tells who it was.

    What exactly remains is not documented; here addresses and numbers become null.
    """
    names = {"first_name": "Anonymous", "last_name": ""}
    return {**row, "email": None, "phone_number": None, "postcode": None, **names}
