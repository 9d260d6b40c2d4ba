"""The entry point, tags, unique id lists and the catalogue of custom fields."""

from __future__ import annotations

from sqlcrm.sandbox import Reply
from sqlcrm_action_network.sandbox import rows
from sqlcrm_action_network.sandbox.kinds import ACTIONS, KINDS
from sqlcrm_action_network.sandbox.store import Store
from sqlcrm_action_network.sandbox.wire import (
    CURIES,
    PAGE,
    Ask,
    Refused,
    Row,
    answer,
    iso,
    strings,
)


def entry(ask: Ask) -> Reply:
    """What the API is and where its collections are; those of the key are missing without one."""
    paths: Row = {KINDS[path].rel: path for path in ACTIONS}
    paths["osdi:person_signup_helper"] = "people"
    if ask.keyed:
        paths |= {"osdi:people": "people", "osdi:donations": "donations"}
        paths |= {kind.rel: path for path, kind in KINDS.items()}
        paths["osdi:metadata"] = "metadata"
    links: Row = {"self": {"href": f"{ask.base}/"}}
    links |= {rel: {"href": f"{ask.base}/{path}"} for rel, path in paths.items()}
    return answer(
        {
            "motd": "Welcome to the Action Network OSDI API v2 Entry Point!",
            "vendor_name": "Action Network",
            "product_name": "Action Network",
            "osdi_version": "1.1.1",
            "namespace": "action_network",
            "max_page_size": PAGE,
            "_links": {**links, "curies": CURIES},
        }
    )


def metadata(ask: Ask) -> Reply:
    """Where the catalogue of custom fields is."""
    links = {
        "self": {"href": f"{ask.base}/metadata"},
        "action_network:custom_fields": {"href": f"{ask.base}/metadata/custom_fields"},
        "curies": CURIES,
    }
    return answer({"origin_system": "Action Network", "name": "Metadata", "_links": links})


def custom_fields(store: Store, ask: Ask) -> Reply:
    """The catalogue: no pages, nothing embedded, and a list where others have one link."""
    links = {"self": [{"href": f"{ask.base}/metadata/custom_fields"}], "curies": CURIES}
    return answer(
        {
            "origin_system": "Action Network",
            "name": "Custom Fields",
            "description": "The custom fields of this group",
            "action_network:custom_fields": store.custom_fields,
            "_links": links,
        }
    )


def add_tag(store: Store, ask: Ask) -> Reply:
    """POST of a tag. The facts do not say what a second one of a name is: here, another tag."""
    name = ask.body.get("name")
    if not isinstance(name, str) or not name:
        raise Refused(400, "name can't be blank")
    now = iso(store.now())
    number = store.tables["tags"].add({"created_date": now, "modified_date": now, "name": name})
    return rows.read(store, ask, "tags", number)


def write_ids(store: Store, ask: Ask, number: int | None = None) -> Reply:
    """POST and PUT of a unique id list; ids that were sent are added to those there are."""
    table, now = store.tables["unique_id_lists"], iso(store.now())
    name = ask.body.get("name")
    if number is None:
        if not name:
            raise Refused(400, "name can't be blank")
        row: Row = {
            "identifiers": [],
            "origin_system": "Action Network API",
            "created_date": now,
            "modified_date": now,
            "name": name,
            "count": 0,
            "_ids": set(),
        }
        number = table.add(row)
    row = table.rows[number]
    if ask.json:
        row["_ids"] |= set(strings(ask.body.get("unique_ids")))
        row.update(name=name or row["name"], count=len(row["_ids"]), modified_date=now)
    return rows.read(store, ask, "unique_id_lists", number)
