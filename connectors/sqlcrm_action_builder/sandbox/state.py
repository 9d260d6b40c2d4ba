"""Everything the network holds, as rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from sqlcrm_action_builder.sandbox import rendering
from sqlcrm_action_builder.sandbox.answers import Item
from sqlcrm_action_builder.sandbox.campaigns import FIRST
from sqlcrm_action_builder.sandbox.network import Network, View, view
from sqlcrm_action_builder.sandbox.reading import types
from sqlcrm_action_builder.sandbox.wire import Row


def everything(network: Network) -> Mapping[str, Sequence[Row]]:
    """Rows by resource: `people` of the configured campaign, `ID/people` of the others.

    `entities` has the identifiers of everybody in the network, whether in a campaign or in none.
    Connections are there once for each end, as they are listed; taggings of people and of
    connections are in one list, as in the API.
    """
    entities = network.entities
    state: dict[str, Sequence[Row]] = {
        "campaigns": [rendering.campaign(network, one) for one in network.office.campaigns],
        "entities": [entities.row(number) for number in range(len(entities))],
    }
    for campaign in network.office.campaigns:
        prefix = "" if campaign.uuid == FIRST else f"{campaign.uuid}/"
        for resource, rows in _of_campaign(view(network, campaign)).items():
            state[f"{prefix}{resource}"] = rows
    return state


def _of_campaign(shown: View) -> dict[str, Sequence[Row]]:
    network, number = shown.network, shown.number
    members = network.entities.members[number]
    items: list[Item] = [*members, *network.connections.pairs(number)]
    person = rendering.people(shown)
    return {
        **types(shown),
        "people": [msgspec.json.decode(person(one)) for one in members],
        "tags": [rendering.tag(shown, tag) for tag in network.office.active(number)],
        "taggings": [
            rendering.tagging(shown, (item, found))
            for item in items
            for found in network.answers.shown(number, item)
        ],
        "connections": [
            rendering.connection(shown, one, found)
            for one in members
            for found in network.connections.of(number, one)
        ],
    }
