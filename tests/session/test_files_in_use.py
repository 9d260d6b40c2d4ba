"""DuckDB files that several processes attach: one has them open at a time."""

import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from sqlcrm.dialect import statements
from sqlcrm.errors import Busy
from sqlcrm.session.run import run
from sqlcrm.session.state import Session

HOLD = (
    "import duckdb, sys\n"
    "held = duckdb.connect(sys.argv[1])\n"
    "print('held', flush=True)\n"
    "sys.stdin.readline()\n"
)


def test_a_file_that_another_process_has_open_is_waited_for(tmp_path: Path) -> None:
    """A8: two scripts attach one file; the second one waits, and says so where it waits in vain."""
    path = tmp_path / "shared.duckdb"
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert other.stdin is not None
    assert other.stdout is not None
    other.stdout.readline()
    (attach,) = statements(f"ATTACH '{path}' AS shared")
    with closing(Session({}, state=tmp_path / "state", wait=0.0)) as session:
        with pytest.raises(Busy, match="Could not set lock"):
            run(session, attach)
        session.wait = 30.0
        threading.Timer(0.3, other.stdin.close).start()
        run(session, attach)
        names = session.engine.query("SELECT database_name FROM duckdb_databases()")
        assert ("shared",) in names
    other.stdout.close()
    assert other.wait(10) == 0
