"""Random scripts of one to three writes, over the sandbox's own people."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any


@dataclass(frozen=True)
class Script:
    """A script by its statements. together: in one transaction, so it is run again as a whole."""

    statements: tuple[str, ...]
    together: bool = False

    @property
    def text(self) -> str:
        return ";\n".join(self.statements)


class Writer:
    """Writes scripts; the same seed gives the same one."""

    def __init__(self, state: dict[str, list[dict[str, Any]]]) -> None:
        self.people = {int(row["id"]): row["email"] for row in state["contacts"] if row["email"]}
        self.tags = [int(row["id"]) for row in state["tags"] if row["tagType"] == "contact"]
        self.lists = [int(row["id"]) for row in state["lists"]]
        self.tagged = sorted((int(r["contact"]), int(r["tag"])) for r in state["contactTags"])
        self.listed = {
            (int(r["contact"]), int(r["list"])): r["status"] for r in state["contactLists"]
        }
        self.random = Random(0)  # noqa: S311 - repeatable on purpose

    def script(self, seed: int, kind: str = "") -> Script:
        """Return a script. kind: what its first statement does; "together" for a transaction."""
        self.random = Random(seed)  # noqa: S311 - repeatable on purpose
        names = list(KINDS)
        count = self.random.choice([1, 1, 2, 2, 3])
        if kind == "together":
            inside = [self.notes(f"{seed}-{n}") for n in range(2)]
            return Script(("begin", *inside, "commit"), together=True)
        chosen = [kind or self.random.choice(names)]
        chosen += [self.random.choice(names) for _ in range(count - 1)]
        return Script(tuple(self._made(name, seed, n) for n, name in enumerate(chosen)))

    def _made(self, name: str, seed: int, place: int) -> str:
        made = Writer.stopped if name == "stopped" else KINDS[name]
        return made(self, f"{seed}-{place}")

    def some(self, most: int = 5) -> list[int]:
        """Return ids of a few people, or of enough for the bulk importer."""
        number = self.random.choice([1, 2, 3, most, 14])
        return sorted(self.random.sample(sorted(self.people), number))

    def names(self, mark: str) -> list[str]:
        return [f"New.{mark}.{n}@example.org" for n in range(self.random.choice([1, 2, 4, 13]))]

    def new_people(self, mark: str) -> str:
        rows = [(name, f"N{mark}", "Tuvalu") for name in self.names(mark)]
        return f"insert into contacts@ac (email, first_name, country) values {_values(rows)}"

    def new_tags(self, mark: str) -> str:
        tag = self.random.choice(self.tags)
        rows = [(person, tag) for person in self.some()]
        return f"insert into contact_tags@ac (contact_id, tag_id) values {_values(rows)}"

    def unknown_people_tagged(self, mark: str) -> str:
        tag = self.random.choice(self.tags)
        rows = [(person, tag) for person in [*self.some()[:4], 999_999]]
        return f"insert into contact_tags@ac (contact_id, tag_id) values {_values(rows)}"

    def notes(self, mark: str) -> str:
        rows = [
            (f"Called {mark} {n // 2}", 1 + n // 2, "Subscriber")
            for n in range(self.random.randint(1, 5))
        ]
        return f"insert into notes@ac (note, related_id, related_type) values {_values(rows)}"

    def subscriptions(self, mark: str) -> str:
        list_ = self.random.choice(self.lists)
        rows = [(person, list_, 1) for person in self.some() if (person, list_) not in self.listed]
        rows = rows or [(person, list_, 2) for person in self.some()]
        return f"insert into contact_lists@ac (contact_id, list_id, status) values {_values(rows)}"

    def leavers(self, mark: str) -> str:
        people = sorted({person for person, _ in self.listed})[: self.random.choice([2, 5, 20])]
        return (
            "update contact_lists@ac set status = 2 "
            f"where contact_id in ({_names(people)}) and status = 1"
        )

    def renamed(self, mark: str) -> str:
        return (
            f"update contacts@ac set first_name = 'Re{mark}', country = 'Nauru' "
            f"where id in ({_names(self.some())})"
        )

    def untagged(self, mark: str) -> str:
        people = sorted({person for person, _ in self.tagged})
        chosen = self.random.sample(people, self.random.choice([1, 2, 4]))
        return f"delete from contact_tags@ac where contact_id in ({_names(chosen)})"

    def upserted(self, mark: str) -> str:
        rows = [(self.people[person], f"Up{mark}") for person in self.some()]
        rows += [(name, f"Up{mark}") for name in self.names(f"u{mark}")]
        return (
            f"insert into contacts@ac (email, first_name) values {_values(rows)} "
            "on conflict (email) do update"
        )

    def synchronized(self, mark: str) -> str:
        rows = [(self.people[person], f"Sy{mark}") for person in self.some()]
        rows += [(name, f"Sy{mark}") for name in self.names(f"s{mark}")]
        return (
            f"synchronize (select * from (values {_values(rows)}) s (email, first_name)) "
            "to contacts@ac with insert or update identified by email"
        )

    def stopped(self, mark: str) -> str:
        """Return a statement that gives up after its first refused row."""
        tag = self.random.choice(self.tags)
        rows = [(person, tag) for person in (999_998, *self.some()[:3])]
        return (
            f"synchronize (select * from (values {_values(rows)}) s (contact_id, tag_id)) "
            "to contact_tags@ac with insert identified by contact_id, tag_id "
            "continue on first 0 errors"
        )


KINDS: dict[str, Callable[[Writer, str], str]] = {
    "people": Writer.new_people,
    "tags": Writer.new_tags,
    "strangers": Writer.unknown_people_tagged,
    "notes": Writer.notes,
    "subscriptions": Writer.subscriptions,
    "leavers": Writer.leavers,
    "renamed": Writer.renamed,
    "untagged": Writer.untagged,
    "upserted": Writer.upserted,
    "synchronized": Writer.synchronized,
}


def _values(rows: list[tuple[Any, ...]]) -> str:
    return ", ".join(f"({', '.join(map(_literal, row))})" for row in rows)


def _names(values: list[Any]) -> str:
    return ", ".join(map(_literal, values))


def _literal(value: Any) -> str:
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"
