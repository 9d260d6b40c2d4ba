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

from sqlcrm.conformance.kit import Conformance

__all__ = ["Conformance"]
