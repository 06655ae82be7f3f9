"""`ferry media`: the file somebody sent."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import quote, unquote

import click

from worker.cli import failing, showing
from worker.cli.door import refused, with_door
from worker.cli.failing import Failure
from worker.cli.showing import as_json

if TYPE_CHECKING:
    import httpx

    from worker.cli.door import Door

SECONDS = 150.0  # between two pieces of the file
MESSAGES = "ferry events list --type message.received"
ENCODED = re.compile(r"filename\*=UTF-8''([^;\s]+)")
PLAIN = re.compile(r'filename="?([^";]+)"?')


@click.command()
@click.argument("message", metavar="MESSAGE_ID")
@click.argument("index", type=click.IntRange(0), default=0)
@click.option("-o", "--output", metavar="FILE", help="Where to; `-` is stdout.  Its own name, here, when left out.")
@as_json
@with_door
def media(door: Door, message: str, index: int, output: str | None, *, as_json: bool) -> None:
    """
    Fetches the file of a message; INDEX counts its attachments from 0.

    \b
      ferry media msg_5ba0d00fca3cfcc03e87b025ebee8e00 -o invoice.pdf

    Providers give most files out for a short time only.
    """
    import httpx

    path = f"/v1/messages/{quote(message, safe='')}/attachments/{index}"
    headers = {"Authorization": f"Bearer {door.key}"} if door.key else {}
    try:
        with (
            httpx.Client(base_url=door.url.rstrip("/"), transport=door.transport, trust_env=False) as client,
            client.stream("GET", path, headers=headers, timeout=SECONDS) as answer,
        ):
            if not answer.is_success:
                raise _refused(answer)
            if output == "-":
                _pour(answer, sys.stdout.buffer)
                return
            kept = Path(output or name_of(answer.headers.get("content-disposition", "")))
            if output is None and kept.exists():
                raise Failure(f"there is a {kept} here already", following=f"ferry media {message} {index} -o FILE")
            size = _keep(answer, kept)
    except httpx.TimeoutException as problem:
        raise Failure(f"{door.url} says nothing", following="ferry doctor", code=failing.TIMED_OUT) from problem
    except (httpx.RemoteProtocolError, httpx.ReadError) as problem:
        raise Failure("the file broke off in the middle: nothing was kept", following="the same again") from problem
    except (httpx.TransportError, httpx.InvalidURL) as problem:
        told = f"nobody answers at {door.url}"
        raise Failure(told, following="ferry dev", code=failing.UNREACHABLE) from problem
    kind = answer.headers.get("content-type", "")
    if as_json:
        showing.data({"file": str(kept), "content_type": kind, "bytes": size})
    else:
        click.echo(str(kept))
        showing.note(f"{size} bytes of {kind}.")


def name_of(disposition: str) -> str:
    """The file's name as the answer tells it, without any folder."""
    encoded, plain = ENCODED.search(disposition), PLAIN.search(disposition)
    told = unquote(encoded[1]) if encoded else plain[1] if plain else ""
    return Path(told.replace("\\", "/")).name.lstrip(".") or "attachment"


def _refused(answer: httpx.Response) -> Failure:
    answer.read()
    try:
        said = answer.json()
    except ValueError:
        said = None
    made = refused(answer.status_code, said if isinstance(said, dict) else {"title": answer.reason_phrase})
    if answer.status_code in {404, 410}:
        made.following, made.code = MESSAGES, failing.NOT_FOUND
    if answer.status_code == 413:  # the file is too large for that Ferry, not what was typed
        made.following, made.code = "ferry config show", failing.FAILED
    return made


def _pour(answer: httpx.Response, into: BinaryIO) -> int:
    size = 0
    for piece in answer.iter_bytes():
        size += len(piece)
        into.write(piece)
    into.flush()
    return size


def _keep(answer: httpx.Response, place: Path) -> int:
    """Into the file, all at once: a part of it is never taken for the whole."""
    try:
        handle, part = tempfile.mkstemp(prefix=f".{place.name[:40]}.", suffix=".part", dir=place.parent)
    except OSError as problem:
        raise Failure(f"{place.parent} cannot be written to: {problem.strerror}", following="-o FILE") from problem
    try:
        with os.fdopen(handle, "wb") as into:
            size = _pour(answer, into)
        Path(part).replace(place)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise
    return size
