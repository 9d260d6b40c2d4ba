"""What people did before anybody looked, made up as people are: each record on demand."""

from __future__ import annotations

import gc
from random import Random

from sqlcrm_action_network.sandbox.furnishing import furnish
from sqlcrm_action_network.sandbox.ids import mix
from sqlcrm_action_network.sandbox.kinds import RECORDS
from sqlcrm_action_network.sandbox.population import END, Population
from sqlcrm_action_network.sandbox.records import NOBODY, Make
from sqlcrm_action_network.sandbox.store import Store
from sqlcrm_action_network.sandbox.wire import Row, iso

_SHARES = {  # records: (share of people with any, how many at most, how much the first are liked)
    "signatures": (0.55, 5, 3),
    "attendances": (0.30, 3, 2),
    "submissions": (0.35, 2, 2),
    "donations": (0.15, 4, 2),
    "outreaches": (0.20, 3, 2),
    "responses": (0.15, 2, 2),
    "taggings": (0.60, 5, 2),
    "items": (0.40, 3, 2),
}
_REPEATED = frozenset({"donations", "outreaches"})
_AMOUNTS = ("5.00", "10.00", "27.50", "25.00", "100.00", "3.14", "1000.00")
_COMMENTS = ("Please act", "It's time.", "¡Ya basta!", "For my kids", "", "Naïve? No.")
_STATUSES = ("accepted", "accepted", "accepted", "declined", "tentative", "needs action")
_SOURCES = ("sms", "email", "facebook", "website")
_FREEZE = 100_000  # people from which on the collector is kept away from the data
_ORPHANS = 3  # donations whose person cannot be found


def makes(made: Population, seed: int) -> dict[str, Make]:
    """How each kind of record is made up."""

    def maker(path: str, salt: int) -> Make:
        more = _MORE.get(path)

        def make(number: int, parent: int, person: int) -> Row:
            draw = mix(number, salt)
            if person == NOBODY:
                created = END - 86_400
            else:
                start, end = made.created(person), made.modified(person)
                created = start + draw % (end - start + 1)
            values: Row = {"created_date": iso(created), "modified_date": iso(created)}
            if path not in {"taggings", "items"} and draw >> 40 & 3 == 0:
                source = _SOURCES[(draw >> 42) % len(_SOURCES)]
                values["action_network:referrer_data"] = {"source": source}
            return {**values, **more(draw, parent)} if more else values

        return make

    return {path: maker(path, seed + 100 + place) for place, path in enumerate(_SHARES)}


def _donation(draw: int, parent: int) -> Row:
    amount = _AMOUNTS[(draw >> 20) % len(_AMOUNTS)]
    recurring = draw >> 30 & 7 == 0
    return {
        "currency": "usd" if parent % 2 else "USD",  # lower case on pages of the API
        "amount": amount,
        "recipients": [{"display_name": "Our group", "amount": amount}],
        "payment": {
            "method": "Credit Card",
            "reference_number": f"{draw:016x}",
            "authorization_stored": recurring,
        },
        "action_network:recurrence": {"recurring": True, "period": "Monthly"}
        if recurring
        else {"recurring": False},
    }


def _outreach(draw: int, parent: int) -> Row:
    return {
        "type": ("email", "phone")[parent % 2],
        "subject": "Please vote for the people's bill",
        "message": _COMMENTS[(draw >> 20) % len(_COMMENTS)],
        "targets": [
            {
                "title": "Representative",
                "given_name": "Chris",
                "family_name": "O'Hara",
                "ocdid": "ocd-division/country:us/state:oh/cd:10",
            }
        ],
    }


_MORE = {
    "signatures": lambda draw, _: {"comments": _COMMENTS[(draw >> 20) % len(_COMMENTS)]},
    "attendances": lambda draw, _: {"status": _STATUSES[(draw >> 20) % len(_STATUSES)]},
    "donations": _donation,
    "outreaches": _outreach,
}


def fill(store: Store) -> None:
    """Make up the whole group, the same for the same seed and number of people."""
    was = gc.isenabled()
    gc.disable()
    try:
        random = Random(f"{store.options.seed}:actions")  # noqa: S311 - made-up data, no secret
        furnish(store, random)
        for path, (share, most, skew) in _SHARES.items():
            _records(store, random, path, share, most, skew)
    finally:
        if store.people.made.count >= _FREEZE:
            gc.freeze()
        if was:
            gc.enable()


def _records(store: Store, random: Random, path: str, share: float, most: int, skew: int) -> None:
    draw, records = random.random, store.records[path]
    parents = len(store.tables[RECORDS[path].parent].rows) - 1  # the last one has none
    for _ in range(store.people.made.count):
        if draw() >= share:
            records.fill(())
            continue
        count = 1 + int(draw() ** 2 * most)
        chosen = [int(draw() ** skew * parents) for _ in range(count)]
        records.fill(chosen if path in _REPEATED else sorted(set(chosen)))
    if path == "donations":
        for number in range(_ORPHANS):
            records.orphan(number)
    records.close()
