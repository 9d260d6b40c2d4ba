"""The tutorial, as somebody would type it, each block a process."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Blocks = Callable[[Path], list[Any]]


def _told(text: str) -> str:
    """Return an output without what differs from time to time: calls and seconds."""
    return re.sub(r"\(\d+ calls?.*? s; run", "(… run", text.strip())


def _bash() -> str:
    found = shutil.which("bash")
    assert found is not None
    return found


@contextmanager
def _background(text: str, folder: Path, environment: dict[str, str]) -> Iterator[None]:
    """Run the first terminal; `exec` lets the signal reach the command itself."""
    text = text.replace("sqlcrm sandbox", "exec sqlcrm sandbox")
    with subprocess.Popen(
        [_bash(), "-ec", text],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("ready activecampaign http://127.0.0.1:")
        try:
            yield
        finally:
            process.terminate()
            assert process.wait(10) == 0


def test_the_tutorial_works_as_it_is_written(root: Path, tmp_path: Path, blocks: Blocks) -> None:
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    found = blocks(root / "docs" / "tutorial.md")
    first, rest = found[0], found[1:]
    assert first.words == ("terminal",)
    folder, place = tmp_path, tmp_path / "place"
    output = ""
    with _background(first.text, tmp_path, environment):
        for block in rest:
            if block.language == "text":
                assert _told(output) == _told(block.text), f"line {block.line}"
                continue
            done = subprocess.run(
                [_bash(), "-ec", f"{block.text}\npwd > {place}"],
                cwd=folder,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
            output = done.stdout
            assert done.returncode == 0, f"line {block.line}: {output}"
            folder = Path(place.read_text().strip())
