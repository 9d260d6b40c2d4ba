"""Made-up people and workplaces: templates of their JSON, so that a million cost next to nothing.

Person number n is of kind n % KINDS. Everything about a kind is drawn once; what differs between
two people of a kind (id, dates, numbers in addresses) is filled into its template. So addresses and
identifiers hold the number, by which they are found again.

Subscriptions are spread evenly on purpose: every 29th person is of the same state, so that three
hundred people have a dozen and more in each.
"""

from __future__ import annotations

import re
import unicodedata
from random import Random

from sqlcrm_action_builder.sandbox.names import (
    DOMAINS,
    FIRST,
    LANGUAGES,
    LAST,
    LATIN,
    PLACES,
    PRONOUNS,
    STREETS,
    UNITS,
)
from sqlcrm_action_builder.sandbox.wire import Row, text

KINDS = 29 * 140
BLOCK = 41  # the last of so many entities is a workplace
_STATES: tuple[tuple[str, ...], ...] = (
    *[("subscribed",)] * 12,
    *[("unsubscribed",)] * 3,
    *[("bad",)] * 2,
    *[("do_not_contact",)] * 2,
    *[("",)] * 4,  # never asked
    *[()] * 2,  # no address at all
    ("subscribed", "unsubscribed"),
    ("unsubscribed", "subscribed", "bad"),
    ("do_not_contact", ""),
    ("", "bad"),
)
_PHONES: tuple[tuple[str, ...], ...] = (
    *[("subscribed",)] * 6,
    *[("unsubscribed",)] * 2,
    *[("bad",)] * 2,
    *[("do_not_contact",)] * 2,
    *[("",)] * 2,
    *[()] * 2,
    ("subscribed", "bad"),
)
_MARK = re.compile(r"\\u0001(\w+)\\u0002")
_PLAIN = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ş": "s"})
_WORK = 6  # of so many people one has a second custom identifier
NUMBERS = 500_000_000  # added to a person's number in `dwid`
EXCHANGE = 8_000_000  # telephone numbers that do not start with 0 or 1
SPREAD = 1_234_567  # makes neighbours' telephone numbers differ; has an inverse in EXCHANGE


def is_unit(number: int) -> bool:
    """Whether an entity is a workplace and no person."""
    return number % BLOCK == BLOCK - 1


def phone(number: int, line: int = 0) -> str:
    """A telephone number; area codes 555 and 556 are nobody's."""
    return f"1{555 + line}{number * SPREAD % EXCHANGE + 2_000_000}"


class Kinds:
    """The templates, made when they are first needed."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._made: dict[int, str] = {}

    def warm(self) -> None:
        """Make them all, so that the first reader is served as quickly as the next."""
        for kind in range(KINDS):
            self._make(kind)

    def template(self, number: int) -> str:
        """A JSON object without its closing brace, to be filled with `%`."""
        kind = -1 - number % 97 if is_unit(number) else number % KINDS
        return self._made.get(kind) or self._make(kind)

    def _make(self, kind: int) -> str:
        random = Random(f"{self._seed}:{kind}")  # noqa: S311 - made-up data, no secret
        row = _unit(random, kind) if kind < 0 else _person(random, kind)
        made = self._made[kind] = _encoded(row)
        return made


def _encoded(row: Row) -> str:
    return _MARK.sub(r"%(\1)s", text(row).replace("%", "%%"))[:-1]


def _mark(name: str) -> str:
    return f"\1{name}\2"


def _head(kind: str, identifiers: list[str]) -> Row:
    own = f"action_builder:e00{_mark('tail')}"
    return {
        "origin_system": "Action Builder",
        "identifiers": [own, *identifiers],
        "created_date": _mark("created"),
        "modified_date": _mark("modified"),
        "action_builder:entity_type": kind,
    }


def _person(random: Random, kind: int) -> Row:
    first, last = random.choice(FIRST), random.choice(LAST)
    row = _head("person", _identifiers(kind))
    row["given_name"] = first
    if kind % 31:
        row["family_name"] = last
    row["preferred_language"] = random.choice(LANGUAGES)
    if kind % 3 == 0:
        row["action_builder:pronouns"] = random.choice(PRONOUNS)
    local = f"{_ascii(first)}.{_ascii(last)}"
    states = _STATES[kind % len(_STATES)]
    row["email_addresses"] = [
        _email(random, _address(random, local, kind, place), status, place)
        for place, status in enumerate(states)
    ]
    row["phone_numbers"] = [
        _phone(place, status) for place, status in enumerate(_PHONES[kind % len(_PHONES)])
    ]
    row["postal_addresses"] = [_place(random, place) for place in range((0, 1, 1, 0, 2)[kind % 5])]
    return row


def _unit(random: Random, kind: int) -> Row:
    name = f"{UNITS[-kind % len(UNITS)]} {_mark('n')}"
    row = _head("unit", [f"custom_id:U{_mark('n')}"] if kind % 2 else [])
    row["name"] = row["action_builder:name"] = name
    row["preferred_language"] = "en"
    row["email_addresses"] = []
    row["phone_numbers"] = []
    row["postal_addresses"] = [_place(random, 0)]
    return row


def _identifiers(kind: int) -> list[str]:
    """Identifiers of other systems; some couples share one, since nothing forbids it."""
    found = []
    if kind % 5 < 2:
        found.append(f"custom_id:{_mark('n')}")
    if kind // 2 % 40 == 3:
        found.append(f"custom_id_1:H{_mark('half')}")
    if kind % _WORK == 1:
        found.append(f"dwid:{_mark('dwid')}")
    if kind % _WORK == 2:
        found.append(f"voterbase_id:VA-{_mark('n')}")
    return found


def _address(random: Random, local: str, kind: int, place: int) -> str:
    domain = random.choice(DOMAINS)
    if kind // 2 % 25 == 3 and not place:
        return f"household{_mark('half')}@example.org"
    if kind % 53 == 0:
        local = f"o'{local}"
    if kind % 17 == 0:
        local = local.title()
    more = ("", ".work", "+old")[place]
    return f"{local}{_mark('n')}{more}@{domain}"


def _email(random: Random, address: str, status: str, place: int) -> Row:
    row: Row = {
        "action_builder:identifier": f"action_builder:f0{place}{_mark('tail')}",
        "address": address,
        "address_type": ("personal", "work", "other")[place],
    }
    if status:
        row["status"] = status
    row["source"] = random.choice(("action_builder", "action_builder", "import", "api"))
    row["action_builder:confirmed"] = status == "subscribed" and random.random() < 0.5
    return row


def _phone(place: int, status: str) -> Row:
    row: Row = {
        "action_builder:identifier": f"action_builder:f1{place}{_mark('tail')}",
        "number": _mark(f"phone{place}"),
        "number_type": ("Mobile", "Home")[place],
    }
    if status:
        row["status"] = status
    row["source"] = "action_builder"
    return row


def _place(random: Random, place: int) -> Row:
    country, region, locality, code = random.choice(PLACES)
    lines = [f"{1 + random.randrange(999)} {random.choice(STREETS)}"]
    if random.random() < 0.2:
        lines.append(f"Apt {1 + random.randrange(40)}")
    return {
        "action_builder:identifier": f"action_builder:f2{place}{_mark('tail')}",
        "address_lines": lines,
        "locality": locality,
        "region": region,
        "postal_code": code,
        "country": country,
        "source": "action_builder",
        "address_type": ("physical", "mailing")[place],
    }


def _ascii(name: str) -> str:
    plain = unicodedata.normalize("NFKD", LATIN.get(name, name).lower().translate(_PLAIN))
    return "".join(c for c in plain if c.isascii() and c.isalnum())
