"""A table is found by any of its spellings."""

import pytest

from sqlcrm.catalog.connectors import load
from sqlcrm.catalog.tables import find_table
from sqlcrm.errors import SqlError


@pytest.mark.parametrize(
    "name", ["contact_tags", "ContactTags", "CONTACT_TAGS", "contacttags", "Contact_Tags"]
)
def test_case_and_underscores_do_not_matter(name: str) -> None:
    found = find_table(load("activecampaign"), name, "ac")
    assert (found.table.name, found.by) == ("contact_tags", "")


@pytest.mark.parametrize("name", ["ContactTagsByContactId", "contact_tags_by_contact_id"])
def test_a_name_may_say_by_which_column_the_table_is_read(name: str) -> None:
    found = find_table(load("activecampaign"), name, "ac")
    assert (found.table.name, found.by) == ("contact_tags", "contact_id")


def test_by_works_with_a_columns_other_names_too() -> None:
    found = find_table(load("activecampaign"), "ContactTagsByContact", "ac")
    assert (found.table.name, found.by) == ("contact_tags", "contact_id")


@pytest.mark.parametrize("name", ["contact", "cntacts", "ContactTagsByNothing", ""])
def test_an_unknown_table_is_refused_with_its_connection_and_offers(name: str) -> None:
    with pytest.raises(SqlError) as caught:
        find_table(load("activecampaign"), name, "ac")
    assert str(caught.value).startswith(f"ac (ActiveCampaign) has no table {name!r}. ")
    assert "contact" in str(caught.value).partition(". ")[2]
