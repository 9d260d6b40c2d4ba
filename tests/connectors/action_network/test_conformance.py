from typing import ClassVar

from sqlcrm.conformance import Conformance
from sqlcrm_action_network import connector as action_network
from sqlcrm_action_network.sandbox import sandbox as action_network_sandbox

SEPARATELY = "test_signups.py: people who are signed up"


class TestActionNetwork(Conformance):
    connector = action_network
    sandbox = action_network_sandbox
    samples: ClassVar = {
        "people": {
            "email": "conformance@example.org",
            "given_name": "Ann",
            "phone": "(202) 555-0199",
            "country": "US",
        },
        "tags": {"name": "conformance"},
        "taggings": {"tag_id": "{tags.id}", "person_id": "{people.id}"},
        "petitions": {"origin_system": "Conformance", "title": "Save it"},
        "events": {"origin_system": "Conformance", "title": "A walk", "location_locality": "Ghent"},
        "forms": {"origin_system": "Conformance", "title": "Join"},
        "fundraising_pages": {"origin_system": "Conformance", "title": "Give"},
        "advocacy_campaigns": {"origin_system": "Conformance", "title": "Write", "type": "email"},
        "surveys": {"origin_system": "Conformance", "title": "Say"},
        "event_campaigns": {"origin_system": "Conformance", "title": "Host"},
        "signatures": {"petition_id": "{petitions.id}", "person_id": "{people.id}"},
        "attendances": {"event_id": "{events.id}", "person_id": "{people.id}"},
        "submissions": {"form_id": "{forms.id}", "person_id": "{people.id}"},
        "responses": {"survey_id": "{surveys.id}", "person_id": "{people.id}"},
    }
    people: ClassVar = 120
    collections: ClassVar = {
        "people": "people",
        "mobile_subscriptions": "people",
    }
    apart: ClassVar = {
        f"{record}_signups": SEPARATELY
        for record in (
            *("person", "signature", "attendance", "submission"),
            *("response", "donation", "outreach"),
        )
    }
    no_consent: ClassVar = {
        "attendances.status": "whether a person comes",
        "attendance_signups.status": "whether a person comes",
        "events.status": "confirmed or cancelled",
    }
