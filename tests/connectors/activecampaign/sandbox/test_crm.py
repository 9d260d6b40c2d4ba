"""Deals, pipelines, tasks and notes."""

import pytest

DEAL = {"title": "Hall", "value": 10000, "currency": "usd", "contact": "1", "owner": "1"}


def shown(ac, query: str = "") -> list[dict]:
    return [deal for deal in ac.rows(f"deals{query}") if not deal["isDisabled"]]


def test_a_deal_finds_its_pipeline_or_its_stage(ac):
    by_group = ac.add("deals", "deal", **DEAL, group="2")["id"]
    by_stage = ac.add("deals", "deal", **DEAL, stage="2")["id"]
    assert ac.get(f"deals/{by_group}").json()["deal"]["stage"] == "4"
    assert ac.get(f"deals/{by_stage}").json()["deal"]["group"] == "1"


def test_a_written_deal_comes_with_its_parents_and_echoes(ac):
    reply = ac.post("deals", json={"deal": {**DEAL, "stage": 2, "nonsense": 1}})
    assert reply.status_code == 201
    body = reply.json()
    assert set(body) == {"contacts", "dealStages", "dealGroups", "deal"}
    assert body["deal"]["stage"] == 2
    assert "nonsense" not in body["deal"]
    assert ac.get(f"deals/{body['deal']['id']}").json()["deal"]["stage"] == "2"


@pytest.mark.parametrize("left_out", ["title", "value", "currency", "contact", "owner", "stage"])
def test_a_deal_needs_its_attributes(ac, left_out):
    sent = {name: value for name, value in {**DEAL, "stage": "1"}.items() if name != left_out}
    reply = ac.post("deals", json={"deal": sent})
    assert reply.status_code == 422
    assert reply.json()["errors"][0]["code"] == "field_missing"


def test_a_deal_of_somebody_unknown_is_refused(ac):
    reply = ac.post("deals", json={"deal": {**DEAL, "contact": "999", "stage": "1"}})
    assert reply.json()["errors"][0]["code"] == "related_missing"


@pytest.mark.parametrize(
    ("name", "value"), [("stage", "2"), ("group", "1"), ("status", "1"), ("owner", "2")]
)
def test_deals_are_filtered_by_what_they_point_at(ac, name, value):
    found = shown(ac, f"?filters[{name}]={value}")
    assert found
    assert found == [deal for deal in shown(ac) if deal[name] == value]


def test_deals_are_filtered_by_text_tag_score_and_date(ac):
    contact = ac.contact("zq@example.org", firstName="Zq")
    tag = ac.add("tags", "tag", tag="Zq", tagType="contact")["id"]
    ac.add("contactTags", "contactTag", contact=contact, tag=tag)
    key = ac.add("deals", "deal", **{**DEAL, "contact": contact, "title": "Zqx"}, stage="1")["id"]
    for query in (
        "filters[title]=zqX",
        "filters[search]=zq@example",
        f"filters[tag]={tag}",
        "filters[created_after]=2026-09-02",
    ):
        assert [deal["id"] for deal in shown(ac, f"?{query}")] == [key], query
    total = ac.get("deals").json()["meta"]["total"]
    any_tag, none = (
        ac.get(f"deals?filters[tag]={code}").json()["meta"]["total"] for code in ("-1", "-2")
    )
    assert any_tag + none == total
    assert 0 < ac.get("deals?filters[score_greater_than]=1:0").json()["meta"]["total"] < total
    assert ac.get("deals?filters[nextdate_range]=no-task").json()["meta"]["total"] == total


def test_deals_are_sorted(ac):
    values = [int(deal["value"]) for deal in shown(ac, "?orders[value]=DESC")]
    assert values == sorted(values, reverse=True)


def test_a_deal_is_deleted_with_an_empty_answer(ac):
    reply = ac.delete("deals/2")
    assert (reply.status_code, reply.content) == (200, b"")
    assert ac.get("deals/2").json() == {"message": "No Result found for Deal with id 2"}


def test_a_change_keeps_what_is_not_sent(ac):
    key = ac.add("deals", "deal", **DEAL, stage="1", description="d")["id"]
    ac.put(f"deals/{key}", json={"deal": {"title": "New"}})
    deal = ac.get(f"deals/{key}").json()["deal"]
    assert (deal["title"], deal["description"], deal["value"]) == ("New", "d", "10000")


def test_owners_change_in_bulk_with_an_answer_for_each(ac):
    key = ac.add("deals", "deal", **DEAL, stage="1")["id"]
    deals = [{"id": key, "ownerId": 2}, {"id": 999, "ownerId": 2}]
    path, body = "deals/bulkUpdate", {"deals": deals}
    assert ac.patch(path, json=body).json() == {"success": [key], "nochange": [], "failed": ["999"]}
    assert ac.patch(path, json=body).json() == {"success": [], "nochange": [key], "failed": ["999"]}


def test_all_deals_of_a_stage_are_moved(ac):
    ac.put("dealStages/1/deals", json={"deal": {"stage": "3"}})
    assert ac.get("deals?filters[stage]=1").json()["deals"] == []


def test_a_deal_and_its_custom_field(ac):
    fields = [{"customFieldId": 1, "fieldValue": "Fair"}]
    key = ac.add("deals", "deal", **DEAL, stage="1", fields=fields)["id"]
    body = ac.get(f"dealCustomFieldData?filters[dealId]={key}").json()
    (datum,) = body["dealCustomFieldData"]
    assert (datum["dealId"], datum["customFieldId"], datum["fieldValue"]) == (int(key), 1, "Fair")
    assert datum["createdTimestamp"].endswith("+00:00")
    assert body["meta"]["total"] == 1


def test_a_custom_field_is_defined_with_a_201(ac):
    sent = {"fieldLabel": "Colour", "fieldType": "text"}
    for kind in ("deal", "account"):
        path, singular = f"{kind}CustomFieldMeta", f"{kind}CustomFieldMetum"
        assert ac.post(path, json={singular: sent}).status_code == 201


def test_a_pipeline_starts_with_three_stages(ac):
    reply = ac.post("dealGroups", json={"dealGroup": {"title": "Grants", "currency": "eur"}})
    assert reply.status_code == 201
    titles = [stage["title"] for stage in reply.json()["dealStages"]]
    assert titles == ["To Contact", "In Contact", "Follow Up"]
    body = ac.get("dealGroups?filters[title]=grant").json()
    (group,) = body["dealGroups"]
    assert len(group["stages"]) == 3
    assert set(group["stages"]) <= {stage["id"] for stage in body["dealStages"]}


def test_stages_are_found_by_pipeline_and_title(ac):
    assert [row["id"] for row in ac.rows("dealStages?filters[d_groupid]=2")] == ["4", "5", "6"]
    query = "dealStages?filters[d_groupid]=2&filters[title]=follow"
    assert [row["id"] for row in ac.rows(query)] == ["6"]


def test_a_secondary_contact_is_added_once(ac):
    sent = {"contactDeal": {"contact": "3", "deal": "2"}}
    assert ac.post("contactDeals", json=sent).status_code == 201
    assert ac.post("contactDeals", json=sent).json()["errors"][0]["code"] == "field_invalid"
    missing = {"contactDeal": {"contact": "3", "deal": "999"}}
    assert ac.post("contactDeals", json=missing).json()["errors"][0]["code"] == "related_missing"
    body = ac.get("contacts/3/contactDeals").json()
    assert [row["id"] for row in body["deals"]] == ["2"]
    assert [row["id"] for row in body["contacts"]] == ["3"]


def test_a_task_says_what_it_belongs_to(ac):
    due = "2026-12-01T10:00:00-06:00"
    sent = {"relid": 1, "duedate": due, "dealTasktype": 1}
    task = ac.add("dealTasks", "dealTask", **sent, ownerType="contact")
    read = ac.get(f"dealTasks/{task['id']}").json()["dealTask"]
    assert (read["reltype"], read["owner"]) == ("Subscriber", {"type": "contact", "id": "1"})
    assert ac.post("dealTasks", json={"dealTask": {"relid": 1}}).status_code == 422


@pytest.mark.parametrize(
    "query",
    [
        "due_after]=2026-11-30",
        "duedate_range]=2026-11-30+2026-12-02",
        "reltype]=Subscriber",
        "title]=zq",
    ],
)
def test_tasks_are_filtered(ac, query):
    due = "2026-12-01T10:00:00-06:00"
    sent = {"relid": 1, "duedate": due, "dealTasktype": 1, "title": "Zq"}
    key = ac.add("dealTasks", "dealTask", **sent, ownerType="contact")["id"]
    assert [row["id"] for row in ac.rows(f"dealTasks?filters[{query}")] == [key]


def test_task_types_of_a_new_account(ac):
    titles = [row["title"] for row in ac.rows("dealTasktypes")]
    assert titles == ["Call", "Email", "Lunch", "Meeting"]


def test_notes_show_their_owner_and_take_known_kinds_only(ac):
    note = ac.add("notes", "note", note="x", relid=1, reltype="Subscriber")
    assert note["owner"] == {"type": "contact", "id": "1"}
    assert note["id"] in [row["id"] for row in ac.rows("contacts/1/notes")]
    bad = {"note": {"note": "x", "relid": 1, "reltype": "Planet"}}
    assert ac.post("notes", json=bad).status_code == 422


@pytest.mark.parametrize(("path", "kind"), [("deals/2", "Deal"), ("accounts/2", "CustomerAccount")])
def test_notes_are_put_on_deals_and_accounts(ac, path, kind):
    note = ac.add(f"{path}/notes", "note", note="x")
    assert (note["reltype"], note["relid"]) == (kind, "2")
    for method in ("PUT", "POST"):
        reply = ac.request(method, f"{path}/notes/{note['id']}", json={"note": {"note": method}})
        assert reply.json()["note"]["note"] == method


@pytest.mark.parametrize("path", ["dealRoles", "taskOutcomes", "taskNotifications"])
def test_small_crm_resources_can_be_listed(ac, path):
    assert isinstance(ac.get(path).json()[path], list)


def test_deals_are_filtered_by_the_score_and_tasks_of_their_contact(ac):
    everything = ac.get("deals").json()["meta"]["total"]

    def total(query: str) -> int:
        return ac.get(f"deals?filters[{query}").json()["meta"]["total"]

    above, below = total("score_greater_than]=1:50"), total("score_less_than]=1:51")
    assert 0 < above + below < everything
    tasks = [row for row in ac.rows("dealTasks") if row["dealTasktype"] == "1"]
    assert total("tasktype]=1") == len({row["relid"] for row in tasks})
    assert total("nextdate_range]=overdue") == total("nextdate_range]=scheduled") == 0
    assert total("nextdate_range]=whenever") == everything


def test_pipelines_with_stages_can_be_asked_for(ac):
    assert len(ac.get("dealGroups?filters[have_stages]=1").json()["dealGroups"]) == 2
    assert ac.post("dealGroups", json={"dealGroup": {"title": "x"}}).status_code == 422


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"ownerType": "planet", "relid": 1}, "field_invalid"),
        ({"ownerType": "deal", "relid": 999}, "related_missing"),
    ],
)
def test_a_task_of_nobody_is_refused(ac, sent, code):
    task = {**sent, "duedate": "2026-12-01", "dealTasktype": 1}
    reply = ac.post("dealTasks", json={"dealTask": task})
    assert reply.json()["errors"][0]["code"] == code


def test_a_note_on_a_deal_that_is_not_there_is_a_404(ac):
    assert ac.post("deals/999/notes", json={"note": {"note": "x"}}).status_code == 404


def test_deleting_a_pipeline_deletes_its_stages_and_deals(ac):
    assert ac.delete("dealGroups/2").json() == {}
    assert ac.rows("dealStages?filters[d_groupid]=2") == []
    assert ac.get("deals?filters[group]=2").json()["deals"] == []
