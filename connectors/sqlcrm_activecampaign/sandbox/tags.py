"""Tags and which contact has which. Source: the fact sheet, §4.1 and §4.2."""

from __future__ import annotations

from sqlcrm.sandbox import Call, Reply
from sqlcrm_activecampaign.sandbox.filters import OPERATORS, contains, points, where
from sqlcrm_activecampaign.sandbox.resources import (
    Resource,
    Routes,
    create,
    crud,
    echo,
    update,
)
from sqlcrm_activecampaign.sandbox.store import Store
from sqlcrm_activecampaign.sandbox.wire import (
    Refused,
    Row,
    array,
    loads,
    members,
    number,
    part,
    php,
)

TAGS = Resource(
    "tags",
    "tag",
    "Tag",
    params={"search": contains("tag")},
    filters={f"search][{name}": where("tag", test) for name, test in OPERATORS.items()},
    orders={"search": "tag"},
    required=("tag",),
    children=(("contactTags", "tag"),),
)
CONTACT_TAGS = Resource(
    "contactTags",
    "contactTag",
    "SubscriberTag",
    filters={"contact": points("contact"), "tag": points("tag")},
    verbs="GET DELETE",
)


def prepare(store: Store) -> None:
    """Count the contacts of each tag when the tag is read."""

    def counted(row: Row, key: int) -> Row:
        return {**row, "subscriber_count": str(len(store.contact_tags.having("tag", key)))}

    store.table("tags").render = counted


def named(store: Store, name: str, kind: str = "contact") -> int:
    """The id of the tag with this name, any case of letters; 0 where there is none."""
    tags, wanted = store.table("tags"), name.casefold()
    return next(
        (
            key
            for key in tags.ids()
            if tags.value(key, "tag").casefold() == wanted and tags.value(key, "tagType") == kind
        ),
        0,
    )


def _refuse_duplicate(store: Store, sent: Row, but: int = 0) -> None:
    """Names are unique for each type of tag; the database's own message says so."""
    kind, name = str(sent.get("tagType") or "contact"), str(sent.get("tag") or "")
    found = named(store, name, kind)
    if found and found != but:
        error = f"Duplicate entry '{kind}-{name}' for key 'typetag'"
        raise Refused(422, {"message": "Could not process request", "error": error})


def _create_tag(store: Store, call: Call, _: tuple[str, ...]) -> Reply:
    sent = part(loads(call.body), "tag")
    _refuse_duplicate(store, sent)
    key, known = create(TAGS, store, sent)
    return echo(TAGS, store, key, known, 201)


def _update_tag(store: Store, call: Call, keys: tuple[str, ...]) -> Reply:
    key = TAGS.find(store, keys[0])
    sent = part(loads(call.body), "tag")
    if "tag" in sent:
        _refuse_duplicate(store, sent, key)
    return echo(TAGS, store, key, update(TAGS, store, key, sent), 200)


def _apply(store: Store, call: Call, _: tuple[str, ...]) -> Reply:
    """Give a contact a tag; a second time it answers 200 with the row there is."""
    sent = part(loads(call.body), "contactTag")
    contact, tag = number(sent.get("contact")), number(sent.get("tag"))
    if not tag:
        raise _invalid_tag("No tag id provided")
    if contact not in store.people:
        error = {"status": 404, "title": "Not Found", "detail": "Contact not found"}
        raise Refused(404, {"errors": [error]})
    if tag not in store.table("tags"):
        error = {"status": 404, "title": "Not Found", "detail": "Tag not found"}
        raise Refused(404, {"errors": [error]})
    key, new = store.tag_contact(contact, tag)
    row = store.contact_tags.row(key)
    relation = {
        "contact": sent["contact"],
        "tag": sent["tag"],
        "cdate": row["cdate"],
        "links": row["links"],
        "id": str(key),
    }
    parts = [("contacts", array([store.people.encoded(contact)])), ("contactTag", php(relation))]
    return Reply(201 if new else 200, members(parts))


def _invalid_tag(detail: str) -> Refused:
    title = "Invalid value for query parameter contactTag.tag"
    error = {"title": title, "detail": detail, "source": {"parameter": "contactTag.tag"}}
    return Refused(400, {"errors": [error]})  # recorded; the docs say 422


ROUTES: Routes = {
    **crud(TAGS),
    "POST tags": _create_tag,
    "PUT tags/*": _update_tag,
    **crud(CONTACT_TAGS),
    "POST contactTags": _apply,
}
