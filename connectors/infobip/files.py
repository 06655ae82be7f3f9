"""
Files that came in: those of WhatsApp are given out by the API itself, to our credentials; all others by plain URLs.

source: our page §3.19 ("Downloading inbound WhatsApp media"): the header goes to Infobip's hosts only, redirects are
followed without it, 404 is unknown or expired
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from connectors.action import Ask
from connectors.connection import Connection
from connectors.infobip import access
from connectors.infobip.schemas.whatsapp import MEDIA_URL
from connectors.provider import FileAt


def find(connection: Connection, attachment: Mapping[str, Any], ask: Ask) -> FileAt | None:
    """
    A WhatsApp file at the connection's own base URL: of the event's URL only the sender and the id are taken.

    raises: InvalidCall for a connection without credentials
    """
    del ask
    url = attachment.get("url")
    named = MEDIA_URL.fullmatch(url) if isinstance(url, str) else None
    if named is None or not named["media"].strip("."):
        return None
    base = access.base_url(connection)
    host = (urlsplit(named.string).hostname or "").lower()
    if not host.endswith(access.HOST) and host not in {urlsplit(access.SHARED).hostname, urlsplit(base).hostname}:
        return None
    path = f"/whatsapp/1/senders/{named['sender']}/media/{named['media']}"
    return FileAt(access.locate(connection, path), access.auth(connection))
