"""Rule: which queries can be run on one batch of rows after the other."""

from __future__ import annotations

from sqlglot import exp

from sqlcrm.planner.limits import flow
from sqlcrm.planner.names import Names

_ENDS = ("limit", "offset", "order", "with_")


def streams(names: Names) -> bool:
    """Whether a query gives the same rows when its one remote table comes in batches.

    So it does where each row of the result comes from one row of the table: nothing gathers,
    orders, counts or compares rows, and nothing else in it reads a remote table.
    """
    tree = names.tree
    if not isinstance(tree, exp.Select) or any(tree.args.get(name) for name in _ENDS):
        return False
    if len(names.relations) != 1 or len(list(tree.find_all(exp.Select))) > 1:
        return False
    found = flow(tree, names)
    return found is not None and len(found) == 1
