"""What an account has besides people: tags, lists, custom fields, users."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from sqlcrm_activecampaign.sandbox.columns import blank
from sqlcrm_activecampaign.sandbox.furnishing_crm import furnish_crm
from sqlcrm_activecampaign.sandbox.furnishing_mail import furnish_mail
from sqlcrm_activecampaign.sandbox.names import TAGS
from sqlcrm_activecampaign.sandbox.population import END, START
from sqlcrm_activecampaign.sandbox.store import Store
from sqlcrm_activecampaign.sandbox.wire import iso, spaced

Make = Callable[[Random, str, Sequence[str]], str]

LISTS = ("Newsletter", "Nieuwsbrief NL", "Action alerts", "Donors & members", "Press", "Événements")


@dataclass(frozen=True, slots=True)
class Field:
    """A custom field: its title, type, share of people who have a value, and its options."""

    title: str
    type: str
    share: float
    make: Make
    options: tuple[str, ...] = ()


def _one(*options: str) -> Make:
    return lambda random, _code, _cities: options[int(random.random() * len(options))]


def _several(*options: str) -> Make:
    def make(random: Random, _code: str, _cities: Sequence[str]) -> str:
        chosen = [option for option in options if random.random() < 0.5] or [options[0]]
        return f"||{'||'.join(chosen)}||"

    return make


def _date(random: Random, _code: str, _cities: Sequence[str]) -> str:
    return iso(int(-600_000_000 + random.random() * 1_900_000_000))[:10]


def _moment(random: Random, _code: str, _cities: Sequence[str]) -> str:
    return iso(int(START + random.random() * (END - START)))


def _code(_random: Random, code: str, _cities: Sequence[str]) -> str:
    return code


def _city(random: Random, _code: str, cities: Sequence[str]) -> str:
    return cities[int(random.random() * len(cities))]


def _number(random: Random, _code: str, _cities: Sequence[str]) -> str:
    return str(int(random.random() * 5000))


def _note(random: Random, _code: str, cities: Sequence[str]) -> str:
    return f'Met at "{cities[int(random.random() * len(cities))]}"\nCall back / e-mail.'


_LEVELS = ("Gold", "Silver", "Bronze", "None yet")
_TOPICS = ("Climate", "Housing", "Public transport", "Health/care", "Éducation")
_LANGUAGES = ("Nederlands", "English", "Deutsch", "Français", "Español", "polski", "العربية")

FIELDS = (
    Field("Country", "text", 0.8, _code),
    Field("City", "text", 0.6, _city),
    Field("Date of birth", "date", 0.4, _date),
    Field("Membership level", "dropdown", 0.4, _one(*_LEVELS), _LEVELS),
    Field("Interests", "checkbox", 0.4, _several(*_TOPICS), _TOPICS),
    Field("Languages", "listbox", 0.2, _several(*_LANGUAGES), _LANGUAGES),
    Field("Preferred contact", "radio", 0.3, _one("E-mail", "Phone"), ("E-mail", "Phone")),
    Field("Notes of the organiser", "textarea", 0.1, _note),
    Field("Last call", "datetime", 0.2, _moment),
    Field("Import reference", "hidden", 0.2, _number),
    Field("Shirts ordered", "number", 0.1, _number),
    Field("Donated in total", "currency", 0.2, _number),
    Field("Old field", "NULL", 0.02, _one("", "x")),
)


def furnish(store: Store, random: Random) -> None:
    """Users, groups, tags, lists and custom fields; then pipelines, mailings and the rest."""
    _users(store)
    for number, name in enumerate(TAGS):
        created = START + number * 86_400
        row = blank("tags", created) | {"tag": name, "tagType": "contact"}
        store.table("tags").add(row | {"description": "Made up" if number % 3 == 0 else ""})
    store.table("tags").add(
        blank("tags", START) | {"tag": "Spring template", "tagType": "template"}
    )
    for number, name in enumerate(LISTS):
        stringid = "".join(c if c.isascii() and c.isalnum() else "-" for c in name.lower())
        row = blank("lists", START + number) | {"name": name, "stringid": stringid}
        key = store.table("lists").add(
            row | {"sender_url": "https://example.org", "sender_reminder": "You signed up."}
        )
        store.table("listGroups").add({"listid": str(key), "groupid": "3"})
    _fields(store)
    furnish_crm(store, random)
    furnish_mail(store, random)


def _users(store: Store) -> None:
    people = (
        ("admin", "Ada", "Admin", "ada@example.org"),
        ("organiser", "Ömer", "van 't Veld", "omer@example.org"),
        ("readonly", "Rita", "Reader", "rita@example.org"),
    )
    for username, first, last, email in people:
        row = blank("users", START) | {"username": username, "firstName": first}
        store.table("users").add(row | {"lastName": last, "email": email})
    for title in ("Visitors", "Organisers", "Admin"):
        store.table("groups").add(blank("groups", START) | {"title": title})


def _fields(store: Store) -> None:
    for number, field in enumerate(FIELDS, 1):
        row = blank("fields", START) | {"title": field.title, "type": field.type}
        perstag = "".join(c if c.isalnum() else "_" for c in field.title.upper())
        key = store.table("fields").add(row | {"perstag": perstag, "ordernum": str(number)})
        store.table("fieldRels").add(
            {"field": str(key), "relid": "0", "dorder": "0", "cdate": spaced(START)}
        )
        for order, option in enumerate(field.options, 1):
            more = {"field": str(key), "value": option, "label": option, "orderid": str(order)}
            store.table("fieldOptions").add(blank("fieldOptions", START) | more)
