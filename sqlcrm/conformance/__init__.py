"""The kit that any connector passes or fails: ours and strangers' alike.

::

    from sqlcrm.conformance import Conformance
    from sqlcrm_fab import connector
    from sqlcrm_fab.sandbox import sandbox

    class TestFab(Conformance):
        connector = connector
        sandbox = sandbox
        samples = {"contacts": {"email": "new@example.org"}}

pytest collects the class like any other. It needs the extra `sqlcrm[test]`.
"""

import pytest

pytest.register_assert_rewrite(
    *(
        f"sqlcrm.conformance.{name}"
        for name in ("bench", "consent", "judging", "kit", "later", "repeating")
    )
)

from sqlcrm.conformance.kit import Conformance  # noqa: E402 - rewritten first, so that it tells

__all__ = ["Conformance"]
