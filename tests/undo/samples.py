"""For every table that can be written: a statement of each verb that it has."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Sample:
    """One table's statements; a verb that the table has not is empty.

    before: rows that a plain call makes first, as (path, body). at: the table's resource in the
    CRM's state.
    """

    at: str
    insert: str = ""
    update: str = ""
    delete: str = ""
    before: tuple[tuple[str, dict[str, Any]], ...] = ()


NEW = "Undo test"

SHOP = {"connectionid": "1", "externalid": "c-1", "email": "ann@example.org"}
CUSTOMER = ("ecomCustomers", {"ecomCustomer": SHOP})
ORDER = (
    "ecomOrders",
    {
        "ecomOrder": {
            "connectionid": "1", "externalid": "o-1", "email": "ann@example.org",
            "customerid": "1", "currency": "EUR", "totalPrice": 1500, "source": "1",
            "externalCreatedDate": "2026-01-02T03:04:05+00:00",
        }
    },
)  # fmt: skip
NOTE = ("notes", {"note": {"note": "Set up", "relid": 7, "reltype": "Subscriber"}})
SECOND = ("contactDeals", {"contactDeal": {"contact": 9, "deal": 2}})
ROLE = ("dealRoles", {"dealRole": {"title": "Sponsor"}})

SAMPLES: dict[str, Sample] = {
    "contacts": Sample(
        "contacts",
        "insert into contacts@ac (email, first_name, city) "
        "values ('New.One@example.org', 'New', 'Delft'), ('new.two@example.org', 'Two', null)",
        "update contacts@ac set first_name = 'Re', phone = '+3112345678', city = 'Delft', "
        "interests = ['Housing'] where id in (3, 4, 5)",
        "delete from contacts@ac where id = 20",
    ),
    "tags": Sample(
        "tags",
        f"insert into tags@ac (tag, description) values ('{NEW}', 'x')",
        f"update tags@ac set tag = '{NEW}', description = null where id = 1",
        "delete from tags@ac where tag = 'Unused'",
        (("tags", {"tag": {"tag": "Unused", "tagType": "contact", "description": "d"}}),),
    ),
    "contact_tags": Sample(
        "contactTags",
        "insert into contact_tags@ac (contact_id, tag_id) values (1, 40), (2, 40), (3, 41)",
        "",
        "delete from contact_tags@ac where contact_id in (2, 3)",
    ),
    "lists": Sample(
        "lists",
        "insert into lists@ac (name, stringid, sender_url, sender_reminder) "
        f"values ('{NEW}', 'undo-test', 'https://example.org', 'You signed up.')",
        f"update lists@ac set name = '{NEW}', to_name = 'You' where id = 2",
        "delete from lists@ac where name = 'Unused'",
        (
            (
                "lists",
                {
                    "list": {
                        "name": "Unused",
                        "stringid": "unused",
                        "sender_url": "https://e.org",
                        "sender_reminder": "r",
                    }
                },
            ),
        ),
    ),
    "contact_lists": Sample(
        "contactLists",
        "insert into contact_lists@ac (contact_id, list_id, status) values (1, 5, 2), (2, 5, 1)",
        "update contact_lists@ac set status = 2 where contact_id in (1, 2, 3) and status = 1",
    ),
    "fields": Sample(
        "fields",
        f"insert into fields@ac (title, type, perstag) values ('{NEW}', 'text', 'UNDO_TEST')",
        f"update fields@ac set title = '{NEW}', description = 'd' where id = 1",
        "delete from fields@ac where title = 'Unused'",
        (("fields", {"field": {"title": "Unused", "type": "text", "perstag": "UNUSED"}}),),
    ),
    "field_options": Sample(
        "fieldOptions",
        f"insert into field_options@ac (field_id, value, label) values (4, '{NEW}', 'L')",
        "",
        "delete from field_options@ac where field_id = 4 and value = 'Bronze'",
    ),
    "field_rels": Sample(
        "fieldRels",
        "insert into field_rels@ac (field_id, list_id) values (2, 3)",
        "",
        "delete from field_rels@ac where field_id = 3",
    ),
    "field_values": Sample(
        "fieldValues",
        f"insert into field_values@ac (contact_id, field_id, value) values (1, 2, '{NEW}')",
        f"update field_values@ac set value = '{NEW}' where contact_id = 2 and field_id = 2",
        "delete from field_values@ac where contact_id = 2 and field_id = 2",
    ),
    "accounts": Sample(
        "accounts",
        f"insert into accounts@ac (name, account_url) values ('{NEW}', 'https://u.example')",
        f"update accounts@ac set name = '{NEW}', account_url = null where id = 1",
        "delete from accounts@ac where name = 'Unused'",
        (("accounts", {"account": {"name": "Unused", "accountUrl": "https://un.example"}}),),
    ),
    "account_contacts": Sample(
        "accountContacts",
        "insert into account_contacts@ac (contact_id, account_id, job_title) values (2, 3, 'Cook')",
        "update account_contacts@ac set job_title = 'Cook' where contact_id = 1",
        "delete from account_contacts@ac where contact_id = 1",
    ),
    "account_custom_field_meta": Sample(
        "accountCustomFieldMeta",
        "insert into account_custom_field_meta@ac (field_label, field_type) "
        f"values ('{NEW}', 'text')",
        f"update account_custom_field_meta@ac set field_label = '{NEW}' where id = 1",
        "delete from account_custom_field_meta@ac where id = 1",
    ),
    "account_custom_field_data": Sample(
        "accountCustomFieldData",
        "insert into account_custom_field_data@ac (account_id, custom_field_id, field_value) "
        f"values (2, 1, '{NEW}')",
        "update account_custom_field_data@ac set field_value = '7' where account_id = 1",
        "delete from account_custom_field_data@ac where account_id = 1",
    ),
    "deals": Sample(
        "deals",
        "insert into deals@ac (title, value, currency, contact_id, pipeline_id, stage_id, owner_id)"
        f" values ('{NEW}', 1200, 'eur', 3, 1, 1, 1)",
        "update deals@ac set title = 'Undone', value = 77, stage_id = 2 where id = 2",
        "delete from deals@ac where title = 'Unused'",
        (
            (
                "deals",
                {
                    "deal": {
                        "title": "Unused",
                        "value": 500,
                        "currency": "usd",
                        "group": "1",
                        "stage": "2",
                        "owner": "1",
                        "contact": "4",
                    }
                },
            ),
        ),
    ),
    "deal_stages": Sample(
        "dealStages",
        f"insert into deal_stages@ac (pipeline_id, title) values (1, '{NEW}')",
        f"update deal_stages@ac set title = '{NEW}', color = '000000' where id = 1",
        "delete from deal_stages@ac where title = 'Unused'",
        (("dealStages", {"dealStage": {"title": "Unused", "group": "1", "order": "9"}}),),
    ),
    "pipelines": Sample(
        "dealGroups",
        f"insert into pipelines@ac (title, currency) values ('{NEW}', 'eur')",
        f"update pipelines@ac set title = '{NEW}', currency = 'eur' where id = 1",
        "delete from pipelines@ac where title = 'Unused'",
        (("dealGroups", {"dealGroup": {"title": "Unused", "currency": "usd"}}),),
    ),
    "contact_deals": Sample(
        "contactDeals",
        "insert into contact_deals@ac (contact_id, deal_id) values (8, 3)",
        "update contact_deals@ac set role_id = 2 where contact_id = 9",
        "delete from contact_deals@ac where contact_id = 9",
        (SECOND,),
    ),
    "deal_roles": Sample(
        "dealRoles", "", "", "delete from deal_roles@ac where title = 'Sponsor'", (ROLE,)
    ),
    "deal_custom_field_meta": Sample(
        "dealCustomFieldMeta",
        f"insert into deal_custom_field_meta@ac (field_label, field_type) values ('{NEW}', 'text')",
        f"update deal_custom_field_meta@ac set field_label = '{NEW}' where id = 2",
        "delete from deal_custom_field_meta@ac where id = 2",
    ),
    "deal_custom_field_data": Sample(
        "dealCustomFieldData",
        "insert into deal_custom_field_data@ac (deal_id, custom_field_id, field_value) "
        f"values (2, 1, '{NEW}')",
        "update deal_custom_field_data@ac set field_value = '7' where deal_id = 4",
        "delete from deal_custom_field_data@ac where deal_id = 4",
    ),
    "deal_tasks": Sample(
        "dealTasks",
        "insert into deal_tasks@ac (title, related_id, due_at, task_type_id) "
        f"values ('{NEW}', 2, timestamptz '2027-01-02 03:04:05+00', 1)",
        "update deal_tasks@ac set title = 'Undone', status = 1, "
        "due_at = timestamptz '2027-05-02 03:04:05+00' where id = 1",
        "delete from deal_tasks@ac where id = 1",
    ),
    "deal_task_types": Sample(
        "dealTasktypes",
        f"insert into deal_task_types@ac (title) values ('{NEW}')",
        f"update deal_task_types@ac set title = '{NEW}' where id = 3",
        "delete from deal_task_types@ac where id = 3",
    ),
    "notes": Sample(
        "notes",
        "insert into notes@ac (note, related_id, related_type) "
        f"values ('{NEW}', 2, 'Subscriber'), ('{NEW}', 2, 'Subscriber')",
        "update notes@ac set note = 'Undone' where id = 1",
        "delete from notes@ac where id = 1",
    ),
    "contact_notes": Sample(
        "notes",
        f"insert into contact_notes@ac (contact_id, note) values (7, '{NEW}')",
        "",
        "delete from contact_notes@ac where contact_id = 7 and note = 'Set up'",
        (NOTE,),
    ),
    "contact_automations": Sample(
        "contactAutomations",
        "insert into contact_automations@ac (contact_id, automation_id) values (2, 1)",
        "",
        "delete from contact_automations@ac where contact_id = 1 and automation_id = 1",
    ),
    "campaigns": Sample(
        "campaigns",
        f"insert into campaigns@ac (name, type) values ('{NEW}', 'single')",
        f"update campaigns@ac set name = '{NEW}' where id = 1",
        "delete from campaigns@ac where id = 1",
    ),
    "messages": Sample(
        "messages",
        "insert into messages@ac (name, subject, from_name, from_email, reply_to, text, html) "
        f"values ('{NEW}', 's', 'A', 'a@example.org', 'a@example.org', 't', '<p>t</p>')",
        "update messages@ac set subject = 'Undone' where id = 2",
        "delete from messages@ac where id = 2",
    ),
    "forms": Sample("forms", "", "", "delete from forms@ac where id = 1"),
    "users": Sample(
        "users",
        "",
        "update users@ac set first_name = 'Undone' where id = 2",
        "delete from users@ac where id = 3",
    ),
    "groups": Sample(
        "groups",
        f"insert into groups@ac (title) values ('{NEW}')",
        f"update groups@ac set title = '{NEW}' where id = 1",
        "delete from groups@ac where id = 1",
    ),
    "addresses": Sample(
        "addresses",
        "insert into addresses@ac (company_name, address1, country) "
        f"values ('{NEW}', 'Street 1', 'NL')",
        "update addresses@ac set city = 'Delft', address2 = 'b' where id = 1",
        "delete from addresses@ac where id = 1",
    ),
    "saved_responses": Sample(
        "savedResponses",
        f"insert into saved_responses@ac (title, subject, body) values ('{NEW}', 's', 'b')",
        "update saved_responses@ac set subject = 'Undone' where id = 1",
        "delete from saved_responses@ac where id = 1",
    ),
    "personalizations": Sample(
        "personalizations",
        f"insert into personalizations@ac (tag, name, content) values ('UNDO', '{NEW}', 'c')",
        "update personalizations@ac set content = 'Undone' where id = 1",
        "delete from personalizations@ac where id = 1",
    ),
    "calendars": Sample(
        "calendars",
        f"insert into calendars@ac (title, type) values ('{NEW}', 'All')",
        f"update calendars@ac set title = '{NEW}' where id = 1",
        "delete from calendars@ac where id = 1",
    ),
    "webhooks": Sample(
        "webhooks",
        "insert into webhooks@ac (name, url, events, sources) "
        f"values ('{NEW}', 'https://h.example/x', ['subscribe'], ['api'])",
        f"update webhooks@ac set name = '{NEW}', events = ['subscribe', 'update'] where id = 1",
        "delete from webhooks@ac where id = 1",
    ),
    "connections": Sample(
        "connections",
        "insert into connections@ac (service, external_id, name, logo_url, link_url) "
        f"values ('shop', 'shop-2', '{NEW}', 'https://l.example', 'https://k.example')",
        f"update connections@ac set name = '{NEW}' where id = 1",
        "delete from connections@ac where id = 1",
    ),
    "ecom_customers": Sample(
        "ecomCustomers",
        "insert into ecom_customers@ac (connection_id, external_id, email, accepts_marketing) "
        "values (1, 'c-2', 'bo@example.org', 0)",
        "update ecom_customers@ac set accepts_marketing = 1 where external_id = 'c-1'",
        "delete from ecom_customers@ac where external_id = 'c-1'",
        (CUSTOMER,),
    ),
    "ecom_orders": Sample(
        "ecomOrders",
        "insert into ecom_orders@ac (connection_id, customer_id, external_id, source, email, "
        "currency, total_price, external_created_at) values "
        "(1, 1, 'o-2', 1, 'ann@example.org', 'EUR', 500, timestamptz '2026-01-02 03:04:05+00')",
        "update ecom_orders@ac set total_price = 1700 where external_id = 'o-1'",
        "delete from ecom_orders@ac where external_id = 'o-1'",
        (CUSTOMER, ORDER),
    ),
}
