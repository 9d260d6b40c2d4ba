"""The processes that are compared: one for each contestant, asked in turn."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import platformdirs

from benchmarks.sandboxes import environment

REQUIREMENTS = Path(__file__).with_name("requirements-peers.txt")
OFFLINE = {"RUNTIME__DLTHUB_TELEMETRY": "false", "PYTHONWARNINGS": "ignore"}


@dataclass(frozen=True, slots=True)
class Done:
    """What one job took; `peak` is the most memory its process held so far, in bytes."""

    seconds: float
    rows: int
    peak: int


class Worker:
    """A process that does the jobs of one contestant."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, job: str, url: str) -> Done:
        """Have a job done now."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{job} {url}\n")
        self._process.stdin.flush()
        for line in self._process.stdout:
            if line.startswith("{"):  # peers may print, too
                return Done(**json.loads(line))
        raise RuntimeError(f"the process for {job} ended with {self._process.wait()}")


@contextmanager
def worker(module: str, *arguments: str, python: Path | None = None) -> Iterator[Worker]:
    """Run a module of `benchmarks.peers` in a folder of its own until the block ends."""
    command = [str(python or sys.executable), "-m", f"benchmarks.peers.{module}", *arguments]
    pipe = subprocess.PIPE
    quiet = subprocess.DEVNULL if python else None
    with tempfile.TemporaryDirectory(prefix="sqlcrm-benchmark-") as folder:
        process = subprocess.Popen(
            command,
            stdin=pipe,
            stdout=pipe,
            stderr=quiet,
            text=True,
            cwd=folder,
            env={**environment(), **OFFLINE},
        )
        try:
            yield Worker(process)
        finally:
            process.terminate()
            process.communicate()


def peers() -> Path:
    """Return the Python of the peers' virtual environment, which is made when it is not there.

    It stays in the user's cache folder, under a name that its requirements and this Python give.
    """
    known = f"{sys.version}\n{REQUIREMENTS.read_text(encoding='utf-8')}"
    name = f"benchmark-peers-{sha256(known.encode()).hexdigest()[:12]}"
    folder = platformdirs.user_cache_path("sqlcrm", ensure_exists=True) / name
    python = folder / "bin" / "python"
    ready = folder / "ready"
    if not ready.exists():
        print(f"installing {REQUIREMENTS.name} into {folder}", file=sys.stderr)
        venv.create(folder, clear=True, with_pip=True)
        install = [str(python), "-m", "pip", "install", "-qq", "-r", str(REQUIREMENTS)]
        subprocess.run(install, check=True)
        ready.touch()
    return python


def versions(python: Path) -> dict[str, str]:
    """Return the versions of the peers that are installed."""
    names = ["dlt", "parsons", "shillelagh", "duckdb"]
    code = f"from importlib.metadata import version; print(*map(version, {names}))"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    return dict(zip(names, done.stdout.split(), strict=True))
