"""`ferry trigger`: a webhook as the provider would send it, signed with the connection's own secret."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from worker.cli import failing, showing
from worker.cli.failing import Failure
from worker.cli.showing import as_json

if TYPE_CHECKING:
    from connectors.provider import Provider
    from worker.cli.shots import Answer, Shot

WITHIN = 2.0  # seconds to wait for the event


@click.command()
@click.argument("provider", required=False)
@click.argument("event", required=False)
@click.option("--list", "listing", is_flag=True, help="Show what there is to trigger.")
@click.option("--connection", help="Which connection of the provider; the first one without it.")
@click.option("--set", "changes", multiple=True, metavar="A.B=V", help="Change the body before it is signed.")
@click.option("--raw", metavar="@FILE", help="A body of your own instead of the sample's.")
@click.option("--text", help="What the customer writes.")
@click.option("--from", "contact", metavar="DIGITS", help="Who the customer is.")
@click.option("--duplicate", type=click.IntRange(1), default=1, help="The very same request so many times.")
@click.option("--count", type=click.IntRange(1), default=1, help="So many different ones.")
@click.option("--bad-signature", is_flag=True, help="Spoil the signature: it must be refused.")
@click.option("--curl", is_flag=True, help="Print the curl command instead; it holds the webhook's secret.")
@click.option("--to", metavar="URL", help="Send it there instead.")
@as_json
@click.pass_context
def trigger(ctx: click.Context, /, provider: str | None, event: str | None, **words: Any) -> None:
    """
    Sends a webhook as PROVIDER would, and shows what became of it.

    \b
      ferry trigger 1msg message --text hi --duplicate 3
      ferry trigger instagram message --bad-signature
      ferry trigger clicksend sms --set body=STOP
      ferry trigger --list
    """
    if words["listing"] or provider is None or event is None:
        _list(provider, wanted=words["listing"], machine=words["as_json"])
        return
    from connectors.registry import find
    from worker.cli import shots

    chosen = find(provider)
    connection = shots.connection_of(chosen, words["connection"])
    made = [
        shots.make(
            chosen,
            _sample(chosen, event),
            connection,
            changes=dict(_change(one) for one in words["changes"]),
            raw=_raw(words["raw"]),
            text=words["text"],
            contact=words["contact"],
            spoil=words["bad_signature"],
            to=words["to"],
        )
        for _ in range(words["count"])
    ]
    if words["curl"]:
        for shot in made:
            click.echo(shot.curl())
        return
    _fire(
        made * words["duplicate"],
        expected=len(made),
        machine=words["as_json"],
        spoilt=words["bad_signature"],
        transport=ctx.obj,
    )


def _fire(made: list[Shot], *, expected: int, machine: bool, spoilt: bool, transport: Any) -> None:
    from worker.cli import shots

    watch = None if spoilt else shots.Watch.begin(made, transport)
    answers = shots.send(made, transport)
    events = watch.wait(expected, WITHIN) if watch and any(answer.good for answer in answers) else []
    if machine:
        showing.data({"requests": [answer.shown() for answer in answers], "events": events})
    else:
        _show(answers, events)
    if watch and not events and any(answer.good for answer in answers):
        showing.note(f"No event within {WITHIN:.0f} seconds; perhaps it was seen before.  Try: ferry events tail")
    bad = next((answer for answer in answers if answer.good == spoilt), None)
    if bad is None:
        return
    if spoilt:
        raise Failure("a bad signature was accepted", following="ferry connection list")
    raise Failure(
        f"the webhook was answered {bad.status}: {bad.text}", following="ferry connection list", code=failing.REFUSED
    )


def _show(answers: list[Answer], events: list[dict[str, Any]]) -> None:
    """A line for each; one of each stand on one line at a terminal."""
    told = [f"{one['id']}\t{one['type']}\t{one['url']}" for one in events]
    if sys.stdout.isatty():
        said = [f"{answer.status} in {answer.milliseconds:.0f} ms" for answer in answers]
        told = [line.replace("\t", "   ") for line in told]
        click.echo("   ".join([*said, *told]) if len(said) == len(told) == 1 else "\n".join([*said, *told]))
        return
    for line in [f"{answer.status}\t{answer.milliseconds:.1f} ms" for answer in answers] + told:
        click.echo(line)


def _list(provider: str | None, *, wanted: bool, machine: bool) -> None:
    from connectors.registry import PROVIDERS, find

    chosen = [find(provider)] if provider else list(PROVIDERS.values())
    rows = [
        {"provider": one.title, "event": name, "title": sample.title}
        for one in chosen
        for name, sample in one.samples.items()
    ]
    if machine:
        showing.data({"items": rows, "cursor": None})
    elif wanted or provider:
        showing.table(
            rows, {"PROVIDER": lambda r: r["provider"], "EVENT": lambda r: r["event"], "": lambda r: r["title"]}
        )
    if not wanted:
        told = "say which event" if provider else "say which provider and event"
        raise Failure(told, following=f"ferry trigger {chosen[0].title} message", code=failing.USAGE)


def _sample(provider: Provider, name: str) -> Any:
    import difflib

    found = provider.samples.get(name)
    if found is not None:
        return found
    near = difflib.get_close_matches(name, provider.samples, n=1) or list(provider.samples)[:1]
    told = f"{provider.title} has no event {name!r}"
    raise Failure(told, following=f"ferry trigger {provider.title} {near[0]}", code=failing.NOT_FOUND)


def _change(word: str) -> tuple[str, Any]:
    path, equals, value = word.partition("=")
    if not equals:
        raise Failure(f"--set wants a.b=value, not {word!r}", following="ferry trigger --help", code=failing.USAGE)
    try:
        return path, json.loads(value)
    except ValueError:
        return path, value


def _raw(word: str | None) -> bytes | None:
    if word is None:
        return None
    if not word.startswith("@"):
        return word.encode()
    try:
        return Path(word[1:]).read_bytes()
    except OSError as problem:
        told = f"{word[1:]} cannot be read: {problem.strerror}"
        raise Failure(told, following="ferry trigger --help", code=failing.USAGE) from problem
