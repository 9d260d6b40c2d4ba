"""The wire samples of the API's facts, one by one."""

import httpx
import pytest

from sqlcrm_controlshift.sandbox.hooks import signature
from tests.connectors.controlshift.sandbox.conftest import rows_of


def test_key_opens_the_organisation(cs):
    """C1: key authentication."""
    shown = cs.get("organisation", headers={"accept": "application/json"}).json()["organisation"]
    assert shown["slug"].startswith("demo-")
    counts = {name: count for name, count in shown.items() if name.endswith("_count")}
    signatures = len(cs.state()["signatures"])
    assert counts == {
        "petitions_count": 61,
        "signatures_count": signatures,
        "blast_emails_count": 0,
        "members_count": 300,
    }
    refused = httpx.get(f"{cs.root}/api/v1/organisation", headers={"authorization": "Bearer x"})
    assert refused.status_code == 401


def test_client_credentials_give_a_token_for_two_hours(cs, clock):
    """C2: OAuth token."""
    form = {"grant_type": "client_credentials", "client_id": "sandbox-client"}
    asked = {**form, "client_secret": "sandbox-secret"}
    token = httpx.post(f"{cs.root}/oauth/token", data=asked).json()
    now = int(clock.now().timestamp())
    assert (token["token_type"], token["expires_in"], token["created_at"]) == ("Bearer", 7200, now)
    bearer = {"authorization": f"Bearer {token['access_token']}"}
    assert cs.get("organisation", headers=bearer).status_code == 200
    clock.seconds += 7200
    assert cs.get("organisation", headers=bearer).status_code == 401
    clock.seconds -= 7200
    assert httpx.post(f"{cs.root}/oauth/token", data={**asked, "client_secret": "x"}).is_error


def test_petitions_are_paged_by_number(cs):
    """C3: list petitions."""
    pages = [cs.get("petitions", params={"page": page}).json() for page in (1, 2, 3)]
    assert [page["meta"] for page in pages] == [
        {"current_page": 1, "total_pages": 3, "previous_page": None, "next_page": 2},
        {"current_page": 2, "total_pages": 3, "previous_page": 1, "next_page": 3},
        {"current_page": 3, "total_pages": 3, "previous_page": 2, "next_page": None},
    ]
    assert [len(page["petitions"]) for page in pages] == [25, 25, 11]
    first = pages[0]["petitions"][0]
    assert (first["slug"], first["launched"], first["admin_status"]) == (
        "save-the-park",
        True,
        "good",
    )
    assert cs.get("petitions/save-the-park").json() == {"petition": first}


def test_signature_is_looked_up_then_created(cs):
    """C4: lookup then create signature."""
    lookup = "petitions/save-the-park/signatures/lookup?email=ana%40example.org"
    assert cs.get(lookup).status_code == 404
    made = cs.sign()
    assert made["email_opt_in_type"] == {
        "context": "external",
        "kind": "external",
        "mailable": True,
        "external_id": "paper-2026",
        "active": False,
    }
    never = ("confirmed_at", "deleted_at", "unsubscribe_at")
    assert {name: made[name] for name in never} == dict.fromkeys(never)
    assert made["created_at"] == made["updated_at"] == "2026-02-01T10:00:00Z"
    assert made["member"].keys() == {"id", "created_at"}
    assert made["petition"]["slug"] == "save-the-park"
    assert made["petition"]["url"].endswith("controlshiftlabs.com/petitions/save-the-park")
    assert cs.get(lookup.replace("ana", "ANA")).json() == {"signature": made}


def test_signer_is_unsubscribed_and_opt_in_type_changed(cs):
    """C5: unsubscribe a signer, change the opt-in type with a form."""
    made = cs.sign()
    path = f"petitions/save-the-park/signatures/{made['id']}"
    assert cs.post(f"{path}/unsubscribe").json() == {
        "signature": {
            "unsubscribed": True,
            "notice": "You have successfully unsubscribed from the petition.",
            "id": made["id"],
            "email": "ana@example.org",
        }
    }
    changed = cs.post(path, data={"external_id": "paper-2026-b"}).json()["signature"]
    assert changed["email_opt_in_type"]["external_id"] == "paper-2026-b"
    assert changed["unsubscribe_at"] == "2026-02-01T10:00:00Z"


def test_petition_is_changed_in_part_and_deleted_later(cs, clock):
    """C6: partial petition update, asynchronous delete."""
    path = "petitions/save-the-park"
    before = cs.get(path).json()["petition"]
    count = before["public_signature_count"]
    sent = {"petition": {"signature_count_add_amount": 100, "slug": "no", "launched": False}}
    shown = cs.put(path, json=sent).json()
    assert shown["status"] == "success"
    after = {"signature_count_add_amount": 100, "public_signature_count": count + 100}
    moved = {"updated_at": "2026-02-01T10:00:00Z", "goal": shown["petition"]["goal"]}
    assert shown["petition"] == {**before, **after, **moved}
    assert cs.delete(path).json() == {
        "status": "success",
        "message": "Petition has been scheduled for deletion.",
        "petition": {"slug": "save-the-park"},
    }
    assert cs.get(path).status_code == 200
    clock.seconds += 61
    assert cs.get(path).status_code == 404
    assert all(row["petition"]["slug"] != "save-the-park" for row in cs.state()["signatures"])


def test_too_many_calls_are_told_when_to_come_back(limited):
    """C7: rate limit."""
    cs, clock = limited
    replies = [cs.get("organisation/email_opt_in_types") for _ in range(1000)]
    assert {reply.status_code for reply in replies} == {200}
    assert not any(name.startswith("ratelimit") for name in replies[-1].headers)
    clock.seconds += 43
    refused = cs.get("organisation")
    assert refused.status_code == 429
    names = ("ratelimit-limit", "ratelimit-remaining", "ratelimit-reset")
    assert [refused.headers[name] for name in names] == ["1000", "0", "17"]
    assert "retry-after" not in refused.headers
    assert cs.open("/categories.json").status_code == 200
    clock.seconds += 17
    assert cs.get("organisation").status_code == 200


def test_check_value_of_the_signature():
    """C8: webhook signature, the known value."""
    known = "sha256:0b953ff86395ad25dbb91d7726b48c77e87f00d03e5215258f0d5158da189f7d"
    assert signature("abc123", b'{"type":"x"}') == known


def test_webhook_is_signed_over_the_raw_body(cs, hook):
    """C8: webhook with signature."""
    secret = cs.hook(hook.url)
    made = cs.sign()
    told = cs.told(hook)
    assert [event["type"] for event in told] == ["user.created", "signature.created"]
    assert told[1]["data"] == made
    assert len(told[1]["jid"]) == 24
    for _, headers, body in hook.got:
        assert headers["x-controlshift-webhook-signature"] == signature(secret, body)
        assert headers["content-type"] == "application/json"
    assert told[1].keys() == {"type", "data", "jid"}


def test_leaving_the_organisation_has_no_type_in_the_webhook(cs, hook):
    """C9: organisation unsubscribe."""
    made = cs.sign()
    cs.hook(hook.url)
    reply = cs.post(f"members/{made['member']['id']}/unsubscribe")
    told = {"unsubscribed": True, "id": made["member"]["id"], "email": "ana@example.org"}
    assert reply.json() == {"member": told}
    [event] = cs.told(hook)
    assert event["type"] == "unsubscribe.created"
    row = cs.state()["bulk/unsubscribes"][-1]
    assert event["data"] == {
        "id": int(row["id"]),
        "email": "ana@example.org",
        "unsubscribe_organisation": True,
        "unsubscribable_type": None,
        "created_at": "2026-02-01T10:00:00Z",
    }
    flags = ("unsubscribable_type", "unsubscribe_object", "unsubscribe_organisation")
    assert [row[name] for name in flags] == ["Organisation", "f", "t"]


def test_bulk_file_is_told_by_webhook_and_read_without_key(cs, hook, clock):
    """C10: bulk file."""
    cs.hook(hook.url)
    made = cs.act("create_category", name="Oceans")
    [file] = cs.act("export_incremental", table="categories")["files"]
    event = cs.told(hook)[-1]
    assert event["type"] == "data.incremental_table_exported"
    data = event["data"]
    assert data == {"url": file["url"], "table": "categories", "compression_format": "none"}
    slug = cs.get("organisation").json()["organisation"]["slug"]
    stamp = f"{clock.now():%Y%m%d%H%M%S}"
    folder = f"/_s3/agra-data-exports-production/{slug}/incremental/categories/{stamp[:8]}"
    assert data["url"].startswith(f"{cs.root}{folder}/categories_{stamp}.csv?X-Amz-")
    reply = httpx.get(data["url"])
    assert reply.headers["content-type"] == "text/csv"
    columns = "id,name,created_at,updated_at,organisation_id,slug,locales,external_ids"
    head, line = reply.text.splitlines()
    moment = f"{clock.now():%Y-%m-%d %H:%M:%S}"
    organisation = rows_of(reply.text)[0]["organisation_id"]
    assert head == columns
    assert line == f"{made['id']},Oceans,{moment},{moment},{organisation},oceans,,"
    clock.seconds += 6 * 3600 - 1
    assert httpx.get(data["url"]).status_code == 200
    clock.seconds += 1
    assert httpx.get(data["url"]).status_code == 403


def test_schema_lists_63_tables_with_types(cs):
    """C11: schema."""
    schema = cs.open("/api/bulk_data/schema.json").json()
    tables = {row["table"]["name"]: row["table"]["columns"] for row in schema["tables"]}
    assert len(tables) == 63
    assert list(tables["categories"].items())[:2] == [
        (
            "id",
            {
                "type": "integer",
                "sql_type": "integer",
                "limit": 4,
                "nullable": False,
                "default_value": None,
            },
        ),
        (
            "name",
            {
                "type": "string",
                "sql_type": "character varying",
                "limit": None,
                "nullable": True,
                "default_value": None,
            },
        ),
    ]
    assert "settings" not in schema
    cs.switch(compression="bzip2")
    settings = cs.open("/api/bulk_data/schema.json").json()["settings"]
    assert settings == {"compression_format": "BZIP2"}


@pytest.mark.parametrize("table", ["signatures", "members", "categories", "teams"])
def test_columns_of_a_table_are_one_line(cs, table):
    """C11: schema columns."""
    reply = cs.open(f"/api/bulk_data/schema/columns?table={table}")
    assert reply.text.endswith("\n")
    names = reply.text.strip().split(",")
    schema = cs.open("/api/bulk_data/schema.json").json()["tables"]
    found = next(row["table"]["columns"] for row in schema if row["table"]["name"] == table)
    assert names == list(found)
    assert cs.open("/api/bulk_data/schema/columns?table=nothing").status_code == 404


def test_public_pages_need_no_key(cs):
    """C12: public JSON."""
    category = cs.open("/categories.json").json()[0]
    assert category.keys() == {
        *("category_name", "category_count", "slug", "url", "signature_count", "locales"),
    }
    found = cs.open("/petitions/search.json?query=save%20the%20park&page=1").json()
    meta = {"total_pages": 1, "per_page": 10, "search_term": "save the park"}
    assert found["meta"] == {**meta, "total_entries": len(found["data"])}
    assert found["data"][0]["slug"] == "save-the-park"
    assert cs.open("/petitions/hidden-one.json").status_code == 404
    assert cs.get("petitions/hidden-one").status_code == 200
