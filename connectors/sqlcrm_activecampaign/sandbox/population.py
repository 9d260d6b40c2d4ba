"""Made-up people and what hangs on them, the same for the same seed."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache
from random import Random

from sqlcrm_activecampaign.sandbox.names import COUNTRIES, DOMAINS, Country
from sqlcrm_activecampaign.sandbox.people import Person

START = 1_420_092_000  # 2015-01-01 00:00 Central
END = 1_788_238_800  # 2026-09-01 00:00 Central: never in the future
_PLAIN = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "Ł": "L", "æ": "ae", "đ": "d"})


@lru_cache(maxsize=4096)
def _ascii(name: str) -> str:
    """A name as it is written in an e-mail address."""
    plain = unicodedata.normalize("NFKD", name.translate(_PLAIN))
    return "".join(c for c in plain.lower() if c.isascii() and c.isalnum())


@lru_cache(maxsize=4096)
def _local(country: Country, first: str, last: str) -> str:
    latin = country.latin or {}
    return f"{latin.get(first) or _ascii(first)}.{latin.get(last) or _ascii(last)}"


def _phone(country: Country, random: Callable[[], float]) -> str:
    """Nothing for one in three, E.164 for most, sloppy for the others."""
    draw = random()
    if draw < 0.33:
        return ""
    digits = f"{int(random() * 10**15):015d}"
    if draw < 0.75:
        prefix = country.prefixes[int(random() * len(country.prefixes))]
        return prefix + digits[: country.digits]
    pattern = country.sloppy[int(random() * len(country.sloppy))]
    spare = iter(digits)
    return "".join([next(spare) if c == "#" else c for c in pattern])


def _address(local: str, taken: dict[str, int], random: Callable[[], float]) -> str:
    """An address nobody has yet; a few with capitals or a plus."""
    domain = DOMAINS[int(random() ** 2 * len(DOMAINS))]
    style = random()
    if style < 0.02:
        local = local.title()
    elif style < 0.04:
        local += "+news"
    email = f"{local}@{domain}"
    number = len(taken)
    while email.lower() in taken:
        email = f"{local}{number}@{domain}"
        number += 1
    return email


def people(count: int, seed: int, taken: dict[str, int]) -> Iterator[Person]:
    """That many people, oldest first. The caller keeps `taken` up to date with each of them."""
    source = Random(f"{seed}:people")  # noqa: S311 - made-up data, no secret
    random = source.random
    weights = [country.share for country in COUNTRIES]
    step = (END - START) / max(count, 1)
    for number in range(count):
        if number % 4096 == 0:
            countries = source.choices(COUNTRIES, weights, k=4096)
        country = countries[number % 4096]
        first = country.first[int(random() * len(country.first))]
        last = country.last[int(random() * len(country.last))]
        email = _address(_local(country, first, last), taken, random)
        created = int(START + step * (number + random()))
        changed = created + int(random() ** 3 * (END - created))
        absent = random()
        if absent < 0.06:
            first = ""
        if 0.03 < absent < 0.10:
            last = ""
        person = Person(email, first, last, _phone(country, random), created, changed)
        person.country = country.code
        yield person
