"""Rows as they read on the wire, links included."""

from __future__ import annotations

from collections.abc import Callable

from sqlcrm_action_builder.sandbox.answers import Item, Tagging
from sqlcrm_action_builder.sandbox.campaigns import Campaign, Tag
from sqlcrm_action_builder.sandbox.connections import Connection
from sqlcrm_action_builder.sandbox.ids import named
from sqlcrm_action_builder.sandbox.network import Network, View
from sqlcrm_action_builder.sandbox.wire import TOP, Row, iso, linked

_PERSON = (
    ',"browser_url":"https://ACCOUNT.actionbuilder.org/entity/view/%d/profile?campaignId=NUMBER"%s,'
    '"_links":{"self":{"href":"BASE/people/%s"},"action_builder:campaign":{"href":"BASE"},'
    '"action_builder:entity_type":{"href":"BASE/entity_types/%s"},'
    '"action_builder:connections":{"href":"BASE/people/%s/connections"},'
    '"osdi:taggings":{"href":"BASE/people/%s/taggings"}}}'
)
_ASSESSED = (
    ',"action_builder:latest_assessment":%d,"action_builder:latest_assessment_created_date":"%s"'
)


def people(view: View) -> Callable[[int], str]:
    """What gives the entities of a campaign as JSON, of any type."""
    network, entities, number = view.network, view.network.entities, view.number
    ending = _PERSON.replace("BASE", view.base).replace("ACCOUNT", network.account)
    ending = ending.replace("NUMBER", str(number + 4))
    types = view.campaign.types

    def shown(entity: int) -> str:
        uuid, body = entities.body(entity)
        found = network.assessment(number, entity)
        assessed = _ASSESSED % (found.level, iso(found.created)) if found.level else ""
        kind = types.get(entities.kind(entity), "")
        return body + ending % (entity + 10, assessed, uuid, kind, uuid, uuid)

    return shown


def campaign(network: Network, shown: Campaign) -> Row:
    """A campaign."""
    base = f"{network.origin}{TOP}/campaigns/{shown.uuid}"
    created = network.office.start + (shown.number - 1) * 86_400_000
    links = {
        "self": base,
        "osdi:people": f"{base}/people",
        "osdi:tags": f"{base}/tags",
        "action_builder:entity_types": f"{base}/entity_types",
        "action_builder:connection_types": f"{base}/connection_types",
    }
    return {**_head(shown.uuid, created, created), "name": shown.name, "_links": linked(links)}


def named_type(view: View, resource: str, uuid: str, name: str) -> Row:
    """An entity type or a connection type."""
    start = view.network.office.start
    links = {"self": f"{view.base}/{resource}/{uuid}", "action_builder:campaign": view.base}
    return {**_head(uuid, start, start), "name": name, "_links": linked(links)}


def tag(view: View, shown: Tag) -> Row:
    """A possible answer."""
    own = f"{view.base}/tags/{shown.uuid}"
    plan = shown.field.plan
    kind = view.network.switches.note_type if plan.type == "note" else plan.type
    row = {
        **_head(shown.uuid, shown.created, shown.modified),
        "name": shown.name,
        "action_builder:section": plan.section,
        "action_builder:field": plan.name,
        "action_builder:field_type": kind,
        "action_builder:locked": plan.locked,
        "action_builder:allow_multiple_responses": plan.several,
    }
    if plan.type == "address":
        row["action_builder:postal_addresses"] = shown.addresses
    links = {"self": own, "action_builder:campaign": view.base, "osdi:taggings": f"{own}/taggings"}
    return {**row, "_links": linked(links)}


def tagging(view: View, answer: tuple[Item, Tagging]) -> Row:
    """An answer. There is no other way to the person than the link."""
    item, shown = answer
    plan = shown.tag.field.plan
    of_tag = f"{view.base}/tags/{shown.tag.uuid}"
    row = {
        **_head(shown.uuid, shown.created, shown.created),
        "action_builder:name": shown.tag.name,
        "action_builder:section": plan.section,
        "action_builder:field": plan.name,
    }
    if shown.response is not None:
        row[f"action_builder:{plan.type}_response"] = shown.response
    links = {"self": f"{of_tag}/taggings/{shown.uuid}", "osdi:tag": of_tag}
    entities = view.network.entities
    if isinstance(item, int):
        row["item_type"] = "person"
        links["osdi:person"] = f"{view.base}/people/{entities.uuid(item)}"
    else:
        row["item_type"] = "connection"
        found = view.network.connections.between(view.number, *item)
        person_ = f"{view.base}/people/{entities.uuid(item[0])}"
        links["action_builder:connection"] = f"{person_}/connections/{found.uuid if found else ''}"
    return {**row, "_links": linked(links)}


def connection(view: View, number: int, shown: Connection) -> Row:
    """A connection as the entity `number` sees it: `person_id` is who is at the other end."""
    entities = view.network.entities
    other = shown.end(number)
    kind = view.campaign.connection_type(entities.kind(shown.one), entities.kind(shown.other))
    links = {
        "self": f"{view.base}/people/{entities.uuid(number)}/connections/{shown.uuid}",
        "osdi:person": f"{view.base}/people/{entities.uuid(other)}",
        "osdi:taggings": f"{view.base}/connections/{shown.uuid}/taggings",
    }
    return {
        **_head(shown.uuid, shown.created, shown.modified),
        "action_builder:connection_type": kind,
        "connection_type": kind,
        "person_id": entities.uuid(other),
        "inactive": shown.inactive,
        "_links": linked(links),
    }


def _head(uuid: str, created: int, modified: int) -> Row:
    return {
        "origin_system": "Action Builder",
        "identifiers": [named(uuid)],
        "created_date": iso(created),
        "modified_date": iso(modified),
    }
