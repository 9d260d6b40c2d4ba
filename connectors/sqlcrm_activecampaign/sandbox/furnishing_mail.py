"""Campaigns, messages, automations, segments, forms and the small rest of a made-up account."""

from __future__ import annotations

from random import Random

from sqlcrm_activecampaign.sandbox.columns import blank
from sqlcrm_activecampaign.sandbox.population import END, START
from sqlcrm_activecampaign.sandbox.store import Store
from sqlcrm_activecampaign.sandbox.wire import Row, iso

_TYPES = ("single", "recurring", "split", "responder", "reminder", "special", "activerss", "text")
_AUTOMATIONS = ("Welcome series", "Win back", "Birthday / verjaardag", "Lead nurturing", "Survey")
_SEGMENTS = ("Engaged this quarter", "Members without phone", "Nederland", "All volunteers")


def furnish_mail(store: Store, random: Random) -> None:
    """Everything about sending, and the small resources, a few rows each."""
    for name in _AUTOMATIONS:
        row = {"name": name, "status": "2" if name == "Survey" else "1"}
        store.table("automations").add(blank("automations", START) | row)
    for name in _SEGMENTS:
        store.table("segments").add(blank("segments", START) | {"name": name})
    for number in range(1, max(store.options.people // 250, 12) + 1):
        _campaign(store, random, number)
    _small(store)
    _geo(store, random)


def _campaign(store: Store, random: Random, number: int) -> None:
    created = random.randrange(START, END - 864_000)
    name = f"Mailing {number}: actie / {'été' if number % 2 else 'spring'}"
    sent = number % 5 != 0
    message = store.table("messages").add(
        blank("messages", created)
        | {
            "name": name,
            "fromname": "Ada",
            "fromemail": "ada@example.org",
            "reply2": "ada@example.org",
            "subject": f"{name} ✊",
            "text": "Hello %FIRSTNAME%",
            "html": "<html><body><p>Hello %FIRSTNAME%</p></body></html>",
        }
    )
    amount = random.randrange(1, max(store.options.people, 2))
    figures = {
        "send_amt": str(amount),
        "total_amt": str(amount),
        "opens": str(amount // 2),
        "uniqueopens": str(amount // 3),
        "sdate": iso(created + 86_400),
        "ldate": iso(created + 90_000),
        "status": "5",
    }
    row: Row = {"name": name, "type": _TYPES[number % len(_TYPES)], "basemessageid": str(message)}
    made = blank("campaigns", created) | row | (figures if sent else {})
    _campaign_children(store, str(store.table("campaigns").add(made)), str(message), created)


def _campaign_children(store: Store, campaign: str, message: str, created: int) -> None:
    of = {"campaignid": campaign, "campaign": campaign}
    for path, row in (
        ("campaignLists", {"listid": "1", "list": "1"}),
        ("campaignMessages", {"messageid": message, "message": message, "subject": "Actie"}),
        ("links", {"link": "https://www.example.org/act?x=1"}),
    ):
        store.table(path).add(blank(path, created) | of | row)


def _small(store: Store) -> None:
    rows: dict[str, tuple[Row, ...]] = {
        "scores": ({"name": "Engagement"}, {"name": "Fit"}, {"name": "Deals", "reltype": "deal"}),
        "forms": tuple(
            {"name": name, "actiondata": {"actions": [{"type": "subscribe", "list": "1"}]}}
            for name in ("Sign up", "Petition", "Volunteer", "Event")
        ),
        "addresses": (
            {"companyName": "Example Union", "address1": "Stationsplein 1", "city": "Utrecht",
             "country": "NL", "isDefault": "1"},
        ),
        "webhooks": (
            {"name": "CRM bridge", "url": "https://hooks.example.org/ac", "events": ["subscribe"],
             "sources": ["public", "admin", "api", "system"]},
        ),
        "connections": (
            {"service": "webshop", "externalid": "shop-1", "name": "Webshop"},
        ),
        "savedResponses": ({"title": "Thanks", "subject": "Thank you", "body": "<p>…</p>"},),
        "templates": ({"name": "Plain", "subject": "", "content": "<html></html>"},),
        "calendars": ({"title": "Deals"},),
        "personalizations": ({"name": "Signature", "tag": "SIGNATURE", "content": "Ada"},),
    }  # fmt: skip
    for path, made in rows.items():
        for row in made:
            store.table(path).add(blank(path, START) | row)


def _geo(store: Store, random: Random) -> None:
    """One in twenty people was located once."""
    for city, country in (("Utrecht", "NL"), ("Sydney", "AU"), ("Łódź", "PL")):
        row = blank("geoAddresses", START) | {"city": city, "country2": country}
        store.table("geoAddresses").add(row)
    for number in range(store.options.people // 20):
        place = str(1 + number % 3)
        row = {"contact": str(number * 20 + 1), "geoaddrid": place, "geoAddress": place}
        store.table("geoIps").add(blank("geoIps", random.randrange(START, END)) | row)
