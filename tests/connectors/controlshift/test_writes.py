"""Writes that take several calls, driven by hand."""

from __future__ import annotations

from typing import Any

import pytest

from sqlcrm.sdk import Form, Response
from sqlcrm_controlshift.writes import (
    POLL,
    POLLS,
    STAFF,
    destroyed,
    destruction,
    kept_mailable,
    member_changed,
    settings_of,
)

PETITIONS = settings_of("petitions", "petition", staff=STAFF)
SIGNATURES = kept_mailable("signatures", "petitions", "petition_slug")
TYPES = Response(
    200,
    {
        "email_opt_in_types": [
            {"external_id": "paper", "mailable": True},
            {"external_id": "no-mail", "mailable": False},
        ]
    },
)
OK = Response(200, {"status": "success"})
SIGNATURE = {"petition": {"slug": "park"}, "id": 901}


def calls(asked: Any) -> list[tuple[str, str, Any]]:
    return [(request.method, request.path, request.body) for request in asked]


def test_an_update_of_a_petition_sends_the_changed_columns_alone(drive: Any) -> None:
    """C6: all others are left as they are."""
    row = {"slug": "park", "signature_count_add_amount": 100}
    (outcome,), asked = drive(PETITIONS([row]), [OK])
    assert outcome.state == "done"
    assert calls(asked) == [
        ("PUT", "/api/v1/petitions/{slug}", {"petition": {"signature_count_add_amount": 100}})
    ]
    assert asked[0].fill == {"slug": "park"}


def test_who_looks_after_a_petition_takes_calls_of_its_own(drive: Any) -> None:
    row = {
        "slug": "park",
        "title": "T",
        "mentor": {"email": "m@example.org"},
        "reviewer": {"email": None, "slug": "helpers"},
    }
    (outcome,), asked = drive(PETITIONS([row]), [OK, OK, OK])
    assert outcome.state == "done"
    at = "/api/v1/petitions/{slug}"
    assert calls(asked) == [
        ("PUT", at, {"petition": {"title": "T"}}),
        ("PUT", f"{at}/mentor", {"mentor": {"email": "m@example.org"}}),
        ("PUT", f"{at}/reviewer", {"reviewer": {"type": "Team", "slug": "helpers"}}),
    ]


def test_null_takes_the_mentor_and_the_reviewer_away(drive: Any) -> None:
    row = {"slug": "park", "mentor": {"email": None}, "reviewer": {"email": None}}
    _, asked = drive(PETITIONS([row]), [OK, OK])
    assert [request.body for request in asked] == [{"mentor": None}, {"reviewer": None}]


def test_a_reviewer_by_address_is_a_user(drive: Any) -> None:
    _, asked = drive(PETITIONS([{"slug": "p", "reviewer": {"email": "a@example.org"}}]), [OK])
    assert asked[0].body == {"reviewer": {"type": "User", "email": "a@example.org"}}


def test_a_group_is_written_where_the_documents_have_a_hyphen(drive: Any) -> None:
    send = settings_of(
        "local_chapters", "", address="/api/v1/local-chapters/{slug}", staff=("mentor",)
    )
    _, asked = drive(send([{"slug": "north", "mentor": {"email": None}}]), [OK])
    assert calls(asked) == [("PUT", "/api/v1/local-chapters/{slug}/mentor", {"mentor": None})]


def test_a_refused_part_says_what_was_written_before_it(drive: Any) -> None:
    row = {"slug": "park", "title": "T", "mentor": {"email": "nobody@example.org"}}
    answers = [OK, Response(422, {"error": "no such user"})]
    (outcome,), _ = drive(PETITIONS([row]), answers)
    assert outcome.state == "rejected"
    assert outcome.reason == "mentor: no such user; the other columns were written"
    (outcome,), _ = drive(PETITIONS([row]), [Response(200, {"status": "error"})])
    assert (outcome.state, outcome.reason) == ("rejected", "the API says: error")


def test_a_deleted_petition_is_accepted_and_not_done(drive: Any) -> None:
    """C6: it is scheduled, and still there for minutes."""
    outcome, asked = drive(destroyed({"slug": "park"}), [OK])
    assert (outcome.state, outcome.ticket) == ("accepted", "park")
    assert calls(asked) == [("DELETE", "/api/v1/petitions/{slug}", None)]
    assert drive(destroyed({"slug": "park"}), [Response(404)])[0].state == "done"
    assert drive(destroyed({"slug": "park"}), [Response(422)])[0].state == "rejected"


def test_a_deletion_is_waited_for_until_the_petition_is_gone(drive: Any) -> None:
    """C6: GET right after is still 200."""
    said, asked = drive(destruction("park"), [Response(200, {}), Response(200, {}), Response(404)])
    assert said == "done"
    assert [request.after for request in asked] == [POLL] * 3
    said, asked = drive(destruction("park"), [Response(200, {})] * POLLS)
    assert "still there" in said


def test_unsubscribing_a_signer_is_done_when_the_reply_says_so(drive: Any) -> None:
    """C5."""
    row = {**SIGNATURE, "unsubscribed": True}
    said = Response(200, {"signature": {"unsubscribed": True, "id": 901}})
    (outcome,), asked = drive(SIGNATURES([row]), [said])
    assert outcome.state == "done"
    path = "/api/v1/petitions/{petition_slug}/signatures/{id}/unsubscribe"
    assert calls(asked) == [("POST", path, None)]
    assert asked[0].fill == {"petition_slug": "park", "id": "901"}
    for body in ({}, {"signature": {"unsubscribed": False}}, None):
        (outcome,), _ = drive(SIGNATURES([row]), [Response(200, body)])
        assert outcome.state == "unknown"


def test_the_type_of_an_opt_in_is_changed_by_a_form(drive: Any) -> None:
    """C5, T11: JSON everywhere else."""
    row = {**SIGNATURE, "email_opt_in_type": {"mailable": True},
           "email_opt_in_type_external_id": "paper"}  # fmt: skip
    (outcome,), asked = drive(SIGNATURES([row]), [TYPES, OK])
    assert outcome.state == "done"
    assert (asked[1].method, asked[1].path) == (
        "POST",
        "/api/v1/petitions/{petition_slug}/signatures/{id}",
    )
    assert asked[1].body == Form({"external_id": "paper"})


@pytest.mark.parametrize("was", [False, None])
def test_no_change_of_a_type_lets_anybody_be_written_to(drive: Any, was: Any) -> None:
    """It would subscribe a person, and leave no trace."""
    row = {**SIGNATURE, "email_opt_in_type": {"mailable": was},
           "email_opt_in_type_external_id": "paper"}  # fmt: skip
    (outcome,), asked = drive(SIGNATURES([row]), [TYPES])
    assert outcome.state == "rejected"
    assert "WITH OPT IN" in outcome.reason
    assert [request.method for request in asked] == ["GET"]
    row["email_opt_in_type_external_id"] = "no-mail"
    assert drive(SIGNATURES([row]), [TYPES, OK])[0][0].state == "done"


def test_a_type_that_does_not_exist_is_refused_before_it_is_sent(drive: Any) -> None:
    row = {**SIGNATURE, "email_opt_in_type_external_id": "gone"}
    (outcome,), asked = drive(SIGNATURES([row]), [TYPES])
    assert outcome.state == "rejected"
    assert len(asked) == 1


def test_a_member_is_unsubscribed_from_everything(drive: Any) -> None:
    said = Response(200, {"member": {"unsubscribed": True, "id": 55}})
    outcome, asked = drive(member_changed({"id": 55, "unsubscribed": True}), [said])
    assert outcome.state == "done"
    assert calls(asked) == [("POST", "/api/v1/members/{id}/unsubscribe", None)]


def test_a_members_opt_ins_never_become_such_that_one_may_write(drive: Any) -> None:
    """Whether one may now is not shown."""
    row = {"id": 55, "email_opt_in_type_external_id": "paper"}
    outcome, _ = drive(member_changed(row), [TYPES])
    assert outcome.state == "rejected"
    row["email_opt_in_type_external_id"] = "no-mail"
    outcome, asked = drive(member_changed(row), [TYPES, OK])
    assert outcome.state == "done"
    assert asked[1].path == "/api/v1/members/{id}/update_email_opt_in_type"


def test_anonymising_is_done_when_the_member_is_gone(drive: Any) -> None:
    """T5: 202 and an empty body say only that it will be done."""
    there = Response(200, {"member": {"id": 55, "email": "ana@example.org"}})
    row = {"id": 55, "anonymized": True}
    taken = [there, Response(202), there, Response(404)]
    outcome, asked = drive(member_changed(row), taken)
    assert outcome.state == "done"
    assert asked[1].path == "/api/v1/members/{id}/anonymize"
    outcome, _ = drive(member_changed(row), [there, Response(202), *([there] * POLLS)])
    assert outcome.state == "unknown"
    refused = Response(422, {"errors": ["owns an app"]})
    outcome, _ = drive(member_changed(row), [there, refused])
    assert (outcome.state, outcome.reason) == ("rejected", "owns an app")
