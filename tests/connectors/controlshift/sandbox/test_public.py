"""The public pages and their five envelopes."""

import httpx
import pytest


def test_featured_petitions_have_meta_data_and_links(cs):
    first = cs.open("/petitions/featured.json").json()
    total = first["meta"]["total_entries"]
    assert first["meta"] == {"total_pages": 2, "total_entries": total, "per_page": 10}
    assert first["links"].keys() == {"self", "first", "prev", "next", "last"}
    assert first["links"]["prev"] is None
    second = httpx.get(first["links"]["next"]).json()
    assert second["links"]["next"] is None
    assert len(first["data"] + second["data"]) == total
    assert cs.open("/featured.json").json() == first


def test_search_tells_its_term(cs):
    shown = cs.open("/petitions/search.json?query=zzz").json()
    assert shown == {
        "meta": {"total_pages": 1, "total_entries": 0, "per_page": 10, "search_term": "zzz"},
        "data": [],
    }


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/categories/environment.json", "Environment"),
        ("/partnerships/partner-one/petitions.json", "Partner One"),
    ],
)
def test_results_of_a_category_or_partnership_are_flat(cs, path, name):
    shown = cs.open(path).json()
    paging = {"current_page", "total_pages", "previous_page", "next_page"}
    assert shown.keys() == {*paging, "name", "results"}
    assert shown["name"] == name
    assert shown["results"]


def test_categories_are_a_bare_array(cs):
    rows = cs.open("/categories.json").json()
    found = cs.open(f"/categories/{rows[0]['slug']}.json").json()["results"]
    assert rows[0]["category_count"] == len(found)
    assert rows[0]["signature_count"] == sum(row["signature_count"] for row in found)


def test_efforts_count_and_have_titles_by_locale(cs):
    shown = cs.open("/efforts.json").json()
    assert shown["meta"] == {"count": 2, "page": 1, "per_page": 10, "total_pages": 1}
    assert shown["data"][0]["title"]["en"] == "Every council"
    one = cs.open("/efforts/every-council.json").json()
    assert one.keys() == {
        *("title", "slug", "description", "goal", "signature_count", "petitions"),
    }


def test_nearest_petition_of_an_effort(cs):
    path = "/efforts/clean-rivers/lookup/query.json"
    assert cs.open(path).json() == {"code": "location_required"}
    assert cs.open(f"{path}?query=atlantis").json() == {"code": "no_nearby_targets"}
    effort = cs.open("/efforts/clean-rivers.json").json()
    place = next(row["location"] for row in effort["petitions"] if row["location"])
    found = cs.open(f"{path}?location_query={place['locality']}").json()
    assert found["closest_target"]["location"]["locality"] == place["locality"]
    assert isinstance(found["closest_target"]["location"]["latitude"], float)


def test_texts_of_a_petition(cs):
    shown = cs.open("/api/petitions/save-the-park/what.json").json()
    assert shown["rich_text"] == f"<p>{shown['plain_text']}</p>"
    assert cs.open("/api/petitions/save-the-park/why.json").json()["rich_text"] is None
    assert cs.open("/api/petitions/save-the-park/who.json").status_code == 404


def test_calendar_and_map(cs):
    calendar = cs.open("/calendars/city-calendar.json").json()
    assert calendar["events_count"] == 20
    points = cs.open("/api/local/points.json").json()
    first = cs.open("/api/local.json").json()
    assert first["meta"]["count"] == len(points) > len(first["data"]) > 0
    shown = [row["id"] for row in first["data"]]
    assert shown == [row["id"] for row in points][: len(shown)]


def test_only_public_petitions_are_shown(cs):
    everything = cs.pages("petitions", "petitions")
    hidden = [
        row["slug"]
        for row in everything
        if not row["launched"] or row["admin_status"] in {"suppressed", "inappropriate"}
    ]
    assert len(hidden) > 5
    assert {cs.open(f"/petitions/{slug}.json").status_code for slug in hidden} == {404}
    found = cs.open("/petitions/search.json?query=").json()["meta"]["total_entries"]
    assert found == len(everything) - len(hidden)


def test_pages_can_be_asked_from_other_sites(cs):
    reply = cs.open("/categories.json?callback=show")
    assert reply.text.startswith("/**/show([")
    assert reply.headers["access-control-allow-origin"] == "*"
