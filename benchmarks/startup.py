"""Start-up of a local query, as a ratio to importing duckdb and sqlglot, in one run.

Usage: python benchmarks/startup.py [rounds]. Prints medians and the ratio; writes nothing.
"""

import statistics
import subprocess
import sys
import time


def seconds(*arguments: str) -> float:
    """Return how long one cold process takes."""
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    """Alternate the commands, so that a busy machine slows all of them."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    commands = {
        "python -c pass": ("-c", "pass"),
        "import duckdb, sqlglot": ("-c", "import duckdb, sqlglot"),
        "sqlcrm --version": ("-m", "sqlcrm", "--version"),
        'sqlcrm query "select 1"': ("-m", "sqlcrm", "query", "select 1"),
    }
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, arguments in commands.items():
            taken[name].append(seconds(*arguments))
    base = statistics.median(taken["import duckdb, sqlglot"])
    print(f"| {'command':26} | median ms | x import |")
    print(f"| {'-' * 26} | --------: | -------: |")
    for name, values in taken.items():
        median = statistics.median(values)
        print(f"| {name:26} | {median * 1000:9.0f} | {median / base:8.2f} |")


if __name__ == "__main__":
    main()
