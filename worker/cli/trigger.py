"""`ferry trigger`: a webhook as the provider would send it, signed with the connection's own secret."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from worker.cli import failing, showing
from worker.cli.door import with_address
from worker.cli.failing import Failure
from worker.cli.showing import as_json

if TYPE_CHECKING:
    from connectors.provider import Provider, Sample
    from worker.cli.shots import Answer, Shot, Watch

WITHIN = 2.0  # seconds to wait for the event


@click.command()
@click.argument("provider", required=False)
@click.argument("event", required=False)
@click.option("--list", "listing", is_flag=True, help="Show what there is to trigger.")
@click.option("--connection", help="Which connection of the provider; the first one without it.")
@click.option("--set", "changes", multiple=True, metavar="A.B[0]=V", help="Change the body before it is signed.")
@click.option("--edit", "editing", is_flag=True, help="Change the body in $VISUAL or $EDITOR before it is signed.")
@click.option("--raw", metavar="@FILE|-", help="A body of your own instead of the sample's, signed as it is.")
@click.option("--text", help="What the customer writes.")
@click.option("--from", "contact", metavar="DIGITS", help="Who the customer is.")
@click.option("--duplicate", type=click.IntRange(1), default=1, help="The very same request so many times.")
@click.option("--count", type=click.IntRange(1), default=1, help="So many different ones.")
@click.option("--bad-signature", is_flag=True, help="Spoil the signature: it must be refused.")
@click.option("--curl", is_flag=True, help="Print the curl command instead; it holds the webhook's secret.")
@click.option("--to", metavar="URL", help="Send it there instead.")
@click.option("--secret", "secrets", multiple=True, metavar="NAME=@ENV", help="Sign with this; an API gives none out.")
@as_json
@with_address()
@click.pass_context
def trigger(
    ctx: click.Context, /, provider: str | None, event: str | None, url: str | None, api_key: str | None, **words: Any
) -> None:
    """
    Sends a webhook as PROVIDER would, and shows what became of it.

    \b
      ferry trigger 1msg message --text hi --duplicate 3
      ferry trigger instagram message --bad-signature
      ferry trigger clicksend sms --set body=STOP
      ferry trigger infobip sms --edit
      ferry trigger 1msg message --curl
      ferry trigger --list

    It is signed with the connection's own secrets: those of the `ferry dev` of this folder, or of the instance whose
    settings this shell has.  Towards a Ferry elsewhere (--url), name the one that signs with --secret.
    """
    if words["listing"] or provider is None or event is None:
        _list(provider, wanted=words["listing"], machine=words["as_json"])
        return
    from connectors.registry import find
    from worker.cli import shots, whose
    from worker.cli.pairs import secrets_of

    chosen = find(provider)
    sample = _sample(chosen, event)
    changes = dict(_change(one) for one in words["changes"])
    edit, raw = _editor(sending=words["raw"] is None) if words["editing"] else None, _raw(words["raw"])
    connection = whose.connection_of(
        chosen,
        words["connection"],
        secrets=secrets_of(words["secrets"]),
        settings={},
        url=url,
        key=api_key,
        transport=ctx.obj,
    )
    made = [
        shots.make(
            chosen,
            sample,
            connection,
            changes=changes,
            raw=raw,
            text=words["text"],
            contact=words["contact"],
            spoil=words["bad_signature"],
            to=words["to"],
            edit=edit,
        )
        for _ in range(words["count"])
    ]
    if words["curl"]:
        _print(made, machine=words["as_json"])
        return
    watch = None if words["bad_signature"] else shots.Watch.begin(made, ctx.obj, url, api_key)
    _fire(
        made * words["duplicate"],
        watch,
        expected=len(made),
        machine=words["as_json"],
        spoilt=words["bad_signature"],
        transport=ctx.obj,
    )


def _print(made: list[Shot], *, machine: bool) -> None:
    if machine:
        showing.data({"items": [{"curl": shot.curl(), "url": shot.url} for shot in made], "cursor": None})
        return
    for shot in made:
        click.echo(shot.curl())


def _fire(made: list[Shot], watch: Watch | None, *, expected: int, machine: bool, spoilt: bool, transport: Any) -> None:
    from worker.cli import shots

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
        {"provider": one.title, "event": name, "becomes": _becomes(one, sample), "title": sample.title}
        for one in chosen
        for name, sample in one.samples.items()
    ]
    if machine:
        showing.data({"items": rows, "cursor": None})
    elif wanted or provider:
        columns: showing.Columns = {
            "PROVIDER": lambda row: row["provider"],
            "EVENT": lambda row: row["event"],
            "BECOMES": lambda row: ", ".join(row["becomes"]),
            "": lambda row: row["title"],
        }
        showing.table(rows, columns)
    if not wanted:
        told = "say which event" if provider else "say which provider and event"
        raise Failure(told, following=f"ferry trigger {chosen[0].title} message", code=failing.USAGE)


def _becomes(provider: Provider, sample: Sample) -> list[str]:
    """The types of event, each once; none for a question that is answered at once."""
    from connectors import samples
    from connectors.connection import Connection
    from connectors.provider import Stamp

    settings, secrets = provider.simulated("https://provider.invalid")
    connection = Connection(provider.title, provider.name, settings, secrets, "https://ferry.invalid/webhooks/x/y")
    request = samples.make(provider, sample, connection, Stamp("00000001", 1_790_000_000))
    if provider.handshake(connection, request) is not None:
        return []
    return list(dict.fromkeys(str(fact.type) for fact in provider.parse(request)))


def _editor(*, sending: bool) -> Callable[[Any], Any]:
    """What lets a person change the document.  raises: Failure where nobody is at a terminal"""
    if not sending:
        raise Failure("--edit and --raw are two bodies: take one", following="ferry trigger --help", code=failing.USAGE)
    if not sys.stdin.isatty() or not sys.stdout.isatty():
        told = "--edit opens an editor, and nobody is at a terminal here: change the body with --set or --raw"
        raise Failure(told, following="ferry trigger 1msg message --set messages[0].body=hi", code=failing.USAGE)

    def edit(document: Any) -> Any:
        words: str | None = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
        while True:
            words = click.edit(words, extension=".json")
            if words is None:
                raise Failure("the editor was left without saving: nothing was sent", following="ferry trigger --help")
            try:
                found = json.loads(words)
                if isinstance(found, dict | list):
                    return found
                wrong = "it must be an object or a list"
            except ValueError as problem:
                wrong = str(problem)
            showing.note(f"That is no JSON of a webhook: {wrong}")
            if not click.confirm("Edit it again?", default=True, err=True):
                raise Failure("nothing was sent", following="ferry trigger --help")

    return edit


def _sample(provider: Provider, name: str) -> Sample:
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
    path = re.sub(r"\[(\d+)\]", r".\1", path).strip(".")  # a[0].b is a.0.b
    try:
        return path, json.loads(value)
    except ValueError:
        return path, value


def _raw(word: str | None) -> bytes | None:
    if word is None:
        return None
    if word == "-":
        return sys.stdin.buffer.read()
    if not word.startswith("@"):
        return word.encode()
    try:
        return Path(word[1:]).read_bytes()
    except OSError as problem:
        told = f"{word[1:]} cannot be read: {problem.strerror}"
        raise Failure(told, following="ferry trigger --help", code=failing.USAGE) from problem
