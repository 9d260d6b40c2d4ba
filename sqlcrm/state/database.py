"""The SQLite file: made whole or not at all, opened late, checked, one sentence when it fails."""

from __future__ import annotations

import contextlib
import sqlite3
import stat
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from sqlcrm.errors import Busy, Error, InternalError, JournalProblem
from sqlcrm.state.folder import make_private_folder, new_private_file, publish
from sqlcrm.state.migration import known, migrate
from sqlcrm.state.schema import APPLICATION, SCHEMA, VERSION

_SETTINGS = (
    "synchronous = EXTRA",
    "foreign_keys = ON",
    "cell_size_check = ON",
    "trusted_schema = OFF",
)

T = TypeVar("T")

TRY = 0.2
"""Seconds that SQLite waits for a lock before Python looks whether Ctrl-C was pressed."""

CHECKED = 4 << 20
"""Bytes up to which a file is checked wholly when it is opened; above, only as it is read."""

_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_MISTAKES = {sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISUSE}
_ADVICE = {
    sqlite3.SQLITE_FULL: "the disk is full: free some space, then try again.",
    sqlite3.SQLITE_IOERR: "the disk failed or a limit on file sizes was met (ulimit -f): "
    "make room or mend it, then try again.",
    sqlite3.SQLITE_READONLY: "it may not be written: give yourself the right to write it and its "
    "folder, then try again.",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened: make it and its folder readable and writable "
    "for yourself, then try again.",
}
_MOVED = "it was moved or replaced while sqlcrm used it: put it back, then try again."


class Database:
    """One SQLite file, used by many threads; other processes use it at the same time.

    Nothing is made before the first write: where there is no file, reads give no rows.
    wait: seconds to wait for other processes.
    watch: is told of each transaction: `name?` just before its commit, `name` just after.
    """

    def __init__(
        self,
        path: Path,
        *,
        wait: float = 30.0,
        factory: type[sqlite3.Connection] = sqlite3.Connection,
        watch: Callable[[str], None] | None = None,
    ) -> None:
        self.path = path.absolute()
        self.watch = watch
        self._wait = wait
        self._factory = factory
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None

    def rows(
        self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()
    ) -> list[tuple[Any, ...]]:
        """Return all rows at once: no cursor and no lock outlive the call."""
        with self._lock, self._failing():
            connection = self._opened(create=False)
            if connection is None:
                return []
            return self._patiently(lambda: connection.execute(sql, parameters).fetchall())

    @contextlib.contextmanager
    def writing(self, name: str = "") -> Iterator[sqlite3.Connection]:
        """Run the block as one transaction, on disk when it ends; an error undoes all of it.

        name: what `watch` is told.
        """
        with self._lock, self._failing():
            connection = self._opened(create=True)
            assert connection is not None  # noqa: S101 - for the type checker
            if connection.in_transaction:
                raise InternalError("A journal write was started inside another one.")
            try:
                self._patiently(lambda: connection.execute("BEGIN IMMEDIATE"))
                yield connection
                self._tell(f"{name}?")
                self._patiently(lambda: connection.execute("COMMIT"))
            except BaseException:
                self._roll_back(connection)
                raise
            self._tell(name)

    def vacuum(self) -> None:
        """Write the file anew without what was deleted from it."""
        with self._lock, self._failing():
            connection = self._opened(create=False)
            if connection is not None:
                self._patiently(lambda: connection.execute("VACUUM"))

    def check(self) -> None:
        """Read the whole file. Raises: JournalProblem where it is damaged."""
        found = self.rows("PRAGMA integrity_check(1)")
        if found and found[0][0] != "ok":
            self.close()
            raise self.damaged(str(found[0][0]))

    def close(self) -> None:
        """Let go of the file; the next use opens it again."""
        with self._lock:
            connection, self._connection = self._connection, None
            if connection is not None:
                with contextlib.suppress(sqlite3.Error):
                    connection.close()

    def damaged(self, why: str) -> JournalProblem:
        """Return the error for a file whose contents cannot be right."""
        why = why.strip().splitlines()[-1] if why.strip() else "unreadable"
        return JournalProblem(
            f"The journal {self.path} is damaged ({why}). It says what was sent, so it is neither "
            "used nor replaced: restore it from a backup, or move it away to start a new one."
        )

    def _opened(self, *, create: bool) -> sqlite3.Connection | None:
        """Return the open connection; None where there is no file and none is to be made."""
        if self._connection is not None:
            return self._connection
        if not self._exists():
            if not create:
                return None
            self._make()
        self._narrow()
        connection = self._connect(self.path)
        try:
            if self._patiently(lambda: self._look_over(connection)) != VERSION:
                self._patiently(lambda: migrate(connection, self.path, self._connect))
                self._patiently(lambda: self._look_over(connection))
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        return connection

    def _exists(self) -> bool:
        """Whether there is a file. An empty one was emptied: ours are never seen half made."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return False
        if stat.S_ISREG(found.st_mode) and found.st_size == 0:
            raise self.damaged("it is empty")
        return True

    def _make(self) -> None:
        """Make the file under another name and publish it whole."""
        make_private_folder(self.path.parent)
        new = new_private_file(self.path)
        try:
            connection = self._connect(new)
            try:
                connection.executescript(SCHEMA)
            finally:
                connection.close()
            publish(new, self.path)
        finally:
            new.unlink(missing_ok=True)
            new.with_name(f"{new.name}-journal").unlink(missing_ok=True)

    def _narrow(self) -> None:
        """Take the rights of others off a file that was copied or restored; -journal inherits."""
        mode = self.path.stat().st_mode
        if mode & 0o077:
            with contextlib.suppress(OSError):  # somebody else's, or a disk that only reads
                self.path.chmod(mode & 0o700)

    def _connect(self, path: Path) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{path.as_uri()}?mode=rw",
            uri=True,
            timeout=min(TRY, self._wait),
            isolation_level=None,
            check_same_thread=False,
            factory=self._factory,
        )
        try:
            self._patiently(lambda: [connection.execute(f"PRAGMA {one}") for one in _SETTINGS])
        except BaseException:
            connection.close()
            raise
        return connection

    def _look_over(self, connection: sqlite3.Connection) -> int:
        """Return the schema of this journal; raise unless it is sound and one that we know."""
        connection.execute("BEGIN")  # with the first read in it, nobody changes the file
        try:
            version = self._judge(connection)
        finally:
            connection.execute("ROLLBACK")
        if _value(connection, "PRAGMA journal_mode = DELETE") != "delete":
            raise self.damaged("its journal mode cannot be set")
        return version

    def _judge(self, connection: sqlite3.Connection) -> int:
        if _value(connection, "PRAGMA application_id") != APPLICATION:
            raise self.damaged("it is not a journal of sqlcrm")
        version = int(_value(connection, "PRAGMA user_version"))
        if version > VERSION:
            raise JournalProblem(
                f"The journal {self.path} was written by a newer sqlcrm (schema {version}, this "
                f"one knows {VERSION}): upgrade sqlcrm, or name another folder in SQLCRM_STATE."
            )
        expected = known(version)
        if not expected:
            raise self.damaged(f"it says schema {version}, which never was")
        found = connection.execute(
            "SELECT sql FROM sqlite_master WHERE name NOT GLOB 'sqlite_*'"
        ).fetchall()
        if sorted(str(sql) for (sql,) in found) != sorted(expected.values()):
            raise self.damaged("its tables are not those of its schema")
        size = self.path.stat().st_size
        if size % _value(connection, "PRAGMA page_size"):
            raise self.damaged("it is cut off")
        if size <= CHECKED and (why := _value(connection, "PRAGMA integrity_check(1)")) != "ok":
            raise self.damaged(str(why))
        return version

    def _tell(self, name: str) -> None:
        if self.watch is not None:
            self.watch(name)

    def _patiently(self, call: Callable[[], T]) -> T:
        """Repeat `call` while others hold the file, for as long as we wait."""
        end = time.monotonic() + self._wait
        while True:
            try:
                return call()
            except sqlite3.OperationalError as error:
                if _code(error) not in _LOCKED or time.monotonic() >= end:
                    raise
                time.sleep(0.005)

    @contextlib.contextmanager
    def _failing(self) -> Iterator[None]:
        """Turn what SQLite and the system raise into our errors, and start afresh after them."""
        try:
            yield
        except sqlite3.Error as error:
            problem = self._problem(error)
            if isinstance(problem, JournalProblem):
                self.close()
            raise problem from error
        except UnicodeDecodeError as error:  # a message that quotes what is damaged
            self.close()
            raise self.damaged("text that is not UTF-8") from error
        except OSError as error:
            self.close()
            raise JournalProblem(
                f"The journal {self.path} cannot be used ({error.strerror or error}): make it and "
                "its folder readable and writable for yourself, then try again."
            ) from error
        except JournalProblem:
            self.close()
            raise

    def _problem(self, error: sqlite3.Error) -> Error:
        code = _code(error)
        if code in _LOCKED:
            return Busy(
                f"The journal {self.path} is in use by another sqlcrm and was not free within "
                f"{self._wait:g} s: try again when that one is done."
            )
        if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_READONLY_DBMOVED:
            return JournalProblem(f"The journal {self.path} cannot be written: {_MOVED}")
        if code in _DAMAGED or (code == 0 and isinstance(error, sqlite3.OperationalError)):
            return self.damaged(str(error))  # no code: text that is not UTF-8
        if code in _MISTAKES or code == 0:
            return InternalError(f"A mistake in sqlcrm, please report it: journal: {error}")
        advice = _ADVICE.get(code, "look after the disk, then try again.")
        return JournalProblem(f"The journal {self.path} failed ({error}): {advice}")

    def _roll_back(self, connection: sqlite3.Connection) -> None:
        """Undo the open transaction; where even that fails, the next opening does it."""
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        except (sqlite3.Error, OSError):
            self.close()


def _value(connection: sqlite3.Connection, sql: str) -> Any:
    """Return the one value that `sql` gives."""
    row = connection.execute(sql).fetchone()
    return None if row is None else row[0]


def _code(error: sqlite3.Error) -> int:
    """Return SQLite's primary result code; 0 where the error is Python's own."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF
