"""
Ids are deterministic: the same fact, run or message has the same id wherever and however often it is met.

An id ends with its partition in two hex digits, so that what it names is found without asking around.
"""

from __future__ import annotations

import secrets
import zlib
from hashlib import blake2b


def partition_of(connection: str, partitions: int) -> int:
    """Where everything of a connection (or source) lives."""
    return zlib.crc32(connection.encode()) % partitions if partitions > 1 else 0


def digest(*words: str) -> str:
    """30 hex digits of the words, kept apart by their lengths."""
    made = blake2b(digest_size=15)
    for word in words:
        data = word.encode("utf-8", "surrogatepass")
        made.update(len(data).to_bytes(4, "big") + data)
    return made.hexdigest()


def event_id(partition: int, connection: str, kind: str, key: str) -> str:
    """The event that this fact is."""
    return f"evt_{digest(connection, kind, key)}{partition:02x}"


def message_id(partition: int, connection: str, provider_id: str) -> str:
    """The message with this provider id."""
    return f"msg_{digest(connection, provider_id)}{partition:02x}"


def run_id(partition: int, connection: str, idempotency_key: str | None) -> str:
    """The run of this idempotency key; a new one without a key."""
    key = idempotency_key if idempotency_key is not None else secrets.token_hex(16)
    return f"run_{digest(connection, key)}{partition:02x}"


def conversation_id(partition: int, connection: str, party: str) -> str:
    """Opaque, and reversible by us alone: it names connection and party."""
    return f"cnv_{(connection + ' ' + party).encode('utf-8', 'surrogatepass').hex()}{partition:02x}"


def conversation_of(ident: str) -> tuple[str, str] | None:
    """(connection, party) of a conversation id; None for anything else."""
    if not ident.startswith("cnv_"):
        return None
    try:
        connection, _, party = bytes.fromhex(ident[4:-2]).decode("utf-8", "surrogatepass").partition(" ")
    except ValueError:
        return None
    return (connection, party) if connection and party else None


def request_id(source: str, stream_id: str) -> str:
    """The raw request at this place of a source's journal."""
    return f"req_{stream_id}_{source}"


def request_of(ident: str) -> tuple[str, str] | None:
    """(source, stream id) of a request id; None for anything else."""
    place, _, source = ident.removeprefix("req_").partition("_")
    return (source, place) if ident.startswith("req_") and source and place else None


def partition_in(ident: str, partitions: int) -> int | None:
    """The partition an id names; None when it cannot be one of ours."""
    try:
        found = int(ident[-2:], 16)
    except ValueError:
        return None
    return found if found < partitions else None
