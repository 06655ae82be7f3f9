"""The account."""

from __future__ import annotations

from connectors.infobip.fields import Amount, Text, about
from connectors.schema import Reply


class Balance(Reply):
    """What is left."""

    balance = Amount(required=True, metadata=about("amount, as text"))
    currency = Text(metadata=about("ISO 4217"))
