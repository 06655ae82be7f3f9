"""/v1/messages/{id}/attachments: the files of a message, fetched from the provider when somebody asks for them."""

from __future__ import annotations

import errno
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from http import HTTPStatus
from urllib.parse import quote

from flask import Response, current_app, request
from werkzeug.http import dump_options_header

from web.api.openapi import Part
from web.api.problems import Problem
from web.api.speech import ferry
from worker.media import File, fetch
from worker.outside import Unavailable, Why

part = Part("attachments", __name__, url_prefix="/v1/messages", description="The files of messages.")

STATUSES = {
    Why.ABSENT: 404,
    Why.GONE: 410,
    Why.TOO_LARGE: 413,
    Why.FORBIDDEN: 502,
    Why.REFUSED: 502,
    Why.UNREACHABLE: 502,
    Why.BUSY: 503,
    Why.TOO_SLOW: 504,
}
NAME = "ferry_fetching"
SOON_SECONDS = 5
FILE = {"type": "string", "format": "binary"}


class Cut(ConnectionResetError):
    """The rest of a file does not come: the connection is closed, so that nobody takes the part for the whole."""

    def __init__(self) -> None:
        super().__init__(errno.ECONNRESET, "the rest of the file could not be had")


def _room() -> threading.BoundedSemaphore:
    """At most a quarter of a process's threads carry files at a time, so that webhooks always find one."""
    made = threading.BoundedSemaphore(max(1, ferry().settings.web_threads // 4))
    room: threading.BoundedSemaphore = current_app.extensions.setdefault(NAME, made)
    return room


@part.route("/<ident>/attachments/<int:index>", methods=["GET"])
@part.response(200, FILE, content_type="application/octet-stream", description="The file, of whatever type it is")
@part.alt_response(404, "NOT_FOUND")
@part.alt_response(410, "GONE")
@part.alt_response(413, HTTPStatus(413).name)
@part.alt_response(502, "BAD_GATEWAY")
@part.alt_response(503, "SERVICE_UNAVAILABLE")
@part.alt_response(504, "GATEWAY_TIMEOUT")
def get(ident: str, index: int) -> Response:
    """
    Fetch a message's attachment from where the provider keeps it; `index` counts from 0, as in its event.

    Ferry keeps no copy.  A file that breaks off in the middle, or turns out larger than FERRY_MAX_MEDIA_BYTES, ends
    with a closed connection before its Content-Length or last chunk.
    """
    room = _room()
    if not room.acquire(blocking=False):
        raise _busy("other files are being fetched: try again in a moment", SOON_SECONDS)
    with ExitStack() as held:
        held.callback(room.release)
        try:
            file = held.enter_context(fetch(ferry(), ident, index))
        except Unavailable as problem:
            raise _told(problem) from problem
        response = _response(file)
        if request.method != "HEAD":  # which nobody reads, so nobody would close it
            response.call_on_close(held.pop_all().close)
        return response


def _response(file: File) -> Response:
    response = Response(_flow(file), content_type=file.mime_type)
    if file.size is not None:
        response.headers["Content-Length"] = str(file.size)
    names = {"filename": file.name.encode("ascii", "replace").decode().replace("?", "_")}
    if not file.name.isascii():
        names["filename*"] = f"UTF-8''{quote(file.name, safe='')}"
    response.headers["Content-Disposition"] = dump_options_header("attachment", names)
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"  # strangers' files run nothing here
    return response


def _flow(file: File) -> Iterator[bytes]:
    try:
        yield from file.pieces
    except Unavailable as problem:
        raise Cut from problem


def _told(problem: Unavailable) -> Problem:
    if problem.why is Why.BUSY:
        return _busy(str(problem), problem.after)
    return Problem(STATUSES[problem.why], str(problem.why), str(problem))


def _busy(told: str, after: float | None) -> Problem:
    headers = {"Retry-After": str(max(1, round(after)))} if after is not None else {}
    return Problem(STATUSES[Why.BUSY], str(Why.BUSY), told, headers=headers)
