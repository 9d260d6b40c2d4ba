"""The tables, by area; `TABLES` has all of them in the order in which people look for them."""

from sqlcrm.sdk import Table
from sqlcrm_action_network.tables import (
    actions,
    campaigns,
    embeds,
    lists,
    messages,
    people,
    records,
    signups,
    tags,
)

TABLES: tuple[Table, ...] = (
    *people.TABLES,
    *tags.TABLES,
    *actions.TABLES,
    *records.TABLES,
    *signups.TABLES,
    *campaigns.TABLES,
    *messages.TABLES,
    *lists.TABLES,
    *embeds.TABLES,
)
