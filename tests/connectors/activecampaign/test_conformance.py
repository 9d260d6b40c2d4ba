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
