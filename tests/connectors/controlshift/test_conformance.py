from typing import ClassVar

from sqlcrm.conformance import Conformance
from sqlcrm_controlshift import connector as controlshift
from sqlcrm_controlshift.sandbox import sandbox as controlshift_sandbox


class TestControlShift(Conformance):
    connector = controlshift
    sandbox = controlshift_sandbox
    people = 300
    samples: ClassVar = {
        "signatures": {
            "petition_slug": "{petitions.slug}",
            "email": "conformance@example.org",
            "first_name": "Ann",
            "last_name": "Lee",
            "email_opt_in_type_external_id": "paper-2026",
        },
        "attendees": {
            "event_slug": "{events.slug}",
            "email": "conformance@example.org",
            "first_name": "Ann",
            "last_name": "Lee",
            "attending_status": "attending",
            "notification_level": "none",
            "email_opt_in_type_external_id": "paper-2026",
        },
        "petition_labelings": {"petition_slug": "{petitions.slug}", "name": "urgent"},
    }
    skip: ClassVar = {
        "found_petitions": "a search needs its query",
    }
    apart: ClassVar = {
        "attendees": "test_session.py: nobody in the sandbox has said no to an event",
    }
    lost: ClassVar = dict.fromkeys(
        ("signatures", "attendees"),
        "the API makes none without an opt-in type of its own, and undo subscribes nobody again",
    )
    no_consent: ClassVar = {
        "attendees.attending_status": "whether a person comes",
        "petitions.admin_events_status": "whether there can be events of a petition",
        **{
            f"{table}.{column}": why
            for table in ("signatures", "attendees")
            for column, why in {
                "email_opt_in_type_external_id": "how a person was asked, whatever the answer",
                "eu_data_processing_consent": "to keep data, not to send mails",
                "consent_content_version_external_id": "to which terms",
                "unsubscribed": "it can only be written as true, which ends mails",
            }.items()
        },
        "members.email_opt_in_type_external_id": "refused where it could subscribe anybody",
        "members.unsubscribed": "it can only be written as true, which ends mails",
    }
