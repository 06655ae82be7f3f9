"""`ferry media`: the file under its own name, whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.worker.cli.conftest import Ferry
from worker.cli.media import name_of

URL = ("--url", "http://ferry.invalid", "--key", "@A_KEY")
PATH = "/v1/messages/msg_1/attachments/0"


def gives(content: bytes = b"%PDF-1.7", name: str = "contract.pdf", status: int = 200) -> httpx.MockTransport:
    """A Ferry that has this file at PATH."""

    def play(request: httpx.Request) -> httpx.Response:
        assert (PATH, "Bearer fk_secret-key-0001") == (request.url.path, request.headers["authorization"])
        headers = {"content-type": "application/pdf", "content-disposition": f'attachment; filename="{name}"'}
        return httpx.Response(status, headers=headers, content=content)

    return httpx.MockTransport(play)


class Broken(httpx.SyncByteStream):
    """A file that ends too soon."""

    def __iter__(self) -> Iterator[bytes]:
        yield b"%PDF"
        raise httpx.RemoteProtocolError("incomplete")


def test_it_is_kept_under_its_own_name(ferry: Ferry) -> None:
    """Which is what is printed."""
    done = ferry("media", "msg_1", *URL, transport=gives())

    assert (0, "contract.pdf\n") == (done.exit_code, done.stdout)
    assert b"%PDF-1.7" == Path("contract.pdf").read_bytes()
    assert [Path("contract.pdf")] == list(Path().iterdir())


def test_it_is_kept_where_one_says(ferry: Ferry) -> None:
    """Over what was there."""
    Path("bill.pdf").write_bytes(b"old")

    done = ferry("media", "msg_1", "0", "-o", "bill.pdf", "--json", *URL, transport=gives())

    assert {"file": "bill.pdf", "content_type": "application/pdf", "bytes": 8} == json.loads(done.stdout)
    assert b"%PDF-1.7" == Path("bill.pdf").read_bytes()


def test_it_goes_into_a_pipe(ferry: Ferry) -> None:
    """Nothing but the file."""
    done = ferry("media", "msg_1", "-o", "-", *URL, transport=gives(b"\x00\xff"))

    assert (0, b"\x00\xff") == (done.exit_code, done.stdout_bytes)
    assert [] == list(Path().iterdir())


def test_nothing_is_overwritten_unasked(ferry: Ferry) -> None:
    """Two strangers may send two contract.pdf."""
    Path("contract.pdf").write_bytes(b"old")

    done = ferry("media", "msg_1", *URL, transport=gives())

    assert 1 == done.exit_code
    assert "-o FILE" in done.stderr
    assert b"old" == Path("contract.pdf").read_bytes()


def test_a_part_is_not_kept(ferry: Ferry) -> None:
    """Neither under its name nor under another."""
    broken = httpx.MockTransport(lambda request: httpx.Response(200, stream=Broken()))

    done = ferry("media", "msg_1", *URL, transport=broken)

    assert 1 == done.exit_code
    assert "broke off" in done.stderr
    assert [] == list(Path().iterdir())


@pytest.mark.parametrize(("status", "code"), [(404, 3), (410, 3), (413, 1), (502, 5), (503, 6), (504, 7)])
def test_what_ferry_says_is_said(ferry: Ferry, status: int, code: int) -> None:
    """The detail of the problem, and an exit code to switch on."""
    told = json.dumps({"detail": "the file is on the moon"}).encode()

    done = ferry("media", "msg_1", *URL, transport=gives(told, status=status))

    assert (code, "") == (done.exit_code, done.stdout)
    assert "the file is on the moon." in done.stderr
    assert [] == list(Path().iterdir())


def test_nobody_there(ferry: Ferry) -> None:
    """As for every command."""

    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    assert 6 == ferry("media", "msg_1", *URL, transport=httpx.MockTransport(refuse)).exit_code


def test_a_folder_that_is_not_there(ferry: Ferry) -> None:
    """A sentence, no traceback."""
    done = ferry("media", "msg_1", "-o", "nowhere/x.pdf", *URL, transport=gives())

    assert 1 == done.exit_code
    assert "nowhere cannot be written to" in done.stderr


NAMES = {
    "plain": ("attachment; filename=a.pdf", "a.pdf"),
    "quoted": ('attachment; filename="a b.pdf"', "a b.pdf"),
    "encoded": ("attachment; filename=_.pdf; filename*=UTF-8''Zo%C3%AB.pdf", "Zoë.pdf"),
    "a way out": ('attachment; filename="../../a.pdf"', "a.pdf"),
    "an encoded way out": ("attachment; filename*=UTF-8''..%2F..%2Fa.pdf", "a.pdf"),
    "a way out of Windows": ("attachment; filename*=UTF-8''..%5Ca.pdf", "a.pdf"),
    "up": ("attachment; filename=..", "attachment"),
    "none": ("", "attachment"),
}


@pytest.mark.parametrize(("told", "name"), NAMES.values(), ids=NAMES)
def test_a_name_never_leads_out_of_the_folder(told: str, name: str) -> None:
    """Whoever answers."""
    assert name == name_of(told)
