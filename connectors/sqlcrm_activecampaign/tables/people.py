"""The account's own people: users and the groups that give them their permissions.

Source: ActiveCampaign API v3 reference, "Users", "Groups"; read 2026-11-21.
"""

from __future__ import annotations

import re

from sqlcrm.sdk import Column, Read, Table
from sqlcrm_activecampaign.columns import changed, flag, made, number, own_id, ref, text, when
from sqlcrm_activecampaign.wire import BY_ID, LISTED
from sqlcrm_activecampaign.writes import delete, insert, update

users = Table(
    "users",
    doc="People who log in to the account, each with an API key of their own.",
    few=True,
    key=("id",),
    natural_key=("username",),
    columns=(
        own_id(),
        text("username", required=True, doc="Cannot be changed."),
        text("email", check="email"),
        text("first_name", "firstName"),
        text("last_name", "lastName"),
        text("phone", readonly=True),
        text("signature", readonly=True),
        text("time_zone", "localZoneid", readonly=True, doc="IANA name."),
        flag("mfa_enabled", "mfaEnabled", readonly=True),
        made(),
        changed(),
    ),
    reads=(
        Read("/users", "users", LISTED, always=(BY_ID,)),
        Read("/users/{id}", "user", by="id"),
        Read("/users/username/{username}", "user", by="username"),
        # Not by e-mail, which gives one user where several may share an address.
    ),
    writes=(
        # No INSERT: a new user needs a password, which would stay in the journal for all to read.
        update("/users", "user", columns=("email", "first_name", "last_name")),
        delete("/users"),
    ),
    example="SELECT id, username, email FROM users@ac",
)

PERMISSIONS = (
    *("pgListAdd", "pgListEdit", "pgListDelete", "pgListHeaders", "pgListEmailaccount"),
    *("pgListBounce", "pgMessageAdd", "pgMessageEdit", "pgMessageDelete", "pgMessageSend"),
    *("pgContactAdd", "pgContactEdit", "pgContactDelete", "pgContactMerge", "pgContactImport"),
    *("pgContactApprove", "pgContactExport", "pgContactSync", "pgContactFilters"),
    *("pgContactActions", "pgContactFields", "pg_user_add", "pg_user_edit", "pg_user_delete"),
    *("pgGroupAdd", "pgGroupEdit", "pgGroupDelete", "pgTemplateAdd", "pgTemplateEdit"),
    *("pgTemplateDelete", "pgPersonalizationAdd", "pgPersonalizationEdit"),
    *("pgPersonalizationDelete", "pgAutomationManage", "pgFormEdit", "pgReportsCampaign"),
    *("pgReportsList", "pgReportsUser", "pgReportsTrend", "pgDeal", "pgDealDelete"),
    *("pgDealReassign", "pgDealGroupAdd", "pgDealGroupEdit", "pgDealGroupDelete"),
    *("pgSavedResponsesManage", "pgTagManage"),
)
"""The API's names of what members of a group may do."""


def _permission(wire: str) -> Column:
    """Return the column of a permission: `pgListAdd` becomes `may_list_add`."""
    words = re.sub("([A-Z])", r"_\1", wire.removeprefix("pg_").removeprefix("pg"))
    return flag(f"may_{words.strip('_').lower()}", wire)


groups = Table(
    "groups",
    doc="User groups, which give users their permissions.",
    few=True,
    key=("id",),
    natural_key=("title",),
    columns=(
        own_id(),
        text("title", required=True),
        text("description", "descript"),
        flag("is_admin", "p_admin", readonly=True),
        flag("unsubscribe_link", "unsubscribelink", doc="Whether messages must have one."),
        flag("optin_confirm", "optinconfirm", doc="Whether subscribers must confirm."),
        number("requires_approval", "reqApproval", doc="Whether campaigns must be approved."),
        text("approval_notify", "reqApprovalNotify", doc="Address that is asked to approve."),
        when("created_at", "sdate", "cdate"),
        *map(_permission, PERMISSIONS),
    ),
    reads=(
        Read("/groups", "groups", LISTED, always=(BY_ID,)),
        Read("/groups/{id}", "group", by="id"),
    ),
    writes=(insert("/groups", "group"), update("/groups", "group"), delete("/groups")),
    example="SELECT id, title FROM groups@ac WHERE may_contact_export",
)

group_limits = Table(
    "group_limits",
    doc="How much the members of a user group may do; 0 is without a limit.",
    key=("id",),
    columns=(
        own_id(),
        ref("group_id", "groupid", "group"),
        number("mail_limit", "limitMail", doc="Messages per mail_period."),
        text("mail_period", "limitMailType"),
        number("contact_limit", "limitContact"),
        number("list_limit", "limitList"),
        number("campaign_limit", "limitCampaign", doc="Campaigns per campaign_period."),
        text("campaign_period", "limitCampaignType"),
        number("user_limit", "limitUser"),
    ),
    reads=(Read("/groupLimits", "groupLimits", LISTED, always=(BY_ID,)),),
    example="SELECT group_id, mail_limit, mail_period FROM group_limits@ac",
)

TABLES = (users, groups, group_limits)
