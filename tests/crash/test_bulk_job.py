"""A bulk import of two thousand rows that is killed: the API does it in its own time."""

import os
import signal
import time
from collections import Counter
from random import Random

import pytest
from harness import KILLED, Crm, place, served

ROWS = 2_000
TAG = 40
TAGGED = f"insert into contact_tags@ac select id, {TAG} from contacts@ac where id <= {ROWS}"
TAGGED = TAGGED.replace("contact_tags@ac", "contact_tags@ac (contact_id, tag_id)")


@pytest.fixture(scope="module")
def large():
    with served(people=ROWS + 100) as found:
        yield found


def _tagged(crm: Crm) -> Counter:
    return Counter(
        int(row["contact"]) for row in crm.state()["contactTags"] if row["tag"] == str(TAG)
    )


def _finished(there, before: Counter) -> None:
    """Resume at once, while the lost job may still be under way, and look once it is done."""
    for _ in range(2):
        note = there.child("resume")
        assert note["errors"] == []
    there.child("run", TAGGED)  # where nothing was written down yet; else it changes nothing
    there.crm.later()
    found = _tagged(there.crm)
    assert set(found.values()) == {1}
    assert set(found) == {*range(1, ROWS + 1)} | {contact for contact in before if contact > ROWS}
    assert there.unknown().total() == 0


@pytest.mark.parametrize(
    ("at", "times"),
    [
        ("sent", 3),  # a job is about to be posted
        ("sent?", 4),  # the third was posted, and its ticket is written down nowhere
        ("resolved?", 1),  # all were posted and read back
    ],
)
def test_a_bulk_job_killed_around_its_call_is_found_again(large, children, at, times):
    """A2: right before the call, right after it, and before its outcome is written down."""
    with place(large, children) as there:
        before = _tagged(large)
        kill = {"at": at, "times": times}
        assert there.child("run", TAGGED, kill=kill)["status"] == KILLED
        _finished(there, before)


def _killed_at_random(crm: Crm, children, number: int) -> None:
    random = Random(number)  # noqa: S311 - repeatable on purpose
    with place(crm, children) as there:
        before = _tagged(crm)
        begun = there.begun("run", TAGGED)
        time.sleep(random.uniform(0.1, 1.2))  # the moment is the point
        os.kill(begun[0], signal.SIGKILL)
        there.ended(begun)
        if random.random() < 0.5:
            crm.later()
        _finished(there, before)


@pytest.mark.parametrize("number", range(4))
def test_a_bulk_job_killed_at_a_random_time_tags_everybody_once(large, children, number):
    """A2: wherever the kill falls."""
    _killed_at_random(large, children, number)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(4, 54))
def test_fifty_bulk_jobs_killed_at_random_times_tag_everybody_once(large, children, number):
    """A2: the full form."""
    _killed_at_random(large, children, number)
