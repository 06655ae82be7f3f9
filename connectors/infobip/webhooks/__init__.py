"""What Infobip tells us: one body may mix channels and kinds, so each item is known by what it holds."""

from __future__ import annotations

from connectors.infobip.webhooks.parse import parse

__all__ = ["parse"]
