"""A fork server, and the children that are killed in it.

The server imports what a run needs and opens nothing, so that a child costs tens of milliseconds.
It speaks JSON, a line each way: {"start": order} -> {"pid": n}, {"wait": pid} -> {"status": n}.
"""

import contextlib
import gc
import importlib
import json
import os
import signal
import sys
import traceback
import urllib.request
from pathlib import Path

_USED = (
    "duckdb", "encodings.idna", "filelock", "httpx", "pyarrow", "sqlglot", "sqlcrm.session.api",
    "sqlcrm.session.resuming", "sqlcrm.session.synchronizing", "sqlcrm.session.write",
    "sqlcrm.state.journal", "sqlcrm.state.locks", "sqlcrm.transport", "sqlcrm_activecampaign",
)  # fmt: skip


ROUNDS = 4
"""How often a run may be resumed until nothing is due any more."""


def serve() -> None:
    for name in _USED:
        importlib.import_module(name)
    gc.freeze()  # what the server has is not looked at, and so not copied, in its children
    gc.disable()  # they do not live long enough
    replies, commands = os.fdopen(os.dup(1), "w"), sys.stdin
    os.dup2(2, 1)
    for line in commands:
        command = json.loads(line)
        if "start" in command:
            pid = os.fork()
            if pid == 0:
                _child(command["start"])
            reply = {"pid": pid}
        else:
            reply = {"status": os.waitstatus_to_exitcode(os.waitpid(command["wait"], 0)[1])}
        print(json.dumps(reply), file=replies, flush=True)


def _child(order: dict) -> None:
    """Do what was ordered and end without the clean-up of the server that it was forked from."""
    try:
        _work(order)
    except BaseException:  # noqa: BLE001 - it must not go on as a second server
        traceback.print_exc()
        os._exit(70)
    os._exit(0)


def _work(order: dict) -> None:
    from sqlcrm.transport import testing

    told = Told(order)
    _break(order.get("mutant", ""))
    with testing():
        connection = told.connect()
        try:
            if order["job"] == "run":
                told.run(connection, order["text"])
            else:
                told.resume(connection)
        finally:
            with contextlib.suppress(Exception):
                connection.close()
    told.write()


class Told:
    """Follows a child's transitions, kills it at the one that was chosen, and leaves a note."""

    def __init__(self, order: dict) -> None:
        self.order = order
        self.kill = order.get("kill")
        self.fault = order.get("fault")
        self.note = {"transitions": [], "killed": "", "codes": [], "errors": [], "never": 0}
        if self.fault and self.fault["since"] == "start":
            self._set_fault()

    def connect(self):
        import sqlcrm

        connection = sqlcrm.connect(ac=self.order["settings"], state=self.order["state"], yes=True)
        connection.session.wait = self.order.get("wait", 60.0)
        connection.session.journal.database.watch = self.watch
        return connection

    def watch(self, name: str) -> None:
        transitions = self.note["transitions"]
        transitions.append(name)
        if self.fault and self.fault["since"] == name:
            self._set_fault()
        if self.kill and name == self.kill["at"] and transitions.count(name) == self.kill["times"]:
            self.note["killed"] = name
            self.write()
            os.kill(os.getpid(), signal.SIGKILL)

    def run(self, connection, text: str) -> None:
        from sqlcrm.errors import Error

        cursor = connection.cursor()
        try:
            cursor.execute(text)
        except Error as error:
            self._failed(error)
        self.note["codes"] += [report.exit_code for report in cursor.reports]

    def resume(self, connection) -> None:
        """Resume until nothing is due, but a few times at the most."""
        from sqlcrm.errors import Error
        from sqlcrm.session.resuming import resume

        self.note["rounds"] = 0
        for _ in range(ROUNDS):
            found = []
            try:
                resume(connection.session, None, found.append)
            except Error as error:
                self._failed(error)
            self.note["never"] += sum(one.never for one in found)
            self.note["codes"] += [one.exit_code for one in found]
            if not found:
                break
            self.note["rounds"] += 1

    def write(self) -> None:
        Path(self.order["note"]).write_text(json.dumps(self.note))

    def _failed(self, error) -> None:
        self.note["errors"].append(f"{type(error).__name__}: {error}")
        self.note["codes"].append(error.exit_code)

    def _set_fault(self) -> None:
        fault = {name: self.fault[name] for name in ("name", "share", "ms") if name in self.fault}
        url = f"{self.order['settings']['url']}/_sandbox/faults"
        with urllib.request.urlopen(url, json.dumps(fault).encode()) as answer:
            answer.read()


def _break(mutant: str) -> None:
    """Break what the journal promises, to see whether the test would find it."""
    from sqlcrm.session import resuming
    from sqlcrm.state.values import Settled
    from sqlcrm.writing.apply import Run
    from sqlcrm.writing.verify import LookedUp

    waiting, settled = [], Run.settled

    def never_sent(_run, numbers):
        waiting.extend(numbers)

    def sent_and_settled(run, outcomes):
        run.journal.mark_sent(run.run, run.statement, waiting[:])
        waiting.clear()
        settled(run, outcomes)

    def not_there(_table, operations, _find):
        return LookedUp(absent=list(operations))

    def there(_table, operations, _find):
        return LookedUp(settled=[Settled(one.number, "done") for one in operations])

    if mutant == "late":  # what is sent is written down only with its outcome
        Run.sent, Run.settled = never_sent, sent_and_settled
    elif mutant == "blind":  # what was sent without an answer is sent again, unseen
        resuming.look_up = not_there
    elif mutant == "trusting":  # what was sent without an answer is taken for done
        resuming.look_up = there


if __name__ == "__main__":
    serve()
    os._exit(0)  # not by way of DuckDB, which complains of what it never freed
