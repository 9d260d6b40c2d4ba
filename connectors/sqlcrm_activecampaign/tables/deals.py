"""Deals, their pipelines and stages, and the contacts beside the primary one.

Source: ActiveCampaign API v3 reference, "Deals", "Pipelines", "Stages", "Secondary contacts";
recorded traffic for the order of lists and for hidden rows. Read 2026-11-21.
"""

from __future__ import annotations

from sqlcrm.sdk import Filter, Include, Param, Read, Table, Type
from sqlcrm_activecampaign.columns import (
    changed,
    flag,
    made,
    number,
    own_id,
    ref,
    text,
    typed,
    when,
)
from sqlcrm_activecampaign.includes import CONTACTS_BESIDE
from sqlcrm_activecampaign.tables.accounts import field_data, field_meta
from sqlcrm_activecampaign.wire import BY_ID, CONTACTS, LISTED, WHOLE, moment, needle, sorts, whole
from sqlcrm_activecampaign.writes import append, delete, insert, update

# Deals cannot be ordered by id as far as the reference says, and without an order their pages
# overlap: by creation, and by id among deals of one second, should the API understand that.
OLDEST_FIRST = (("orders[cdate]", "ASC"), BY_ID)

deals = Table(
    "deals",
    doc=(
        "Deals. Those that the key's user may not see have only an id, a title and is_disabled. "
        "Every INSERT makes a new deal. Values of custom fields are in deal_custom_field_data."
    ),
    key=("id",),
    columns=(
        own_id(),
        text("title", required=True),
        text("description"),
        number("value", required=True, doc="In cents of the currency: 45678 is 456.78."),
        text("currency", required=True, doc="ISO code in lower case: usd."),
        number("status", choices=(0, 1, 2), default=0, doc="0 open, 1 won, 2 lost."),
        ref("contact_id", "contact", doc="The primary contact. It or account_id is required."),
        ref("account_id", "account"),
        ref("pipeline_id", "group", "deal_group_id", doc="It or stage_id is required."),
        ref("stage_id", "stage"),
        ref("owner_id", "owner", doc="User; required unless the pipeline assigns one itself."),
        number("percent"),
        when("next_date", "nextdate", doc="When its next task is due."),
        ref("next_task_id", "nexttaskid", "nextTask", readonly=True),
        number("win_probability", "winProbability", readonly=True, doc="Percent."),
        when("win_probability_at", "winProbabilityMdate"),
        number("activity_count", "activitycount", readonly=True),
        ref("next_deal_id", "nextdealid", readonly=True),
        ref("organization_id", "organization", readonly=True, doc="Deprecated."),
        ref("customer_account_id", "customerAccount", readonly=True),
        flag("is_disabled", "isDisabled", readonly=True, doc="True: only id and title are known."),
        text("hash", readonly=True),
        made(),
        changed("mdate", "udate"),
        when("ended_at", "edate"),
    ),
    reads=(
        # Not pushed: `value`, whose filters are in whole US dollars whatever the deal's currency;
        # "contains" of titles, since a filter may mean equality.
        Read(
            "/deals",
            "deals",
            LISTED,
            always=OLDEST_FIRST,
            filters=(
                Filter("title", "=", "filters[title]", wire=needle),
                Filter("stage_id", "=", "filters[stage]", wire=whole),
                Filter("pipeline_id", "=", "filters[group]", wire=whole),
                Filter("owner_id", "=", "filters[owner]", wire=whole),
                Filter("status", "=", "filters[status]", wire=whole),
                # "After" includes its border and "before" does not; one second of slack anyway.
                Filter("created_at", ">=", "filters[created_after]", slack=-1, wire=moment),
                Filter("created_at", ">", "filters[created_after]", slack=-1, wire=moment),
                Filter("created_at", "<", "filters[created_before]", slack=1, wire=moment),
                Filter("created_at", "<=", "filters[created_before]", slack=1, wire=moment),
                Filter("updated_at", ">=", "filters[updated_after]", slack=-1, wire=moment),
                Filter("updated_at", ">", "filters[updated_after]", slack=-1, wire=moment),
                Filter("updated_at", "<", "filters[updated_before]", slack=1, wire=moment),
                Filter("updated_at", "<=", "filters[updated_before]", slack=1, wire=moment),
            ),
            # No filter is exact: the total counts hidden rows, which fulfil no condition.
            sorts=(*sorts("created_at", "cdate"), *sorts("value", "value")),
            params=(
                Param("search", "filters[search]", doc="Text, looked for in search_field."),
                Param("search_field", "filters[search_field]", doc="all, title, contact or org."),
                Param("tag_id", "filters[tag]", Type.INTEGER, doc="Of the contact; -1 any, -2 no."),
                Param("task_type_id", "filters[tasktype]", Type.INTEGER),
                Param(
                    "next_task",
                    "filters[nextdate_range]",
                    doc="upcoming, scheduled, overdue or no-task.",
                ),
                Param("minimum_dollars", "filters[minimum_value]", Type.INTEGER, doc="Whole USD."),
                Param("maximum_dollars", "filters[maximum_value]", Type.INTEGER, doc="Whole USD."),
            ),
        ),
        Read("/deals/{id}", "deal", by="id"),
        Read(
            "/contacts",
            "deals",
            CONTACTS,
            by="contact_id",
            param="ids[]",
            batch=100,
            always=(("include", "deals"),),
            expects=("contacts[].deals",),
            includes=(CONTACTS_BESIDE,),
        ),
        Read("/deals", "deals", LISTED, by="stage_id", param="filters[stage]", always=OLDEST_FIRST),
        Read("/contacts/{contact_id}/deals", "deals", WHOLE, by="contact_id"),
    ),
    writes=(append("/deals", "deal"), update("/deals", "deal"), delete("/deals")),
    example=(
        "SELECT s.title, count(*), sum(d.value) / 100 FROM deals@ac d JOIN deal_stages@ac s "
        "ON s.id = d.stage_id WHERE d.status = 0 GROUP BY s.title"
    ),
)

pipelines = Table(
    "pipelines",
    doc="Pipelines of deals. A new one comes with three stages of its own.",
    few=True,
    key=("id",),
    natural_key=("title",),
    columns=(
        own_id(),
        text("title", required=True),
        text("currency", required=True, doc="ISO code of new deals."),
        flag("all_groups", "allgroups", doc="Whether every user group may manage it."),
        flag("all_users", "allusers", doc="Whether new deals go to any user."),
        number("auto_assign", "autoassign", doc="0 off, 1 in turn, 2 by number of deals."),
        typed("stage_ids", Type.TEXTS, "stages", readonly=True),
        made(),
        changed(),
    ),
    reads=(
        Read(
            "/dealGroups",
            "dealGroups",
            LISTED,
            always=(BY_ID,),
            filters=(
                Filter("title", "=", "filters[title]", wire=needle),
                Filter("title", "contains", "filters[title]", wire=needle),
                Filter("title", "prefix", "filters[title]", wire=needle),
            ),
            includes=(Include("deal_stages", "dealStages", by="pipeline_id", of="id"),),
        ),
        Read("/dealGroups/{id}", "dealGroup", by="id"),
    ),
    writes=(
        insert("/dealGroups", "dealGroup"),
        update("/dealGroups", "dealGroup"),
        delete("/dealGroups", "Made again, a pipeline has a new id and none of its deals."),
    ),
    example="SELECT id, title FROM pipelines@ac",
)

deal_stages = Table(
    "deal_stages",
    doc="Stages of pipelines.",
    few=True,
    key=("id",),
    natural_key=("pipeline_id", "title"),
    columns=(
        own_id(),
        ref("pipeline_id", "group", "deal_group_id", required=True),
        text("title", required=True),
        number("order_number", "order", doc="Place in the pipeline."),
        text("color", doc="Six hexadecimal digits."),
        number("width", doc="In pixels."),
        text("deal_order", "dealOrder", doc="How its deals are sorted: `next-action DESC`."),
        *(text(f"card_region{n}", f"cardRegion{n}") for n in range(1, 6)),
        made(),
        changed(),
    ),
    reads=(
        Read(
            "/dealStages",
            "dealStages",
            LISTED,
            always=(BY_ID,),
            filters=(
                Filter("pipeline_id", "=", "filters[d_groupid]", wire=whole),
                Filter("title", "=", "filters[title]", wire=needle),
                Filter("title", "contains", "filters[title]", wire=needle),
                Filter("title", "prefix", "filters[title]", wire=needle),
            ),
        ),
        Read("/dealStages/{id}", "dealStage", by="id"),
        Read(
            "/dealStages",
            "dealStages",
            LISTED,
            by="pipeline_id",
            param="filters[d_groupid]",
            always=(BY_ID,),
        ),
    ),
    writes=(
        insert("/dealStages", "dealStage"),
        update("/dealStages", "dealStage"),
        delete("/dealStages"),
    ),
    example="SELECT title FROM deal_stages@ac WHERE pipeline_id = 1 ORDER BY order_number",
)

contact_deals = Table(
    "contact_deals",
    doc="Secondary contacts of deals; the primary one is deals.contact_id.",
    key=("id",),
    natural_key=("contact_id", "deal_id"),
    columns=(
        own_id(),
        ref("deal_id", "deal", required=True),
        ref("contact_id", "contact", required=True),
        ref("role_id", "role", doc="See deal_roles."),
        made(),
    ),
    reads=(
        Read("/contacts/{contact_id}/contactDeals", "contactDeals", WHOLE, by="contact_id"),
        Read("/contactDeals/{id}", "contactDeal", by="id"),
        Read("/contactDeals", "contactDeals", LISTED, always=(BY_ID,)),
    ),
    writes=(
        # A second row of the same contact and deal is refused with 422 `field_invalid`.
        insert("/contactDeals", "contactDeal", columns=("deal_id", "contact_id"), unique=True),
        update("/contactDeals", "contactDeal"),
        delete("/contactDeals", undo=""),
    ),
    example="INSERT INTO contact_deals@ac (deal_id, contact_id) VALUES (2, 201)",
)

deal_roles = Table(
    "deal_roles",
    doc="What a secondary contact can be to a deal.",
    few=True,
    key=("id",),
    columns=(
        own_id(),
        text("title"),
        made("created_timestamp", "cdate"),
        changed("updated_timestamp", "udate"),
    ),
    reads=(Read("/dealRoles", "dealRoles", LISTED, always=(BY_ID,)),),
    writes=(delete("/dealRoles"),),
    example="SELECT id, title FROM deal_roles@ac",
)

TABLES = (
    deals,
    deal_stages,
    pipelines,
    contact_deals,
    deal_roles,
    field_meta("deal"),
    field_data("deal", "filters[dealId]", counted=True),
)
