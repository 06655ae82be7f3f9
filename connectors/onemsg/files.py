"""
Files that came in: an address that needs no token, or an id that GET /retrieveMedia turns into one for five minutes.

source: our page §4.3 ("Media notes"), §4.6 (raw mode), §3 (helper methods)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.action import Ask
from connectors.connection import Connection
from connectors.provider import FileAt


def find(connection: Connection, attachment: Mapping[str, Any], ask: Ask) -> FileAt | None:
    """By its id, whose address is always a fresh one; without an id it is at its url, or nowhere."""
    del connection
    media_id = attachment.get("id")
    if not isinstance(media_id, str) or not media_id:
        return None
    return FileAt(ask("retrieve-media", {"media_id": media_id})["url"])
