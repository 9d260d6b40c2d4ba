"""Pipelines, their stages, secondary contacts and tasks. Source: the fact sheet, §5.2 and §5.3."""

from __future__ import annotations

from collections.abc import Sequence

from sqlcrm.sandbox import Call, Reply
from sqlcrm_activecampaign.sandbox.filters import (
    Filter,
    after,
    before,
    contains,
    equals,
    points,
)
from sqlcrm_activecampaign.sandbox.furnishing_crm import add_pipeline
from sqlcrm_activecampaign.sandbox.resources import (
    Resource,
    Routes,
    create,
    crud,
    echo,
    listing,
    update,
)
from sqlcrm_activecampaign.sandbox.rows import Rows
from sqlcrm_activecampaign.sandbox.store import Store
from sqlcrm_activecampaign.sandbox.wire import (
    Query,
    Row,
    answer,
    array,
    invalid,
    loads,
    moment,
    number,
    part,
)

GROUPS = Resource(
    "dealGroups",
    "dealGroup",
    "DealGroup",
    filters={"title": contains("title")},
    orders={"title": "title"},
    required=("title", "currency"),
    children=(("dealStages", "group"), ("deals", "group")),
)
STAGES = Resource(
    "dealStages",
    "dealStage",
    "DealStage",
    filters={"title": contains("title"), "d_groupid": points("group")},
    orders={"title": "title", "order": "order"},
    required=("title", "group"),
    children=(("deals", "stage"),),
)
SECONDARY = Resource("contactDeals", "contactDeal", "SubscriberDeal", required=("contact", "deal"))


def _due(_: Store, rows: Rows, ids: Sequence[int], want: str) -> Sequence[int]:
    """`duedate_range`: two dates with a + between them, read from the query as a space."""
    start, _space, end = want.replace("+", " ").partition(" ")
    low, high = moment(start), moment(end)
    if low is None or high is None:
        return ids
    return [key for key in ids if low <= (moment(rows.value(key, "duedate")) or 0) <= high]


_TASK_FILTERS: dict[str, Filter] = {
    "title": contains("title"),
    "reltype": equals("reltype"),
    "relid": points("relid"),
    "status": equals("status"),
    "note": contains("note"),
    "duedate": equals("duedate"),
    "d_tasktypeid": points("dealTasktype"),
    "userid": points("user"),
    "assignee_userid": points("assignee"),
    "due_after": after("duedate"),
    "due_before": before("duedate"),
    "duedate_range": _due,
    "outcome_id": points("outcomeId"),
}
TASKS = Resource(
    "dealTasks",
    "dealTask",
    "DealTask",
    filters=_TASK_FILTERS,
    required=("relid", "duedate", "dealTasktype"),
    ok=201,  # the docs list 201 even for reading and changing
)
TASK_TYPES = Resource("dealTasktypes", "dealTasktype", "DealTasktype", required=("title",))
_OWNER_TYPES = {"contact": "Subscriber", "deal": "Deal", "Subscriber": "Subscriber", "Deal": "Deal"}


def prepare(store: Store) -> None:
    """A pipeline shows the ids of its stages."""
    stages = store.table("dealStages")

    def staged(row: Row, key: int) -> Row:
        return {**row, "stages": [str(stage) for stage in stages.having("group", key)]}

    store.table("dealGroups").render = staged


def _list_groups(store: Store, call: Call, _: tuple[str, ...]) -> Reply:
    stages = store.table("dealStages")
    sides = [("dealStages", array(map(stages.encoded, stages.ids())))]
    wanted = dict(Query(call.query).of("filters")).get("have_stages")
    within = None
    if wanted in {"1", "true"}:
        groups = store.table("dealGroups")
        within = [key for key in groups.ids() if stages.having("group", key)]
    return listing(GROUPS, store, call, within=within, sides=sides)


def _create_group(store: Store, call: Call, _: tuple[str, ...]) -> Reply:
    """A pipeline starts with three stages of its own."""
    sent = part(loads(call.body), "dealGroup")
    for name in GROUPS.required:
        if not sent.get(name):
            raise invalid(f"The {name} was not provided.", "field_missing", name)
    key = add_pipeline(store, str(sent["title"]), str(sent["currency"]), store.now())
    known = update(GROUPS, store, key, sent)
    stages = store.table("dealStages")
    made = [stages.row(stage) for stage in stages.having("group", key)]
    body = loads(echo(GROUPS, store, key, known, 201).body)
    return answer({"dealStages": made, **body}, 201)


def _move_stage(store: Store, call: Call, keys: tuple[str, ...]) -> Reply:
    """Move every deal of a stage to another one."""
    key = STAGES.find(store, keys[0])
    target = STAGES.find(store, str(part(loads(call.body), "deal").get("stage")))
    deals = store.table("deals")
    group = store.table("dealStages").value(target, "group")
    for deal in deals.having("stage", key):
        deals.change(deal, {"stage": str(target), "group": group})
    return answer({})


def _create_secondary(store: Store, call: Call, _: tuple[str, ...]) -> Reply:
    sent = part(loads(call.body), "contactDeal")
    contact, deal = number(sent.get("contact")), number(sent.get("deal"))
    if contact not in store.people or deal not in store.table("deals"):
        raise invalid("The related contact or deal does not exist.", "related_missing", "deal")
    table = store.table("contactDeals")
    if any(table.value(key, "deal") == str(deal) for key in table.having("contact", contact)):
        raise invalid("The contact is already on this deal.", "field_invalid", "contact,deal")
    key, known = create(SECONDARY, store, sent)
    return echo(SECONDARY, store, key, known, 201)


def _create_task(store: Store, call: Call, _: tuple[str, ...]) -> Reply:
    """Every POST makes a task. `ownerType` says what `relid` is."""
    sent = part(loads(call.body), "dealTask")
    kind = _OWNER_TYPES.get(str(sent.get("ownerType") or sent.get("reltype") or "deal"))
    if kind is None:
        raise invalid("The ownerType must be contact or deal.", "field_invalid", "ownerType")
    there: Rows = store.people if kind == "Subscriber" else store.table("deals")
    if sent.get("relid") and number(sent["relid"]) not in there:
        raise invalid("The related owner does not exist.", "related_missing", "relid")
    key, known = create(TASKS, store, {**sent, "reltype": kind})
    return echo(TASKS, store, key, known, 201)


ROUTES: Routes = {
    **crud(GROUPS),
    "GET dealGroups": _list_groups,
    "POST dealGroups": _create_group,
    **crud(STAGES),
    "PUT dealStages/*/deals": _move_stage,
    **crud(SECONDARY),
    "POST contactDeals": _create_secondary,
    **crud(TASKS),
    "POST dealTasks": _create_task,
    **crud(TASK_TYPES),
    **crud(Resource("dealRoles", "dealRole", "DealRole", required=("title",))),
    **crud(Resource("taskOutcomes", "taskOutcome", "TaskOutcome", required=("title",))),
    **crud(Resource("taskNotifications", "taskNotification", "TaskNotification")),
}
