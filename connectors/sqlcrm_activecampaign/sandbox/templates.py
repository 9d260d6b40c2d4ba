"""The JSON of the rows that come by the million, built without a dictionary in between.

Source: the fact sheet, §4.2 contactTags, §4.4 contactLists, §4.6 fieldValues, §4.8
accountContacts, §5.4 contactAutomations, §5.5 scoreValues.
"""

from __future__ import annotations

from sqlcrm_activecampaign.sandbox.rows import Links
from sqlcrm_activecampaign.sandbox.wire import iso, spaced, text


def _date(seconds: int) -> str:
    return f'"{iso(seconds)}"' if seconds else "null"


def contact_tag(base: str) -> Links:
    """An empty collection of contactTags."""

    def template(key: int, contact: int, tag: int, cdate: int) -> str:
        stamp = spaced(cdate)
        return (
            f'{{"contact":"{contact}","tag":"{tag}","cdate":"{iso(cdate)}",'
            f'"created_timestamp":"{stamp}","updated_timestamp":"{stamp}",'
            '"created_by":null,"updated_by":null,'
            f'"links":{{"tag":"{base}contactTags\\/{key}\\/tag",'
            f'"contact":"{base}contactTags\\/{key}\\/contact"}},"id":"{key}"}}'
        )

    return Links(("contact", "tag", "cdate"), (), ("contact", "tag"), template)


def contact_list(base: str) -> Links:
    """An empty collection of contactLists."""

    def template(
        key: int,
        contact: int,
        list_: int,
        status: int,
        sdate: int,
        udate: int,
        form: int,
        sourceid: int,
        reason: str,
    ) -> str:
        return (
            f'{{"contact":"{contact}","list":"{list_}","form":{_id(form)},"seriesid":"0",'
            f'"sdate":{_date(sdate)},"udate":{_date(udate)},"status":"{status}",'
            f'"responder":"1","sync":"0","unsubreason":{text(reason)},"campaign":null,'
            '"message":null,"first_name":"","last_name":"","ip4Sub":"0",'
            f'"sourceid":"{sourceid}","autosyncLog":null,"ip4_last":"0","ip4Unsub":"0",'
            '"unsubscribeAutomation":null,"automation":null,'
            f'"created_timestamp":"{spaced(sdate or udate)}",'
            f'"updated_timestamp":"{spaced(udate or sdate)}","created_by":null,'
            f'"updated_by":null,"links":{{"list":"{base}contactLists\\/{key}\\/list",'
            f'"contact":"{base}contactLists\\/{key}\\/contact"}},"id":"{key}"}}'
        )

    columns = ("contact", "list", "status", "sdate", "udate", "form", "sourceid")
    return Links(columns, ("unsubreason",), ("contact", "list", "form"), template)


def _id(key: int) -> str:
    return f'"{key}"' if key else "null"


def field_value(base: str) -> Links:
    """An empty collection of fieldValues."""

    def template(key: int, contact: int, field: int, cdate: int, udate: int, value: str) -> str:
        return (
            f'{{"contact":"{contact}","field":"{field}","value":{text(value)},'
            f'"cdate":"{iso(cdate)}","udate":"{iso(udate)}","created_by":"0","updated_by":"0",'
            f'"links":{{"owner":"{base}fieldValues\\/{key}\\/owner",'
            f'"field":"{base}fieldValues\\/{key}\\/field"}},'
            f'"id":"{key}","owner":"{contact}"}}'
        )

    columns = ("contact", "field", "cdate", "udate")
    return Links(columns, ("value",), ("contact", "field"), template)


def account_contact(base: str) -> Links:
    """An empty collection of accountContacts."""

    def template(key: int, contact: int, account: int, cdate: int, udate: int, job: str) -> str:
        return (
            f'{{"account":"{account}","contact":"{contact}","jobTitle":{text(job)},'
            f'"createdTimestamp":"{iso(cdate)}","updatedTimestamp":"{iso(udate)}",'
            f'"links":{{"account":"{base}accountContacts\\/{key}\\/account",'
            f'"contact":"{base}accountContacts\\/{key}\\/contact"}},"id":"{key}"}}'
        )

    columns = ("contact", "account", "cdate", "udate")
    return Links(columns, ("jobTitle",), ("contact", "account"), template)


def contact_automation(base: str) -> Links:
    """An empty collection of contactAutomations; status 1 is under way, 2 is completed."""

    def template(
        key: int, contact: int, automation: int, status: int, add: int, rem: int, block: int
    ) -> str:
        done = status == 2
        return (
            f'{{"contact":"{contact}","seriesid":"{automation}","startid":"0",'
            f'"status":"{status}","batchid":null,"adddate":"{iso(add)}","remdate":{_date(rem)},'
            f'"timespan":{_id(max(rem - add, 0))},"lastblock":"{block}","lastlogid":"{key}",'
            f'"lastdate":"{iso(rem or add)}","completedElements":"{4 if done else 1}",'
            f'"totalElements":"4","completed":{int(done)},"completeValue":{100 if done else 25},'
            f'"links":{{"automation":"{base}contactAutomations\\/{key}\\/automation",'
            f'"contact":"{base}contactAutomations\\/{key}\\/contact"}},'
            f'"id":"{key}","automation":"{automation}"}}'
        )

    columns = ("contact", "automation", "status", "adddate", "remdate", "lastblock")
    return Links(columns, (), ("contact", "automation", "lastblock"), template)


def score_value(base: str) -> Links:
    """An empty collection of scoreValues."""

    def template(key: int, contact: int, score: int, points: int, cdate: int) -> str:
        date = iso(cdate)
        return (
            f'{{"score":"{score}","contact":"{contact}","deal":null,"scoreValue":"{points}",'
            f'"cdate":"{date}","mdate":"{date}",'
            f'"links":{{"score":"{base}scoreValues\\/{key}\\/score"}},"id":"{key}"}}'
        )

    columns = ("contact", "score", "scoreValue", "cdate")
    return Links(columns, (), ("contact", "score"), template)
