"""/v1/status, /v1/queues, /v1/jobs: how it goes, what waits, what beat starts; for whoever runs Ferry."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Response, current_app

from web.api import paging, shapes
from web.api.logs import lines_of
from web.api.openapi import Part
from web.api.speech import ferry, listed, told
from worker import expiry, jobs, presence, queues
from worker.core import Core
from worker.store import backlog, letters
from worker.store.text import iso

status = Part("status", __name__, url_prefix="/v1/status", description="How it goes, on one screen.")
queue = Part("queues", __name__, url_prefix="/v1/queues", description="What waits, and closing it by hand.")
job = Part("jobs", __name__, url_prefix="/v1/jobs", description="Maintenance that beat starts.")

FAILURES = 5
MOMENT = 60.0  # seconds the traffic is counted over
LOOKED = 2_000  # lines of the log, at most


@status.route("", methods=["GET"])
@status.response(200, shapes.Status)
def look() -> Response:
    """Readiness, workers, connections, queues with work in them, traffic of the last minute, newest failures."""
    core = ferry()
    ready = current_app.extensions["ferry-readiness"].ask()
    connections = [one for one in core.connections.all() if not one.archived]
    waiting = [one for one in queues.table(core) if one["ready"] or one["held"] or one["parked"] or one["reason"]]
    failures = [{name: one[name] for name in ("id", "at", "kind", "cause", "connection")} for one in _newest(core)]
    return told(
        {
            "ready": ready["ready"],
            "reasons": ready["reasons"],
            "warnings": ready["warnings"],
            "workers": presence.workers(core.store),
            "connections": [
                {
                    "id": one.id,
                    "provider": core.provider(one).title,
                    "state": one.state,
                    "paused": one.paused,
                    "text": (one.action or {}).get("description") or (one.error or {}).get("text"),
                    "warnings": [warning["text"] for warning in expiry.warnings(core.provider(one), one)],
                }
                for one in connections
            ],
            "queues": waiting,
            "traffic": _traffic(core),
            "dead_letters": backlog.dead_letters(core.store),
            "failures": failures,
        }
    )


def _newest(core: Core) -> list[dict[str, Any]]:
    return letters.listing(core.store, limit=FAILURES)


def _traffic(core: Core) -> dict[str, Any]:
    """Counted in the activity log."""
    since = iso(datetime.now(UTC) - timedelta(seconds=MOMENT))
    found, _ = lines_of(core).page(None, LOOKED, lambda one: one["at"] >= since, newest=True)
    counted: Counter[str] = Counter()
    for one in found:
        if one["direction"] == "out":
            counted["out" if one["ms"] is not None else "not_sent"] += 1
            counted["failed"] += one["outcome"] == "failed"
            counted["unknown"] += one["outcome"] == "unknown"
        elif one["outcome"] == "accepted":
            counted["in"] += 1
        elif (one["status"] or 0) >= 400:
            counted["refused"] += one["count"]
    names = ("in", "refused", "out", "failed", "unknown")
    return {"seconds": MOMENT, **{name: counted[name] for name in names}, "at_least": len(found) >= LOOKED}


@queue.route("", methods=["GET"])
@queue.arguments(paging.Page, location="query")
@queue.response(200, shapes.listing(shapes.Queue, "Queues"))
def search_queues(query: dict[str, Any]) -> Response:
    """List queues: those of each connection, and the handlers'."""
    place = paging.unpack(query.get("cursor"), int)
    begin = place[0] if place else 0
    found = queues.table(ferry())
    end = begin + query["limit"]
    return listed(found[begin:end], paging.pack(end) if len(found) > end else None)


@queue.route("/<name>/pause", methods=["POST"])
@queue.response(200, shapes.Queue)
@queue.alt_response(404, "NOT_FOUND")
@queue.alt_response(422, "UNPROCESSABLE_ENTITY")
def pause(name: str) -> Response:
    """Close one queue; what is in it keeps its order.  Runs whose time passes meanwhile fail as expired."""
    return told(queues.pause(ferry(), name))


@queue.route("/<name>/resume", methods=["POST"])
@queue.response(200, shapes.Queue)
@queue.alt_response(404, "NOT_FOUND")
@queue.alt_response(422, "UNPROCESSABLE_ENTITY")
def resume(name: str) -> Response:
    """Open a queue again; what else closes it, such as a paused connection, still does."""
    return told(queues.resume(ferry(), name))


@job.route("", methods=["GET"])
@job.response(200, shapes.listing(shapes.Job, "Jobs"))
def search_jobs() -> Response:
    """List the jobs, how often beat starts each, and how each went last."""
    return listed(jobs.shown(ferry()), None)


@job.route("/<name>", methods=["GET"])
@job.response(200, shapes.Job)
@job.alt_response(404, "NOT_FOUND")
def get_job(name: str) -> Response:
    """Look a job up."""
    return told(jobs.get(ferry(), name))


@job.route("/<name>/run", methods=["POST"])
@job.response(202, shapes.Job, description="A worker is told; `last` is how it went until now")
@job.alt_response(404, "NOT_FOUND")
@job.alt_response(503, "SERVICE_UNAVAILABLE")
def run(name: str) -> Response:
    """Have a worker carry a job out now, beside its schedule."""
    return told(jobs.start(ferry(), name), 202)
