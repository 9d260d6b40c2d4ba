from typing import ClassVar

from sqlcrm.conformance import Conformance
from sqlcrm_action_builder import connector as action_builder
from sqlcrm_action_builder.sandbox import sandbox as action_builder_sandbox


class TestActionBuilder(Conformance):
    people = 120
    connector = action_builder
    sandbox = action_builder_sandbox
    samples: ClassVar = {
        "people": {"email": "conformance@example.org", "given_name": "Ann"},
        "entities": {"entity_type": "Unit", "name": "Conformance"},
        "emails": {"person_id": "{people.id}", "address": "second@example.org"},
        "phone_numbers": {"person_id": "{people.id}", "number": "12025550199"},
        "postal_addresses": {
            "person_id": "{people.id}",
            "address_lines": "1 Main St",
            "locality": "Richmond",
            "region": "VA",
            "postal_code": "23220",
        },
        "tags": {"section": "Work", "field": "Shift", "name": "Conformance"},
        "taggings": {
            "person_id": "{people.id}",
            "section": "Campaign",
            "field": "Visit notes",
            "name": "Visit",
            "note_response": "Conformance",
        },
    }
    collections: ClassVar = {
        "people": "people",
        "emails": "people",
        "phone_numbers": "people",
    }
