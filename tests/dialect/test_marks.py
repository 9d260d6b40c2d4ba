"""Random statements: marking changes nothing but what is ours, and can be undone."""

from typing import Any

import duckdb
from hypothesis import given, note, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from sqlcrm.dialect import lex, split, statements
from sqlcrm.errors import Error

FIXED = settings(deadline=None, derandomize=True, max_examples=150)

NAMES = ["t", "u", "order_lines", "Größe"]
SPELLED = st.sampled_from(["{}@x", '"{}"@x', "[{}]@x", "{}@X", '{}@"x"', "{}()@x", "{}@x()"])
NOISE = [
    " ",
    "\n",
    " -- a@b ; ? 'c\n",
    " /* t@x ? */ ",
    "\t",
    " /* 'é' */ ",
]
VALUES = ["1", "@a.n", "(@a.n)", "'a@b'", "'t@x'", "$$u@x ; ?$$", "$q$'$q$", "E'\\'@x'", '"a".n']
JOINS = ["", ", {} b", " JOIN {} b ON @a.n = @b.n", " CROSS JOIN {} b", " LEFT JOIN {} b USING (n)"]
WHERES = ["", " WHERE a.n = ?", " WHERE a.n IN (SELECT n FROM {})", " WHERE 'x@y' <> ''"]


@st.composite
def texts(draw: DrawFn) -> str:
    """Draw a SELECT of n and v; remote names are written `§name§`."""

    def gap() -> str:
        return draw(st.sampled_from(NOISE))

    def table() -> str:
        return f"§{draw(st.sampled_from(NAMES))}§"

    def select(depth: int) -> str:
        source = table() if depth == 0 or draw(st.booleans()) else f"({select(depth - 1)})"
        join = draw(st.sampled_from(JOINS)).format(table())
        where = draw(st.sampled_from(WHERES)).format(table())
        value = draw(st.sampled_from(VALUES))
        items = f"a.n AS n, CAST({value} AS VARCHAR) AS v"
        return f"SELECT{gap()}{items}{gap()}FROM {source} a{join}{gap()}{where}"

    query = select(draw(st.integers(0, 2)))
    if draw(st.booleans()):
        query += f"{gap()}UNION ALL{gap()}{select(0)}"
    return query + " LIMIT 1000"


def remote(text: str, spellings: list[str]) -> str:
    """Write the remote names, each in the next spelling."""
    parts = text.split("§")
    for i in range(1, len(parts), 2):
        parts[i] = spellings[i % len(spellings)].format(parts[i])
    return "".join(parts)


def run(connection: duckdb.DuckDBPyConnection, text: str, binds: int) -> list[tuple[Any, ...]]:
    return sorted(connection.execute(text, [1] * binds).fetchall(), key=repr)


@FIXED
@given(texts(), st.lists(SPELLED, min_size=1, max_size=4), st.lists(st.integers(-2, 2), max_size=3))
def test_marks_leave_the_rest_alone_and_give_way_to_tables(
    text: str, spellings: list[str], rows: list[int]
) -> None:
    asked = remote(text, spellings)
    note(asked)
    found = lex(asked)
    assert len(found.marked) == len(asked)
    assert len(found.refs) == text.count("§") // 2

    place = 0
    for ref in found.refs:
        between = slice(place, ref.start)
        unbound = found.marked[between]
        for mark in found.binds:
            unbound = unbound.replace(mark, "?")
        assert unbound == asked[between]
        place = ref.end

    spliced = found.marked
    for ref in found.refs:
        spliced = spliced.replace(ref.quoted, f'"{ref.name}"')
    for mark in found.binds:
        spliced = spliced.replace(mark, "?")
    plain = "".join(f'"{p}"' if i % 2 else p for i, p in enumerate(text.split("§")))
    with duckdb.connect() as connection:
        for name in NAMES:
            connection.execute(f'CREATE TABLE "{name}" (n INTEGER)')
            for row in rows:
                connection.execute(f'INSERT INTO "{name}" VALUES (?)', [row])
        expected = run(connection, plain, len(found.binds))
        assert run(connection, spliced, len(found.binds)) == expected


@FIXED
@given(st.lists(texts(), max_size=4), st.sampled_from([";", " ;\n", ";;", "; -- x@y;\n"]))
def test_a_script_falls_into_the_statements_it_was_made_of(parts: list[str], between: str) -> None:
    parts = [remote(part, ["{}@x"]) for part in parts]
    script = between.join(parts)
    found = list(split(script))
    assert [text for _, text in found] == parts
    assert all(script.startswith(text, start) for start, text in found)


@FIXED
@given(st.text(max_size=40))
def test_any_text_is_either_cut_or_refused_by_name(text: str) -> None:
    try:
        for statement in statements(text):
            assert len(statement.lexed.marked) == len(statement.text)
    except Error:
        pass
