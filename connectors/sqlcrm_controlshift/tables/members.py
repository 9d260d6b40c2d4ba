"""Members: everybody who ever signed, attended or made an account, one for each address.

Source: ControlShift developer documentation, "Members"; read 2026-11-22.
"""

from __future__ import annotations

from sqlcrm.sdk import Read, Table, Type, Write
from sqlcrm_controlshift.columns import email, fixed, nested, number, text, times, typed, when
from sqlcrm_controlshift.wire import REST, truth
from sqlcrm_controlshift.writes import member_changed, singly

members = Table(
    "members",
    doc=(
        "People by their address or number; the API cannot list them, exported_members can. "
        "Whether a member is subscribed is not shown. UPDATE … SET unsubscribed = true ends all "
        "mails; only a new signature or attendance with an opt-in subscribes again. DELETE takes "
        "all that a member did with it: prefer to unsubscribe."
    ),
    key=("id",),
    natural_key=("email",),
    columns=(
        number("id", readonly=True),
        email(readonly=True),
        *times(),
        fixed("external_id"),
        nested("data_processing_consent", doc="Where the organisation asks for it."),
        typed(
            "unsubscribed",
            Type.BOOLEAN,
            to_wire=truth,
            choices=(True,),
            write_only=True,
            doc="Written, it ends all mails. It is never shown.",
        ),
        text(
            "email_opt_in_type_external_id",
            write_only=True,
            doc=(
                "Written, it takes the place of the type of all opt-ins, without a trace. A type "
                "to which one may write is refused: whether one may now is not shown."
            ),
        ),
        typed(
            "anonymized",
            Type.BOOLEAN,
            to_wire=truth,
            choices=(True,),
            write_only=True,
            doc="Written, it deletes the member for good, and keeps the signatures, nameless.",
        ),
    ),
    reads=(
        Read(f"{REST}/members/{{id}}", "member", by="id"),
        Read(f"{REST}/members/lookup", "member", by="email", param="email"),
    ),
    writes=(
        Write(
            "update",
            send=singly(member_changed),
            columns=("unsubscribed", "email_opt_in_type_external_id", "anonymized"),
            whole=("id",),
            repeatable=True,
            undo="Nobody is subscribed again, and nobody who was anonymised comes back.",
        ),
        Write(
            "delete",
            "DELETE",
            f"{REST}/members/{{id}}",
            repeatable=True,
            undo="A member and all that was done cannot be had back.",
        ),
    ),
    touches=None,  # whatever hung on the person
    example="SELECT id, created_at FROM members@cs WHERE email = 'ana@example.org'",
)

member_activities = Table(
    "member_activities",
    doc="What a member did: signatures, petitions, events, groups, subscriptions; as JSON.",
    key=("member_id",),
    columns=(
        number("member_id", readonly=True),
        fixed("first_name"),
        fixed("last_name"),
        fixed("phone_number"),
        when("created_at"),
        nested("signatures"),
    ),
    reads=(Read(f"{REST}/members/{{member_id}}/activity", "", by="member_id"),),
    example="SELECT signatures FROM member_activities@cs WHERE member_id = 55",
)

TABLES = (members, member_activities)
