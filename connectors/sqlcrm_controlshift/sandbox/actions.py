"""What people do on the organisation's web pages, and what the product does by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict

from sqlcrm_controlshift.sandbox import joining
from sqlcrm_controlshift.sandbox.bulk import Bulk
from sqlcrm_controlshift.sandbox.consent import leave
from sqlcrm_controlshift.sandbox.events import SAMPLES
from sqlcrm_controlshift.sandbox.furnishing import WEB
from sqlcrm_controlshift.sandbox.joining import ATTENDEE, CHAPTER_MEMBER, SIGNATURE, Kind
from sqlcrm_controlshift.sandbox.petitions import create, launch
from sqlcrm_controlshift.sandbox.shapes import category_json, petition_payload
from sqlcrm_controlshift.sandbox.signing import leave_one
from sqlcrm_controlshift.sandbox.store import Store
from sqlcrm_controlshift.sandbox.tables import NAMES
from sqlcrm_controlshift.sandbox.wire import Row, flag

Values = Mapping[str, object]
DESCRIPTIONS = {
    "sign": "signs `petition` (else the first), `times`; `join`: true, false or null (not asked); "
    "`email` and names (else made up); `confirmed`: at once; further fields as in the API",
    "attend": "the same for `event`",
    "join_group": "the same for `group`",
    "leave_group": "ends the membership `member` of a group",
    "confirm": "follows the link of the confirmation e-mail of `signature` or `attendee`; with "
    "`join`, answers a question for an opt-in that was deferred to it",
    "disown": 'says "this wasn\'t me" about `signature` or `attendee`',
    "unsubscribe": "leaves the updates of `signature`, `attendee` or `partnership`, and the "
    "organisation too with `organisation`: true; with neither, the organisation; who: `email`",
    "create_petition": "creates one with `title`, `creator` and what the API takes; launched",
    "confirm_petition": "launches `petition`, which waits for its creator",
    "end_petition": "ends `petition`; `ended_type` is won, lost or other",
    "create_category": "adds a category `name`",
    "rename_category": "gives `category` the `name`",
    "delete_category": "deletes `category`",
    "export_full": "exports `table`, or all 63",
    "export_incremental": "exports what was inserted since the last time, into `table` or any",
    "enable_endpoint": "switches the webhook endpoint `id` on again",
    "emit": "sends a message of `type`, any of the 58, with `data` or a sample; changes nothing",
}


class Actions:
    """Does them."""

    def __init__(self, store: Store, bulk: Bulk) -> None:
        self._store = store
        self._bulk = bulk
        self._people = 0
        self._do: dict[str, Callable[[Values], Row]] = {
            "sign": lambda values: self._join(SIGNATURE, "petition", values),
            "attend": lambda values: self._join(ATTENDEE, "event", values),
            "join_group": lambda values: self._join(CHAPTER_MEMBER, "group", values),
            "leave_group": self._leave_group,
            "confirm": self._confirm,
            "disown": self._disown,
            "unsubscribe": self._unsubscribe,
            "create_petition": self._create_petition,
            "confirm_petition": self._confirm_petition,
            "end_petition": self._end_petition,
            "create_category": self._create_category,
            "rename_category": self._rename_category,
            "delete_category": self._delete_category,
            "export_full": lambda values: self._export("full", values),
            "export_incremental": lambda values: self._export("incremental", values),
            "enable_endpoint": self._enable,
            "emit": self._emit,
        }

    def act(self, action: str, values: Values) -> Row:
        """Do one. Raises: ValueError, Refused."""
        return self._do[action](values)

    def _named(self, table: str, slug: object) -> Row:
        row = self._store[table].named(slug)
        if row is None:
            message = f"There is no {slug!r} among the {table}."
            raise ValueError(message)
        return row

    def _join(self, kind: Kind, word: str, values: Values) -> Row:
        store = self._store
        rest = {name: value for name, value in values.items() if name not in {word, "times"}}
        slug = values.get(word)
        parent = self._named(kind.parents, slug) if slug else next(iter(store[kind.parents]))
        joins = flag(rest.pop("join", True))
        opt_in = None if joins is None else store["email_opt_in_types"].get(WEB)
        confirmed = flag(rest.pop("confirmed", False))
        ids = []
        for _ in range(int(str(values.get("times", 1)))):
            known = "email" in rest and store.members.find(str(rest["email"]))
            sent: Row = {} if known else self._somebody()
            sent |= {**rest, "join_organisation": joins}
            row, _new = joining.join(store, kind, parent, sent, opt_in)
            if confirmed:
                joining.confirm(store, kind, row["id"])
            ids.append(row["id"])
        return {"ids": ids}

    def _somebody(self) -> Row:
        """A person nobody has seen before."""
        self._people += 1
        email = f"visitor-{self._people}-{self._store.random.getrandbits(32):08x}@example.org"
        names = {"first_name": "Visitor", "last_name": str(self._people)}
        return {**names, "email": email, "postcode": "45402", "country": "US"}

    def _act(self, values: Values) -> tuple[Kind, int]:
        for name, kind in (("signature", SIGNATURE), ("attendee", ATTENDEE)):
            if name in values:
                key = int(str(values[name]))
                if kind.acts(self._store).get(key) is None:
                    message = f"There is no {name} {key}."
                    raise ValueError(message)
                return kind, key
        message = "Say which: signature or attendee, with its id."
        raise ValueError(message)

    def _confirm(self, values: Values) -> Row:
        kind, key = self._act(values)
        if "join" in values:
            row = kind.acts(self._store).change(key)
            row["join_organisation"] = joins = flag(values["join"])
            row["opt_in_type"] = row["opt_in_type"] or WEB
            if joins:
                row["moment"] = self._store.moment()
        return kind.shape(self._store, joining.confirm(self._store, kind, key))

    def _disown(self, values: Values) -> Row:
        kind, key = self._act(values)
        return kind.shape(self._store, joining.disown(self._store, kind, key))

    def _unsubscribe(self, values: Values) -> Row:
        store, everything = self._store, bool(flag(values.get("organisation")))
        if "signature" in values or "attendee" in values:
            kind, key = self._act(values)
            row = leave_one(store, kind, key, organisation=everything, source="email_link")
            return kind.shape(store, row)
        member = store.members.find(str(values.get("email", "")))
        if not member:
            message = f"There is no member with the address {values.get('email')!r}."
            raise ValueError(message)
        if "partnership" in values:
            partner = self._named("partnerships", values["partnership"])
            flags, kind_name = (True, everything), "PartnershipSubscription"
            return _told(leave(store, member, kind_name, partner["id"], flags, "email_link"))
        return _told(leave(store, member, "Organisation", None, (False, True), "email_link"))

    def _leave_group(self, values: Values) -> Row:
        store, acts = self._store, self._store.chapter_members
        key = int(str(values.get("member", 0)))
        if acts.get(key) is None:
            message = f"There is no member {key} of a group."
            raise ValueError(message)
        row = acts.change(key)
        row.update(deleted_at=store.now(), updated_at=store.now())
        shown = CHAPTER_MEMBER.shape(store, row)
        store.hooks.emit("local_chapter.member.deleted", shown)
        return shown

    def _create_petition(self, values: Values) -> Row:
        wanted: Row = {"title": "A new petition", "what": "<p>Please.</p>", "who": "The council"}
        row = create(self._store, {**wanted, "source": "web", **values})
        if not row["launched"]:
            launch(self._store, row)
        return {"slug": row["slug"], "id": row["id"]}

    def _confirm_petition(self, values: Values) -> Row:
        row = self._named("petitions", values.get("petition"))
        launch(self._store, row)
        return petition_payload(self._store, row)

    def _end_petition(self, values: Values) -> Row:
        row, kind = (
            self._named("petitions", values.get("petition")),
            values.get("ended_type", "won"),
        )
        if kind not in {"won", "lost", "other"}:
            message = "ended_type is won, lost or other."
            raise ValueError(message)
        row.update(
            ended=True, ended_type=kind, successful=kind == "won", ended_at=self._store.now()
        )
        self._store["petitions"].touch(row)
        self._store.hooks.emit("petition.ended", petition_payload(self._store, row))
        return petition_payload(self._store, row)

    def _create_category(self, values: Values) -> Row:
        name = str(values.get("name") or "A new category")
        new: Row = {"name": name, "slug": name, "external_id": None, "locales": {}}
        return self._category("created", self._store["categories"].add(new))

    def _rename_category(self, values: Values) -> Row:
        row = self._named("categories", values.get("category"))
        row["name"] = str(values.get("name"))
        self._store["categories"].touch(row)
        return self._category("updated", row)

    def _delete_category(self, values: Values) -> Row:
        row = self._named("categories", values.get("category"))
        self._store["categories"].remove(row["id"])
        return self._category("deleted", row)

    def _category(self, done: str, row: Row) -> Row:
        self._store.hooks.emit(f"category.{done}", category_json(row))
        return category_json(row)

    def _export(self, kind: str, values: Values) -> Row:
        table = values.get("table")
        if table is not None and table not in NAMES:
            message = f"There is no table {table!r}."
            raise ValueError(message)
        files = self._bulk.export(kind, [str(table)] if table else [])
        return {"files": [asdict(file) for file in files]}

    def _enable(self, values: Values) -> Row:
        key = int(str(values.get("id", 0)))
        if key not in self._store.hooks.endpoints:
            message = f"There is no webhook endpoint {key}."
            raise ValueError(message)
        self._store.hooks.enable(key)
        return {"endpoints": self._store.hooks.shown()}

    def _emit(self, values: Values) -> Row:
        kind = str(values.get("type"))
        if kind not in SAMPLES:
            message = f"There is no type {kind!r}. Types: {', '.join(sorted(SAMPLES))}."
            raise ValueError(message)
        data = values.get("data")
        told = dict(data) if isinstance(data, dict) else SAMPLES[kind](self._store)
        self._store.hooks.emit(kind, told)
        return {"type": kind, "data": told}


def _told(row: Row) -> Row:
    return {name: row[name] for name in ("id", "email", "unsubscribable_type")}
