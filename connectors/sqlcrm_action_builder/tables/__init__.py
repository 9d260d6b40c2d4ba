"""The tables, by area; `TABLES` has all of them in the order in which people look for them."""

from sqlcrm.sdk import Table
from sqlcrm_action_builder.tables import answers, campaign, connections, details, people

TABLES: tuple[Table, ...] = (
    *people.TABLES,
    *details.TABLES,
    *answers.TABLES,
    *connections.TABLES,
    *campaign.TABLES,
)
