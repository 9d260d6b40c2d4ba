"""What people do on the web pages, and what webhooks tell of it."""

import pytest


def test_many_sign_at_once_and_each_is_told(cs, hook):
    cs.hook(hook.url)
    cs.switch(at_once=8)
    done = cs.act("sign", times=300, petition="fund-the-park")
    assert len(set(done["ids"])) == 300
    assert cs.deliver() == {"delivered": 600}
    told = cs.told(hook)
    signed = [event["data"]["id"] for event in told if event["type"] == "signature.created"]
    assert sorted(signed) == done["ids"]
    assert len({event["jid"] for event in told}) == 600


def test_confirming_is_told_once_for_the_person(cs, hook):
    cs.hook(hook.url)
    cs.act("sign", email="ana@example.org", confirmed=True)
    cs.act("sign", email="ana@example.org", petition="fund-the-park", confirmed=True)
    types = [event["type"] for event in cs.told(hook)]
    assert types == [
        *("user.created", "signature.created", "signature.confirmed", "user.confirmed"),
        *("signature.created", "signature.confirmed"),
    ]


@pytest.mark.parametrize("organisation", [False, True])
def test_leaving_a_petition_leaves_the_organisation_if_ticked(cs, hook, organisation):
    [key] = cs.act("sign", email="ana@example.org", confirmed=True)["ids"]
    cs.hook(hook.url)
    cs.act("unsubscribe", signature=key, organisation=organisation)
    told = {event["type"]: event["data"] for event in cs.told(hook)}
    left = told["unsubscribe.created"]
    assert (left["unsubscribable_type"], left["unsubscribe_organisation"]) == (
        "Signature",
        organisation,
    )
    assert told["signature.updated"]["unsubscribe_at"] is not None
    assert cs.mailable("ana@example.org") is not organisation


def test_leaving_a_partner_and_the_organisation(cs):
    cs.act("sign", email="ana@example.org", confirmed=True)
    cs.act("unsubscribe", email="ana@example.org", partnership="partner-one")
    assert cs.mailable("ana@example.org")
    cs.act("unsubscribe", email="ana@example.org")
    assert not cs.mailable("ana@example.org")
    types = [row["unsubscribable_type"] for row in cs.state()["bulk/unsubscribes"][-2:]]
    assert types == ["PartnershipSubscription", "Organisation"]


def test_petitions_are_created_and_ended_on_the_page(cs, hook):
    cs.hook(hook.url)
    slug = cs.act("create_petition", title="New", creator={"email": "o@example.org"})["slug"]
    cs.act("end_petition", petition=slug, ended_type="won")
    told = cs.told(hook)
    assert [event["type"] for event in told] == [
        *("user.created", "petition.launched", "petition.launched.requires_moderation"),
        "petition.ended",
    ]
    assert (told[-1]["data"]["ended_type"], told[-1]["data"]["successful"]) == ("won", True)
    assert cs.get(f"petitions/{slug}").json()["petition"]["source"] == "web"


def test_categories_are_added_renamed_and_deleted(cs, hook):
    cs.hook(hook.url)
    cs.act("create_category", name="Oceans")
    cs.act("rename_category", category="oceans", name="Seas")
    cs.act("delete_category", category="oceans")
    told = cs.told(hook)
    assert [event["type"] for event in told] == [
        *("category.created", "category.updated", "category.deleted"),
    ]
    assert [event["data"]["name"] for event in told] == ["Oceans", "Seas", "Seas"]
    assert len(cs.open("/categories.json").json()) == 11


def test_attending_and_joining_and_leaving_a_group(cs, hook):
    cs.hook(hook.url)
    cs.act("attend", event="meeting-no-1", email="ana@example.org")
    [key] = cs.act("join_group", group="group-1", email="ana@example.org")["ids"]
    cs.act("leave_group", member=key)
    assert [event["type"] for event in cs.told(hook)] == [
        *("user.created", "attendee.created", "local_chapter.member.created"),
        "local_chapter.member.deleted",
    ]


def test_a_disowned_signature_can_be_taken_up_again(cs):
    made = cs.sign()
    count = cs.open("/petitions/save-the-park.json").json()["signature_count"]
    cs.act("disown", signature=made["id"])
    assert cs.open("/petitions/save-the-park.json").json()["signature_count"] == count - 1
    again = cs.sign()
    assert (again["id"], again["deleted_at"]) == (made["id"], None)
    assert cs.open("/petitions/save-the-park.json").json()["signature_count"] == count


def test_new_rows_of_every_kind_are_in_the_next_incremental_export(cs):
    cs.act("sign", email="ana@example.org", petition="stop-the-park")
    cs.act("attend", event="meeting-no-1")
    cs.act("join_group", group="group-1")
    cs.act("create_petition", title="New", categories=["Environment"], labels=["new"])
    cs.act("unsubscribe", email="ana@example.org")
    files = {file["table"]: file["rows"] for file in cs.act("export_incremental")["files"]}
    assert files == {
        "attendees": 1,
        "categorized_petitions": 1,
        "labelings": 1,
        "labels": 1,
        "local_chapter_members": 1,
        "members": 3,
        "petitions": 1,
        "signatures": 1,
        "unsubscribes": 1,
    }
    assert cs.act("export_incremental")["files"] == []
