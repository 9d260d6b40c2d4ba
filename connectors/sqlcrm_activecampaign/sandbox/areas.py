"""All areas of the API together: their routes and what they compute when rows are read."""

from __future__ import annotations

from collections.abc import Callable

from sqlcrm.sandbox import Call, Reply
from sqlcrm_activecampaign.sandbox import (
    accounts,
    contact_children,
    contact_writes,
    contacts,
    custom_fields,
    deals,
    fields,
    lists,
    messaging,
    notes,
    pipelines,
    smaller,
    tags,
    users,
)
from sqlcrm_activecampaign.sandbox.bulk import Importer
from sqlcrm_activecampaign.sandbox.custom_objects import CustomObjects
from sqlcrm_activecampaign.sandbox.resources import Routes
from sqlcrm_activecampaign.sandbox.store import Store
from sqlcrm_activecampaign.sandbox.wire import answer


def build(store: Store) -> tuple[Routes, Callable[[], None]]:
    """(the routes of a new account, what has to run before each call)."""
    for area in (tags, fields, notes, deals, pipelines, messaging):
        area.prepare(store)
    importer = Importer(store)
    routes: Routes = {
        "GET ": _root,
        **contacts.routes(),
        **contact_writes.ROUTES,
        **contact_children.ROUTES,
        **tags.ROUTES,
        **lists.ROUTES,
        **fields.ROUTES,
        **accounts.ROUTES,
        **custom_fields.ROUTES,
        **notes.ROUTES,
        **deals.ROUTES,
        **pipelines.ROUTES,
        **messaging.ROUTES,
        **users.ROUTES,
        **smaller.ROUTES,
        **CustomObjects().routes(),
        **importer.routes(),
    }
    return routes, importer.settle


def _root(_store: Store, _call: Call, _keys: tuple[str, ...]) -> Reply:
    """What some clients probe the key with."""
    return answer({})
