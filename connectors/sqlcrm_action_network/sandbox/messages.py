"""E-mails to many: drafts, sending and scheduling (section 9 of the facts).

A message that was sent is `sending` for a minute, in which it can be stopped, and then `sent`.
"""

from __future__ import annotations

from sqlcrm.sandbox import Reply
from sqlcrm_action_network.sandbox import rows
from sqlcrm_action_network.sandbox.store import Store
from sqlcrm_action_network.sandbox.wire import Ask, Refused, Row, answer, iso, moment, objects

_TEXTS = ("subject", "body", "from", "reply_to")
_WRITABLE = (*_TEXTS, "name", "origin_system", "targets")
_SENDING = 60  # seconds
_NUMBERS = (
    "sent", "opened", "clicked", "actions", "action_network:donated",
    "action_network:total_amount", "unsubscribed", "bounced", "spam_reports",
)  # fmt: skip
UNSENT: Row = dict.fromkeys(_NUMBERS, 0)


def settle(store: Store) -> None:
    """What has come to its time: scheduled messages go out, those under way are sent."""
    now = store.now()
    for row in store.tables["messages"].rows:
        if row["status"] == "scheduled" and row["_due"] <= now:
            row.update(status="sending", sent_start_date=iso(row["_due"]), _due=row["_due"])
        if row["status"] == "sending" and row["_due"] + _SENDING <= now:
            statistics = {**UNSENT, "sent": row["total_targeted"]}
            row.update(status="sent", statistics=statistics)


def add(store: Store, ask: Ask) -> Reply:
    """POST: a draft."""
    now, table = store.now(), store.tables["messages"]
    gap = store.switches.message_gap
    last = max((row.get("_made", 0) for row in table.rows), default=0)
    if gap and last + gap > now:
        raise Refused(429, "Too many requests")
    row: Row = {
        "identifiers": [],
        "origin_system": "Action Network API",
        "created_date": iso(now),
        "modified_date": iso(now),
        **dict.fromkeys(_TEXTS),
        "type": "email",
        "status": "draft",
        "targets": [],
        "total_targeted": 0,
        "sent_start_date": None,
        "statistics": dict(UNSENT),
        "_made": now,
    }
    number = table.add(row)
    key = table.ids.of(number)
    row["administrative_url"] = f"https://actionnetwork.org/emails/{key}/manage"
    _write(store, row, ask)
    return rows.read(store, ask, "messages", number)


def put(store: Store, ask: Ask, number: int) -> Reply:
    """PUT: only drafts can be changed."""
    row = store.tables["messages"].rows[number]
    if ask.json:
        if row["status"] != "draft":
            raise Refused(400, "Only drafts can be modified")
        _write(store, row, ask)
        row["modified_date"] = iso(store.now())
    return rows.read(store, ask, "messages", number)


def _write(store: Store, row: Row, ask: Ask) -> None:
    row |= {name: ask.body[name] for name in _WRITABLE if name in ask.body}
    if "targets" in ask.body:
        row["targets"] = objects(ask.body["targets"])
        row["total_targeted"] = sum(_targeted(store, one) for one in row["targets"])


def _targeted(store: Store, target: Row) -> int:
    """How many a target reaches: the items of a list, or a tenth of everybody for a query."""
    path, _, key = str(target.get("href", "")).rstrip("/").rpartition("/")
    if path.endswith("/lists"):
        number = store.tables["lists"].find(key)
        return 0 if number is None else len(store.records["items"].of_parent(number))
    known = path.endswith("/queries") and store.tables["queries"].find(key) is not None
    return len(store.people.numbers()) // 10 if known else 0


def send(store: Store, number: int) -> Reply:
    """POST on `send`; there is no way back."""
    row = _ready(store, number)
    row.update(status="sending", sent_start_date=iso(store.now()), _due=store.now())
    return answer({"message": "Your email has been sent."})


def schedule(store: Store, ask: Ask, number: int) -> Reply:
    """POST on `schedule`."""
    due = moment(ask.body.get("scheduled_start_date"))
    if due is None:
        raise Refused(400, "You must specify a valid scheduled_start_date")
    row = _ready(store, number)
    row.update(status="scheduled", scheduled_start_date=iso(due), _due=due)
    return answer({"message": "Your message has been scheduled"})


def stop(store: Store, number: int) -> Reply:
    """DELETE on `send`: what did not go out yet stays here."""
    row = store.tables["messages"].rows[number]
    if row["status"] != "sending":
        raise Refused(400, "This message is not being sent")
    row["status"] = "stopped"
    return answer({"message": "Your email has been stopped."})


def cancel(store: Store, number: int) -> Reply:
    """DELETE on `schedule`: a draft again."""
    row = store.tables["messages"].rows[number]
    if row["status"] != "scheduled":
        raise Refused(400, "This message is not scheduled")
    row["status"] = "draft"
    row.pop("scheduled_start_date", None)
    return answer({"message": "Your message has been unscheduled"})


def _ready(store: Store, number: int) -> Row:
    row = store.tables["messages"].rows[number]
    lacking = [name for name in _TEXTS if not row.get(name)]
    if lacking:
        raise Refused(400, f"{lacking[0]} can't be blank")
    if row["status"] != "draft" or not row["total_targeted"]:
        raise Refused(400, "The message has to be a draft with targets")
    return row
