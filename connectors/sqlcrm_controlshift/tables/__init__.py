"""The tables, by area; `TABLES` has all of them in the order in which people look for them."""

from sqlcrm.sdk import Table
from sqlcrm_controlshift.tables import (
    actions,
    collections,
    efforts,
    events,
    exports,
    groups,
    labels,
    members,
    organisation,
    petitions,
    public,
)

TABLES: tuple[Table, ...] = (
    *petitions.TABLES,
    *actions.TABLES,
    *members.TABLES,
    *events.TABLES,
    *groups.TABLES,
    *labels.TABLES,
    *collections.TABLES,
    *efforts.TABLES,
    *public.TABLES,
    *organisation.TABLES,
    *exports.TABLES,
)
