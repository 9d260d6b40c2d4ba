"""Where answers take their time, several writes are under way at once: a kill leaves them all."""

import json
import signal
import subprocess
import sys

import pytest
from harness import served

import sqlcrm

TAGS = (
    "set bulk = off; insert into contact_tags@ac (contact_id, tag_id) "
    "select i, 40 from range(1, 41) t(i)"
)
PEOPLE = (
    "set bulk = off; insert into contacts@ac (email, first_name) "
    "select 'side' || i || '@example.org', 'Side' from range(30) t(i)"
)
NOTES = "insert into contact_notes@ac (contact_id, note) select 1, 'side ' || i from range(12) t(i)"

CHILD = """
import json, os, signal, sys
import sqlcrm

settings, state, text, at, times = json.loads(sys.argv[1])
left = [times]

def watch(name):
    left[0] -= name == at
    if name == at and not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)

db = sqlcrm.connect(ac=settings, state=state, yes=True)
db.session.journal.database.watch = watch
db.execute(text)
"""


@pytest.fixture(scope="module")
def slow():
    with served(latency_ms=40) as found:
        yield found


def _killed(crm, folder, text, at, times):
    """Run a text in a process that is killed at the n-th transition of a name."""
    order = json.dumps([crm.settings, str(folder), text, at, times])
    child = subprocess.run([sys.executable, "-c", CHILD, order], check=False)
    assert child.returncode == -signal.SIGKILL


def _resumed(crm, folder):
    """Resume; return how many rows were under way, and the states after it."""
    with sqlcrm.connect(ac=crm.settings, state=folder, yes=True) as db:
        count = "select count(*) from operations@sqlcrm where state = 'sent'"
        sent = db.execute(count).fetchone()[0]
        db.resume()
        return sent, dict(
            db.execute("select state, count(*) from operations@sqlcrm group by 1").fetchall()
        )


@pytest.mark.parametrize("text", [TAGS, PEOPLE], ids=["links", "people"])
@pytest.mark.parametrize(("at", "times"), [("sent", 2), ("settled", 3)])
@pytest.mark.parametrize("fault", [{}, {"name": "lost-reply", "share": 0.3}], ids=["", "lost"])
def test_what_was_under_way_is_looked_up_and_the_rest_sent(slow, tmp_path, text, at, times, fault):
    """A1: each once, whatever was under way."""
    slow.reset()
    slow.ask("POST", "/_sandbox/faults", fault)
    _killed(slow, tmp_path, text, at, times)
    slow.calm()
    sent, states = _resumed(slow, tmp_path)
    assert sent > 1
    assert set(states) <= {"done", "unchanged"}
    state = slow.state()
    tagged = sorted(int(r["contact"]) for r in state["contactTags"] if r["tag"] == "40")
    emails = [c["email"] for c in state["contacts"]]
    assert len(tagged) == len(set(tagged))
    assert len(emails) == len(set(emails))
    if text == TAGS:
        assert set(range(1, 41)) <= set(tagged)
    else:
        assert sum(email.startswith("side") for email in emails) == 30


def test_rows_that_only_the_journal_remembers_go_one_by_one(slow, tmp_path):
    """A1: a lost answer of theirs stays lost, so no more than one is under way."""
    slow.reset()
    _killed(slow, tmp_path, NOTES, "sent", 4)
    sent, states = _resumed(slow, tmp_path)
    made = [n["note"] for n in slow.state()["notes"] if n["note"].startswith("side ")]
    assert sent == 1
    assert states == {"done": 11, "unknown": 1}
    assert len(made) == len(set(made)) == 11
