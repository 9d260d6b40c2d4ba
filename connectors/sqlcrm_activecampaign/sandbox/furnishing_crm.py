"""Accounts, pipelines, deals, tasks and notes of a made-up account."""

from __future__ import annotations

from random import Random

from sqlcrm_activecampaign.sandbox.columns import blank
from sqlcrm_activecampaign.sandbox.names import COMPANIES, FORMS
from sqlcrm_activecampaign.sandbox.people import hash_of
from sqlcrm_activecampaign.sandbox.population import END, START
from sqlcrm_activecampaign.sandbox.store import Store
from sqlcrm_activecampaign.sandbox.wire import iso

STAGES = ("To Contact", "In Contact", "Follow Up")  # what a new pipeline gets (docs: dealGroups)
TASK_TYPES = ("Call", "Email", "Lunch", "Meeting")  # what a new account has (docs: dealTasktypes)
_WORK = ("Hall", "Campaign kit", "Training day", "Leaflets", "Ondersteuning", "Bühne & Ton")
_NOTES = (
    "Called, no answer.",
    'Said: "send me the leaflet"; prefers e-mail.',
    "Heeft interesse in vrijwilligerswerk / bel terug.",
    "Très intéressée, à rappeler.\nAsked about childcare.",
)


def furnish_crm(store: Store, random: Random) -> None:
    """Accounts, two pipelines, deals with tasks, notes, in proportion to the people."""
    people = store.options.people
    _accounts(store, random, max(people // 25, 5))
    for title, currency in (("Sales", "usd"), ("Partnerships", "eur")):
        add_pipeline(store, title, currency, START)
    for title in TASK_TYPES:
        store.table("dealTasktypes").add(blank("dealTasktypes", START) | {"title": title})
    for title in ("Decision maker", "Champion"):
        store.table("dealRoles").add(blank("dealRoles", START) | {"title": title})
    for title in ("Reached", "Left a message"):
        store.table("taskOutcomes").add(blank("taskOutcomes", START) | {"title": title})
    _deals(store, random, max(people // 12, 10))
    _notes(store, random, max(people // 10, 5))


def add_pipeline(store: Store, title: str, currency: str, seconds: int) -> int:
    """A new pipeline with its three stages; gives its id."""
    row = blank("dealGroups", seconds) | {"title": title, "currency": currency}
    group = store.table("dealGroups").add(row)
    for order, stage in enumerate(STAGES, 1):
        more = {"title": stage, "group": str(group), "order": str(order)}
        store.table("dealStages").add(blank("dealStages", seconds) | more)
    return group


def _accounts(store: Store, random: Random, count: int) -> None:
    for title, kind in (("Branch", "text"), ("Employees", "number"), ("Tags", "multiselect")):
        meta = {"fieldLabel": title, "fieldType": kind}
        store.table("accountCustomFieldMeta").add(blank("accountCustomFieldMeta", START) | meta)
    names: set[str] = set()
    for number in range(count):
        name = f"{random.choice(COMPANIES)} {random.choice(FORMS)}"
        if name in names:
            name = f"{name} ({number})"
        names.add(name)
        created = random.randrange(START, END)
        site = f"https://company{number + 1}.example.com"
        row = blank("accounts", created) | {"name": name, "accountUrl": site}
        key = store.table("accounts").add(row)
        if number % 3 == 0:
            data = {"customFieldId": 2, "accountId": key, "customerAccountId": str(key)}
            values = data | {"fieldValue": str(random.randrange(1, 5000))}
            table = store.table("accountCustomFieldData")
            table.add(blank("accountCustomFieldData", created) | values)


def _deals(store: Store, random: Random, count: int) -> None:
    for title, kind in (("Source", "text"), ("Expected", "date"), ("Budget", "currency")):
        meta = {"fieldLabel": title, "fieldType": kind}
        store.table("dealCustomFieldMeta").add(blank("dealCustomFieldMeta", START) | meta)
    people, accounts = store.options.people, len(store.table("accounts"))
    for number in range(1, count + 1):
        group = random.randint(1, 2)
        created = random.randrange(START, END)
        account = str(random.randint(1, accounts)) if number % 3 else None
        row = blank("deals", created) | {
            "hash": hash_of(number)[:8],
            "title": f"{random.choice(_WORK)} {number}",
            "contact": str(random.randint(1, people)) if people else None,
            "account": account,
            "customerAccount": account,
            "group": str(group),
            "stage": str(group * 3 - random.randint(0, 2)),
            "owner": str(random.randint(1, 2)),
            "value": str(random.randrange(1000, 900_000)),
            "currency": "usd" if group == 1 else "eur",
            "status": random.choice("00012"),
            "mdate": iso(random.randrange(created, END)),
            "isDisabled": number % 20 == 1,
        }
        store.table("deals").add(row)
        if number % 4 == 0:
            _deal_extras(store, random, number, created)


def _deal_extras(store: Store, random: Random, deal: int, created: int) -> None:
    task = blank("dealTasks", created) | {
        "title": "Call back",
        "relid": str(deal),
        "dealTasktype": str(random.randint(1, 4)),
        "duedate": iso(created + 604_800),
        "edate": iso(created + 608_400),
        "status": random.choice("01"),
    }
    store.table("dealTasks").add(task)
    data = {"dealId": deal, "customFieldId": 1, "fieldValue": random.choice(("Web", "Referral"))}
    table = store.table("dealCustomFieldData")
    table.add(blank("dealCustomFieldData", created) | data)


def _notes(store: Store, random: Random, count: int) -> None:
    for number in range(count):
        kind, most = ("Subscriber", store.options.people) if number % 4 else ("Deal", 10)
        row = blank("notes", random.randrange(START, END)) | {
            "note": random.choice(_NOTES),
            "relid": str(random.randint(1, max(most, 1))),
            "reltype": kind,
        }
        store.table("notes").add(row)
