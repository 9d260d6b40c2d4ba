"""A plan's query becomes rows: remote pages through Arrow into DuckDB, which runs the whole query.

Import its modules directly: some need pyarrow, which a local query does without.
"""
