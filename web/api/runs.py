"""/v1/runs: hand in, look up, list."""

from __future__ import annotations

import contextlib
from typing import Any

from flask import Response, g, request
from marshmallow import Schema, fields, validate

from connectors.errors import InvalidCall
from web.api import paging, problems, shapes
from web.api.openapi import Part, Query, keyed
from web.api.speech import body, ferry, given, listed, takes, told
from web.api.waiting import MOST_SECONDS, until_settled
from worker import runs_by_hand, timeline
from worker.accept import Accepted, NotFound, Order, RunBody, place, place_all, understand
from worker.preview import preview
from worker.store import runs
from worker.store.letters import Who

MOST = 500  # runs of a batch

part = Part("runs", __name__, url_prefix="/v1/runs", description="Executions of actions.")


class Submitting(Query):
    """How a run is handed in."""

    wait = fields.Float(
        validate=validate.Range(0, MOST_SECONDS),
        metadata={"description": f"seconds, at most {MOST_SECONDS:.0f}: answer when it has ended, or then"},
    )
    dry_run = fields.Bool(load_default=False, metadata={"description": "show what would leave; store nothing"})


class Batch(Schema):
    """Many runs."""

    runs = fields.List(fields.Nested(RunBody), required=True, metadata={"description": f"at most {MOST}"})


class PartResolution(Schema):
    """How one unknown message of a run ended."""

    ref = fields.Str(required=True, metadata={"description": "as in the run's `parts`"})
    state = fields.Str(required=True, validate=validate.OneOf(["succeeded", "failed"]))
    message_id = fields.Str(allow_none=True, validate=validate.Length(1, 255))


class Retry(Schema):
    """How a run is tried again."""

    force = fields.Bool(
        load_default=None,
        allow_none=True,
        metadata={"description": "true: messages that may have arrived are sent again, of several too; false: none is"},
    )


class Resolution(Schema):
    """How an unknown run ended."""

    state = fields.Str(required=True, validate=validate.OneOf(["succeeded", "failed"]))
    message_id = fields.Str(
        allow_none=True, validate=validate.Length(1, 255), metadata={"description": "the provider's, if you know it"}
    )
    output = fields.Dict(allow_none=True, metadata={"description": "as far as it is known"})
    note = fields.Str(allow_none=True, validate=validate.Length(max=500), metadata={"description": "how you know"})
    parts = fields.List(
        fields.Nested(PartResolution),
        validate=validate.Length(1, 10_000),
        metadata={"description": "where its unknown messages did not all go the same way; the others stay unknown"},
    )


class Listing(paging.Page):
    """Which runs."""

    connection = fields.Str(metadata={"description": "of this connection; of all without it"})
    state = fields.Str(validate=validate.OneOf(runs.STATES))


RESOLUTION, RETRY = Resolution(), Retry()


def with_key(found: dict[str, Any]) -> dict[str, Any]:
    """The body, with the header Idempotency-Key in the place of an absent idempotency_key."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return found
    with contextlib.suppress(UnicodeError):  # WSGI hands a header over as Latin-1, and people send UTF-8
        key = key.encode("latin-1").decode()
    if found.setdefault("idempotency_key", key) != key:
        words = "the header Idempotency-Key and the body's idempotency_key differ"
        raise InvalidCall(words, fields={"idempotency_key": [words]})
    return found


def receipt(accepted: Accepted) -> dict[str, Any]:
    """What is known of a run without asking again."""
    return {
        "id": accepted.id,
        "connection": accepted.connection,
        "action": accepted.action,
        "state": accepted.state,
        "idempotency_key": accepted.key,
        "priority": accepted.priority,
    }


def answered(accepted: Accepted, wait: float | None = None) -> Response:
    """202 for a new run, 200 for one its key had brought before, or when it has ended within `wait`."""
    headers = {"Location": f"/v1/runs/{accepted.id}"}
    if wait:
        found = until_settled(ferry(), accepted.id, wait)
        if found is not None:
            return told(found, 200 if found["state"] in runs.SETTLED else 202, headers)
    return told(receipt(accepted), 202 if accepted.new else 200, headers)


@part.route("", methods=["POST"])
@part.arguments(Submitting, location="query")
@part.doc(**takes(RunBody))
@keyed
@part.response(202, shapes.Receipt, description="Stored: it will be carried out; Location names it")
@part.alt_response(
    200, schema=shapes.Run, description="Its key had brought it before, it ended while we waited, or dry_run"
)
@part.alt_response(409, "CONFLICT")
@part.alt_response(422, "UNPROCESSABLE_ENTITY")
@part.alt_response(503, "SERVICE_UNAVAILABLE")
def submit(query: dict[str, Any]) -> Response:
    """Hand in a run."""
    core = ferry()
    order = understand(core, with_key(body()))
    if query["dry_run"]:
        return told(preview(core, order))
    return answered(place(core, order), query.get("wait"))


@part.route("/batch", methods=["POST"])
@part.doc(**takes(Batch))
@part.response(200, shapes.listing(shapes.Outcome, "Outcomes"), description="What became of each, in their order")
@part.alt_response(422, "UNPROCESSABLE_ENTITY")
def submit_many() -> Response:
    """Hand in up to 500 runs; each stands alone.  Give each its idempotency_key, so that all may be sent again."""
    core = ferry()
    items = body().get("runs")
    if not isinstance(items, list) or not 1 <= len(items) <= MOST:
        words = f"runs must be a list of 1 to {MOST}"
        raise InvalidCall(words, fields={"runs": [words]})
    outcomes: list[dict[str, Any]] = [{} for _ in items]
    orders: dict[int, Order] = {}
    for index, item in enumerate(items):
        try:
            orders[index] = understand(core, item)
        except (InvalidCall, NotFound) as problem:
            outcomes[index] = _wrong(problem)
    for index, found in zip(orders, place_all(core, list(orders.values())), strict=True):
        if isinstance(found, Exception):
            outcomes[index] = _wrong(found)
        else:
            outcomes[index] = {
                "status": 202 if found.new else 200,
                "run": receipt(found),
                "problem": None,
            }
    return listed(outcomes, None)


def _wrong(problem: Exception) -> dict[str, Any]:
    found = problems.of(problem)
    return {"status": found.status, "run": None, "problem": found.as_dict()}


@part.route("", methods=["GET"])
@part.arguments(Listing, location="query")
@part.response(200, shapes.listing(shapes.Run, "Runs"))
def search(query: dict[str, Any]) -> Response:
    """List runs, newest first.  A page may be shorter than its limit and still have a next one."""
    core = ferry()
    names = [query["connection"]] if "connection" in query else [one.id for one in core.connections.all()]
    place_in_list = paging.unpack(query.get("cursor"), int, str)
    found, after = runs.across(
        core.store,
        names,
        state=query.get("state"),
        before=None if place_in_list is None else (place_in_list[0], place_in_list[1]),
        limit=query["limit"],
    )
    return listed(found, None if after is None else paging.pack(*after))


@part.route("/<ident>", methods=["GET"])
@part.response(200, shapes.Run)
@part.alt_response(404, "NOT_FOUND")
def get(ident: str) -> Response:
    """Look a run up."""
    return told(runs_by_hand.get(ferry(), ident))


@part.route("/<ident>/timeline", methods=["GET"])
@part.response(200, shapes.listing(shapes.Step, "RunSteps"))
@part.alt_response(404, "NOT_FOUND")
def steps(ident: str) -> Response:
    """List what happened to a run, oldest first: attempts, looks for proof and what they found, how it was resolved."""
    return listed(timeline.of_run(runs_by_hand.get(ferry(), ident)), None)


@part.route("/<ident>/cancel", methods=["POST"])
@part.response(200, shapes.Run, description="Cancelled for sure")
@part.alt_response(202, schema=shapes.Run, description="It is running: only a further attempt was cancelled")
@part.alt_response(404, "NOT_FOUND")
@part.alt_response(409, "CONFLICT")
def cancel(ident: str) -> Response:
    """Cancel a run before it leaves."""
    found = runs_by_hand.cancel(ferry(), ident)
    return told(found, 200 if found["state"] == "cancelled" else 202)


@part.route("/<ident>/retry", methods=["POST"])
@part.doc(**takes(Retry, needed=False))
@part.response(202, shapes.Run)
@part.alt_response(404, "NOT_FOUND")
@part.alt_response(409, "CONFLICT")
def retry(ident: str) -> Response:
    """
    Try a failed, cancelled or unknown run again: it joins the end of its conversation's queue.

    A single message that is unknown may have arrived: this accepts a second one.  Of several, those with an outcome are
    not sent again, and those that are unknown only with `force`.
    """
    words = given(RETRY, needed=False)
    return told(runs_by_hand.retry(ferry(), ident, who=Who(g.caller), force=words["force"]), 202)


@part.route("/<ident>/resolve", methods=["POST"])
@part.doc(**takes(Resolution))
@part.response(200, shapes.Run, description="Ended; or still unknown because of other messages, or going on")
@part.alt_response(404, "NOT_FOUND")
@part.alt_response(409, "CONFLICT")
@part.alt_response(422, "UNPROCESSABLE_ENTITY")
def resolve(ident: str) -> Response:
    """Say how an unknown run ended, for all its messages without a clear outcome.  The first word is believed."""
    words = given(RESOLUTION)
    said = runs_by_hand.Said(
        words["state"],
        words.get("note") or "",
        words.get("output") or {},
        words.get("message_id"),
        {one["ref"]: (one["state"], one.get("message_id")) for one in words.get("parts", ())},
    )
    return told(runs_by_hand.resolve(ferry(), ident, said, by=g.caller))
