"""Signing as a provider does, and saying what does not fit of a captured request, without saying what would."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from connectors.registry import PROVIDERS
from tests.worker.cli.conftest import Ferry
from worker.cli import folder

SECRET = "the-apps-own-secret"
BODY = b'{"object":"instagram","entry":[]}'
WHOSE = ("--secret", "app_secret=@S")


@pytest.fixture
def body() -> str:
    """A file with a body, as an argument."""
    return "@body.json"


@pytest.fixture
def signed(ferry: Ferry, body: str) -> str:
    """The header that instagram signs it with."""
    Path(body[1:]).write_bytes(BODY)
    done = ferry("signature", "sign", "instagram", body, *WHOSE, S=SECRET)
    assert 0 == done.exit_code, done.output
    return str(done.stdout.splitlines()[0])


def test_what_is_signed_is_let_in(ferry: Ferry, signed: str, body: str) -> None:
    """The header signs these bytes under that secret; neither is told."""
    fits = ferry("signature", "verify", "instagram", body, "-H", signed, *WHOSE, S=SECRET)
    whole = ferry("signature", "sign", "instagram", body, "--json", *WHOSE, S=SECRET)

    assert (0, "It fits.\n") == (fits.exit_code, fits.stdout)
    assert signed.split(": ")[1] == json.loads(whole.stdout)["headers"]["x-hub-signature-256"]
    assert SECRET not in fits.output + whole.output


def test_stdin_is_a_body(ferry: Ferry, signed: str) -> None:
    """Where no file is named."""
    done = ferry("signature", "verify", "instagram", "-H", signed, *WHOSE, given=BODY.decode(), S=SECRET)

    assert 0 == done.exit_code, done.output


REFUSED = {
    # the body as it was captured, the header (None: left out), the secret → what is told
    "another secret": (BODY, "", "other", "signed with another secret, or changed on the way"),
    "no header": (BODY, None, SECRET, "It came without the header x-hub-signature-256"),
    "no prefix": (BODY, "X-Hub-Signature-256: abc", SECRET, "does not begin with sha256="),
    "an editor's line end": (BODY + b"\n", "", SECRET, "the line end at its end was added"),
    "written anew": (json.dumps(json.loads(BODY), indent=2).encode(), "", SECRET, "it was written anew as JSON"),
    "changed": (BODY.replace(b"[]", b"[1]"), "", SECRET, "the signature differs"),
}


@pytest.mark.parametrize(("raw", "header", "secret", "told"), REFUSED.values(), ids=REFUSED)
def test_what_does_not_fit_is_told(
    ferry: Ferry, signed: str, raw: bytes, header: str | None, secret: str, told: str
) -> None:
    """In words; never what the right signature would have been."""
    Path("captured").write_bytes(raw)
    given = () if header is None else ("-H", header or signed)
    right = ferry("signature", "sign", "instagram", "@captured", *WHOSE, S=secret).stdout.splitlines()[0].split("=")[1]

    done = ferry("signature", "verify", "instagram", "@captured", *given, *WHOSE, S=secret)
    machine = ferry("signature", "verify", "instagram", "@captured", *given, "--json", *WHOSE, S=secret)

    assert (5, True) == (done.exit_code, told in done.stderr), done.output
    assert (5, False) == (machine.exit_code, json.loads(machine.stdout)["fits"])
    assert right not in done.output + machine.output


@pytest.mark.parametrize("line", ["POST /webhooks/ig/x HTTP/1.1\r\n", ""])
def test_a_whole_request_as_it_was_captured(ferry: Ferry, signed: str, line: str) -> None:
    """With its request line or without; both kinds of line ends."""
    for end in ("\r\n", "\n"):
        head = f"{line}Content-Type: application/json\r\n{signed}\r\n\r\n".replace("\r\n", end)
        Path("request.txt").write_bytes(head.encode() + BODY)
        done = ferry("signature", "verify", "instagram", "@request.txt", "--http", *WHOSE, S=SECRET)
        assert 0 == done.exit_code, done.output
    Path("request.txt").write_bytes(BODY)
    assert 2 == ferry("signature", "verify", "instagram", "@request.txt", "--http", *WHOSE, S=SECRET).exit_code


@pytest.mark.parametrize("provider", ["clicksend", "1msg"])
def test_where_nothing_is_signed(ferry: Ferry, body: str, provider: str) -> None:
    """It says what protects the webhook instead, and that is no failure."""
    Path(body[1:]).write_bytes(BODY)
    folder.FOLDER.mkdir()
    chosen = next(one for one in PROVIDERS.values() if one.title == provider)
    settings, secrets = chosen.simulated("http://127.0.0.1:9")
    kept = {"id": provider, "webhook_url": "http://127.0.0.1:9/webhooks/x/y", "settings": settings, "secrets": secrets}
    folder.tell(folder.FOLDER, {"url": "http://x", "connections": {provider: kept}})

    sign, verify = ferry("signature", "sign", provider, body), ferry("signature", "verify", provider, body)

    assert (0, "") == (sign.exit_code, sign.stdout)
    assert "the secret in the path of the webhook's URL is the proof" in sign.stderr
    assert (0, True) == (
        verify.exit_code,
        verify.stdout.startswith("There is nothing to verify in it; nothing is signed"),
    )


def test_guards_that_are_set(ferry: Ferry, body: str) -> None:
    """Infobip's Basic, its header and its HMAC count as they are set on the connection."""
    Path(body[1:]).write_bytes(BODY)
    whose = ("--setting", "webhook_username=ann", "--secret", "webhook_password=@P", "--secret", "webhook_hmac_key=@K")
    variables = {"P": "a-password", "K": "an-hmac-key"}

    made = ferry("signature", "sign", "infobip", body, *whose, **variables)
    lines = made.stdout.splitlines()
    good = ferry(
        "signature", "verify", "infobip", body, *(w for one in lines for w in ("-H", one)), *whose, **variables
    )
    half = ferry("signature", "verify", "infobip", body, "-H", lines[0], *whose, **variables)

    assert {"authorization", "x-infobip-signature"} == {one.partition(":")[0] for one in lines}
    basic = base64.b64encode(b"ann:a-password").decode()
    assert f"authorization: Basic {basic}" in lines
    assert (0, 5) == (good.exit_code, half.exit_code), good.output
    assert "It came without the header x-infobip-signature" in half.stderr


def test_without_a_secret_nothing_can_be_said(ferry: Ferry, body: str) -> None:
    """And how to name one is."""
    Path(body[1:]).write_bytes(BODY)

    done = ferry("signature", "sign", "instagram", body)

    assert (3, True) == (done.exit_code, "instagram has no connection" in done.stderr)
    literal = ferry("signature", "sign", "instagram", body, "--secret", "app_secret=hunter22")
    assert (2, False) == (literal.exit_code, "hunter22" in literal.output)
    assert 2 == ferry("signature", "sign", "instagram", "@nowhere", *WHOSE, S=SECRET).exit_code
    assert 2 == ferry("signature", "verify", "instagram", body, "-H", "nocolon", *WHOSE, S=SECRET).exit_code


def test_every_provider_says_what_proves_its_webhooks() -> None:
    """In a sentence; what signs is named, and is a secret it has."""
    for provider in PROVIDERS.values():
        assert len(provider.trust.split()) > 5
        names = {name for group in provider.signing for name in group}
        assert names <= set(provider.secrets().fields)
