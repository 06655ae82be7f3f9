"""One account or channel of a provider, as the connectors see it: a value, decrypted, never stored from here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Connection:
    """`settings` and `secrets` carry the names of the provider's page; `secrets` never leave in a repr."""

    id: str
    provider: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    webhook_url: str | None = field(default=None, repr=False)  # its path holds the webhook's secret

    def setting(self, name: str, default: Any = None) -> Any:
        """The setting, or `default` where it is absent or empty."""
        value = self.settings.get(name)
        return default if value in (None, "") else value

    def secret(self, name: str) -> str:
        """The secret, or "" where there is none."""
        return self.secrets.get(name) or ""


def blot(text: str, connection: Connection) -> str:
    """
    `text` with every secret of the connection replaced by its last four characters.

    A secret pasted as "Bearer xyz" goes out as xyz, and so may come back as xyz.
    """
    whole = [value for value in connection.secrets.values() if value]
    for value in sorted({*whole, *(value.split()[-1] for value in whole if value.split())}, key=len, reverse=True):
        if value and len(value) >= 4:
            text = text.replace(value, tail(value))
    return text


def tail(secret: str) -> str:
    """How a secret is shown: "…" and its last four characters, or "…" alone where that would be much of it."""
    return "…" + secret[-4:] if len(secret) >= 12 else "…"
