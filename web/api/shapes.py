"""What the API answers, as /openapi.json tells it; nothing is dumped through these."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from worker.states import STATES as CONNECTION_STATES
from worker.store import letters
from worker.store.runs import STATES


def said(text: str, **more: Any) -> dict[str, Any]:
    """A field's metadata."""
    return {"description": text, **more}


def when(text: str) -> fields.Str:
    """A time."""
    return fields.Str(allow_none=True, metadata=said(text, format="date-time"))


def listing(item: type[Schema], name: str) -> type[Schema]:
    """{items, cursor} of a shape."""
    return Schema.from_dict(
        {
            "items": fields.List(fields.Nested(item)),
            "cursor": fields.Str(allow_none=True, metadata=said("for the next page; null at the end")),
        },
        name=name,
    )


class Error(Schema):
    """Why a run ended badly, or a message was not delivered."""

    class_ = fields.Str(data_key="class", metadata=said("as in connectors/errors.py: rejected, throttled, …"))
    reason = fields.Str(metadata=said("what apps switch on: window_closed, unknown_recipient, auth, …"))
    code = fields.Str(allow_none=True, metadata=said("the provider's own code"))
    text = fields.Str()
    retryable = fields.Bool()


class Receipt(Schema):
    """A run that is stored; GET its Location for the rest."""

    id = fields.Str()
    connection = fields.Str()
    action = fields.Str()
    state = fields.Str(metadata=said("as of now", enum=list(STATES)))
    idempotency_key = fields.Str(allow_none=True)
    priority = fields.Str()


class Run(Receipt):
    """One execution of an action."""

    input = fields.Dict()
    output = fields.Dict(allow_none=True, metadata=said("as the action's outputSchema says"))
    error = fields.Nested(Error, allow_none=True)
    parts = fields.List(
        fields.Dict(), metadata=said("{ref, state, message, to, error, assumed?} of each message it carried")
    )
    attempts = fields.List(fields.Dict(), metadata=said("{at, ms, status, outcome} of each provider call"))
    conversation = fields.Str(allow_none=True)
    event = fields.Str(allow_none=True, metadata=said("the event it answers"))
    waiting_until = when("while waiting: until when")
    not_before = when("not carried out before")
    expires_at = when("not carried out after")
    created_at = when("when it was stored")
    finished_at = when("when it ended")
    unknown_since = when("when its outcome became unknown")
    looks = fields.List(
        fields.Dict(), metadata=said("{at, asked, found, error} of each look for proof; found: what proved it, or null")
    )
    held_since = when("while unknown: since when it waits for a person, as nobody looks for proof any more")
    resolved = fields.Dict(
        allow_none=True,
        metadata=said("{at, how, by, note}: how an unknown one ended: proven:…, resolved, assumed, given_up"),
    )
    retries = fields.List(
        fields.Dict(), metadata=said("{at, by, why} of each time it was put back into its lane; the last 20")
    )
    cancel_requested = fields.Bool(
        metadata=said("whether it ends with the attempt under way, if that does not succeed")
    )
    replaced_by = fields.Str(allow_none=True, metadata=said("a newer read mark or typing that made this one needless"))


class Event(Schema):
    """One fact: a message, a status, a reaction, a read mark, a run's end …"""

    id = fields.Str()
    type = fields.Str(metadata=said("message.received, message.status, run.succeeded, …"))
    provider = fields.Str()
    connection = fields.Str()
    occurred_at = when("by the provider's clock")
    received_at = when("when it reached us")
    request = fields.Str(allow_none=True, metadata=said("the raw webhook request it came in"))
    conversation = fields.Dict(allow_none=True)
    raw = fields.Raw(allow_none=True, metadata=said("the provider's own words"))
    replayed_by = fields.Dict(metadata=said("{id, at, by, force}, where it was told once more"))


class ClientAction(Schema):
    """What a person has to do."""

    type = fields.Str(metadata=said("what kind of thing", enum=["connect", "provide-input", "paste-webhook"]))
    description = fields.Str(metadata=said("in words for them"))
    ui_url = fields.Str(data_key="uiUrl", allow_none=True, metadata=said("the page where it is done"))
    agent_instructions = fields.Str(data_key="agentInstructions", metadata=said("in words for an agent"))


class FormerWebhook(Schema):
    """A URL from before a rotation, which is accepted still."""

    accepted_until = when("null: until the provider is known to call the new one")


class Connection(Schema):
    """One account or channel of a provider."""

    id = fields.Str()
    provider = fields.Str()
    label = fields.Str()
    state = fields.Str(metadata=said("DISABLED: archived by a person", enum=list(CONNECTION_STATES)))
    client_action = fields.Nested(
        ClientAction, data_key="clientAction", allow_none=True, metadata=said("what a person has to do")
    )
    error = fields.Nested(Error, allow_none=True)
    warnings = fields.List(
        fields.Dict(), metadata=said("what its owner should know in time: {code, text, expires_at, days_left, renews}")
    )
    breaker = fields.Dict(metadata=said("{state: closed, open or half_open, since, until, failures, trips}"))
    settings = fields.Dict()
    secrets = fields.Dict(metadata=said("…last4 of each; they go in whole and never come out"))
    limits = fields.Dict()
    policy = fields.Dict(metadata=said("what its owner wants of us, in force: {unknown_outcome}"))
    paused = fields.Bool()
    archived = fields.Bool()
    archiving = fields.Bool(
        metadata=said("it takes no new runs, and is archived once nothing is at the provider any more")
    )
    state_since = when("when it came into its state")
    webhook_url = fields.Str(metadata=said("where the provider calls; its path holds a secret"))
    former_webhooks = fields.List(fields.Nested(FormerWebhook), metadata=said("URLs from before rotations"))
    created_at = when("when it was made")


class Difference(Schema):
    """One word that would change."""

    field = fields.Str(metadata=said("label, settings.x, secrets.x, limits.x", example="settings.username"))
    before = fields.Raw(allow_none=True, metadata=said("secrets as …last4"))
    after = fields.Raw(allow_none=True)


class Ensured(Connection):
    """The connection; with dry_run only what would change: id, provider, change and differences."""

    change = fields.Str(metadata=said("with dry_run", enum=["create", "update", "none"]))
    differences = fields.List(fields.Nested(Difference), metadata=said("with dry_run"))


class ActionShape(Schema):
    """A thing a provider can do."""

    key = fields.Str()
    provider = fields.Str()
    title = fields.Str()
    description = fields.Str()
    input_schema = fields.Dict(data_key="inputSchema", metadata=said("JSON Schema 2020-12"))
    output_schema = fields.Dict(data_key="outputSchema", metadata=said("JSON Schema 2020-12"))
    repeatable = fields.Bool(metadata=said("may be tried again after it may have left"))
    cost = fields.Str(allow_none=True)
    limits = fields.List(fields.Str())
    example = fields.Dict()
    docs = fields.Str()


class Message(Schema):
    """What is known of a message."""

    id = fields.Str()
    connection = fields.Str()
    conversation = fields.Str(allow_none=True)
    direction = fields.Str(allow_none=True)
    provider_id = fields.Str(allow_none=True)
    status = fields.Str(allow_none=True)
    status_at = when("by the provider's clock")
    run = fields.Str(allow_none=True, metadata=said("the run that sent it"))
    deleted_at = when("when it was taken back")
    at = when("when it was said")
    kind = fields.Str(allow_none=True, metadata=said("text, image, …; this and what follows null once it is not kept"))
    text = fields.Str(allow_none=True, metadata=said("as it was edited last"))
    payload = fields.Str(allow_none=True)
    reply_to = fields.Dict(allow_none=True)
    attachments = fields.List(fields.Dict(), allow_none=True)
    contact = fields.Dict(allow_none=True)


class Unmatched(Message):
    """A message known by its receipts alone."""

    seen_at = when("when the first receipt came")


class Step(Schema):
    """One thing that happened to a message."""

    at = when("when")
    kind = fields.Str(metadata=said("an event's type, or run.accepted, .attempt, .unknown, .look, .held, .resolved"))
    event = fields.Str(allow_none=True)
    request = fields.Str(allow_none=True, metadata=said("the raw webhook request"))
    run = fields.Str(allow_none=True)
    detail = fields.Dict(allow_none=True)


class Conversation(Schema):
    """A connection and the other party."""

    id = fields.Str()
    connection = fields.Str()
    contact = fields.Dict()
    channel = fields.Str(allow_none=True)
    via = fields.Str(allow_none=True)
    window_open_until = when("free-form messages may be sent until then")
    last_at = when("when something last happened in it")
    room = fields.Int(
        allow_none=True, metadata=said("messages that may leave to this person now; null where nothing limits that")
    )


class RawRequest(Schema):
    """A webhook request as it came."""

    id = fields.Str()
    source = fields.Str()
    received_at = when("when it reached us")
    method = fields.Str()
    hook = fields.Str()
    headers = fields.Dict()
    body = fields.Str()


class Letter(Schema):
    """What ended without success and waits for a person, or has waited."""

    id = fields.Str()
    kind = fields.Str(metadata=said("run, request, delivery, or another app's task", enum=list(letters.KINDS)))
    cause = fields.Str(metadata=said("what they are grouped by"))
    text = fields.Str(allow_none=True, metadata=said("the cause in a sentence"))
    connection = fields.Str(metadata=said('"" for a task'))
    provider = fields.Str()
    at = when("when it was set aside")
    again = fields.Int(metadata=said("how often it was replayed and came back"))
    state = fields.Str(metadata=said("resolved: what it tells of ended otherwise", enum=list(letters.STATES)))
    dealt_with = fields.Dict(allow_none=True, metadata=said("{at, by, why} where it waits no more"))
    body = fields.Raw(metadata=said("a copy: the run; the request; {subscription, event}; {task, error}"))


class Cause(Schema):
    """Dead letters of one cause that wait now."""

    cause = fields.Str()
    count = fields.Int()
    kinds = fields.List(fields.Str())
    providers = fields.List(fields.Str())
    connections = fields.List(fields.Str())
    oldest_at = when("when the oldest was set aside")
    newest_at = when("when the newest was set aside")
    newest = fields.Str(metadata=said("the newest one's id"))
    advice = fields.Str(metadata=said("what a person can do about them"))


class Sweep(Schema):
    """All dead letters that match, replayed or discarded in the background."""

    id = fields.Str()
    action = fields.Str(metadata=said("what is done", enum=["replay", "discard"]))
    state = fields.Str(metadata=said("how it stands", enum=["running", "done", "stopped"]))
    filter = fields.Dict(metadata=said("as asked; `until` is when it was begun, at the latest"))
    force = fields.Bool()
    reason = fields.Str(allow_none=True)
    by = fields.Str()
    begun_at = when("when")
    total = fields.Int(metadata=said("how many may match; how many did once it is over"))
    matched = fields.Int(metadata=said("so far: done + failed + skipped"))
    done = fields.Int()
    failed = fields.Int(metadata=said("could not be dealt with; they wait as before"))
    skipped = fields.Int(metadata=said("may not be done again, or somebody else was first"))
    notes = fields.List(fields.Dict(), metadata=said("{id, why} of the last that failed or were skipped"))


class Line(Schema):
    """One line of the activity log; what does not belong to its kind is null."""

    id = fields.Str()
    at = when("when it was written down")
    direction = fields.Str(metadata=said("in: a webhook request; out: a call to a provider", enum=["in", "out"]))
    connection = fields.Str(allow_none=True)
    provider = fields.Str(allow_none=True)
    status = fields.Int(allow_none=True, metadata=said("HTTP: what we answered, or what the provider did"))
    outcome = fields.Str(
        metadata=said("in: accepted, refused, wrong_token, …; out: the state it left its run in: succeeded, waiting, …")
    )
    ms = fields.Int(allow_none=True, metadata=said("of the call"))
    count = fields.Int(metadata=said("so many alike within a second: refusals only are counted"))
    reason = fields.Str(allow_none=True, metadata=said("why it was refused, in words; or a run's error.reason"))
    error = fields.Str(allow_none=True, metadata=said("class of a run's error"))
    request = fields.Str(allow_none=True, metadata=said("the raw webhook request"))
    method = fields.Str(allow_none=True)
    hook = fields.Str(allow_none=True)
    bytes = fields.Int(allow_none=True, metadata=said("of the body"))
    run = fields.Str(allow_none=True)
    action = fields.Str(allow_none=True)


class Queue(Schema):
    """What waits for one connection and class, or for one handler."""

    name = fields.Str(metadata=said("in:CONNECTION, out:CONNECTION:live, out:CONNECTION:bulk, dlv:HANDLER"))
    kind = fields.Str(metadata=said("inbox, actions, bulk, deliveries"))
    connection = fields.Str(allow_none=True)
    subscription = fields.Str(allow_none=True)
    ready = fields.Int(metadata=said("conversations a worker could take up now"))
    held = fields.Int(metadata=said("conversations a worker has"))
    parked = fields.Int(metadata=said("conversations that wait for their time"))
    oldest_seconds = fields.Float(allow_none=True, metadata=said("how long the longest has been ready"))
    paused = fields.Bool(metadata=said("by a person, this queue alone"))
    closed_until = when("until when nothing of it is taken up; null also while only a person opens it")
    reason = fields.Str(allow_none=True, metadata=said("what closes it: stopped, paused, auth, throttled, pace, …"))


class Job(Schema):
    """A scheduled job."""

    name = fields.Str()
    title = fields.Str()
    every_seconds = fields.Float()
    last = fields.Dict(allow_none=True, metadata=said("{id, started_at, ended_at, ms, ok, error}"))
    next_at = when("when beat starts it next, about")


class Status(Schema):
    """How it goes."""

    ready = fields.Bool(metadata=said("as /readyz tells"))
    reasons = fields.List(fields.Str())
    warnings = fields.List(fields.Str())
    workers = fields.List(fields.Dict(), metadata=said("{name, host, pid, slots, handlers, started_at}"))
    connections = fields.List(fields.Dict(), metadata=said("{id, provider, state, paused, text, warnings}"))
    queues = fields.List(fields.Nested(Queue), metadata=said("those with work in them, or closed"))
    traffic = fields.Dict(metadata=said("{seconds, in, refused, out, failed, unknown, at_least} of the last minute"))
    dead_letters = fields.Int()
    failures = fields.List(fields.Dict(), metadata=said("the newest dead letters: {id, at, kind, cause, connection}"))


class Outgoing(Schema):
    """A request as it would go out."""

    method = fields.Str()
    url = fields.Str()
    headers = fields.Dict()
    body = fields.Raw(allow_none=True)


class Preview(Schema):
    """What a run would do; nothing was stored."""

    connection = fields.Str()
    action = fields.Str()
    requests = fields.List(fields.Nested(Outgoing), metadata=said("in their order, secrets blotted out"))
    asks = fields.List(fields.Dict(), metadata=said("what would be asked first, {action, input, request}"))
    note = fields.Str(allow_none=True)


class Outcome(Schema):
    """What became of one run of a batch."""

    status = fields.Int(metadata=said("as POST /v1/runs would have answered"))
    run = fields.Nested(Receipt, allow_none=True)
    problem = fields.Dict(allow_none=True)
