"""Companies and who works there. Source: the fact sheet, §4.7 and §4.8."""

from __future__ import annotations

from sqlcrm.sandbox import Call, Reply
from sqlcrm_activecampaign.sandbox.custom_fields import save_inline
from sqlcrm_activecampaign.sandbox.filters import contains, points
from sqlcrm_activecampaign.sandbox.notes import children_notes
from sqlcrm_activecampaign.sandbox.resources import (
    Resource,
    Routes,
    create,
    crud,
    echo,
    listing,
    remove,
    update,
)
from sqlcrm_activecampaign.sandbox.store import Store
from sqlcrm_activecampaign.sandbox.wire import (
    Query,
    Row,
    answer,
    invalid,
    loads,
    missing,
    number,
    part,
)

ACCOUNTS = Resource(
    "accounts",
    "account",
    "CustomerAccount",
    params={"search": contains("name")},
    orders={"name": "name", "id": "id"},
    required=("name",),
    children=(("accountContacts", "account"), ("accountCustomFieldData", "customerAccountId")),
)
ACCOUNT_CONTACTS = Resource(
    "accountContacts",
    "accountContact",
    "CustomerAccountSubscriber",
    filters={"contact": points("contact"), "account": points("account")},
    verbs="GET",
)
_TAKEN = (  # docs: Create an association
    "This contact is already associated with an account. "
    "We currently do not support contacts on multiple accounts."
)


def _list(store: Store, call: Call, _: tuple[str, ...]) -> Reply:
    """Counts are "0" unless they are asked for."""
    table = store.table("accounts")
    if Query(call.query).get("count_deals") == "true":
        table.render = lambda row, key: {**row, **_counts(store, key)}
    try:
        return listing(ACCOUNTS, store, call)
    finally:
        table.render = None


def _counts(store: Store, key: int) -> Row:
    contacts = store.account_contacts.having("account", key)
    deals = store.table("deals").having("account", key)
    return {"contactCount": str(len(contacts)), "dealCount": str(len(deals))}


def _check_name(store: Store, sent: Row, but: int = 0) -> None:
    name = str(sent.get("name") or "").casefold()
    table = store.table("accounts")
    if name and any(
        key != but and table.value(key, "name").casefold() == name for key in table.ids()
    ):
        raise invalid("An account with this name already exists.", "duplicate", "name")


def _create(store: Store, call: Call, _: tuple[str, ...]) -> Reply:
    sent = part(loads(call.body), "account")
    _check_name(store, sent)
    key, known = create(ACCOUNTS, store, sent)
    save_inline(store, "accountCustomFieldData", key, sent)
    return echo(ACCOUNTS, store, key, known, 201)


def _update(store: Store, call: Call, keys: tuple[str, ...]) -> Reply:
    key = ACCOUNTS.find(store, keys[0])
    sent = part(loads(call.body), "account")
    _check_name(store, sent, key)
    known = update(ACCOUNTS, store, key, sent)
    save_inline(store, "accountCustomFieldData", key, sent)
    return echo(ACCOUNTS, store, key, known, 200)


def _bulk_delete(store: Store, call: Call, _: tuple[str, ...]) -> Reply:
    """The docs spell the parameter `[]ids`; the usual way is taken too."""
    query = Query(call.query)
    wanted = [value for name, value in query.pairs if name in {"[]ids", "ids[]"}]
    for key in {number(value) for value in wanted}:
        if key in store.table("accounts"):
            remove(ACCOUNTS, store, key)
    return answer({"meta": {"success": True}})


def _associate(store: Store, call: Call, _: tuple[str, ...]) -> Reply:
    """Tie a contact to an account: to one only."""
    sent = part(loads(call.body), "accountContact")
    contact, account = number(sent.get("contact")), number(sent.get("account"))
    _check_ends(store, contact, account)
    links = store.account_contacts
    if links.having("contact", contact):
        raise invalid(_TAKEN, "field_invalid", "account,contact")
    now = store.now()
    key = links.add(contact, account, now, now, str(sent.get("jobTitle") or ""))
    store.people.touch(contact)
    return _written(store, key, sent, 201)


def _check_ends(store: Store, contact: int, account: int) -> None:
    for value, there, name in (
        (contact, store.people, "contact"),
        (account, store.table("accounts"), "account"),
    ):
        if not value:
            raise invalid(f"The {name} was not provided.", "field_missing", name)
        if value not in there:
            raise invalid(f"The related {name} does not exist.", "related_missing", name)


def _reassociate(store: Store, call: Call, keys: tuple[str, ...]) -> Reply:
    key = ACCOUNT_CONTACTS.find(store, keys[0])
    sent = part(loads(call.body), "accountContact")
    links = store.account_contacts
    if "account" in sent:
        _check_ends(store, links.at(key, "contact"), number(sent["account"]))
        links.change(key, account=number(sent["account"]))
    if "jobTitle" in sent:
        links.change(key, jobTitle=str(sent["jobTitle"] or ""))
    links.change(key, udate=store.now())
    return _written(store, key, sent, 200)


def _written(store: Store, key: int, sent: Row, status: int) -> Reply:
    names = ("contact", "account", "jobTitle")
    row = {**store.account_contacts.row(key), **{n: sent[n] for n in names if n in sent}}
    return answer({"accountContact": row}, status)


def _dissociate(store: Store, _: Call, keys: tuple[str, ...]) -> Reply:
    key = number(keys[0])
    if key not in store.account_contacts:
        raise missing(ACCOUNT_CONTACTS.model, key)
    contact = store.account_contacts.at(key, "contact")
    store.account_contacts.remove(key)
    store.people.touch(contact)
    return answer({})


ROUTES: Routes = {
    **crud(ACCOUNTS),
    "GET accounts": _list,
    "POST accounts": _create,
    "PUT accounts/*": _update,
    "DELETE accounts/bulk_delete": _bulk_delete,
    **children_notes("accounts", "CustomerAccount"),
    **crud(ACCOUNT_CONTACTS),
    "POST accountContacts": _associate,
    "PUT accountContacts/*": _reassociate,
    "DELETE accountContacts/*": _dissociate,
}
