"""
What a process says of itself: its log, and its errors to Sentry.

One rich line an event: JSON where a machine reads, coloured words at a terminal (FERRY_LOG_FORMAT chooses).  Neither
log nor report carries secrets: tokens in URLs, phone numbers and texts are blotted out on the way.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import metadata
from typing import Any, TextIO

from worker.settings import Settings, environment

QUIET = {
    # loggers that say too much or too often below this level
    "httpx": logging.WARNING,  # whole URLs at INFO
    "httpcore": logging.WARNING,
    "celery": logging.WARNING,  # a line for every wake-up
    "kombu": logging.WARNING,
    "redbeat": logging.WARNING,
    "gunicorn.error": logging.WARNING,  # each process that comes and goes
}
PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
BLOTTED = frozenset({"text", "body", "input", "caption", "secret", "secrets", "token", "api_key", "authorization"})
COLOURS = {"DEBUG": "2", "INFO": "32", "WARNING": "33", "ERROR": "31", "CRITICAL": "31;1"}

WEBHOOK = re.compile(r"(/webhooks/[^/\s?]+/)[^/\s?\"']+")
QUERY = re.compile(
    r"([?&](?:[\w-]*token|[\w-]*secret|[\w-]*key|[\w-]*signature|sig|appsecret_proof|password)=)[^&\s\"']+",
    re.IGNORECASE,
)
BEARER = re.compile(r"\b((?:Bearer|Basic|App)\s+)[\w.~+/=-]{8,}")
USERINFO = re.compile(r"(\w+://[^/\s:@]*:)[^/\s@]+@")
PHONE = re.compile(r"(?<![\w.:/-])\+?\d{8,15}(?![\w.:-])")


def scrub(text: str) -> str:
    """The text without what nobody but its owner should read: tokens, passwords, phone numbers."""
    text = WEBHOOK.sub(r"\1…", text)
    text = QUERY.sub(r"\1…", text)
    text = BEARER.sub(r"\1…", text)
    text = USERINFO.sub(r"\1…@", text)
    return PHONE.sub("…", text)


def scrubbed(value: Any, name: str = "") -> Any:
    """The same for all strings inside a document; those under a telling name go whole."""
    if name.lower() in BLOTTED and isinstance(value, str | bytes | dict | list):
        return "…"
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, dict):
        return {key: scrubbed(inner, str(key)) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [scrubbed(inner) for inner in value]
    return value


class Lines(logging.Formatter):
    """JSON, or words for a person; `process` is the process type."""

    def __init__(self, process: str, *, machine: bool, coloured: bool) -> None:
        super().__init__()
        self._process = process
        self._machine = machine
        self._coloured = coloured

    def format(self, record: logging.LogRecord) -> str:
        """One line; a traceback is one field of it, or the lines after it."""
        said = scrub(record.getMessage())
        extra = {name: value for name, value in vars(record).items() if name not in PLAIN}
        fields = {name: scrubbed(value, name) for name, value in extra.items()}
        trace = scrub(self.formatException(record.exc_info)) if record.exc_info else ""
        if self._machine:
            line = {
                "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
                "level": record.levelname.lower(),
                "event": said,
                "logger": record.name,
                "process": self._process,
                **fields,
            }
            if trace:
                line["trace"] = trace
            return json.dumps(line, ensure_ascii=False, default=str)
        said = " ".join(said.split())
        at = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S")
        shown = {name: value for name, value in fields.items() if value is not None}
        words = " ".join(f"{self._dim(name + '=')}{value}" for name, value in shown.items())
        line_of_words = f"{self._dim(at)} {self._level(record.levelname)} {said}" + (f"  {words}" if words else "")
        return f"{line_of_words}\n{trace}" if trace else line_of_words

    def formatException(self, ei: Any) -> str:  # noqa: N802  (logging's name)
        """Where, and what kind of error: its words may quote a message or a number, so they are left out."""
        found: list[str] = []
        problem: BaseException | None = ei[1]
        while problem is not None:
            found += [*traceback.format_tb(problem.__traceback__), type(problem).__name__ + "\n"]
            problem = problem.__cause__ or (None if problem.__suppress_context__ else problem.__context__)
        return "".join(found).rstrip()

    def _dim(self, text: str) -> str:
        return f"\x1b[2m{text}\x1b[0m" if self._coloured else text

    def _level(self, name: str) -> str:
        padded = f"{name.lower():<7}"
        return f"\x1b[{COLOURS.get(name, '0')}m{padded}\x1b[0m" if self._coloured else padded


def start(settings: Settings, process: str, out: TextIO | None = None) -> None:
    """
    Sets up log and reports of this process, once, before anything else is imported that might log.

    process: "web" | "worker" | "beat" | "release" | "cli"
    """
    stream = out or sys.stderr
    terminal = stream.isatty()
    machine = settings.log_format == "json" or (not settings.log_format and not terminal)
    coloured = not machine and "NO_COLOR" not in environment({}) and (terminal or settings.log_format == "colour")
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Lines(process, machine=machine, coloured=coloured))
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(settings.log_level)
    for name, level in QUIET.items():
        logging.getLogger(name).setLevel(max(level, root.level))
    logging.captureWarnings(capture=True)
    if settings.sentry_dsn:
        report(settings, process)


def report(settings: Settings, process: str, transport: Callable[..., Any] | None = None) -> None:
    """Sentry, for this process type; nothing personal by default (2.75 warns when told so); `transport` is a test's."""
    import sentry_sdk  # noqa: PLC0415  (a quarter of a second that only those pay who use it)
    from sentry_sdk.integrations.celery import CeleryIntegration  # noqa: PLC0415
    from sentry_sdk.integrations.httpx import HttpxIntegration  # noqa: PLC0415
    from sentry_sdk.integrations.redis import RedisIntegration  # noqa: PLC0415

    integrations: list[Any] = [CeleryIntegration(propagate_traces=False), HttpxIntegration(), RedisIntegration()]
    if process == "web":
        from sentry_sdk.integrations.flask import FlaskIntegration  # noqa: PLC0415

        integrations.append(FlaskIntegration())
    sentry_sdk.init(
        dsn=settings.sentry_dsn,
        release=f"ferry@{metadata.version('ferry')}",
        integrations=integrations,
        auto_enabling_integrations=False,
        include_local_variables=False,
        max_request_body_size="never",
        before_send=before_send,
        before_breadcrumb=before_breadcrumb,
        transport=transport,
    )
    sentry_sdk.set_tag("process", process)


def before_send(event: Any, hint: Any) -> Any:
    """An error report without tokens, phone numbers and texts."""
    del hint
    return scrubbed(event)


def before_breadcrumb(crumb: Any, hint: Any) -> Any:
    """The same for what led up to it; what Redis was asked, keys and values, stays here."""
    del hint
    if crumb.get("category") == "redis":
        return None
    return scrubbed(crumb)
