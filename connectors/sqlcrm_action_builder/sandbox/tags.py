"""Tags and taggings: lists, new values, removal."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from sqlcrm.sandbox import Reply
from sqlcrm_action_builder.sandbox import linking, rendering, tagging
from sqlcrm_action_builder.sandbox.answers import Item, Tagging
from sqlcrm_action_builder.sandbox.campaigns import UNIVERSAL, Tag
from sqlcrm_action_builder.sandbox.filters import TAGS, parse
from sqlcrm_action_builder.sandbox.lists import encoded, page
from sqlcrm_action_builder.sandbox.network import View
from sqlcrm_action_builder.sandbox.reading import person_number, unfiltered
from sqlcrm_action_builder.sandbox.wire import Query, Refused, answer, body_of, missing, text

Found = tuple[Item, Tagging]


def listing(view: View) -> Reply:
    """The tags that are active in a campaign, those of universal sections included."""
    comparisons = parse(Query(view.call.query).filter, dict(TAGS))
    rows = view.network.office.active(view.number)
    for one in comparisons:
        rows = [tag for tag in rows if tag.name == one.value]
    if view.network.switches.lag:
        settled = view.network.settled()
        rows = [tag for tag in rows if tag.modified <= settled]
    shown = encoded(partial(rendering.tag, view))
    return page(view.network, view.call, "osdi:tags", rows, shown)


def one(view: View) -> Reply:
    """One tag."""
    return answer(rendering.tag(view, _tag(view, view.keys[0])))


def post(view: View) -> Reply:
    """A new value of a field; one that is there already is answered as it is (unsure)."""
    sent = body_of(view.call)
    field = tagging.field_of(view, sent)
    name = tagging.value_name(sent)
    if not name:
        raise Refused(422, "Name can't be blank")
    if field is None:
        raise Refused(422, "Section and field must exist")
    tag = view.network.office.create(field, name, view.number, view.network.now())
    return answer(rendering.tag(view, tag))


def put(view: View) -> Reply:
    """Tags cannot be changed; the status is unsure."""
    _tag(view, view.keys[0])
    raise Refused(405, "Tags cannot be updated")


def delete(view: View) -> Reply:
    """Remove a tag from the campaign; its taggings are out of sight there.

    Dates of people do not move, and the taggings come back with the tag (both unsure).
    """
    tag = _accessible(view, view.keys[0])
    tag.campaigns.discard(view.number)
    tag.modified = view.network.now()
    view.network.answers.version += 1
    return answer({"message": "Tag has been removed from the campaign"})


def taggings_of_tag(view: View) -> Reply:
    """Everything in the campaign that has a tag."""
    unfiltered(view.call)
    tag = _accessible(view, view.keys[0])
    network = view.network
    answers, number = network.answers, view.number
    rows = network.results((number, tag), lambda: answers.tagged(number, tag))
    if network.switches.lag:
        rows = [row for row in rows if row[1] is None or row[1].created <= network.settled()]

    def shown(row: tuple[Item, Tagging | None]) -> str:
        item, found = row
        return text(rendering.tagging(view, (item, found or answers.make(number, item, tag))))

    return page(network, view.call, "osdi:taggings", rows, shown)


def taggings_of_person(view: View) -> Reply:
    """The answers of one entity, those to universal fields included."""
    unfiltered(view.call)
    number = person_number(view, view.keys[0])
    found = view.network.answers.shown(view.number, number)
    return _page(view, [(number, tagging_) for tagging_ in found])


def taggings_of_connection(view: View) -> Reply:
    """The answers of one connection."""
    unfiltered(view.call)
    pair = linking.by_id(view, view.keys[0]).pair
    found = view.network.answers.shown(view.number, pair)
    return _page(view, [(pair, tagging_) for tagging_ in found])


def one_of_tag(view: View) -> Reply:
    """One tagging, by its tag."""
    tag = _accessible(view, view.keys[0])
    _, item, found = _tagging(view, view.keys[1])
    if found.tag is not tag:
        raise missing("Tagging")
    return answer(rendering.tagging(view, (item, found)))


def delete_of_tag(view: View) -> Reply:
    """Take an answer away, by its tag."""
    tag = _accessible(view, view.keys[0])
    scope, item, found = _tagging(view, view.keys[1])
    if found.tag is not tag:
        raise missing("Tagging")
    return _remove(view, scope, item, found)


def delete_of_person(view: View) -> Reply:
    """Take an answer of a person away; one client does, the documentation is silent."""
    number = person_number(view, view.keys[0])
    return _delete(view, number, view.keys[1])


def delete_of_connection(view: View) -> Reply:
    """Take an answer of a connection away; unsure whether the real API does."""
    return _delete(view, linking.by_id(view, view.keys[0]).pair, view.keys[1])


def post_of_person(view: View) -> Reply:
    """Give an answer; refused unless switched on, see `Switches.tagging_create`."""
    number = person_number(view, view.keys[0])
    if not view.network.switches.tagging_create:
        raise Refused(405, "Taggings cannot be created here")
    sent = body_of(view.call)
    if not tagging.add(view, number, sent):
        raise Refused(422, "Tag must exist")
    view.network.entities.touch(number, view.network.now())
    newest = max(view.network.answers.shown(view.number, number), key=lambda one: one.created)
    return answer(rendering.tagging(view, (number, newest)))


def _page(view: View, rows: Sequence[Found]) -> Reply:
    if view.network.switches.lag:
        settled = view.network.settled()
        rows = [row for row in rows if row[1].created <= settled]
    shown = encoded(partial(rendering.tagging, view))
    return page(view.network, view.call, "osdi:taggings", rows, shown)


def _tag(view: View, uuid: str) -> Tag:
    tag = view.network.office.tags.get(uuid)
    if tag is None or not tag.active(view.number):
        raise missing("Tag")
    return tag


def _accessible(view: View, uuid: str) -> Tag:
    """A tag whose taggings can be got at, which those of universal sections cannot."""
    tag = _tag(view, uuid)
    if tag.field.universal:
        raise Refused(404, "Tag is not accessible")
    return tag


def _tagging(view: View, uuid: str) -> tuple[int, Item, Tagging]:
    found = view.network.answers.find(uuid, view.number)
    if found is None or not view.network.answers.there(view.number, found[1]):
        raise missing("Tagging")
    return found


def _delete(view: View, item: Item, uuid: str) -> Reply:
    scope, owner, found = _tagging(view, uuid)
    if owner != item:
        raise missing("Tagging")
    if scope == UNIVERSAL:
        raise Refused(404, "Tag is not accessible")
    return _remove(view, scope, item, found)


def _remove(view: View, scope: int, item: Item, found: Tagging) -> Reply:
    network = view.network
    network.answers.remove(scope, item, [found])
    for number in (item,) if isinstance(item, int) else item:
        network.entities.touch(number, network.now())
    return answer({"message": "Tag has been removed from Taggable Logbook"})
