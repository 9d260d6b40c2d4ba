"""What answers mean, by samples."""

from __future__ import annotations

from typing import Any

import pytest

from sqlcrm.sdk import Response, Verdict
from sqlcrm_controlshift import connector

EXPIRED = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code>'
    "<Message>Request has expired</Message><X-Amz-Expires>21600</X-Amz-Expires></Error>"
)


@pytest.mark.parametrize(
    ("status", "body", "verdict", "reason"),
    [
        (200, {"status": "success", "petition": {"slug": "a"}}, Verdict.OK, ""),
        (200, {"petitions": [], "meta": {}}, Verdict.OK, ""),
        (200, [], Verdict.OK, ""),
        (201, None, Verdict.OK, ""),
        (202, None, Verdict.OK, ""),
        (200, {"status": "error", "message": "No."}, Verdict.REJECTED, "the API says: No."),
        (200, {"status": "failed"}, Verdict.REJECTED, "the API says: failed"),
        (401, {"error": "Unauthorized"}, Verdict.DENIED, "Unauthorized"),
        (403, {"error": "no"}, Verdict.DENIED, "no"),
        (404, {"error": "Not Found"}, Verdict.MISSING, "Not Found"),
        (422, {"errors": ["a", "b", "a"]}, Verdict.REJECTED, "a; b"),
        (422, {"errors": {"email": ["is invalid"]}}, Verdict.REJECTED, "email: is invalid"),
        (422, {"status": "error", "errors": {"base": "no"}}, Verdict.REJECTED, "base: no"),
        (
            422,
            {"email": ["is taken", "is bad"]},
            Verdict.REJECTED,
            "email: is taken; email: is bad",
        ),
        (422, {"errors": [{"title": "T", "detail": "D"}]}, Verdict.REJECTED, "T; D"),
        (429, None, Verdict.THROTTLED, ""),
        (500, {"error": "oops"}, Verdict.RETRY, "oops"),
    ],
)
def test_an_answer_means_what_its_status_and_its_words_say(
    status: int, body: Any, verdict: Verdict, reason: str
) -> None:
    """The shape of errors is hardly documented: any is read."""
    assert connector.judge(Response(status, body)) == (verdict, reason)


def test_a_file_that_has_expired_is_no_refused_key() -> None:
    """T3: after 6 hours S3 answers 403, in XML."""
    verdict, reason = connector.judge(Response(403, None, {}, EXPIRED), "/demo/full/x.csv")
    assert verdict is Verdict.REJECTED
    assert "6 hours" in reason
    assert "wait for the next" in reason


def test_a_403_that_is_no_storage_stays_a_refusal() -> None:
    verdict, reason = connector.judge(Response(403, None, {}, "<html>forbidden</html>"))
    assert verdict is Verdict.DENIED
    assert "forbidden" in reason
