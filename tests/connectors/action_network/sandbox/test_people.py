"""Finding, changing and merging people."""

import pytest


def test_without_address_and_number_nobody_is_added(an):
    """Section 6.1: one of the two is required."""
    reply = an.post("people", json={"person": {"given_name": "Ana"}})
    assert (reply.status_code, list(reply.json())) == (400, ["error"])
    bad = {"person": {"email_addresses": [{"address": "no address"}]}}
    assert an.post("people", json=bad).status_code == 400
    assert len(an.state()["people"]) == 300


def test_a_new_person_was_created_and_modified_at_once_and_an_old_one_was_not(an, clock):
    """Section 6.1: how clients tell the two apart."""
    new = an.sign_up()
    assert new["created_date"] == new["modified_date"]
    clock.move(5)
    old = an.sign_up("ANA@example.net")
    assert an.key(old) == an.key(new)
    assert old["created_date"] == new["created_date"] < old["modified_date"]


def test_a_number_moves_to_the_new_person_if_both_have_an_address(an):
    """Section 6.1: conflict rule, first half."""
    phone = [{"number": "12025550101", "status": "subscribed"}]
    first = an.sign_up("one@example.net", phone_numbers=phone)
    second = an.sign_up("two@example.net", phone_numbers=[{"number": "12025550101"}])
    assert an.key(first) != an.key(second)
    assert an.reload(first)["phone_numbers"] == []
    assert second["phone_numbers"][0]["status"] == "unsubscribed"
    (found,) = an.rows("people", filter="phone_number eq '12025550101'")
    assert an.key(found) == an.key(second)


def test_somebody_with_a_number_only_is_merged_into_who_has_the_address(an):
    """Section 6.1: conflict rule, second half; what they did goes with them."""
    sent = {"person": {"phone_numbers": [{"number": "12025550101"}]}}
    phone_only = an.ok("POST", "people", {**sent, "add_tags": ["Volunteer", "Member"]})
    form = an.made("forms")
    an.ok("POST", f"{form}/submissions", an.link(phone_only))
    person = an.sign_up("one@example.net")
    both = {
        "email_addresses": [{"address": "one@example.net"}],
        "phone_numbers": [{"number": "12025550101"}],
    }
    an.ok("POST", "people", {"person": both, "add_tags": ["Volunteer"]})
    assert an.get(f"people/{an.key(phone_only)}").status_code == 404
    assert len(an.rows(f"people/{an.key(person)}/taggings")) == 2
    (submission,) = an.rows(f"{form}/submissions")
    assert submission["action_network:person_id"] == an.key(person)


def test_somebody_with_a_number_only_gets_the_new_address_subscribed(an):
    """Section 6.1: the two are one from the start."""
    sent = {"phone_numbers": [{"number": "12025550101", "status": "subscribed"}]}
    phone_only = an.ok("POST", "people", {"person": sent})
    row = an.sign_up("new@example.net", phone_numbers=[{"number": "12025550101"}])
    assert an.key(row) == an.key(phone_only)
    assert row["email_addresses"][0]["status"] == "subscribed"
    assert row["phone_numbers"][0]["status"] == "subscribed"


def test_a_record_helper_never_unsubscribes(an):
    """Section 7.1: only `subscribed` is a valid status there."""
    path = f"{an.made('petitions')}/signatures"
    person = an.sign_up("a@example.net")
    entry = {"address": "a@example.net", "status": "unsubscribed"}
    an.ok("POST", path, {"person": {"email_addresses": [entry]}})
    assert an.reload(person)["email_addresses"][0]["status"] == "subscribed"
    an.ok("PUT", f"people/{an.key(person)}", {"email_addresses": [{"status": "unsubscribed"}]})
    an.ok("POST", path, {"person": {"email_addresses": [{"address": "a@example.net"}]}})
    assert an.reload(person)["email_addresses"][0]["status"] == "unsubscribed"
    an.ok("POST", path, {"person": {"email_addresses": [{**entry, "status": "subscribed"}]}})
    assert an.reload(person)["email_addresses"][0]["status"] == "subscribed"


def test_a_link_form_changes_no_subscription(an):
    """Section 6.1: an existing person's status is untouched."""
    no = [one for one in an.rows("people") if _status(one) not in {None, "subscribed"}]
    assert len({_status(one) for one in no}) == 5
    path = f"{an.made('petitions')}/signatures"
    for person in sorted(no, key=_status)[::4]:
        an.ok("POST", path, an.link(person))
        an.ok("PUT", f"people/{an.key(person)}", {"given_name": "Same"})
        an.sign_up(person["email_addresses"][0]["address"], family_name="Same")
        assert _status(an.reload(person)) == _status(person)


def _status(person):
    return person["email_addresses"][0]["status"] if person["email_addresses"] else None


def test_a_changed_address_keeps_its_status(an):
    """Section 6.2: only what was sent changes."""
    person = an.sign_up()
    path = f"people/{an.key(person)}"
    an.ok("PUT", path, {"email_addresses": [{"status": "unsubscribed"}]})
    row = an.ok("PUT", path, {"email_addresses": [{"address": "other@example.net"}]})
    assert row["email_addresses"] == [
        {"primary": True, "address": "other@example.net", "status": "unsubscribed"}
    ]
    assert an.rows("people", filter="email_address eq 'ana@example.net'") == []
    assert an.key(an.sign_up("ana@example.net")) != an.key(person)


@pytest.mark.parametrize("what", ["tag", "untag", "sign", "put", "subscribe", "tag by name"])
def test_whatever_happens_moves_the_modified_date(an, clock, what):
    """Section 6: `modified_date` moves on any action."""
    tag, petition = f"tags/{an.key(an.first('tags'))}/taggings", an.made("petitions")
    person = an.sign_up()
    tagging = an.ok("POST", tag, an.link(person))
    clock.move(10)
    path = f"people/{an.key(person)}"
    other = f"tags/{an.key(an.page('tags', page=3)['_embedded']['osdi:tags'][0])}/taggings"
    me = {"person": {"email_addresses": [{"address": "ana@example.net"}]}}
    {
        "tag": lambda: an.ok("POST", other, an.link(person)),
        "untag": lambda: an.ok("DELETE", f"{tag}/{an.key(tagging)}"),
        "sign": lambda: an.ok("POST", f"{petition}/signatures", an.link(person)),
        "put": lambda: an.ok("PUT", path, {"family_name": "Lee"}),
        "subscribe": lambda: an.ok("PUT", path, {"email_addresses": [{"status": "subscribed"}]}),
        "tag by name": lambda: an.ok("POST", "people", {**me, "remove_tags": ["Volunteer"]}),
    }[what]()
    assert an.reload(person)["modified_date"] == clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")


def test_tagging_twice_moves_nothing(an, clock):
    """Section 7.1: the second POST gives the tagging there is."""
    path, person = f"tags/{an.key(an.first('tags'))}/taggings", an.sign_up()
    an.ok("POST", path, an.link(person))
    before = an.reload(person)
    clock.move(10)
    an.ok("POST", path, an.link(person))
    assert an.reload(person) == before


def test_adds_run_before_removals(an):
    """Section 6.1: what is in both is gone."""
    me = {"person": {"email_addresses": [{"address": "ana@example.net"}]}}
    row = an.ok("POST", "people", {**me, "add_tags": ["Volunteer"], "remove_tags": ["Volunteer"]})
    assert an.rows(f"people/{an.key(row)}/taggings") == []


def test_an_unknown_custom_field_becomes_known(an):
    """Section 6: our choice, the facts do not tell."""
    an.sign_up(custom_fields={"a.b's new": 7})
    fields = an.page("metadata/custom_fields")["action_network:custom_fields"]
    assert "a.b's new" in [field["name"] for field in fields]


def test_a_background_request_can_be_made_to_wait(variant, clock):
    """Section 5: accepted now, done later, refused silently."""
    an = variant(background_lag=60)
    path = f"{an.made('petitions')}/signatures?background_request=true"
    assert an.ok("POST", path, an.link(an.sign_up())) == {}
    assert an.ok("POST", path, {"_links": {}}) == {}
    assert an.rows(path.partition("?")[0]) == []
    clock.move(61)
    assert len(an.rows(path.partition("?")[0])) == 1


@pytest.mark.parametrize(
    "text",
    ["given_name eq 'Ana'", "given_name eq 'Ana' and region eq 'OH'", "region gt 'NY'",
     "postal_code lt '1'", "modified_date lt '2020-01-01'", "created_date gt '2026-01-01T00:00Z'",
     "created_date gt '2016-01-01' and created_date lt '2017-01-01'"],
)  # fmt: skip
def test_a_filter_finds_what_a_full_scan_finds(an, text):
    """Section 3: people."""
    ops = {"eq": lambda a, b: a == b, "gt": lambda a, b: a > b, "lt": lambda a, b: a < b}

    def value(row, field):
        if field in {"region", "postal_code"}:
            return row["postal_addresses"][0][field] if row["postal_addresses"] else ""
        return row[field]

    def holds(row):
        parts = [one.split(" ", 2) for one in text.split(" and ")]
        pairs = [(value(row, field), op, wanted.strip("'")) for field, op, wanted in parts]
        return all(has != "" and ops[op](has, wanted) for has, op, wanted in pairs)

    found = an.rows("people", filter=text)
    assert [an.key(row) for row in found] == [
        an.key(row) for row in an.rows("people") if holds(row)
    ]
    assert 0 < len(found) < 300


@pytest.mark.parametrize(
    "text",
    ["given_name ne 'x'", "given_name ge 'x'", "given_name", "(given_name eq 'x')",
     "given_name eq 'x' or given_name eq 'y'", "created_date gt 'soon'", "custom_fields eq 'x'",
     "given_name eq 'x' and family_name eq 'y' and region eq 'OH'"],
)  # fmt: skip
def test_what_filters_cannot_do_is_refused_or_left_out(an, variant, text):
    """Section 3: our choice, and the other one behind a switch."""
    reply = an.get("people", params={"filter": text})
    assert (reply.status_code, list(reply.json())) == (400, ["error"])
    lenient = variant(filter_errors=False)
    assert len(lenient.rows("people", filter=text)) == 60


def test_identifiers_are_found_by_filter(an):
    """Section 3: both kinds."""
    row = next(one for one in an.rows("people") if len(one["identifiers"]) > 1)
    for identifier in row["identifiers"]:
        assert an.rows("people", filter=f"identifier eq '{identifier}'") == [row]
    assert an.rows("people", filter="identifier eq 'my_system:none'") == []
