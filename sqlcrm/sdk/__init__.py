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
from sqlcrm.sdk.pages import Cursor, NextLink, Offset, PageNumber, Paging, Single, dig
from sqlcrm.sdk.tables import (
    Column,
    Filter,
    Include,
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
    Identity,
    Outcome,
    Request,
    Response,
    Row,
    Type,
    Verdict,
)
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
    "Filter",
    "Flow",
    "Form",
    "HeaderKey",
    "IdCursor",
    "Identity",
    "Include",
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
    "Single",
    "Sort",
    "Table",
    "Token",
    "Type",
    "Verdict",
    "Write",
    "dig",
    "every_page",
    "matched",
    "plain_reason",
    "rows_at",
    "token_grant",
    "validate",
]
