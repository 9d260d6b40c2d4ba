"""Custom fields of accounts and deals: definitions and data. Source: the fact sheet, §4.7, §5.1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlcrm.sandbox import Call, Reply
from sqlcrm_activecampaign.sandbox.filters import points
from sqlcrm_activecampaign.sandbox.resources import (
    Handler,
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
    answer,
    invalid,
    loads,
    moment,
    number,
    objects,
    part,
)

ACCOUNT_META = Resource(
    "accountCustomFieldMeta",
    "accountCustomFieldMetum",
    "CustomerAccountCustomFieldMeta",
    total="none",
    required=("fieldLabel", "fieldType"),
    children=(("accountCustomFieldData", "customFieldId"),),
)
ACCOUNT_DATA = Resource(
    "accountCustomFieldData",
    "accountCustomFieldDatum",
    "CustomerAccountCustomFieldData",
    filters={"customerAccountId": points("customerAccountId")},
    total="none",
)
DEAL_META = Resource(
    "dealCustomFieldMeta",
    "dealCustomFieldMetum",
    "DealCustomFieldMeta",
    total="number",
    required=("fieldLabel", "fieldType"),
    children=(("dealCustomFieldData", "customFieldId"),),
)
DEAL_DATA = Resource(
    "dealCustomFieldData",
    "dealCustomFieldDatum",
    "DealCustomFieldData",
    filters={"dealId": points("dealId")},  # a capital I
    total="number",
)
_OWNERS = {"accountCustomFieldData": "customerAccountId", "dealCustomFieldData": "dealId"}
_PARENTS = {"customerAccountId": "accounts", "dealId": "deals"}


def save(store: Store, path: str, sent: Mapping[str, Any]) -> tuple[int, Row, bool]:
    """Set one value of one owner: (its id, what was sent, whether it is new). Raises: Refused."""
    owner = _OWNERS[path]
    resource = ACCOUNT_DATA if path == ACCOUNT_DATA.path else DEAL_DATA
    given = dict(sent)
    if owner == "customerAccountId":
        account = number(given.get(owner) or given.get("accountId"))
        given |= {owner: str(account), "accountId": account}
    if number(given.get(owner)) not in store.table(_PARENTS[owner]):
        raise invalid(f"The related {owner} does not exist.", "related_missing", owner)
    field = number(given.get("customFieldId"))
    metas = store.table(path.removesuffix("Data") + "Meta")
    if field not in metas:
        raise invalid("The custom field does not exist.", "related_missing", "customFieldId")
    _check(metas.value(field, "fieldType"), given.get("fieldValue"))
    table = store.table(path)
    for key in table.having(owner, given[owner]):
        if table.value(key, "customFieldId") == str(field):
            return key, update(resource, store, key, given), False
    key, known = create(resource, store, given)
    return key, known, True


def _check(kind: str, value: object) -> None:
    """The one kind of value that is refused; the error has neither title nor code."""
    if kind == "date" and value and moment(str(value)) is None:
        detail = (
            f"The custom field value `{value}` could not be saved to the custom field of type "
            f"`{kind}`."
        )
        raise Refused(422, {"errors": [{"detail": detail}]})


def save_inline(store: Store, path: str, owner: int, sent: Row) -> None:
    """Set the values in `fields` of an account or a deal that is being written."""
    for entry in objects(sent.get("fields")):
        save(store, path, {**entry, _OWNERS[path]: str(owner)})


def _post(resource: Resource) -> Handler:
    def post(store: Store, call: Call, _: tuple[str, ...]) -> Reply:
        key, known, new = save(store, resource.path, part(loads(call.body), resource.singular))
        accounts = resource is ACCOUNT_DATA
        return echo(resource, store, key, known, 201 if new and accounts else 200)

    return post


def _put(resource: Resource) -> Handler:
    def put(store: Store, call: Call, keys: tuple[str, ...]) -> Reply:
        key = resource.find(store, keys[0])
        sent = part(loads(call.body), resource.singular)
        field = store.table(resource.path).value(key, "customFieldId")
        metas = store.table(resource.path.removesuffix("Data") + "Meta")
        _check(metas.value(number(field), "fieldType"), sent.get("fieldValue"))
        known = update(resource, store, key, {"fieldValue": sent.get("fieldValue")})
        return echo(resource, store, key, known, 200)

    return put


def _bulk(resource: Resource) -> Handler:
    """A bare array of values; one that is wrong refuses them all."""

    def bulk(store: Store, call: Call, _: tuple[str, ...]) -> Reply:
        given = loads(call.body).get("")
        if not isinstance(given, list) or not all(isinstance(entry, dict) for entry in given):
            raise Refused(422, {"errors": ["Request must contain an array of objects."]})
        for entry in given:
            key, table = number(entry.get("id")), store.table(resource.path)
            known = {} if key not in table else table.raw(key)
            save(store, resource.path, {**known, **entry})
        return answer({"message": f"{len(given)} custom field values were saved."})

    return bulk


ROUTES: Routes = {
    **crud(ACCOUNT_META),
    **crud(DEAL_META),
    **crud(ACCOUNT_DATA),
    **crud(DEAL_DATA),
}
for _resource in (ACCOUNT_DATA, DEAL_DATA):
    ROUTES[f"POST {_resource.path}"] = _post(_resource)
    ROUTES[f"PUT {_resource.path}/*"] = _put(_resource)
    ROUTES[f"POST {_resource.path}/bulkCreate"] = _bulk(_resource)
    ROUTES[f"PATCH {_resource.path}/bulkUpdate"] = _bulk(_resource)
