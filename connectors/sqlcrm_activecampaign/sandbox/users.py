"""Users and groups of the account. Source: the fact sheet, §5.5."""

from __future__ import annotations

from sqlcrm.sandbox import Call, Reply
from sqlcrm_activecampaign.sandbox.resources import Resource, Routes, crud, show
from sqlcrm_activecampaign.sandbox.store import Store
from sqlcrm_activecampaign.sandbox.wire import missing

ADMIN = 1  # whose key `sandbox-key` is
USERS = Resource("users", "user", "User", missing=403, required=("username", "email"))
GROUPS = Resource("groups", "group", "Group", required=("title",))


def _me(store: Store, _call: Call, _keys: tuple[str, ...]) -> Reply:
    return show(USERS, store, USERS.find(store, str(ADMIN)))


def _by(column: str) -> Routes:
    def find(store: Store, _: Call, keys: tuple[str, ...]) -> Reply:
        found = store.table("users").having(column, keys[0])
        if not found:
            raise missing("User", keys[0])
        return show(USERS, store, found[0])

    return {f"GET users/{column}/*": find}


ROUTES: Routes = {
    **crud(USERS),
    "GET users/me": _me,
    **_by("email"),
    **_by("username"),
    **crud(GROUPS),
}
