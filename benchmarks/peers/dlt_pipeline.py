"""dlt: its REST source into DuckDB, by Parquet files, which is the faster of its two ways."""

from __future__ import annotations

import tempfile
from pathlib import Path

import dlt
from dlt.sources.rest_api import rest_api_source

from benchmarks.peers.worker import work


def loaded(url: str) -> int:
    """Load every contact and return how many there are."""
    source = rest_api_source(
        {
            "client": {
                "base_url": f"{url}/api/3/",
                "headers": {"Api-Token": "sandbox-key"},
                "paginator": {"type": "offset", "limit": 100, "total_path": "meta.total"},
            },
            "resources": [
                {
                    "name": "contacts",
                    "endpoint": {
                        "path": "contacts",
                        "params": {"orders[id]": "ASC"},
                        "data_selector": "contacts",
                    },
                }
            ],
        }
    )
    with tempfile.TemporaryDirectory() as folder:
        pipeline = dlt.pipeline(
            "contacts",
            pipelines_dir=folder,
            destination=dlt.destinations.duckdb(str(Path(folder) / "contacts.duckdb")),
            dataset_name="crm",
        )
        pipeline.run(source, loader_file_format="parquet")
        with pipeline.sql_client() as client:
            return int(client.execute_sql("SELECT count(*) FROM contacts")[0][0])


if __name__ == "__main__":
    work({"all": loaded})
