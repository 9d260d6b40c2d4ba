"""The tables, by area; `TABLES` has all of them in the order in which people look for them."""

from sqlcrm.sdk import Table
from sqlcrm_activecampaign.tables import (
    account_settings,
    accounts,
    activity,
    automations,
    campaigns,
    commerce,
    contacts,
    deals,
    fields,
    lists,
    people,
    tags,
    tasks,
)

TABLES: tuple[Table, ...] = (
    *contacts.TABLES,
    *tags.TABLES,
    *lists.TABLES,
    *fields.TABLES,
    *accounts.TABLES,
    *deals.TABLES,
    *tasks.TABLES,
    *automations.TABLES,
    *campaigns.TABLES,
    *people.TABLES,
    *account_settings.TABLES,
    *activity.TABLES,
    *commerce.TABLES,
)
