"""The web process: Flask behind the receiver's WSGI layer."""

from __future__ import annotations

from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from web import api, health
from web.receiver import Receiver
from worker.app import core_of, create
from worker.core import Core
from worker.settings import Settings, read


def create_app(settings: Settings | None = None, core: Core | None = None) -> Flask:
    """
    The application; gunicorn calls it as `web.app:create_app()`.

    core: for tests; otherwise made from the settings, with short waits: a webhook is better answered 503 than late
    """
    settings = settings or read()
    core = core or core_of(create(settings), settings, timeout=2.0, retries=1)
    app = Flask("ferry")
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    api.register(app, core)
    seen = health.register(app, core)
    inner: Any = app.wsgi_app
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        inner = ProxyFix(inner, x_for=count, x_proto=count, x_host=count)
    app.wsgi_app = Receiver(inner, core, seen)  # type: ignore[assignment]
    return app
