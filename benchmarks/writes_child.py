"""The process that is killed in the middle of a write, and the one that finishes its work.

It takes an order as JSON: `job` run or resume, `settings`, `state`, and for run `sql`.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import sqlcrm


def main(order: dict[str, Any]) -> None:
    """Do what is ordered; a resume prints when it was done with what, in Unix time."""
    with sqlcrm.connect(ac=order["settings"], state=order["state"], yes=True) as db:
        if order["job"] == "run":
            db.execute(order["sql"])
        else:
            print(json.dumps(_resumed(db)), flush=True)


def _resumed(db: sqlcrm.Connection) -> dict[str, Any]:
    sql = "SELECT state, count(*) FROM operations@sqlcrm GROUP BY state"
    before = dict(db.execute(sql).fetchall())
    looked: list[float] = []

    def watch(name: str) -> None:
        if name == "sent?" and not looked:  # the first write: all look-ups are done
            looked.append(time.time())

    db.session.journal.database.watch = watch
    db.resume()
    done = time.time()
    db.session.journal.database.watch = None
    after = dict(db.execute(sql).fetchall())
    return {"before": before, "looked": (looked or [done])[0], "done": done, "after": after}


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
