"""What people do on web pages, not through the API: `POST /_sandbox/actions`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec.json import decode, encode

from sqlcrm.sandbox import Call, Reply
from sqlcrm_action_network.sandbox.store import Store
from sqlcrm_action_network.sandbox.wire import BASE

ACTIONS = {
    "act": 'somebody fills in a form: {"path": "petitions/ID/signatures", "body": {"person": …}}',
    "unsubscribe": 'somebody follows the link in an e-mail: {"email": …}',
    "delete_person": 'an organizer deletes somebody with all actions: {"person": ID}',
}


def act(
    store: Store, handle: Callable[[Call], Reply], action: str, values: Mapping[str, object]
) -> Mapping[str, object]:
    """Do it. Raises: ValueError."""
    if action == "act":
        path = f"{BASE}/{values.get('path')}"
        reply = handle(Call("POST", path, body=encode(values.get("body"))))
        return {"status": reply.status, "body": decode(reply.body)}
    store.version += 1
    if action == "unsubscribe":
        return _unsubscribe(store, str(values.get("email")))
    return _delete(store, str(values.get("person")))


def _unsubscribe(store: Store, email: str) -> Mapping[str, object]:
    number = store.people.by_email(email)
    if number is None:
        message = f"Nobody has the address {email}."
        raise ValueError(message)
    row = store.people.edit(number)
    row["email_addresses"][0]["status"] = "unsubscribed"
    store.people.put(number, row, store.now())
    return {"unsubscribed": store.people.ids.of(number)}


def _delete(store: Store, person: str) -> Mapping[str, object]:
    number = store.people.find(person)
    if number is None:
        message = f"There is no person {person}."
        raise ValueError(message)
    for records in store.records.values():
        for record in records.of_person(number):
            records.remove(record)
    store.people.remove(number)
    return {"deleted": person}
