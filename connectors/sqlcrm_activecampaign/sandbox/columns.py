"""The columns of each resource in wire order, with what a new row holds.

Source: the object descriptions in the fact sheet, §4 and §5. `@iso`, `@spaced` and `@utc` stand
for the moment of creation in one of the API's three ways to write dates.
"""

from __future__ import annotations

from sqlcrm_activecampaign.sandbox.wire import Row, iso, spaced, utc

_STAMPS: Row = {
    "created_timestamp": "@spaced",
    "updated_timestamp": "@spaced",
    "created_by": None,
    "updated_by": None,
}


def _empties(names: str) -> Row:
    return dict.fromkeys(names.split(), "")


def _zeros(names: str) -> Row:
    return dict.fromkeys(names.split(), "0")


_CUSTOM_META: Row = {
    "fieldLabel": "", "fieldType": "text", "fieldOptions": None, "fieldDefault": None,
    "isFormVisible": 0, "isRequired": 0, "displayOrder": 1, "personalization": None,
    "knownFieldId": None, "hideFieldFlag": 0, "createdTimestamp": "@utc",
    "updatedTimestamp": "@utc",
}  # fmt: skip

COLUMNS: dict[str, Row] = {
    "tags": {
        "tagType": "contact", "tag": "", "description": "", "cdate": "@iso",
        "subscriber_count": "0", **_STAMPS,
    },
    "lists": {
        "stringid": "", "userid": "1", "name": "", "cdate": "@iso",
        **dict.fromkeys(
            ("p_use_tracking", "p_use_analytics_read", "p_use_analytics_link"), "1"
        ),
        **_zeros("p_use_twitter p_use_facebook p_embed_image p_use_captcha"),
        "send_last_broadcast": "0", "private": "0", "analytics_domains": None,
        "carboncopy": "", "subscription_notify": None, "unsubscription_notify": None,
        "require_name": "0", "get_unsubscribe_reason": "0", "to_name": "Recipient",
        "optinoptout": "1", "sender_name": "", "sender_addr1": "", "sender_addr2": "",
        **_empties("sender_city sender_state sender_zip sender_country sender_phone"),
        "sender_url": "", "sender_reminder": "", "fulladdress": "", "optinmessageid": "0",
        "optoutconf": "0", "deletestamp": None, "channel": "email", "udate": None, **_STAMPS,
        "user": "1",
    },
    "listGroups": {"listid": "", "groupid": ""},
    "fields": {
        "title": "", "descript": "", "type": "text", "isrequired": "0", "perstag": "",
        "defval": "", "show_in_list": "0", "rows": "0", "cols": "0", "visible": "1",
        "service": "", "ordernum": "0", "cdate": "@iso", "udate": "@iso", **_STAMPS,
    },
    "fieldOptions": {
        "field": "", "orderid": "0", "value": "", "label": "", "isdefault": "0",
        "cdate": "@iso", "udate": "@iso",
    },
    "fieldRels": {"field": "", "relid": "0", "dorder": "0", "cdate": "@spaced"},
    "accounts": {
        "name": "", "accountUrl": "", "owner": "1", "createdTimestamp": "@iso",
        "updatedTimestamp": "@iso", "contactCount": "0", "dealCount": "0",
    },
    "accountCustomFieldMeta": _CUSTOM_META,
    "accountCustomFieldData": {
        "customFieldId": "", "accountId": "", "customerAccountId": "", "fieldValue": "",
        "createdTimestamp": "@utc", "updatedTimestamp": "@utc",
    },
    "deals": {
        "hash": "", "owner": "1", "contact": None, "organization": None, "group": "1",
        "stage": "1", "title": "", "description": "", "percent": "0", "cdate": "@iso",
        "mdate": "@iso", "nextdate": None, "nexttaskid": None, "value": "0",
        "currency": "usd", "winProbability": None, "winProbabilityMdate": None,
        "status": "0", "activitycount": "1", "nextdealid": None, "edate": None,
        "isDisabled": False, "account": None, "customerAccount": None, "nextTask": None,
    },
    "dealGroups": {
        "title": "", "currency": "usd", "allgroups": "1", "allusers": "1",
        "autoassign": "0", "cdate": "@iso", "udate": None,
    },
    "dealStages": {
        "title": "", "group": "", "order": "1", "width": "280", "color": "18D6F9",
        "dealOrder": "next-action DESC", "cardRegion1": "title", "cardRegion2": "next-action",
        "cardRegion3": "show-avatar", "cardRegion4": "contact-fullname-orgname",
        "cardRegion5": "value", "cdate": "@iso", "udate": None,
    },
    "dealRoles": {"title": "", "cdate": "@iso", "udate": None},
    "contactDeals": {
        "contact": "", "deal": "", "role": None, "cdate": "@iso", "udate": None,
    },
    "dealCustomFieldMeta": _CUSTOM_META,
    "dealCustomFieldData": {
        "dealId": 0, "customFieldId": 0, "fieldValue": "", "createdTimestamp": "@utc",
        "updatedTimestamp": "@utc",
    },
    "dealTasks": {
        "title": "", "note": "", "relid": "", "reltype": "Deal", "dealTasktype": "1",
        "duedate": None, "edate": None, "status": "0", "user": "1", "assignee": "1",
        "automation": None, "doneAutomation": None, "outcomeId": None, "outcomeInfo": "",
        "cdate": "@iso", "udate": None, "donedate": None,
    },
    "dealTasktypes": {"title": "", "status": "1", "cdate": "@iso", "udate": None},
    "taskOutcomes": {"title": "", "sentiment": "NEUTRAL", "cdate": "@iso", "udate": None},
    "taskNotifications": {"taskId": "", "reminder": "0", "cdate": "@iso"},
    "notes": {
        "note": "", "relid": "", "reltype": "Subscriber", "userid": "1", "user": "1",
        "is_draft": "0", "cdate": "@iso", "mdate": "@iso",
    },
    "campaigns": {
        "type": "single", "userid": "1", "segmentid": "0", "bounceid": "-1",
        "realcid": "0", "sendid": "0", "threadid": "0", "seriesid": "0", "formid": "0",
        "basetemplateid": "", "basemessageid": "0", "addressid": "0", "source": "web",
        "name": "", "cdate": "@iso", "mdate": "@iso", "sdate": None, "ldate": None,
        **_zeros("send_amt total_amt opens uniqueopens linkclicks uniquelinkclicks"),
        **_zeros("subscriberclicks forwards uniqueforwards hardbounces softbounces"),
        **_zeros("unsubscribes unsubreasons updates socialshares replies uniquereplies"),
        "status": "0", "public": "1", "mail_transfer": "0", "mail_send": "0",
        "mail_cleanup": "0", "mailer_log_file": "0", "tracklinks": "all",
        "tracklinksanalytics": "0", "trackreads": "1", "trackreadsanalytics": "0",
        "analytics_campaign_name": "", "tweet": "0", "facebook": "0", "survey": "",
        "embed_images": "0", "htmlunsub": "0", "textunsub": "0", "htmlunsubdata": None,
        "textunsubdata": None, "recurring": "day1", "willrecur": "0", "split_type": "even",
        "split_content": "0", "split_offset": "2", "split_offset_type": "day",
        "split_winner_messageid": "0", "split_winner_awaiting": "0",
        "responder_offset": "0", "responder_type": "subscribe", "responder_existing": "0",
        "reminder_field": "sdate", "reminder_format": None, "reminder_type": "month_day",
        "reminder_offset": "0", "reminder_offset_type": "day", "reminder_offset_sign": "+",
        "reminder_last_cron_run": None, "activerss_interval": "day1", "activerss_url": None,
        "activerss_items": "10", "ip4": "0", "laststep": "result", "managetext": "0",
        "schedule": "0", "scheduleddate": None, "waitpreview": "0", "deletestamp": None,
        "replysys": "0", "user": "1", "automation": None, **_STAMPS,
    },
    "messages": {
        "userid": "1", "ed_instanceid": "0", "ed_version": "0", "cdate": "@iso",
        "mdate": "@iso", "name": "", "fromname": "", "fromemail": "", "reply2": "",
        "priority": "3", "charset": "utf-8", "encoding": "quoted-printable",
        "format": "mime", "subject": "", "preheader_text": "", "text": "", "html": "",
        "htmlfetch": "now", "textfetch": "now", "hidden": "0", "preview_mime": None,
        "preview_data": None, "user": "1",
    },
    "automations": {
        "name": "", "cdate": "@iso", "mdate": "@iso", "userid": "1", "status": "1",
        "entered": "0", "exited": "0", "hidden": "0", "defaultscreenshot": None,
        "screenshot": None,
    },
    "campaignLists": {"campaignid": "", "listid": "", "list_amt": "0", "campaign": "", "list": ""},
    "campaignMessages": {
        "campaignid": "", "messageid": "", "percentage": "100", "sourcesize": "0",
        "subject": "", "campaign": "", "message": "",
    },
    "links": {
        "campaignid": "", "messageid": "0", "link": "", "name": "", "ref": "",
        "tracked": "1", "campaign": "", "message": None,
    },
    "segments": {"name": "", "logic": "and", "hidden": "0", "seriesid": "0"},
    "users": {
        "username": "", "firstName": "", "lastName": "", "email": "", "phone": "",
        "signature": None, "lang": "english", "localZoneid": "America/Chicago",
        "cdate": "@iso", "udate": "@iso", "mfaEnabled": "0",
    },
    "groups": {
        "title": "", "descript": "", "unsubscribelink": "0", "optinconfirm": "0",
        **dict.fromkeys(
            ("pgListAdd", "pgListEdit", "pgListDelete", "pgMessageAdd", "pgDeal", "pgTag"), "1"
        ),
        "pgUserAdd": "0", "pgUserEdit": "0", "pgUserDelete": "0", "sdate": "@iso",
    },
    "scores": {
        "reltype": "contact", "name": "", "descript": "", "status": "1", "cdate": "@iso",
        "mdate": "@iso",
    },
    "forms": {
        "name": "", "action": "subscribe", "actiondata": {}, "submit": "", "submitdata": {},
        "url": "", "layout": "inline-form", "title": "", "body": "", "button": "Submit",
        "thanks": "", "style": {}, "options": {}, "cfields": [], "parentformid": "0",
        "userid": "1", "addressid": "0", "cdate": "@iso", "udate": "@iso", "entries": "0",
        "aid": "0", "defaultscreenshot": None,
    },
    "addresses": {
        "companyName": "", "address1": "", "address2": "", "city": "", "state": "",
        "zip": "", "district": "", "country": "", "allgroup": "0", "isDefault": "0",
        "bounceid": "0",
    },
    "webhooks": {
        "cdate": "@iso", "listid": "0", "name": "", "url": "", "events": [], "sources": [],
        "state": "1",
    },
    "connections": {
        "service": "", "externalid": "", "name": "", "isInternal": "0", "status": "1",
        "syncStatus": "0", "lastSync": None, "logoUrl": "", "linkUrl": "", "listId": None,
        "cdate": "@iso", "udate": "@iso",
    },
    "ecomCustomers": {
        "connectionid": "", "externalid": "", "email": "", "totalRevenue": "0",
        "totalOrders": "0", "totalProducts": "0", "avgRevenuePerOrder": "0",
        "avgProductCategory": "0", "acceptsMarketing": "0", "tstamp": "@iso",
        "connection": "",
    },
    "ecomOrders": {
        "externalid": "", "externalcheckoutid": None, "source": "0", "state": "1",
        "email": "", "currency": "USD", "totalPrice": "0", "shippingAmount": "0",
        "taxAmount": "0", "discountAmount": "0", "orderNumber": "", "orderUrl": "",
        "orderDate": "@iso", "externalCreatedDate": "@iso", "externalUpdatedDate": None,
        "abandonedDate": None, "shippingMethod": "", "connectionid": "", "customerid": "",
        "tstamp": "@iso", "totalProducts": "0",
    },
    "ecomOrderProducts": {
        "orderid": "", "connectionid": "", "externalid": "", "sku": "", "name": "",
        "description": "", "price": "0", "quantity": "1", "category": "", "imageUrl": "",
        "productUrl": "",
    },
    "savedResponses": {
        "title": "", "subject": "", "body": "", "last_sent_user_id": None, "ldate": None,
        "cdate": "@iso", "mdate": "@iso",
    },
    "templates": {
        "name": "", "subject": "", "content": "", "categoryid": "0", "mdate": "@iso",
        "userid": "1",
    },
    "calendars": {"title": "", "type": "All", "token": "", "cdate": "@iso", "mdate": "@iso"},
    "personalizations": {"name": "", "tag": "", "content": "", "cdate": "@iso"},
    "geoIps": {
        "contact": "", "campaignid": "0", "messageid": "0", "geoaddrid": "", "ip4": "0",
        "tstamp": "@iso", "geoAddress": "",
    },
    "geoAddresses": {
        "ip4": "0", "country2": "", "country": "", "state": "", "city": "", "zip": "",
        "area": "0", "lat": "0", "lon": "0", "tz": "", "tstamp": "@iso",
    },
}  # fmt: skip


def blank(path: str, seconds: int) -> Row:
    """A new row of a resource, made at a moment, for the caller to fill in."""
    return {
        name: value if value.__class__ is not str else _dated(value, seconds)
        for name, value in COLUMNS.get(path, {"name": "", "cdate": "@iso"}).items()
    }


def _dated(value: str, seconds: int) -> str:
    if not value.startswith("@"):
        return value
    return {"@iso": iso, "@spaced": spaced, "@utc": utc}[value](seconds)
