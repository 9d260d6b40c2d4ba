"""One request out: addresses, credentials, limits, waits, retries, redaction, recording.

`Client` is a connection's only door to the network. It turns `Request`s into `Answer`s or raises
one of the errors that say what to do next; it knows no SQL and no tables.
"""

from sqlcrm.transport.answers import Answer, Call
from sqlcrm.transport.client import Client
from sqlcrm.transport.clock import Clock
from sqlcrm.transport.limiter import Limiter, limiter_for
from sqlcrm.transport.testing import testing

__all__ = ["Answer", "Call", "Client", "Clock", "Limiter", "limiter_for", "testing"]
