"""The traps of the API's facts, one by one."""

import bz2
import json

import httpx
import pytest

from tests.connectors.controlshift.sandbox.conftest import rows_of


def test_exports_have_data_in_their_name(cs, hook):
    """T1: the event is data.*_table_exported, and there is no bulk_data.* event."""
    cs.hook(hook.url)
    cs.act("export_full", table="categories")
    cs.act("export_incremental", table="categories")
    types = [event["type"] for event in cs.told(hook)]
    assert types == ["data.full_table_exported", "data.incremental_table_exported"]
    reply = cs.post(f"{cs.root}/_sandbox/actions", json={"action": "emit", "type": "bulk_data.x"})
    assert reply.status_code == 400


def test_incremental_files_have_inserted_rows_only(cs):
    """T2: updates and deletions are in the next full export only."""
    first, second = cs.sign("a@example.org"), cs.sign("b@example.org")
    [file] = [
        file for file in cs.act("export_incremental")["files"] if file["table"] == "signatures"
    ]
    ids = {row["id"] for row in rows_of(httpx.get(file["url"]).text)}
    assert ids == {str(first["id"]), str(second["id"])}
    cs.act("confirm", signature=first["id"])
    cs.post(f"petitions/save-the-park/signatures/{first['id']}/unsubscribe")
    cs.delete(f"petitions/save-the-park/signatures/{second['id']}")
    tables = [file["table"] for file in cs.act("export_incremental")["files"]]
    assert tables == ["unsubscribes"]
    [full] = cs.act("export_full", table="signatures")["files"]
    rows = {row["id"]: row for row in rows_of(httpx.get(full["url"]).text)}
    assert rows[str(first["id"])]["unsubscribe_at"] == "2026-02-01 10:00:00"
    assert str(second["id"]) not in rows


def test_files_cannot_be_read_after_six_hours(cs, clock):
    """T3: 403 then, and for an address that was changed."""
    [file] = cs.act("export_full", table="labels")["files"]
    assert httpx.get(file["url"]).status_code == 200
    assert httpx.get(file["url"].partition("?")[0]).status_code == 403
    assert httpx.get(file["url"].replace("/labels/", "/members/")).status_code == 403
    assert httpx.get(file["url"].replace("21600", "99999999")).status_code == 403
    clock.seconds += 6 * 3600
    assert httpx.get(file["url"]).status_code == 403


def test_an_endpoint_disables_itself_after_nine_retries_of_one_message(cs, hook):
    """T4: a poison message ends the feed until somebody switches it on by hand."""
    cs.hook(hook.url)
    hook.answers = [500] * 10
    cs.act("create_category", name="Poison")
    for _ in range(9):
        assert cs.deliver() == {"waiting": 1}
    assert cs.get("webhook_endpoints").json()[0]["disabled_at"] is None
    assert cs.deliver() == {"failed": 1}
    [endpoint] = cs.get("webhook_endpoints").json()
    assert (endpoint["disabled_at"], endpoint["last_failure"]) == (
        "2026-02-01T10:00:00Z",
        "HTTP 500",
    )
    assert len({json.loads(body)["jid"] for body in hook.bodies}) == 1
    assert len(hook.bodies) == 10
    cs.act("create_category", name="Lost")
    cs.deliver()
    assert len(hook.bodies) == 10
    cs.act("enable_endpoint", id=endpoint["id"])
    cs.act("create_category", name="Again")
    assert cs.told(hook)[-1]["data"]["name"] == "Again"


def test_deleting_a_member_wipes_what_they_did(cs, hook):
    """T5: signatures go too, petitions get another owner."""
    made = cs.sign()
    new = {"title": "Mine", "what": "x", "who": "y", "creator": {"email": "ana@example.org"}}
    slug = cs.post("petitions", json={"petition": new}).json()["petition"]["slug"]
    count = cs.open("/petitions/save-the-park.json").json()["signature_count"]
    cs.hook(hook.url)
    assert cs.delete(f"members/{made['member']['id']}").status_code == 200
    assert cs.open("/petitions/save-the-park.json").json()["signature_count"] == count - 1
    assert cs.get("members/lookup?email=ana@example.org").status_code == 404
    owner = cs.get(f"petitions/{slug}").json()["petition"]["creator"]
    assert owner["email"] != "ana@example.org"
    types = [event["type"] for event in cs.told(hook)]
    assert types == ["member.deleted", "member.deleted.resources_transferred"]


def test_deleting_a_signature_lowers_the_public_count(cs):
    """T5: DELETE of a signature is seen by everybody."""
    made = cs.sign()
    count = cs.get("petitions/save-the-park").json()["petition"]["public_signature_count"]
    path = f"petitions/save-the-park/signatures/{made['id']}"
    told = {"deleted": True, "id": made["id"], "email": "ana@example.org"}
    assert cs.delete(path).json() == {"signature": told}
    after = cs.get("petitions/save-the-park").json()["petition"]["public_signature_count"]
    assert (after, cs.delete(path).status_code) == (count - 1, 404)


def test_this_was_not_me_is_no_unsubscribe(cs, hook):
    """T6: signature.deleted is as if never signed; nobody left the organisation."""
    made = cs.sign()
    cs.hook(hook.url)
    before = cs.state()["bulk/unsubscribes"]
    cs.act("disown", signature=made["id"])
    [event] = cs.told(hook)
    assert event["type"] == "signature.deleted"
    assert event["data"]["deleted_at"] == "2026-02-01T10:00:00Z"
    assert cs.state()["bulk/unsubscribes"] == before
    shown = cs.get("petitions/save-the-park/signatures/lookup?email=ana@example.org").json()
    assert shown["signature"]["unsubscribe_at"] is None


def test_a_later_opt_in_subscribes_again(cs):
    """T7: a new opt-in on a later petition resubscribes; a signature without one does not."""
    made = cs.sign()
    cs.act("confirm", signature=made["id"])
    assert cs.mailable("ana@example.org")
    cs.post(f"members/{made['member']['id']}/unsubscribe")
    assert not cs.mailable("ana@example.org")
    no = cs.sign(slug="stop-the-park", join_organisation=False)
    cs.act("confirm", signature=no["id"])
    assert not cs.mailable("ana@example.org")
    yes = cs.sign(slug="fund-the-park")
    assert not cs.mailable("ana@example.org"), "not confirmed yet"
    cs.act("confirm", signature=yes["id"])
    assert cs.mailable("ana@example.org")
    assert cs.state()["bulk/unsubscribes"][-1]["unsubscribe_organisation"] == "t"


def test_joining_is_true_false_or_unknown(cs):
    """T8: three values, and confirmed_at is null until the person confirms."""
    values = [row["join_organisation"] for row in cs.state()["signatures"]]
    assert {value: values.count(value) > 10 for value in (True, False, None)} == {
        True: True,
        False: True,
        None: True,
    }
    asked = cs.act("sign", join=None, email="nobody@example.org")["ids"][0]
    row = next(row for row in cs.state()["signatures"] if row["id"] == asked)
    assert (row["join_organisation"], row["email_opt_in_type"]) == (None, None)
    made = cs.sign()
    assert made["confirmed_at"] is None
    assert cs.act("confirm", signature=made["id"])["confirmed_at"] == "2026-02-01T10:00:00Z"
    cs.switch(double_opt_in=False)
    assert cs.sign("b@example.org")["confirmed_at"] is not None


def test_petitions_in_webhooks_have_no_id(cs, hook):
    """T9: the slug only; the public page has the number."""
    cs.hook(hook.url)
    cs.put("petitions/save-the-park", json={"petition": {"alias": "park"}})
    [event] = cs.told(hook)
    assert event["type"] == "petition.updated"
    assert (event["data"]["slug"], "id" in event["data"]) == ("save-the-park", False)
    assert cs.open("/petitions/save-the-park.json").json()["id"] == 101


def test_lists_take_nothing_but_page(cs):
    """T10: other parameters change nothing; who is wanted is looked up by e-mail."""
    plain = cs.get("petitions/save-the-park/signatures").json()
    asked = {"email": "x@example.org", "per_page": 1, "since": "2030-01-01", "sort": "-id"}
    assert cs.get("petitions/save-the-park/signatures", params=asked).json() == plain
    email = plain["signatures"][0]["email"]
    member = cs.get("members/lookup", params={"email": email.upper()}).json()["member"]
    assert member["id"] == plain["signatures"][0]["member"]["id"]


def test_opt_in_types_are_sent_as_a_form(cs):
    """T11: a form for opt-in types, multipart for images, JSON elsewhere."""
    made = cs.sign()
    path = f"members/{made['member']['id']}/update_email_opt_in_type"
    assert cs.post(path, data={"external_id": "paper-2026-b"}).status_code == 200
    shown = cs.get("petitions/save-the-park/signatures/lookup?email=ana@example.org").json()
    assert shown["signature"]["email_opt_in_type"]["external_id"] == "paper-2026-b"
    assert shown["signature"]["updated_at"] == made["updated_at"], "it leaves no trace"
    assert cs.post(path, data={"external_id": "nothing"}).status_code == 422
    files = {"file": ("a.jpg", b"\xff\xd8\xff", "image/jpeg")}
    reply = cs.put("petitions/stop-our-school/images/image", files=files)
    assert reply.json()["petition"]["image"]["urls"]["original"].startswith("https://")
    assert cs.delete("petitions/stop-our-school/images/image").json()["petition"]["image"] is None
    assert cs.put("petitions/stop-our-school/images/image", json={}).status_code == 422


def test_new_petitions_create_labels_and_labelings_do_not(cs):
    """T12: unknown labels are made by POST of a petition only; categories never."""
    label = {"labeling": {"name": "brand new"}}
    assert cs.post("petitions/save-the-park/labelings", json=label).status_code == 422
    new = {"title": "T", "what": "w", "who": "w", "labels": ["brand new"]}
    made = cs.post("petitions", json={"petition": new}).json()["petition"]
    assert made["labels"] == ["brand new"]
    reply = cs.post("petitions/save-the-park/labelings", json=label)
    assert (reply.status_code, reply.content) == (201, b"")
    assert cs.get("petitions/save-the-park").json()["petition"]["labels"] == ["brand new"]
    reply = cs.delete("petitions/save-the-park/labelings/brand%20new")
    assert (reply.status_code, reply.content) == (200, b"")
    assert cs.get("petitions/save-the-park").json()["petition"]["labels"] == []
    unknown = {"petition": {**new, "categories": ["Nothing"]}}
    assert cs.post("petitions", json=unknown).status_code == 422
    known = {"petition": {**new, "categories": ["Environment"]}}
    made = cs.post("petitions", json=known).json()["petition"]
    assert made["categories"] == [{"slug": "environment", "name": "Environment"}]


def test_a_label_with_a_slash_can_be_taken_off(cs):
    """T12: the name is percent-encoded."""
    cs.post("petitions/save-the-park/labelings", json={"name": "spring/summer"})
    assert cs.delete("petitions/save-the-park/labelings/spring%2Fsummer").status_code == 200


def test_partnership_opt_ins_are_written_by_id_and_read_by_slug(cs):
    """T13: an object keyed by numbers on write, an array on read."""
    partner = cs.get("partnerships").json()["partnerships"][0]
    made = cs.sign(partnership_opt_ins={str(partner["id"]): True})
    assert made["partnership_opt_ins"] == [
        {"partnership": {"slug": partner["slug"]}, "opted_in": True}
    ]
    wrong = [{"partnership": {"slug": partner["slug"]}, "opted_in": True}]
    sent = {"first_name": "A", "last_name": "B", "email": "c@example.org"}
    more = {"email_opt_in_type_external_id": "paper-2026", "join_organisation": True}
    body = {"signature": {**sent, **more, "partnership_opt_ins": wrong}}
    reply = cs.post("petitions/save-the-park/signatures", json=body)
    assert reply.status_code == 422
    assert reply.json()["errors"].keys() == {"partnership_opt_ins"}


def test_put_of_partnerships_replaces_the_list(cs):
    """T14: what is not sent is gone."""
    path = "petitions/save-the-park"
    for slug in ("partner-one", "partner-three"):
        cs.put(path, json={"petition": {"partnerships": [{"slug": slug}]}})
    assert cs.get(path).json()["petition"]["partnership"]["slug"] == "partner-three"
    found = cs.get("partnerships/partner-one/petitions").json()["petitions"]
    assert "save-the-park" not in [row["slug"] for row in found]
    wrong = {"petition": {"partnerships": [{"slug": "nothing"}]}}
    assert cs.put(path, json=wrong).status_code == 422


def test_columns_are_where_nobody_expects_them(cs):
    """T15: `id` is late in signatures and members; types need normalising."""
    signatures = cs.open("/api/bulk_data/schema/columns?table=signatures").text.strip().split(",")
    members = cs.open("/api/bulk_data/schema/columns?table=members").text.strip().split(",")
    assert signatures[-6:-3] == ["external_ids", "id", "partnership_opt_ins"]
    assert members[-1] == "id"
    assert "external_ids" in signatures
    assert "external_id" not in signatures
    schema = cs.open("/api/bulk_data/schema.json").json()["tables"]
    types = {column["sql_type"] for row in schema for column in row["table"]["columns"].values()}
    assert {"timestamp(6) without time zone", "geography(Point,4326)", "hstore", "uuid"} <= types


def test_bucket_and_compression_differ_by_customer(cs, hook):
    """T16: bzip2 in events, BZIP2 in the schema; the European bucket has another name."""
    cs.hook(hook.url, aws_account_id="123456789012")
    cs.switch(compression="bzip2", region="eu")
    cs.act("export_full", table="categories")
    data = cs.told(hook)[-1]["data"]
    assert data["compression_format"] == "bzip2"
    assert data["s3"]["bucket"] == "agra-data-exports-production-eu-central-1"
    assert data["s3"]["key"].endswith(".csv.bz2")
    assert data["s3"]["key"] in data["url"]
    rows = rows_of(bz2.decompress(httpx.get(data["url"]).content).decode())
    assert rows[0]["name"] == "Environment"


def test_samples_of_all_58_types_can_be_sent(cs, hook):
    """T17: what the documentation shows wrongly has a payload of its own here."""
    cs.hook(hook.url)
    reply = cs.post(f"{cs.root}/_sandbox/actions", json={"action": "emit", "type": ""})
    types = reply.json()["message"].partition("Types: ")[2].rstrip(".").split(", ")
    assert len(types) == 58
    for kind in types:
        cs.act("emit", type=kind)
    told = {event["type"]: event["data"] for event in cs.told(hook)}
    assert told.keys() == set(types)
    assert told["label.applied"].keys() == {"name", "labelable_type", "slug"}
    assert told["user.changed"].keys() == {"id", "email", "changes"}


def test_token_limit_is_ten_a_minute_and_reset_is_relative(limited):
    """T18: seconds from now; the token is to be kept."""
    cs, clock = limited
    form = {"client_id": "sandbox-client", "client_secret": "sandbox-secret"}
    form["grant_type"] = "client_credentials"

    def token() -> httpx.Response:
        return httpx.post(f"{cs.root}/oauth/token", data=form)

    assert [token().status_code for _ in range(11)] == [200] * 10 + [429]
    clock.seconds += 20
    refused = token()
    names = ("ratelimit-limit", "ratelimit-remaining", "ratelimit-reset")
    assert [refused.headers[name] for name in names] == ["10", "0", "40"]
    assert cs.get("organisation").status_code == 200, "the API has a limit of its own"
    clock.seconds += 40
    assert token().status_code == 200


@pytest.mark.parametrize("opt_in", ["web_form", "paper-2026"])
def test_a_signature_can_be_a_form(cs, opt_in):
    """T19: the only public client that writes sends forms, with the opt-in type `web_form`."""
    form = {
        "signature[first_name]": "Ana",
        "signature[last_name]": "O'Lee",
        "signature[email]": "ana@example.org",
        "signature[join_organisation]": "true",
        "signature[email_opt_in_type_external_id]": opt_in,
    }
    made = cs.post("petitions/save-the-park/signatures", data=form).json()["signature"]
    assert (made["last_name"], made["join_organisation"]) == ("O'Lee", True)
    form["signature[join_organisation]"] = "false"
    again = cs.post("petitions/save-the-park/signatures", data=form).json()["signature"]
    assert (again["id"], again["join_organisation"]) == (made["id"], False)


def test_updated_can_come_before_created(cs, hook):
    """T20: order is not promised; `updated_at` tells which is newer."""
    cs.hook(hook.url)
    cs.switch(updated_first=True)
    cs.act("sign", email="ana@example.org")
    told = [event for event in cs.told(hook) if event["type"].startswith("signature")]
    made = {event["type"]: event["data"] for event in told}
    queued = cs.get(f"{cs.root}/_sandbox/outbox").json()["messages"]
    labels = [row["label"] for row in queued if row["label"].startswith("signature")]
    assert labels == ["signature.updated", "signature.created"]
    assert made["signature.updated"]["updated_at"] > made["signature.created"]["updated_at"]
    row = cs.state()["signatures"][-1]
    assert made["signature.updated"] == row
    assert made["signature.created"] != row


def test_a_message_can_come_twice(cs, hook):
    """T20: the same `jid` both times, and on retries too."""
    cs.hook(hook.url)
    cs.switch(duplicate_messages=True)
    hook.answers = [503]
    cs.act("create_category", name="Twice")
    cs.deliver()
    told = cs.told(hook)
    assert len(told) == 3
    assert len({event["jid"] for event in told}) == 1
