from typing import ClassVar

from sqlcrm.conformance import Conformance
from sqlcrm_activecampaign import connector as activecampaign
from sqlcrm_activecampaign.sandbox import sandbox as activecampaign_sandbox


class TestActiveCampaign(Conformance):
    connector = activecampaign
    sandbox = activecampaign_sandbox
    samples: ClassVar = {
        "contacts": {"email": "conformance@example.org", "first_name": "Ann"},
        "tags": {"tag": "conformance"},
        "contact_tags": {"contact_id": "{contacts.id}", "tag_id": "{tags.id}"},
        "contact_lists": {"contact_id": "{contacts.id}", "list_id": "{lists.id}"},
        "accounts": {"name": "Conformance Ltd"},
    }
    no_consent: ClassVar = {
        "connections.status": "whether a shop is connected",
        "connections.sync_status": "how far a shop's data have come",
        "deal_task_types.status": "whether a kind of task is in use",
        "deal_tasks.status": "whether a task is done",
        "deals.status": "open, won or lost",
        "ecom_customers.accepts_marketing": "what a shop was told; it subscribes to no list",
        "groups.may_list_bounce": "what users of a group may see",
        "groups.optin_confirm": "what users of a group must do for new lists",
        "groups.unsubscribe_link": "what mails of a group's users must hold",
        "lists.subscription_notify": "who of the account is told of new subscribers",
        "lists.unsubscription_notify": "who of the account is told of leavers",
        "lists.optinoptout_id": "which confirmation messages a list has",
        "lists.optin_message_id": "which confirmation message a list has",
        "lists.optout_confirmation": "which text confirms that somebody left",
    }
