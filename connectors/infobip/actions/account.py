"""The account."""

from __future__ import annotations

from connectors.action import Action, Nature
from connectors.infobip.schemas import account as schemas
from connectors.schema import NoInput

ROWS = (
    Action(
        key="get-account-balance",
        title="Get the balance",
        description="The account's balance; sends nothing and costs nothing.",
        method="GET",
        path="/account/1/balance",
        request=NoInput,
        reply=schemas.Balance,
        repeatable=True,
        nature=Nature.QUERY,
        example={},
        docs="https://www.infobip.com/docs/api/platform/account-management, page 3.19",
        pace="account",
    ),
)
