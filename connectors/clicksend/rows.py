"""What rows of the tables have in common, so that each says only what is its own."""

from __future__ import annotations

from functools import partial

from connectors.action import Action, Call, Nature, Wire

DOCS = "https://developers.clicksend.com/docs"
PER_CALL = "1,000 messages a call, and 1,000 recipients once lists are expanded (larger inputs are cut into calls)"
PAGES = "15 to 100 rows a page"

reads = partial(Action, method="GET", repeatable=True, nature=Nature.QUERY)
changes = partial(Action, nature=Nature.ACCOUNT)


def bodiless(wire: Wire, call: Call) -> Wire:
    """A PUT that carries nothing: no "{}" where the page shows no body."""
    del call
    if not wire.json:
        wire.json = None
    return wire
