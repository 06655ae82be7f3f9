"""
gunicorn's settings, for `ferry web`: threads, because waiting for Redis is all a request does.

The code is imported once, before the processes fork; each then makes an application and connections of its own.
"""

from __future__ import annotations

import logging
import socket
import struct
import sys
from pathlib import Path
from typing import Any

from gunicorn.glogging import Logger

from worker import reporting
from worker.settings import read

SETTINGS = read()
MEMORY = Path("/dev/shm")  # noqa: S108  (a folder in memory; gunicorn makes an unlinked file of its own in it)

STALLED_SECONDS = 20  # a caller that says nothing for so long gives its thread back


class Quiet(Logger):
    """gunicorn's own words go where all of ours go."""

    def setup(self, cfg: Any) -> None:
        """No handlers, no levels: reporting.start has set them up."""
        self.cfg = cfg
        self.error_log.propagate = True
        self._access_log_enabled = False

    def exception(self, msg: Any, *args: Any, **kwargs: Any) -> None:
        """A caller that stalled is no news; anybody can be one."""
        if not isinstance(sys.exception(), BlockingIOError):
            super().exception(msg, *args, **kwargs)


bind = f"{SETTINGS.bind}:{SETTINGS.port}"
workers = SETTINGS.web_workers
threads = SETTINGS.web_threads
worker_class = "gthread"
worker_tmp_dir = str(MEMORY) if MEMORY.is_dir() else None  # a slow disk would look like a hung process
graceful_timeout = 30
timeout = 60
keepalive = 15
accesslog = None
control_socket_disable = True  # TERM, HUP and the rest go to the pid
logger_class = Quiet
proc_name = "ferry-web"


def on_starting(server: Any) -> None:
    """In the first process, before the others fork off it."""
    del server
    reporting.start(SETTINGS, "web")
    import web.app  # noqa: F401, PLC0415  (imported here so that every process shares it)


def post_worker_init(worker: Any) -> None:
    """A process has made its application: what it does beside its requests begins."""
    worker.wsgi.extensions["ferry.keeper"].start()


def when_ready(server: Any) -> None:
    """The port is ours, and processes are on their way; whoever calls and then says nothing holds a thread so long."""
    patience = struct.pack("ll", STALLED_SECONDS, 0)
    for listener in server.LISTENERS:
        listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, patience)  # what is accepted inherits it
    logging.getLogger("ferry.web").info("web ready", extra={"bind": bind, "processes": workers, "threads": threads})
