"""Fills an account: people first, then what hangs on them. The rest is in `furnishing`."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

from sqlcrm_activecampaign.sandbox.furnishing import FIELDS, LISTS, furnish
from sqlcrm_activecampaign.sandbox.names import COUNTRIES, JOBS, TAGS
from sqlcrm_activecampaign.sandbox.population import END, people
from sqlcrm_activecampaign.sandbox.store import Store

_FREEZE = 100_000  # people from which on the collector is kept away from the data


def fill(store: Store) -> None:
    """Make up the whole account, the same for the same seed and number of people."""
    with _uncollected(store.options.people):
        random = Random(f"{store.options.seed}:links")  # noqa: S311 - made-up data, no secret
        furnish(store, random)
        taken = store.people.by_email
        for person in people(store.options.people, store.options.seed, taken):
            store.people.add(person)
        _tags(store, random)
        _lists(store, random)
        _values(store, random)
        _accounts(store, random)
        _automations(store, random)
        _scores(store, random)
        for key in store.people.ids():
            store.people.encoded(key)  # so that the first reader is served as quickly as the next


@contextmanager
def _uncollected(count: int) -> Iterator[None]:
    """Build without garbage collections; they would take longer than the data."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if count >= _FREEZE:
            gc.freeze()
        if was:
            gc.enable()


def _tags(store: Store, random: Random) -> None:
    """Three people in five have one to six tags; some tags are common and some are rare."""
    draw, add, count = random.random, store.contact_tags.add, len(TAGS)
    for key in store.people.ids():
        if draw() >= 0.6:
            continue
        first = store.people[key].cdate
        chosen = {1 + int(draw() ** 2 * count) for _ in range(1 + int(draw() * draw() * 6))}
        for tag in sorted(chosen):
            add(key, tag, first + int(draw() * (END - first)))


def _lists(store: Store, random: Random) -> None:
    """Four people in five are or were on one to three lists."""
    draw, add = random.random, store.contact_lists.add
    statuses = random.choices((1, 2, 0, 3), (78, 14, 5, 3), k=1000)
    for key in store.people.ids():
        person = store.people[key]
        if draw() >= 0.8:
            continue
        first = int(draw() ** 2 * len(LISTS))
        for number in range(1 + int(draw() ** 3 * 3)):
            status = statuses[int(draw() * 1000)]
            left = person.cdate + int(draw() * (END - person.cdate)) if status > 1 else 0
            form = 1 + int(draw() * 4) if draw() < 0.3 else 0
            reason = "Te veel e-mail" if status == 2 and draw() < 0.2 else ""
            list_ = 1 + (first + number) % len(LISTS)
            add(key, list_, status, person.cdate, left, form, 0, reason)
            person.bounced |= status == 3


def _values(store: Store, random: Random) -> None:
    """Each custom field has its share of people, with values of its type."""
    draw, add = random.random, store.field_values.add
    cities = {entry.code: entry.cities for entry in COUNTRIES}
    for key in store.people.ids():
        if draw() >= 0.7:
            continue
        person = store.people[key]
        for number, field in enumerate(FIELDS, 1):
            if draw() >= field.share:
                continue
            value = field.make(random, person.country, cities[person.country])
            add(key, number, person.cdate, person.udate, value)


def _accounts(store: Store, random: Random) -> None:
    """One in five works for a company, for one only."""
    draw, add, count = random.random, store.account_contacts.add, len(store.table("accounts"))
    for key in store.people.ids():
        if draw() < 0.2:
            person = store.people[key]
            job = JOBS[int(draw() * len(JOBS))]
            add(key, 1 + int(draw() * count), person.cdate, person.cdate, job)


def _automations(store: Store, random: Random) -> None:
    """One in six entered an automation; some entered it twice."""
    draw, add = random.random, store.contact_automations.add
    count = len(store.table("automations"))
    for key in store.people.ids():
        if draw() >= 1 / 6:
            continue
        automation = 1 + int(draw() * count)
        for _ in range(1 + (draw() < 0.1)):
            person = store.people[key]
            added = person.cdate + int(draw() * (END - person.cdate))
            done = draw() < 0.7
            gone = added + int(draw() * 864_000) if done else 0
            add(key, automation, 2 if done else 1, added, gone, 1 + int(draw() * 4))


def _scores(store: Store, random: Random) -> None:
    """One in five has points."""
    draw, add = random.random, store.score_values.add
    for key in store.people.ids():
        if draw() < 0.2:
            add(key, 1 + int(draw() * 2), int(draw() * 100), store.people[key].udate)
