"""/v1/connections: accounts and channels, their credentials (write-only), their checks and pauses."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import RAISE, Schema, fields, validate

from connectors.errors import InvalidCall
from connectors.registry import find
from web.api import paging, shapes
from web.api.openapi import Part, Query
from web.api.speech import ferry, given, listed, takes, told
from worker import archiving, breaking, differing, expiry, pace, policy, provision, rotation, standing
from worker.accept import NotFound
from worker.store.connections import Stored

part = Part("connections", __name__, url_prefix="/v1/connections", description="Accounts and channels of providers.")


LIMITS = fields.Dict(
    keys=fields.Str(),
    metadata={"description": "calls a second by class, 0 for none; the provider's documented ones where absent"},
)


POLICY = fields.Dict(
    keys=fields.Str(),
    metadata={
        "description": "; ".join(
            f"{name}: {', '.join(choice.answers)} ({choice.meaning})" for name, choice in policy.POLICY.items()
        )
    },
)


PAUSED = fields.Bool(
    metadata={"description": "whether its runs are held back, in order; webhooks come in all the same"}
)


class New(Schema):
    """A connection to be made."""

    class Meta:
        """A word we do not know is the caller's mistake."""

        unknown = RAISE

    id = fields.Str(metadata={"description": "letters, digits, - and _; made up when absent", "example": "shop-ig"})
    provider = fields.Str(required=True, metadata={"description": "by name or title", "example": "instagram"})
    label = fields.Str(load_default="")
    settings = fields.Dict(keys=fields.Str(), load_default=dict)
    secrets = fields.Dict(
        keys=fields.Str(), load_default=dict, metadata={"description": "never shown again, but …last4"}
    )
    limits = LIMITS
    policy = POLICY
    paused = PAUSED


class Change(Schema):
    """What to change of a connection; a setting, secret, limit or policy of null is taken away."""

    class Meta:
        """A word we do not know is the caller's mistake."""

        unknown = RAISE

    label = fields.Str()
    settings = fields.Dict(keys=fields.Str())
    secrets = fields.Dict(keys=fields.Str())
    limits = LIMITS
    policy = POLICY


class Whole(Schema):
    """A connection as it should be; what is not named stays as it is, and null takes a word away."""

    class Meta:
        """A word we do not know is the caller's mistake."""

        unknown = RAISE

    provider = fields.Str(required=True, metadata={"description": "by name or title", "example": "clicksend"})
    label = fields.Str(load_default="")
    settings = fields.Dict(keys=fields.Str(), load_default=dict)
    secrets = fields.Dict(keys=fields.Str(), load_default=dict)
    limits = LIMITS
    policy = POLICY
    paused = PAUSED


class Credentials(Schema):
    """New credentials."""

    class Meta:
        """A word we do not know is the caller's mistake."""

        unknown = RAISE

    settings = fields.Dict(keys=fields.Str())
    secrets = fields.Dict(keys=fields.Str())


class Rotating(Schema):
    """How a webhook secret is changed."""

    class Meta:
        """A word we do not know is the caller's mistake."""

        unknown = RAISE

    grace_seconds = fields.Float(
        validate=validate.Range(0, 90 * 86_400),
        metadata={
            "description": "how long the old URL is accepted once the provider calls the new one; "
            "FERRY_ROTATION_GRACE_HOURS when absent"
        },
    )
    anew = fields.Bool(
        load_default=False,
        metadata={"description": "another one, although the provider is not known to call the last one yet"},
    )


class Archiving(Schema):
    """How a connection is archived."""

    class Meta:
        """A word we do not know is the caller's mistake."""

        unknown = RAISE

    queued = fields.Str(
        validate=validate.OneOf(archiving.QUEUED),
        load_default="hold",
        metadata={"description": "what becomes of runs that wait: held until it is back, cancelled, or finished first"},
    )


class Ensuring(Query):
    """How a connection is ensured."""

    dry_run = fields.Bool(load_default=False, metadata={"description": "say what would change; change nothing"})


class Listing(paging.Page):
    """Which connections."""

    provider = fields.Str(metadata={"description": "by name or title"})
    archived = fields.Bool(load_default=False, metadata={"description": "archived ones too"})


NEW, CHANGE, WHOLE = New(), Change(), Whole()
CREDENTIALS, ROTATING, ARCHIVING = Credentials(), Rotating(), Archiving()


def _shown(stored: Stored) -> dict[str, Any]:
    core = ferry()
    provider = core.provider(stored)
    shown = stored.shown(provider.title, core.settings.public_url, pace.room(core, stored, provider))
    more = {"warnings": expiry.warnings(provider, stored), "breaker": breaking.shown(core, stored.id)}
    return {**shown, "policy": policy.shown(stored), **more}


@part.route("", methods=["GET"])
@part.arguments(Listing, location="query")
@part.response(200, shapes.listing(shapes.Connection, "Connections"))
def search(query: dict[str, Any]) -> Response:
    """List connections by id."""
    core = ferry()
    wanted = find(query["provider"]).name if "provider" in query else None
    place = paging.unpack(query.get("cursor"), str)
    found = [
        one
        for one in core.connections.all()
        if (wanted is None or one.provider == wanted)
        and (query["archived"] or not one.archived)
        and (place is None or one.id > place[0])
    ]
    page = found[: query["limit"]]
    return listed(map(_shown, page), paging.pack(page[-1].id) if len(found) > len(page) else None)


@part.route("", methods=["POST"])
@part.doc(**takes(New))
@part.response(201, shapes.Connection, description="Made, and tried: `state` says how that went")
@part.alt_response(409, "CONFLICT")
@part.alt_response(422, "UNPROCESSABLE_ENTITY")
def create() -> Response:
    """Make a connection: its credentials are tried and its webhook is registered."""
    core = ferry()
    words = given(NEW)
    try:
        provider = find(words["provider"])
    except InvalidCall as problem:
        raise NotFound(problem.text, "provider") from problem
    ident = words.pop("id", None) or standing.made_up(provider)
    made = provision.create(core, ident=ident, **{**words, "provider": provider.name})
    return told(_shown(provision.check(core, made)), 201, {"Location": f"/v1/connections/{made.id}"})


@part.route("/<ident>", methods=["GET"])
@part.response(200, shapes.Connection)
@part.alt_response(404, "NOT_FOUND")
def get(ident: str) -> Response:
    """Look a connection up."""
    return told(_shown(provision.get(ferry(), ident)))


@part.route("/<ident>", methods=["PATCH"])
@part.doc(**takes(Change))
@part.response(200, shapes.Connection)
@part.alt_response(404, "NOT_FOUND")
@part.alt_response(422, "UNPROCESSABLE_ENTITY")
def change(ident: str) -> Response:
    """Change settings, secrets or label; new credentials are tried."""
    words = given(CHANGE)
    return told(_shown(standing.change(ferry(), ident, **words)))


@part.route("/<ident>", methods=["DELETE"])
@part.response(200, shapes.Connection)
@part.alt_response(404, "NOT_FOUND")
@part.alt_response(409, "CONFLICT")
def archive(ident: str) -> Response:
    """The same as archive, with what is queued held."""
    return told(_shown(archiving.archive(ferry(), ident)))


@part.route("/<ident>/check", methods=["POST"])
@part.response(200, shapes.Connection, description="`state` says how it went")
@part.alt_response(404, "NOT_FOUND")
def check(ident: str) -> Response:
    """Try the credentials and register the webhook again."""
    return told(_shown(provision.check(ferry(), provision.living(ferry(), ident))))


@part.route("/<ident>", methods=["PUT"])
@part.arguments(Ensuring, location="query")
@part.doc(**takes(Whole))
@part.response(200, shapes.Ensured, description="Found or made, tried, registered; with dry_run what would change")
@part.alt_response(409, "CONFLICT")
@part.alt_response(422, "UNPROCESSABLE_ENTITY")
def ensure(query: dict[str, Any], ident: str) -> Response:
    """Find a connection or make it, lay these words over what it has, try it, register its webhook.  Safe to repeat."""
    core, words = ferry(), given(WHOLE)
    try:
        provider = find(words["provider"]).name
    except InvalidCall as problem:
        raise NotFound(problem.text, "provider") from problem
    words = {**words, "provider": provider}
    if query["dry_run"]:
        return told(differing.differences(core, ident, **words))
    return told(_shown(provision.ensure(core, ident=ident, **words)))


@part.route("/<ident>/reconnect", methods=["POST"])
@part.doc(**takes(Credentials, needed=False))
@part.response(200, shapes.Connection, description="`state` says how it went")
@part.alt_response(404, "NOT_FOUND")
@part.alt_response(422, "UNPROCESSABLE_ENTITY")
def reconnect(ident: str) -> Response:
    """Give a connection new credentials, or try those it has once more; what waited for them goes on, in order."""
    return told(_shown(standing.reconnect(ferry(), ident, **given(CREDENTIALS, needed=False))))


@part.route("/<ident>/rotate", methods=["POST"])
@part.doc(**takes(Rotating, needed=False))
@part.response(200, shapes.Connection, description="`webhook_url` is new; `former_webhooks` tells of the old one")
@part.alt_response(404, "NOT_FOUND")
@part.alt_response(409, "CONFLICT")
def rotate(ident: str) -> Response:
    """Change the secret in the webhook's URL; the one before is accepted for a while.  Safe to repeat."""
    words = given(ROTATING, needed=False)
    return told(_shown(rotation.rotate(ferry(), ident, words.get("grace_seconds"), anew=words["anew"])))


@part.route("/<ident>/archive", methods=["POST"])
@part.doc(**takes(Archiving, needed=False))
@part.response(200, shapes.Connection, description="`archiving` is true while something is at the provider still")
@part.alt_response(404, "NOT_FOUND")
@part.alt_response(409, "CONFLICT")
@part.alt_response(422, "UNPROCESSABLE_ENTITY")
def put_away(ident: str) -> Response:
    """Archive a connection: what is at the provider is waited for, and then nothing comes in or goes out by it."""
    return told(_shown(archiving.archive(ferry(), ident, given(ARCHIVING, needed=False)["queued"])))


@part.route("/<ident>/restore", methods=["POST"])
@part.response(200, shapes.Connection, description="`state` says how it went")
@part.alt_response(404, "NOT_FOUND")
def restore(ident: str) -> Response:
    """Bring an archived connection back: it is tried and registered again."""
    return told(_shown(archiving.restore(ferry(), ident)))


@part.route("/<ident>/pause", methods=["POST"])
@part.response(200, shapes.Connection)
@part.alt_response(404, "NOT_FOUND")
def pause(ident: str) -> Response:
    """Hold back all its runs; webhooks still come in.  Runs whose time passes meanwhile fail as expired."""
    return told(_shown(standing.pause(ferry(), ident)))


@part.route("/<ident>/resume", methods=["POST"])
@part.response(200, shapes.Connection)
@part.alt_response(404, "NOT_FOUND")
def resume(ident: str) -> Response:
    """Let its runs go on, in their order; a rest the provider asked for, or a breaker's pause, ends as well."""
    return told(_shown(standing.resume(ferry(), ident)))
