"""Writes that are not one call with the row in its body: what a change takes depends on it.

Source: ControlShift developer documentation, "Petitions", "Signatures", "Attendees", "Members";
read 2026-11-22.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlcrm.sdk import Flow, Form, Outcome, Request, Response, Row, Write, dig
from sqlcrm_controlshift.replies import reason
from sqlcrm_controlshift.wire import REST

Send = Callable[[Sequence[Row]], Flow[Sequence[Outcome]]]
One = Callable[[Row], Flow[Outcome]]

STAFF = ("mentor", "reviewer")
"""What an update of a petition, an event or a group writes by calls of their own."""

POLL = 5.0
POLLS = 60
"""Seconds between looks at what the API does later, and how many: "several minutes"."""

GONE = "Made again, it has another id, and what hung on it is gone."


def singly(one: One) -> Send:
    """Return a flow for rows that takes them one after the other."""

    def send(rows: Sequence[Row]) -> Flow[Sequence[Outcome]]:
        outcomes = []
        for row in rows:
            outcome = yield from one(row)
            outcomes.append(outcome)
        return outcomes

    return send


def refused(reply: Response, what: str = "") -> Outcome | None:
    """Return the outcome of a refused call, None where it went well."""
    words = reason(reply)
    if reply.status < 300 and not words:
        return None
    words = words or f"the API answered {reply.status}"
    return Outcome("rejected", f"{what}: {words}" if what else words)


def settings_of(collection: str, wrap: str, *, address: str = "", staff: Sequence[str]) -> Send:
    """Return the flow that changes a row named by its slug, and who of the staff looks after it.

    wrap: the name of the row in the body, "" where the API changes none of its columns.
    address: where the calls for the staff go, if not to the row itself.
    """
    at = f"{REST}/{collection}/{{slug}}"

    def one(row: Row) -> Flow[Outcome]:
        fill = {"slug": str(row["slug"])}
        fields = {k: v for k, v in row.items() if k not in {"slug", *STAFF}}
        done = ""
        if fields and wrap:
            call = Request("PUT", at, body={wrap: fields}, fill=fill, repeatable=True)
            bad = refused((yield call))
            if bad is not None:
                return bad
            done = "; the other columns were written"
        for role in staff:
            if role not in row:
                continue
            path = f"{address or at}/{role}"
            body = {role: _staff(role, row[role])}
            reply = yield Request("PUT", path, body=body, fill=fill, repeatable=True)
            bad = refused(reply, role)
            if bad is not None:
                return Outcome("rejected", bad.reason + done)
            done = f"; the other columns were written, {role} too"
        return Outcome("done")

    return singly(one)


def _staff(role: str, named: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return whom a call names, None to take the role away."""
    address, team = named.get("email"), named.get("slug")
    if role == "mentor" or not (address or team):
        return {"email": address} if address else None
    return {"type": "User", "email": address} if address else {"type": "Team", "slug": team}


def settings_write(send: Send, columns: tuple[str, ...]) -> Write:
    """Declare the update of what `settings_of` changes."""
    return Write("update", send=send, columns=columns, whole=("slug",), repeatable=True)


def destroyed(row: Row) -> Flow[Outcome]:
    """Have a petition deleted, which the API does later."""
    path, slug = f"{REST}/petitions/{{slug}}", str(row["slug"])
    reply = yield Request("DELETE", path, fill={"slug": slug}, repeatable=True)
    if reply.status == 404:
        return Outcome("done", "was gone already")
    return refused(reply) or Outcome("accepted", ticket=slug)


def destruction(ticket: str) -> Flow[str]:
    """Wait until a petition is gone."""
    path = f"{REST}/petitions/{{slug}}"
    for _ in range(POLLS):
        reply = yield Request("GET", path, fill={"slug": ticket}, after=POLL)
        if reply.status == 404:
            return "done"
    return "scheduled for deletion, and still there"


def kept_mailable(collection: str, parents: str, parent: str) -> Send:
    """Return the flow that unsubscribes a signer or attendee, or changes the type of the opt-in.

    An opt-in of a type to which nobody may write does not become one to which somebody may: that
    would subscribe a person by a change that leaves no trace.
    """
    path = f"{REST}/{parents}/{{{parent}}}/{collection}/{{id}}"

    def one(row: Row) -> Flow[Outcome]:
        fill = {parent: str(dig(row, f"{parent.removesuffix('_slug')}.slug")), "id": str(row["id"])}
        type_ = row.get("email_opt_in_type_external_id")
        if type_ is not None:
            was = bool(dig(row, "email_opt_in_type.mailable"))
            bad = yield from _retyped(path, fill, str(type_), was=was)
            if bad is not None:
                return bad
        if row.get("unsubscribed") is None:
            return Outcome("done")
        return (yield from _unsubscribed(f"{path}/unsubscribe", fill, collection[:-1]))

    return singly(one)


def _retyped(path: str, fill: Mapping[str, str], type_: str, *, was: bool) -> Flow[Outcome | None]:
    """Change an opt-in's type; return why not, None where it is changed."""
    listed = yield Request("GET", f"{REST}/organisation/email_opt_in_types")
    types = dig(listed.body, "email_opt_in_types") or ()
    mailable = [bool(one.get("mailable")) for one in types if one.get("external_id") == type_]
    if not mailable:
        return Outcome("rejected", f"there is no opt-in type whose external id is {type_!r}")
    if any(mailable) and not was:
        return Outcome(
            "rejected",
            f"to opt-ins of type {type_!r} one may write, to this one not: a new signature "
            "or attendance WITH OPT IN says so, and leaves a trace",
        )
    body = Form({"external_id": type_})
    return refused((yield Request("POST", path, body=body, fill=fill, repeatable=True)))


def _unsubscribed(path: str, fill: Mapping[str, str], wrap: str) -> Flow[Outcome]:
    """Unsubscribe, and see that the reply says so."""
    reply = yield Request("POST", path, fill=fill, repeatable=True)
    bad = refused(reply)
    if bad is not None:
        return bad
    if dig(reply.body, f"{wrap}.unsubscribed") is not True:
        return Outcome("unknown", "the reply does not say that it is unsubscribed")
    return Outcome("done")


def member_changed(row: Row) -> Flow[Outcome]:
    """Unsubscribe a member, change the type of all opt-ins, or anonymise."""
    path, fill = f"{REST}/members/{{id}}", {"id": str(row["id"])}
    type_ = row.get("email_opt_in_type_external_id")
    if type_ is not None:
        # Whether one may write to a member is not shown, so this might subscribe one.
        call = f"{path}/update_email_opt_in_type"
        bad = yield from _retyped(call, fill, str(type_), was=False)
        if bad is not None:
            return bad
    if row.get("unsubscribed") is not None:
        outcome = yield from _unsubscribed(f"{path}/unsubscribe", fill, "member")
        if outcome.state != "done":
            return outcome
    if row.get("anonymized") is None:
        return Outcome("done")
    return (yield from _anonymized(path, fill))


def _anonymized(path: str, fill: Mapping[str, str]) -> Flow[Outcome]:
    """Anonymise, which the API does later, and look whether the member is gone."""
    before = yield Request("GET", path, fill=fill)
    reply = yield Request("POST", f"{path}/anonymize", fill=fill, repeatable=True)
    bad = refused(reply)
    if bad is not None:
        return bad
    for _ in range(POLLS):
        now = yield Request("GET", path, fill=fill, after=POLL)
        if now.status == 404 or dig(now.body, "member.email") != dig(before.body, "member.email"):
            return Outcome("done")
    return Outcome("unknown", "the API took it on, and the member is there still")
