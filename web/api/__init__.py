"""The HTTP API under /v1: one idea a file.  `register` hangs it on an app."""

from __future__ import annotations

from flask import Flask

from web.api import (
    access,
    actions,
    attachments,
    connections,
    events,
    letters,
    logs,
    messages,
    openapi,
    operations,
    optouts,
    problems,
    reports,
    requesting,
    runs,
    waiting,
)
from worker.core import Core

PARTS = (
    runs.part,
    messages.part,
    attachments.part,
    messages.conversations,
    events.part,
    events.requests,
    actions.part,
    connections.part,
    requesting.part,
    optouts.part,
    letters.part,
    reports.part,
    logs.part,
    operations.status,
    operations.queue,
    operations.job,
)


def register(app: Flask, core: Core) -> None:
    """Adds /v1/… and /openapi.json; every error of the app becomes a problem document."""
    app.extensions["ferry"] = core
    access.register(app, core)
    waiting.register(app, core)
    api = openapi.make(app)
    problems.register(app)
    for part in PARTS:
        api.register_blueprint(part)
