"""A webhook's body, whole or not at all: what a server's `wsgi.input` can do to it, in one place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

CHUNK = 65536


class BodyError(Exception):
    """A body that cannot be taken; nothing of it is kept."""

    status = 400
    outcome = "bad_body"
    told = b"the body did not come whole"


class TooLarge(BodyError):
    """Over the limit, announced or counted."""

    status = 413
    outcome = "too_large"
    told = b"too large"


class TooSlow(BodyError):
    """The rest of it did not come in time."""

    status = 408
    outcome = "too_slow"
    told = b"the body came too slowly"


def read_body(environ: dict[str, Any], limit: int) -> bytes:
    """
    The whole body, counted while it is read, whether its length was announced or not.

    A caller that hangs up in the middle leaves a short read behind, which must never pass for its message.
    raises: BodyError
    """
    announced = environ.get("CONTENT_LENGTH") or ""
    read = environ["wsgi.input"].read
    try:
        if announced:
            return _announced(read, announced, limit)
        if environ.get("wsgi.input_terminated") or "HTTP_TRANSFER_ENCODING" in environ:
            return _until_its_end(read, limit)
    except (TimeoutError, BlockingIOError) as problem:
        raise TooSlow from problem
    except BodyError:
        raise
    except Exception as problem:  # the connection broke, or a chunk is none: each server has words of its own
        raise BodyError from problem
    return b""


def _announced(read: Callable[[int], bytes], announced: str, limit: int) -> bytes:
    if not (announced.isascii() and announced.isdigit()):
        raise BodyError
    size = int(announced)
    if size > limit:
        raise TooLarge
    body = read(size) if size else b""
    while len(body) < size:
        piece = read(size - len(body))
        if not piece:
            raise BodyError
        body += piece
    return body


def _until_its_end(read: Callable[[int], bytes], limit: int) -> bytes:
    pieces: list[bytes] = []
    total = 0
    while piece := read(CHUNK):
        total += len(piece)
        if total > limit:
            raise TooLarge
        pieces.append(piece)
    return b"".join(pieces)
