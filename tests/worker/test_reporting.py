"""What a process says of itself: one line an event, and nothing that is somebody's secret."""

from __future__ import annotations

import io
import json
import logging
from typing import Any

import pytest
import sentry_sdk
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from worker import reporting
from worker.settings import Settings

SECRETS = {
    "webhook token": ("POST /webhooks/shop/tOk3n_of-32-characters/inbound", "tOk3n"),
    "query token": ("GET https://h/x?token=abc123&limit=2", "abc123"),
    "a signed link": ("GET https://h/x.jpg?X-Amz-Date=1&X-Amz-Signature=ab12cd", "ab12cd"),
    "access token": ("url https://graph.example/me?access_token=EAAB1", "EAAB1"),
    "api key": ("https://h/x?api_key=K4", "K4"),
    "bearer": ("Authorization: Bearer fk_0123456789", "fk_0123456789"),
    "basic": ("authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
    "Infobip": ("Authorization: App 0123456789abcdef", "0123456789abcdef"),
    "password in a URL": ("redis://default:hunter2@host:6379/0", "hunter2"),
    "phone number": ("no such number +447700900123", "447700900123"),
    "plain digits": ("recipient 15550100123 is unknown", "15550100123"),
}
KEPT = ("evt_b65266544582fc7a305686c160de8000", "2026-11-20T19:14:00.397Z", "127.0.0.1:44319", "1msg", "status=200")


@pytest.mark.parametrize(("text", "secret"), SECRETS.values(), ids=SECRETS)
def test_secrets_are_blotted_out(text: str, secret: str) -> None:
    """The words around them stay."""
    found = reporting.scrub(text)

    assert secret not in found
    assert "…" in found
    assert text.split(maxsplit=1)[0] in found or "://" in text


@pytest.mark.parametrize("text", KEPT)
def test_what_one_searches_by_stays(text: str) -> None:
    """Ids, times, ports and states are no secrets."""
    assert text == reporting.scrub(text)


@pytest.fixture
def logged(own_log: None) -> io.StringIO:
    """Where the log goes."""
    return io.StringIO()


WHISPERED = {
    # far from the code that says them, as a report quotes the lines around it
    "local": "a-local-secret",
    "redis": "SET f:conn:shop secret-value",
    "text": "dear Ann",
}


def fail(told: str) -> None:
    """Fails, with a secret among its variables."""
    hidden = WHISPERED["local"]
    raise ValueError(told if hidden else hidden)


def test_a_line_is_one_json_document(logged: io.StringIO) -> None:
    """With every `extra` field under its own name, the process type, and the traceback inside."""
    reporting.start(Settings(), "worker", logged)
    log = logging.getLogger("ferry.test")

    log.info("run", extra={"action": "send-sms", "seconds": 0.2, "input": {"to": "1"}, "text": "hello"})
    try:
        fail(WHISPERED["text"])
    except ValueError:
        log.exception("it failed")
    first, second = map(json.loads, logged.getvalue().splitlines())

    assert ("run", "info", "worker", "send-sms", 0.2) == tuple(
        first[name] for name in ("event", "level", "process", "action", "seconds")
    )
    assert ("…", "…") == (first["input"], first["text"])
    assert second["trace"].endswith("\nValueError")
    assert "in fail\n" in second["trace"]
    assert WHISPERED["text"] not in second["trace"]


def test_words_for_a_person(logged: io.StringIO) -> None:
    """FERRY_LOG_FORMAT=text: a line without colours; what is None is left out."""
    reporting.start(Settings(log_format="text"), "web", logged)

    logging.getLogger("ferry.test").warning("odd", extra={"reason": "x", "error": None})

    assert logged.getvalue().rstrip().endswith("warning odd  reason=x")


def test_other_peoples_loggers_are_quiet(logged: io.StringIO) -> None:
    """httpx would log whole URLs, Celery a line for every wake-up."""
    reporting.start(Settings(log_level="INFO"), "worker", logged)

    for name in reporting.QUIET:
        logging.getLogger(name).info("https://h/x?token=1")

    assert "" == logged.getvalue()


class Kept(Transport):
    """What would have left for Sentry."""

    def __init__(self, options: Any) -> None:
        super().__init__(options)
        self.sent = KEPT_EVENTS

    def capture_envelope(self, envelope: Envelope) -> None:
        """Keeps it."""
        self.sent += [event for item in envelope.items if (event := item.get_event()) is not None]


KEPT_EVENTS: list[Any] = []


@pytest.mark.parametrize("process", ["web", "worker"])
def test_sentry_hears_what_failed_and_no_secret(process: str) -> None:
    """Release and process type go along; tokens, numbers, texts, local variables and Redis' words do not."""
    KEPT_EVENTS.clear()
    settings = Settings(sentry_dsn="https://public@sentry.invalid/1")
    try:
        reporting.report(settings, process, Kept)
        sentry_sdk.add_breadcrumb(category="redis", message=WHISPERED["redis"])
        sentry_sdk.add_breadcrumb(
            category="http", data={"url": "https://h/x?access_token=EAAB1", "text": WHISPERED["text"]}
        )
        try:
            fail(f"https://h/webhooks/shop/{'t' * 32} said no to +447700900123")
        except ValueError as problem:
            sentry_sdk.capture_exception(problem)
    finally:
        sentry_sdk.init()

    (event,) = KEPT_EVENTS
    everything = json.dumps(event, default=str)
    assert process == event["tags"]["process"]
    assert event["release"].startswith("ferry@")
    assert [] == [
        word
        for word in ("t" * 32, "447700900123", "EAAB1", "dear Ann", "secret-value", "a-local-secret")
        if word in everything
    ]
    assert "ValueError" in everything
