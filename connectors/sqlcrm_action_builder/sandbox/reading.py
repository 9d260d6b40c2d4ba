"""Reading: campaigns, types, and people with their filters."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from sqlcrm.sandbox import Call, Reply
from sqlcrm_action_builder.sandbox import rendering
from sqlcrm_action_builder.sandbox.campaigns import PLURALS
from sqlcrm_action_builder.sandbox.contacts import digits
from sqlcrm_action_builder.sandbox.filters import Comparison, parse, people_columns
from sqlcrm_action_builder.sandbox.lists import encoded, page
from sqlcrm_action_builder.sandbox.network import Network, View, curies
from sqlcrm_action_builder.sandbox.wire import (
    PER_PAGE,
    TOP,
    Query,
    Refused,
    Row,
    answer,
    linked,
    missing,
    raw,
)


def entry(network: Network) -> Reply:
    """The entry point of the API."""
    top = f"{network.origin}{TOP}"
    links = linked({"self": top, "action_builder:campaigns": f"{top}/campaigns"})
    return answer(
        {
            "motd": "Welcome to the Action Builder API",
            "vendor_name": "Action Squared, Inc.",
            "product_name": "Action Builder",
            "osdi_version": "1.2.0",
            "max_page_size": PER_PAGE,
            "max_pagesize": PER_PAGE,
            "namespace": "action_builder",
            "_links": {**links, "curies": curies()},
        }
    )


def campaigns(network: Network, call: Call) -> Reply:
    """The campaigns of the network."""
    unfiltered(call)
    shown = encoded(partial(rendering.campaign, network))
    return page(network, call, "action_builder:campaigns", network.office.campaigns, shown)


def campaign(view: View) -> Reply:
    """One campaign."""
    return answer(rendering.campaign(view.network, view.campaign))


def types(view: View) -> dict[str, list[Row]]:
    """Rows of both kinds of types, by the name of the resource."""
    entities = [
        rendering.named_type(view, "entity_types", uuid, kind.capitalize())
        for kind, uuid in view.campaign.types.items()
    ]
    connections = [
        rendering.named_type(view, "connection_types", uuid, f"{PLURALS[one]} + {PLURALS[other]}")
        for (one, other), uuid in view.campaign.connection_types.items()
    ]
    return {"entity_types": entities, "connection_types": connections}


def type_list(resource: str, view: View) -> Reply:
    """The types of a campaign."""
    unfiltered(view.call)
    rows = types(view)[resource]
    return page(view.network, view.call, f"action_builder:{resource}", rows, encoded(dict))


def one_type(resource: str, view: View) -> Reply:
    """One type."""
    wanted = [f"action_builder:{view.keys[0]}"]
    for row in types(view)[resource]:
        if row["identifiers"] == wanted:
            return answer(row)
    raise missing("Type")


def people(view: View) -> Reply:
    """The entities of a campaign, of all types, or those that a filter finds."""
    text = Query(view.call.query).filter
    network = view.network
    comparisons = parse(text, people_columns(network.switches))
    rows: Sequence[int] = network.entities.members[view.number]
    if comparisons or network.switches.lag:
        rows = network.results((view.number, text), lambda: _found(view, comparisons))
    return page(network, view.call, "osdi:people", rows, rendering.people(view))


def _found(view: View, comparisons: Sequence[Comparison]) -> Sequence[int]:
    entities, settled = view.network.entities, view.network.settled()
    rows: Sequence[int] = entities.members[view.number]
    for one in comparisons:
        if one.column not in {"modified_date", "given_name", "family_name"}:
            value = digits(one.value) if one.column == "phone_number" else one.value
            found = entities.find(one.column, value)
            rows = [n for n in found if view.there(n)]
            break
    if view.network.switches.lag:
        rows = [n for n in rows if n < entities.first or entities.created(n) <= settled]
    for one in comparisons:
        rows = _kept(view, one, rows)
    return rows


def _kept(view: View, one: Comparison, rows: Sequence[int]) -> Sequence[int]:
    entities, at = view.network.entities, one.at
    if one.column == "modified_date":
        dates: Sequence[int] = entities.modified
        if view.network.switches.lag:
            dates = entities.seen(view.network.settled())
        if one.op == "gt":
            return [n for n in rows if dates[n] > at]
        return [n for n in rows if dates[n] < at]
    if one.column in {"given_name", "family_name"}:
        return [n for n in rows if entities.row(n).get(one.column) == one.value]
    value = digits(one.value) if one.column == "phone_number" else one.value
    also = set(entities.find(one.column, value))
    return [n for n in rows if n in also]


def person_number(view: View, uuid: str) -> int:
    """The entity with an identifier, if it is in the campaign. Raises: Refused."""
    number = view.network.entities.number(uuid)
    if number is None or not view.there(number):
        raise missing("Person")
    return number


def person(view: View) -> Reply:
    """One entity."""
    return raw(rendering.people(view)(person_number(view, view.keys[0])).encode())


def unfiltered(call: Call) -> None:
    """Refuse a filter where there is none. Raises: Refused."""
    if Query(call.query).filter:
        raise Refused(400, "Filters are not supported here")
