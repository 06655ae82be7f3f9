"""An invented channel, for every test here."""

from __future__ import annotations

from connectors.connection import Connection
from connectors.guards import HookRequest

CHANNEL = "ABC000111222"
TOKEN = "not-a-real-1msg-token-0001"
HOOK = "https://ferry.example.test/webhooks/shop-wa/s3cr3t"
CONNECTION = Connection("shop-wa", "onemsg", {"channel_id": CHANNEL}, {"token": TOKEN}, HOOK)

ADA = "15550100123@c.us"
BSUID = "US.100000000000001"
IN = "wamid.INBOUND000111=="
OUT = "wamid.OUT000222=="


def with_settings(**settings: object) -> Connection:
    """The channel with other settings."""
    return Connection(
        CONNECTION.id, "onemsg", {**CONNECTION.settings, **settings}, CONNECTION.secrets, CONNECTION.webhook_url
    )


def hook(body: bytes) -> HookRequest:
    """A webhook request with these bytes."""
    return HookRequest("POST", headers={"content-type": "application/json"}, body=body)
