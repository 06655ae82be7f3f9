"""The web process: Flask behind the receiver's WSGI layer."""

from __future__ import annotations

import logging
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from web import api, health
from web.keeper import Keeper
from web.receiver import Receiver
from web.spool.spool import open_spool
from worker.app import core_of, create
from worker.core import Core
from worker.handlers import HandlersError, load
from worker.pressure import Pressure
from worker.settings import Settings, read

log = logging.getLogger("ferry.web")


def create_app(settings: Settings | None = None, core: Core | None = None) -> Flask:
    """
    The application; gunicorn calls it as `web.app:create_app()`.

    core: for tests; otherwise made from the settings, with short waits: a webhook is better spooled than late
    """
    settings = settings or read()
    core = core or _core(settings)
    app = Flask("ferry")
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    pressure, spool = Pressure(core), open_spool(settings)
    core.room = pressure.room
    api.register(app, core)
    seen = health.register(app, core, pressure, spool)
    app.extensions["ferry.keeper"] = Keeper(core, pressure, spool)  # begins in each process: web/server.py
    inner: Any = app.wsgi_app
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        inner = ProxyFix(inner, x_for=count, x_proto=count, x_host=count)
    app.wsgi_app = Receiver(inner, core, seen, pressure, spool)  # type: ignore[assignment]
    return app


def _core(settings: Settings) -> Core:
    """With the names of those who hear events: what a person does here is told to them, too."""
    core = core_of(create(settings), settings, timeout=1.0, retries=1)
    try:
        core.subscriptions = load(settings.handlers)
    except HandlersError as problem:  # webhooks come in all the same; the worker will not start
        log.error("handlers not loaded", extra={"error": str(problem)})  # noqa: TRY400  (a sentence says it)
    return core
