"""Petitions: lists, changes, the two ways to create one, deletion that takes its time.

The reply of PUT is not documented for sure; here it is the same as that of POST.
A petition that the API creates with a creator is launched when the creator confirms (action
`confirm_petition`), one without is launched at once; the documentation does not say.
"""

from __future__ import annotations

from sqlcrm.sandbox import Call, Reply
from sqlcrm_controlshift.sandbox.furnishing import PETITION, lists
from sqlcrm_controlshift.sandbox.joining import person_of
from sqlcrm_controlshift.sandbox.lists import Routes, find, rows_page, save
from sqlcrm_controlshift.sandbox.places import add_location
from sqlcrm_controlshift.sandbox.shapes import (
    LOCKABLE,
    labelings_of,
    petition_json,
    petition_payload,
)
from sqlcrm_controlshift.sandbox.store import Store
from sqlcrm_controlshift.sandbox.tagging import label_all
from sqlcrm_controlshift.sandbox.wire import Row, answer, body, invalid, missing, part

_CREATE = (
    *("title", "what", "who", "why", "delivery_details", "external_facebook_page"),
    *("external_site", "hide_petition_creator", "hide_recent_signers", "campaigner_contactable"),
    *("locale", "petition_creator_name_override", "source"),
)
_UPDATE = (
    *("admin_events_status", "alias", "campaigner_contactable", "can_download_signers"),
    *("custom_goal", "delivery_details", "external_facebook_page", "external_site"),
    *("hide_petition_creator", "hide_recent_signers", "hide_signature_form", "redirect_to"),
    *("petition_creator_name_override", "show_progress_bar", "signature_count_add_amount"),
    *("title", "what", "who", "why"),
)


def _list(store: Store, call: Call, _: tuple[str, ...]) -> Reply:
    return rows_page(store, call, "petitions", list(store["petitions"]), petition_json)


def _get(store: Store, _: Call, keys: tuple[str, ...]) -> Reply:
    return answer({"petition": petition_json(store, find(store, "petitions", keys[0]))})


def _create(store: Store, call: Call, _: tuple[str, ...]) -> Reply:
    return _reply(store, create(store, part(body(call), "petition")))


def _create_in_effort(store: Store, call: Call, keys: tuple[str, ...]) -> Reply:
    """`objective[slug]`: what the effort's petition is for; it is taken and not looked up."""
    effort = find(store, "efforts", keys[0])
    sent = body(call)
    row = create(store, {**part(sent, "petition"), "effort": effort["slug"]})
    return _reply(store, row)


def _reply(store: Store, row: Row) -> Reply:
    shown = {"status": "success", "petition": petition_json(store, row)}
    return answer(shown, store.switches.created_status)


def create(store: Store, sent: Row) -> Row:
    """A new petition. Raises: Refused."""
    targets = sent.get("targets") or []
    needed = ("title", "what") if targets else ("title", "what", "who")
    for name in needed:
        if not sent.get(name):
            raise invalid(name, "can't be blank")
    if not isinstance(targets, list) or len(targets) > 1:
        raise invalid("targets", "is one target at most")
    row: Row = {**PETITION, **lists(), "slug": sent["title"], "source": "API", "who": None}
    save(row, sent, _CREATE)
    row["category_ids"] = [_category(store, name) for name in sent.get("categories") or []]
    _belong(store, row, sent)
    if targets:
        _aim(store, row, targets[0])
    creator = sent.get("creator")
    if creator is not None:
        row["user_id"] = person_of(store, creator, "creator")
    if sent.get("location"):
        row["location_id"] = add_location(store, sent["location"])
    row = store["petitions"].add(row)
    label_all(store, "Petition", row, sent.get("labels") or [])
    if creator is None:
        launch(store, row)
    return row


def _category(store: Store, name: object) -> int:
    found = store["categories"].having("name", name)
    if not found:
        raise invalid("categories", f"{name} does not exist")
    return int(found[0]["id"])


def _belong(store: Store, row: Row, sent: Row) -> None:
    """Attach to what already has to be there."""
    for name, table, column in (
        ("group", "local_chapters", "local_chapter_id"),
        ("region", "regions", "region_id"),
        ("partnership", "partnerships", ""),
    ):
        value = sent.get(name)
        if not value:
            continue
        found = store[table].named(value.get("slug") if isinstance(value, dict) else value)
        if found is None:
            raise invalid(name, "does not exist")
        if column:
            row[column] = found["id"]
        else:
            row["partnership_ids"] = [found["id"]]
    effort = store["efforts"].named(sent.get("effort"))
    row["effort_id"] = effort and effort["id"]


def _aim(store: Store, row: Row, target: Row) -> None:
    found = store["targets"].named(target.get("slug"))
    if found is None and not target.get("name"):
        raise invalid("targets", "needs a slug that exists, or a name")
    if found is None:
        found = store["targets"].add({**target, "slug": target["name"]})
    row["target_id"] = found["id"]
    row["who"] = row["who"] or found["name"]
    row["decision_makers"] = [{"slug": found["slug"], "name": found["name"]}]


def launch(store: Store, row: Row) -> None:
    """Show a petition to the public."""
    row["launched"] = True
    store["petitions"].touch(row)
    payload = petition_payload(store, row)
    store.hooks.emit("petition.launched", payload)
    store.hooks.emit("petition.launched.requires_moderation", payload)


def _update(store: Store, call: Call, keys: tuple[str, ...]) -> Reply:
    row = find(store, "petitions", keys[0])
    sent = part(body(call), "petition")
    for name in ("title", "what"):
        if name in sent and not sent[name]:
            raise invalid(name, "can't be blank")
    if sent.get("admin_events_status", "auto") not in {"on", "off", "auto"}:
        raise invalid("admin_events_status", "is on, off or auto")
    if "partnerships" in sent:
        row["partnership_ids"] = [_partner(store, found) for found in sent["partnerships"] or []]
    save(row, sent, _UPDATE)
    for name in LOCKABLE:
        if f"{name}_locked" in sent:
            (row["locked"].add if sent[f"{name}_locked"] else row["locked"].discard)(name)
    store["petitions"].touch(row)
    store.hooks.emit("petition.updated", petition_payload(store, row))
    return answer({"status": "success", "petition": petition_json(store, row)})


def _partner(store: Store, sent: object) -> int:
    found = store["partnerships"].named(sent.get("slug") if isinstance(sent, dict) else sent)
    if found is None:
        raise invalid("partnerships", "does not exist")
    return int(found["id"])


def _delete(store: Store, _: Call, keys: tuple[str, ...]) -> Reply:
    """Scheduled; it is still there until `deletion_seconds` have passed."""
    row = find(store, "petitions", keys[0])
    if row["delete_at"] is None:
        row["delete_at"] = store.clock.now().timestamp() + store.switches.deletion_seconds
        store.dying.append(row["id"])
    text = "Petition has been scheduled for deletion."
    return answer({"status": "success", "message": text, "petition": {"slug": row["slug"]}})


def settle(store: Store) -> None:
    """Carry out the deletions whose time has come, signatures and all."""
    now = store.clock.now().timestamp()
    for key in list(store.dying):
        row = store["petitions"].get(key)
        if row is None or row["delete_at"] <= now:
            store.dying.remove(key)
            if row is not None:
                destroy(store, row)


def destroy(store: Store, row: Row) -> None:
    """Delete a petition with its signatures and labelings, now."""
    for key in list(store.signatures.of(row["id"])):
        store.signatures.remove(key)
    for link in labelings_of(store, row):
        store["labelings"].remove(link["id"])
    store["petitions"].remove(row["id"])


def _put_image(store: Store, call: Call, keys: tuple[str, ...]) -> Reply:
    row, name = find(store, "petitions", keys[0]), _image(keys[1])
    sent = body(call)
    if not isinstance(sent.get("file"), bytes) or not sent["file"]:
        raise invalid("file", "can't be blank")
    sizes = ("original", "hero", "form")
    base = f"https://images.example.org/petitions/{row['id']}/{name}"
    urls = {size: f"{base}-{size}.jpg" for size in sizes}
    description = sent.get("description")
    text = description.decode() if isinstance(description, bytes) else None
    row[name] = {"urls": urls, "description": text}
    return _imaged(store, row)


def _delete_image(store: Store, _: Call, keys: tuple[str, ...]) -> Reply:
    row = find(store, "petitions", keys[0])
    row[_image(keys[1])] = None
    return _imaged(store, row)


def _image(name: str) -> str:
    if name not in {"image", "social_share_image"}:
        raise missing()
    return name


def _imaged(store: Store, row: Row) -> Reply:
    store["petitions"].touch(row)
    store.hooks.emit("petition.updated", petition_payload(store, row))
    return answer({"status": "success", "petition": petition_json(store, row)})


ROUTES: Routes = {
    "GET petitions": _list,
    "GET petitions/*": _get,
    "POST petitions": _create,
    "POST efforts/*/petitions": _create_in_effort,
    "PUT petitions/*": _update,
    "DELETE petitions/*": _delete,
    "PUT petitions/*/images/*": _put_image,
    "DELETE petitions/*/images/*": _delete_image,
}
