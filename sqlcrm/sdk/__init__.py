"""What a connector is written with. A connector imports this and nothing else of sqlcrm.

A connector is a value: a `Connector` of `Table`s, each with its `Column`s, `Read`s and `Write`s.
Where code cannot be avoided it is a flow: a generator that yields `Request`s and is sent
`Response`s. docs/writing-a-connector.md walks through one.
"""

from sqlcrm.errors import DeclarationError, ShapeChanged
from sqlcrm.sdk.connectors import (
    Auth,
    Basic,
    Bearer,
    Connector,
    Form,
    HeaderKey,
    OAuth2,
    RateLimit,
    Rule,
    Setting,
    Token,
    plain_reason,
    token_grant,
)
from sqlcrm.sdk.flows import every_page, matched, rows_at
from sqlcrm.sdk.keyset import Divisible, IdCursor
from sqlcrm.sdk.pages import Cursor, NextLink, Offset, PageNumber, Paging, Single
from sqlcrm.sdk.paths import dig, put, step
from sqlcrm.sdk.tables import (
    Column,
    Filter,
    Include,
    Modified,
    Param,
    Read,
    Sideload,
    Sort,
    Table,
)
from sqlcrm.sdk.validate import validate
from sqlcrm.sdk.values import (
    BatchRefused,
    Flow,
    Href,
    Identity,
    Outcome,
    Request,
    Response,
    Row,
    Type,
    Verdict,
)
from sqlcrm.sdk.webhooks import Event, EventTable, Signature, Webhooks
from sqlcrm.sdk.writes import Consent, Need, Write

__all__ = [
    "Auth",
    "Basic",
    "BatchRefused",
    "Bearer",
    "Column",
    "Connector",
    "Consent",
    "Cursor",
    "DeclarationError",
    "Divisible",
    "Event",
    "EventTable",
    "Filter",
    "Flow",
    "Form",
    "HeaderKey",
    "Href",
    "IdCursor",
    "Identity",
    "Include",
    "Modified",
    "Need",
    "NextLink",
    "OAuth2",
    "Offset",
    "Outcome",
    "PageNumber",
    "Paging",
    "Param",
    "RateLimit",
    "Read",
    "Request",
    "Response",
    "Row",
    "Rule",
    "Setting",
    "ShapeChanged",
    "Sideload",
    "Signature",
    "Single",
    "Sort",
    "Table",
    "Token",
    "Type",
    "Verdict",
    "Webhooks",
    "Write",
    "dig",
    "every_page",
    "matched",
    "plain_reason",
    "put",
    "rows_at",
    "step",
    "token_grant",
    "validate",
]
