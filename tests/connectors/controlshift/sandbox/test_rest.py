"""The REST API beyond its samples."""

import httpx
import pytest

EVENT = {
    "title": "Picnic",
    "description": "<p>Come</p>",
    "start_at": "2026-05-01T18:00:00Z",
    "time_zone": "Europe/Berlin",
    "host": {"email": "host@example.org", "first_name": "Hanna"},
    "virtual": True,
}
ATTENDEE = {
    "first_name": "Ana",
    "last_name": "Lee",
    "email": "ana@example.org",
    "email_opt_in_type_external_id": "paper-2026",
    "join_organisation": True,
    "attending_status": "attending",
    "notification_level": "all_messages",
}


def post_petition(cs, **values):
    return cs.post("petitions", json={"petition": values})


def test_opt_in_types_and_consent_versions_are_listed(cs):
    types = cs.get("organisation/email_opt_in_types").json()["email_opt_in_types"]
    assert {row["context"] for row in types} == {"web_form", "email", "offline", "external"}
    assert types[0].keys() == {"context", "kind", "mailable", "active", "external_id"}
    versions = cs.get("organisation/consent_content_versions").json()["consent_content_versions"]
    assert [row["current"] for row in versions] == [False, True]


def test_member_shows_consent_only_when_the_feature_is_on(cs):
    made = cs.sign()["member"]["id"]
    shown = cs.get(f"members/{made}").json()["member"]
    assert shown.keys() == {"id", "email", "created_at", "updated_at", "external_id"}
    cs.switch(data_processing_consent=True)
    assert "data_processing_consent" in cs.get(f"members/{made}").json()["member"]
    assert cs.get("members/1").status_code == 404


def test_activity_tells_what_a_member_did(cs):
    made = cs.sign()
    shown = cs.get(f"members/{made['member']['id']}/activity").json()
    assert shown["email"] == "ana@example.org"
    assert shown["signatures"] == [made]


def test_there_is_no_list_of_members_labels_or_categories(cs):
    for path in ("members", "labels", "categories", "unsubscribes", "calendars", "signatures"):
        assert cs.get(path).status_code == 404


def test_anonymised_signatures_stay_without_the_person(cs):
    made = cs.sign()
    reply = cs.post(f"members/{made['member']['id']}/anonymize")
    assert (reply.status_code, reply.content) == (202, b"")
    row = next(row for row in cs.state()["signatures"] if row["id"] == made["id"])
    assert (row["email"], row["first_name"], row["postcode"]) == (None, "Anonymous", None)
    assert cs.get("members/lookup?email=ana@example.org").status_code == 404
    assert "ana@example.org" not in str(cs.state())


def test_anonymising_the_owner_of_a_petition_is_refused(cs):
    post_petition(cs, title="T", what="w", who="w", creator={"email": "o@example.org"})
    owner = cs.get("members/lookup?email=o@example.org").json()["member"]["id"]
    assert cs.post(f"members/{owner}/anonymize").status_code == 422
    assert cs.get(f"members/{owner}").status_code == 200


@pytest.mark.parametrize(
    "missing",
    ["first_name", "last_name", "email", "email_opt_in_type_external_id", "join_organisation"],
)
def test_a_signature_needs_its_fields(cs, missing):
    names = ("first_name", "last_name", "email", "email_opt_in_type_external_id")
    sent = {name: ATTENDEE[name] for name in (*names, "join_organisation") if name != missing}
    reply = cs.post("petitions/save-the-park/signatures", json={"signature": sent})
    assert reply.status_code == 422
    assert reply.json()["errors"].keys() == {missing}


def test_what_else_is_needed_can_be_set(cs):
    cs.switch(required="postcode")
    sent = {name: ATTENDEE[name] for name in ATTENDEE if "level" not in name}
    reply = cs.post("petitions/save-the-park/signatures", json={"signature": sent})
    assert reply.json()["errors"].keys() == {"postcode"}
    wrong = {"required": "shoe_size"}
    assert cs.post(f"{cs.root}/_sandbox/settings", json=wrong).status_code == 400


def test_opt_in_can_be_deferred_to_the_confirmation(cs):
    cs.switch(deferred_opt_in=True)
    made = cs.sign(join_organisation=None)
    assert made["join_organisation"] is None
    shown = cs.act("confirm", signature=made["id"], join=True)
    assert (shown["join_organisation"], shown["confirmed_at"] is None) == (True, False)
    assert cs.mailable("ana@example.org")


def test_opt_in_types_of_other_contexts_are_refused(cs):
    for external_id in ("offline", "nothing"):
        sent = {**ATTENDEE, "email_opt_in_type_external_id": external_id}
        reply = cs.post("petitions/save-the-park/signatures", json={"signature": sent})
        assert reply.status_code == 422


def test_an_unmailable_opt_in_type_opts_nobody_in(cs):
    made = cs.sign(email_opt_in_type_external_id="no-mail-2026")
    cs.act("confirm", signature=made["id"])
    assert not cs.mailable("ana@example.org")


def test_signing_again_gives_the_same_signature_updated(cs, clock, hook):
    first = cs.sign()
    cs.hook(hook.url)
    clock.seconds += 5
    again = cs.sign("ANA@example.org", postcode="10001")
    assert (again["id"], again["postcode"]) == (first["id"], "10001")
    assert again["created_at"] < again["updated_at"] == again["last_signed_at"]
    assert [event["type"] for event in cs.told(hook)] == [
        *("user.updated", "user.changed", "signature.updated"),
    ]


def test_who_is_not_asked_again_keeps_their_answer(cs):
    cs.sign()
    cs.act("sign", email="ana@example.org", join=None)
    row = next(row for row in cs.state()["signatures"] if row["email"] == "ana@example.org")
    assert row["join_organisation"] is True


def test_country_falls_back_to_the_organisations(cs):
    made = cs.sign(country=None)
    assert (made["country"], made["country_without_fallback"]) == ("US", None)


def test_a_petition_by_a_creator_waits_for_them(cs, hook):
    cs.hook(hook.url)
    made = post_petition(
        cs, title="Save the park", what="<p>x</p>", who="y", creator={"email": "o@example.org"}
    ).json()
    assert (made["status"], made["petition"]["slug"]) == ("success", "save-the-park-2")
    assert (made["petition"]["launched"], made["petition"]["source"]) == (False, "API")
    assert (made["petition"]["what"], made["petition"]["rich_what"]) == ("x", "<p>x</p>")
    assert cs.open("/petitions/save-the-park-2.json").status_code == 404
    cs.act("confirm_petition", petition="save-the-park-2")
    assert cs.open("/petitions/save-the-park-2.json").status_code == 200
    types = [event["type"] for event in cs.told(hook)]
    assert "petition.launched" in types


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"what": "w", "who": "w"}, "title"),
        ({"title": "t", "who": "w"}, "what"),
        ({"title": "t", "what": "w"}, "who"),
        ({"title": "t", "what": "w", "who": "w", "creator": {"first_name": "A"}}, "creator"),
        ({"title": "t", "what": "w", "who": "w", "location": {"country": "US"}}, "location"),
        ({"title": "t", "what": "w", "who": "w", "group": {"slug": "nothing"}}, "group"),
        ({"title": "t", "what": "w", "targets": [{"name": "A"}, {"name": "B"}]}, "targets"),
        ({"title": "t", "what": "w", "targets": [{"email": "a@example.org"}]}, "targets"),
    ],
)
def test_a_petition_that_lacks_something_is_refused(cs, sent, field):
    reply = post_petition(cs, **sent)
    assert (reply.status_code, list(reply.json()["errors"])) == (422, [field])
    assert cs.get("organisation").json()["organisation"]["petitions_count"] == 61


def test_a_target_stands_for_who(cs):
    made = post_petition(cs, title="t", what="w", targets=[{"slug": "mayor-of-dayton"}]).json()
    assert made["petition"]["who"] == "Mayor of Dayton"
    place = {"latitude": 39.7, "longitude": -84.1}
    effort = {"petition": {"title": "t", "what": "w", "who": "w", "location": place}}
    made = cs.post("efforts/every-council/petitions", json=effort).json()["petition"]
    assert made["effort"] == {"slug": "every-council"}
    assert made["location"]["latitude"] == "39.7"


def test_event_is_created_changed_and_kept_in_its_calendar(cs):
    made = cs.post("calendars/city-calendar/events", json={"event": EVENT}).json()["event"]
    assert made["start_in_zone"] == "2026-05-01T20:00:00+02:00"
    sent = {"title": "March", "start_at": "2030-01-01T00:00:00Z", "virtual": False}
    changed = cs.put(f"events/{made['slug']}", json={"event": sent}).json()["event"]
    kept = ("start_at", "virtual", "slug")
    assert changed["title"] == "March"
    assert [changed[name] for name in kept] == [made[name] for name in kept]
    found = cs.pages("calendars/city-calendar/events", "events")
    assert made["slug"] in [row["slug"] for row in found]
    assert len(found) == 21
    assert cs.delete(f"events/{made['slug']}").status_code == 404


@pytest.mark.parametrize("name", ["title", "description", "start_at", "time_zone", "host"])
def test_an_event_needs_its_fields(cs, name):
    sent = {key: value for key, value in EVENT.items() if key != name}
    assert cs.post("events", json={"event": sent}).json()["errors"].keys() == {name}


def test_an_event_in_person_needs_a_place(cs):
    reply = cs.post("events", json={"event": {**EVENT, "virtual": False}})
    assert reply.json()["errors"].keys() == {"location"}


def test_some_times_come_without_seconds(cs):
    times = [row["start_at"] for row in cs.pages("events", "events")]
    assert {len(time) for time in times} == {17, 20}


def test_attendees_are_as_signatures(cs):
    path = "events/meeting-no-1/attendees"
    made = cs.post(path, json={"attendee": ATTENDEE}).json()["attendee"]
    assert (made["attending_status"], made["event"]["slug"]) == ("attending", "meeting-no-1")
    assert cs.get(f"{path}/lookup?email=ana@example.org").json()["attendee"] == made
    assert made in cs.pages(path, "attendees")
    wrong = {**ATTENDEE, "attending_status": "maybe"}
    assert cs.post(path, json={"attendee": wrong}).status_code == 422
    assert cs.post(f"{path}/{made['id']}/unsubscribe").json()["attendee"]["unsubscribed"] is True
    row = cs.state()["bulk/unsubscribes"][-1]
    assert (row["unsubscribable_type"], row["unsubscribable_id"]) == ("Attendee", str(made["id"]))
    assert cs.delete(f"{path}/{made['id']}").json()["attendee"]["deleted"] is True


def test_mentor_and_reviewer_are_set_and_removed(cs, hook):
    cs.hook(hook.url)
    path = "petitions/save-the-park"
    mentor = {"mentor": {"email": "staff@example.org"}}
    assert cs.put(f"{path}/mentor", json=mentor).json() == {"status": "success", "data": mentor}
    assert cs.put(f"{path}/mentor", json={"mentor": None}).json()["data"] == {"mentor": None}
    team = {"reviewer": {"type": "Team", "slug": "staff"}}
    assert cs.put(f"{path}/reviewer", json=team).json()["data"] == team
    wrong = {"reviewer": {"type": "Team", "email": "x"}}
    assert cs.put(f"{path}/reviewer", json=wrong).status_code == 422
    types = [event["type"] for event in cs.told(hook)]
    assert types == ["petition.mentor_assigned", "petition.mentor_removed"]


def test_groups_are_read_with_hyphen_and_underscore(cs):
    for name in ("local_chapters", "local-chapters"):
        assert cs.get(f"{name}/group-1").json()["local_chapter"]["name"] == "Group 1"
    label = {"name": "urgent"}
    assert cs.post("local-chapters/group-1/labelings", json=label).status_code == 201
    joined = cs.act("join_group", group="group-1", email="ana@example.org")["ids"][0]
    members = cs.get("local_chapters/group-1/members").json()
    assert members["local_chapter"] == {"slug": "group-1", "name": "Group 1"}
    assert members["members"][-1]["id"] == joined


def test_event_types_and_partnerships_are_paged(cs):
    types = cs.get("event_types").json()
    assert [row["name"] for row in types["event_types"]] == ["Meeting", "March", "Phone bank"]
    partner = cs.get("partnerships/partner-one").json()["partnership"]
    assert partner["url"].endswith("/partnerships/partner-one")
    shown = cs.get("partnerships/partner-one/events").json()
    assert shown["partnership"] == {"slug": "partner-one", "title": "Partner One"}
    assert shown["events"]


@pytest.mark.parametrize("page", ["0", "-1", "x", ""])
def test_what_is_no_page_is_the_first(cs, page):
    assert cs.get("petitions", params={"page": page}).json()["meta"]["current_page"] == 1


def test_a_page_after_the_last_is_empty(cs):
    shown = cs.get("petitions?page=9").json()
    assert (shown["petitions"], shown["meta"]["next_page"]) == ([], None)


def test_page_size_and_created_status_can_be_set(cs):
    cs.switch(page_size=50, created_status=201)
    assert len(cs.get("petitions").json()["petitions"]) == 50
    assert post_petition(cs, title="t", what="w", who="w").status_code == 201


def test_authorization_code_and_refresh_token_work(cs):
    back = {"client_id": "sandbox-client", "redirect_uri": "http://127.0.0.1/back", "state": "s"}
    reply = httpx.get(f"{cs.root}/oauth/authorize", params=back)
    query = httpx.URL(reply.headers["location"]).params
    form = {"client_id": "sandbox-client", "client_secret": "sandbox-secret"}
    code = {**form, "grant_type": "authorization_code", "code": query["code"]}
    token = httpx.post(f"{cs.root}/oauth/token", data=code).json()
    assert query["state"] == "s"
    again = {**form, "grant_type": "refresh_token", "refresh_token": token["refresh_token"]}
    fresh = httpx.post(f"{cs.root}/oauth/token", data=again).json()["access_token"]
    bearer = {"authorization": f"Bearer {fresh}"}
    assert cs.get("organisation", headers=bearer).status_code == 200
    assert httpx.post(f"{cs.root}/oauth/token", data=code).status_code == 400
    wrong = {**form, "grant_type": "password"}
    assert httpx.post(f"{cs.root}/oauth/token", data=wrong).status_code == 400
    basic = httpx.post(
        f"{cs.root}/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=("sandbox-client", "sandbox-secret"),
    )
    assert basic.status_code == 200


@pytest.mark.parametrize("url", ["https://example.org/hook", "http://192.168.0.1/", "", None])
def test_endpoints_outside_this_machine_are_refused(cs, url):
    reply = cs.post("webhook_endpoints", json={"endpoint": {"url": url}})
    assert reply.status_code == 422
    assert cs.get("webhook_endpoints").json() == []


def test_every_endpoint_gets_every_event_with_its_own_secret(cs, hook):
    first = cs.hook(hook.url)
    second = cs.hook(hook.url.replace("hook", "other"), basic_auth_username="u")
    cs.act("create_category", name="Oceans")
    cs.deliver()
    assert first != second
    assert sorted(path for path, _, _ in hook.got) == ["/hook", "/other"]
    signed = {headers["x-controlshift-webhook-signature"] for _, headers, _ in hook.got}
    assert len(signed) == 2
    basic = {path: headers.get("authorization") for path, headers, _ in hook.got}
    assert basic == {"/hook": None, "/other": "Basic dTo="}
