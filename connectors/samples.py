"""Samples into requests: how `ferry trigger`, simulators and tests make one real webhook request of a provider."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from connectors.connection import Connection
from connectors.guards import HookRequest
from connectors.provider import Provider, Sample, Stamp
from connectors.simulator import set_path

FORM = "application/x-www-form-urlencoded"


def make(
    provider: Provider, sample: Sample, connection: Connection, stamp: Stamp, changes: Mapping[str, Any] | None = None
) -> HookRequest:
    """The sample's request, signed with the connection's own secrets.  `changes` are {"a.b.0": value}."""
    document = fresh(sample, connection, stamp)
    for path, value in (changes or {}).items():
        set_path(document, path, value)
    return provider.sign(connection, encode(document, sample))


def fresh(sample: Sample, connection: Connection, stamp: Stamp) -> Any:
    """The sample's document, which shares nothing with the next one's: whoever gets it may change it."""
    return deepcopy(sample.body(connection, stamp))


def at_stand_in(connection: Connection, document: Any, storage: str) -> Any:
    """
    A sample's document, with the files of the provider's storage where the connection's stand-in serves them.

    storage: the origin the page's examples name; nothing changes for a connection that is not on loopback
    """
    base = str(connection.setting("base_url", ""))
    if not base.startswith("http://"):
        return document
    if isinstance(document, dict):
        return {name: at_stand_in(connection, value, storage) for name, value in document.items()}
    if isinstance(document, list):
        return [at_stand_in(connection, value, storage) for value in document]
    if isinstance(document, str) and document.startswith(f"{storage}/"):
        return f"{base.rstrip('/')}/_sim/files{document.removeprefix(storage)}"
    return document


def encode(document: Any, sample: Sample) -> HookRequest:
    """`document` as the sample's kind of request, unsigned."""
    if sample.encoding == "query":
        return HookRequest("GET", sample.hook, urlencode(document))
    if sample.encoding == "form":
        return HookRequest("POST", sample.hook, "", {"content-type": FORM}, urlencode(document).encode())
    if sample.encoding == "multipart":
        boundary, body = _multipart(document)
        return HookRequest("POST", sample.hook, "", {"content-type": f"multipart/form-data; boundary={boundary}"}, body)
    body = json.dumps(document, ensure_ascii=True, separators=(",", ":")).encode()
    return HookRequest("POST", sample.hook, "", {"content-type": "application/json"}, body)


def _multipart(document: Mapping[str, Any]) -> tuple[str, bytes]:
    """(boundary, body): the same for the same document."""
    boundary = f"ferry{sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()[:24]}"
    parts: list[str] = []
    for name, value in document.items():
        head, content = f'form-data; name="{name}"', str(value)
        kind = ""
        if isinstance(value, Mapping):
            head, content = f'{head}; filename="{value["name"]}"', str(value["content"])
            kind = f"\r\nContent-Type: {value['content_type']}"
        parts.append(f"--{boundary}\r\nContent-Disposition: {head}{kind}\r\n\r\n{content}\r\n")
    return boundary, f"{''.join(parts)}--{boundary}--\r\n".encode()
