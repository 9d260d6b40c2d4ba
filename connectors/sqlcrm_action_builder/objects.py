"""The rows that one object of a reply holds.

An entity carries its e-mail addresses, phone numbers and postal addresses within it, a tagging
names what it belongs to by links only, and some replies wrap their object (docs) where others do
not (live captures). Source: Action Builder API v1 docs, "People", "Taggings", "Connections", and
the clients' fixtures; read 2026-11-22.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlcrm.sdk import Row, dig
from sqlcrm_action_builder.wire import OWN, identified

PERSON_TYPE = "person"
"""The type of entities that are people, as replies spell it; writes say "Person"."""

Each = Callable[[Any], Sequence[Row]]


def bare(one: Any, wrap: str) -> dict[str, Any]:
    """Return an object without the wrap that the docs show and live replies lack."""
    inner = one.get(wrap)
    found: dict[str, Any] = inner if isinstance(inner, dict) else one
    return found


def named(one: Any) -> Sequence[Row]:
    """Return an object with its own id at hand, which replies have among `identifiers`."""
    return [{**one, "id": identified(one.get("identifiers"), "action_builder")}]


def is_person(entity: Row) -> bool:
    """Whether an entity is a person: networks may have further types with a given name."""
    kind = str(entity.get(f"{OWN}entity_type") or "").casefold()
    return kind == PERSON_TYPE or bool(entity.get("given_name") or entity.get("family_name"))


def entity(one: Any) -> Row:
    """Return an entity of any type, its ids and name at hand, its best addresses marked."""
    found = bare(one, "person")
    ids = found.get("identifiers")
    spoken = [found.get("given_name"), found.get("family_name")]
    name = found.get(f"{OWN}name") or found.get("name") or " ".join(filter(None, spoken)) or None
    lists = ("email_addresses", "phone_numbers", "postal_addresses")
    return {
        **found,
        "id": identified(ids, "action_builder"),
        **{kind: identified(ids, kind) for kind in ("custom_id", "dwid", "voterbase_id")},
        "name": name,
        **{where: _marked(found.get(where)) for where in lists},
    }


def _marked(entries: Any) -> list[Any]:
    """Return addresses with the best one marked: the first that is not known to be bad.

    None can be deleted, so the first may be long dead. A status that says something of the person's
    will makes no address better or worse: what is best must not change when they unsubscribe.
    """
    found = [dict(one) for one in entries or () if isinstance(one, dict)]
    good = (one for one in found if one.get("status") != "bad")
    best = next(good, found[0] if found else None)
    return [{**one, "best": one is best} for one in found]


def entities(one: Any) -> Sequence[Row]:
    """Return an entity, whatever its type."""
    return [entity(one)]


def people(one: Any) -> Sequence[Row]:
    """Return an entity that is a person; lists have those of all types."""
    return [entity(one)] if is_person(bare(one, "person")) else []


def details(where: str) -> Each:
    """Return what takes the rows of one list out of an entity, each with the entity's id.

    Each row keeps its place in a list of one, which is how it is written.
    """

    def of(one: Any) -> Sequence[Row]:
        found = bare(one, "person")
        person = identified(found.get("identifiers"), "action_builder")
        own = {} if person is None else {"person_id": person}
        entries = found.get(where)
        return [{**own, where: [entry]} for entry in entries] if isinstance(entries, list) else []

    return of


def connections(one: Any) -> Sequence[Row]:
    """Return a connection as one of its ends has it; `person_id` is the other end."""
    found = bare(one, "connection")
    kind = found.get(f"{OWN}connection_type") or found.get("connection_type")
    uuid = identified(found.get("identifiers"), "action_builder")
    return [{**found, "id": uuid, "connection_type": kind}]


def taggings(one: Any) -> Sequence[Row]:
    """Return an answer that an entity has."""
    return [] if _of_connection(one) else [tagging(one)]


def connection_taggings(one: Any) -> Sequence[Row]:
    """Return an answer that a connection has."""
    return [tagging(one)] if _of_connection(one) else []


def _of_connection(one: Any) -> bool:
    linked = _linked(one, f"{OWN}connection")
    return one.get("item_type") == "connection" or (linked is not None and "item_type" not in one)


def tagging(one: Any) -> Row:
    """Return an answer with the ids of what it belongs to, which its links name."""
    ids = {
        "person_id": _linked(one, "osdi:person"),
        "connection_id": _linked(one, f"{OWN}connection"),
        "tag_id": _linked(one, "osdi:tag"),
    }
    responses = {
        key.removeprefix(OWN).removesuffix("_response"): value
        for key, value in one.items()
        if key.endswith("_response") and value not in (None, "")
    }
    return {
        **one,
        "id": identified(one.get("identifiers"), "action_builder"),
        "name": one.get(f"{OWN}name") or one.get("name"),
        "responses": responses or None,
        **{name: uuid for name, uuid in ids.items() if uuid is not None},
    }


def _linked(one: Any, rel: str) -> str | None:
    """Return the id at the end of an object's link, None without one."""
    link = dig(one, f"_links.{rel}.href")
    return str(link).rstrip("/").rsplit("/", 1)[-1] if link else None
