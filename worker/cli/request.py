"""`ferry request`: any request to a provider, with a connection's credentials."""

from __future__ import annotations

import base64
import json
import mimetypes
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from worker.cli import failing, outcome, showing
from worker.cli.door import with_door
from worker.cli.failing import Failure
from worker.cli.pairs import pair
from worker.cli.showing import as_json

if TYPE_CHECKING:
    from worker.cli.door import Door

HELP = "ferry request --help"


@click.command()
@click.argument("connection")
@click.argument("path", metavar="PATH|URL")
@click.option("-X", "--method", help="HTTP method; GET without a body, POST with one.")
@click.option(
    "-H", "--header", "headers", multiple=True, metavar="NAME: VALUE", help="A header besides the connection's."
)
@click.option("-d", "--data", metavar="BODY|@FILE|-", help="A body: JSON, unless told otherwise.")
@click.option("--json-body", is_flag=True, help="The body must be JSON; it is held against that first.")
@click.option("--raw-data", is_flag=True, help="The body goes as it is; say its content-type with -H.")
@click.option("-q", "--query", "queries", multiple=True, metavar="K=V", help="Behind the path; may be said again.")
@click.option("--path-param", "params", multiple=True, metavar="K=V", help="Fills {K} in the path, quoted.")
@click.option("-F", "--form", "fields", multiple=True, metavar="K=V", help="A field of a form.")
@click.option("--file", "files", multiple=True, metavar="[FIELD=]@FILE", help="A file of a multipart form.")
@click.option("--repeatable", is_flag=True, help="Doing it twice harms nobody: try until it is answered.")
@click.option("--dry-run", is_flag=True, help="Show what would leave; nothing is stored.")
@click.option("--idempotency-key", "key", metavar="I", help="The same key and words give the same run.")
@click.option("--async", "at_once", is_flag=True, help="Do not wait for the answer.")
@click.option("--timeout", type=float, default=60.0, show_default=True, help="Seconds to wait at most.")
@as_json
@with_door
def request(
    door: Door,
    connection: str,
    path: str,
    *,
    dry_run: bool,
    key: str | None,
    at_once: bool,
    timeout: float,
    as_json: bool,
    **words: Any,
) -> None:
    """
    Send any request to a provider: the address in front of it and the credentials are the connection's.

    \b
      ferry request 1msg /status
      ferry request infobip /sms/3/messages -d @body.json
      ferry request clicksend /v3/sms/{id}/cancel -X PUT --path-param id=BF7AD270

    Prints the body that was answered.  It is a run like any other: sent once, unless --repeatable says that twice is
    fine; `ferry runs get` knows it.  Exit codes: 5 when the provider answered 400 or more, 7 when nobody knows.
    """
    body = asked(path, **words)
    where = f"/v1/connections/{quote(connection, safe='')}/request"
    try:
        if dry_run:
            showing.data(door.ask("POST", where, query={"dry_run": "true"}, body=body))
            return
        found = outcome.handed_in(door, where, body, key=key, at_once=at_once, timeout=timeout)
    except Failure as problem:
        if problem.code == failing.USAGE:
            problem.following = HELP
        raise
    show(door, found, machine=as_json, at_once=at_once, timeout=timeout)


def asked(
    path: str,
    *,
    method: str | None,
    headers: tuple[str, ...],
    data: str | None,
    json_body: bool,
    raw_data: bool,
    queries: tuple[str, ...],
    params: tuple[str, ...],
    fields: tuple[str, ...],
    files: tuple[str, ...],
    repeatable: bool,
) -> dict[str, Any]:
    """The options as the API takes them.  raises: Failure"""
    if json_body and raw_data:
        raise Failure("--json-body and --raw-data contradict each other", following=HELP, code=failing.USAGE)
    if data is None and (json_body or raw_data):
        raise Failure("there is no body: give one with -d", following=HELP, code=failing.USAGE)
    body: dict[str, Any] = {"path": path, "repeatable": repeatable}
    body["method"] = (method or ("POST" if data is not None or fields or files else "GET")).upper()
    body |= {"headers": dict(_header(one) for one in headers)} if headers else {}
    body |= {"query": _many(queries, "--query")} if queries else {}
    body |= {"path_params": dict(pair(one, "--path-param") for one in params)} if params else {}
    body |= {"form": _many(fields, "--form")} if fields else {}
    body |= {"files": [_file(one) for one in files]} if files else {}
    if data is not None:
        body |= _body(_bytes(data), json_body=json_body, raw=raw_data)
    return body


def _body(content: bytes, *, json_body: bool, raw: bool) -> dict[str, Any]:
    if not raw:
        try:
            return {"json": json.loads(content)}
        except ValueError as problem:
            told = (
                f"the body is no JSON ({problem})" if json_body else "the body is no JSON; --raw-data sends it as it is"
            )
            raise Failure(told, following=HELP, code=failing.USAGE) from problem
    try:
        return {"data": content.decode()}
    except UnicodeDecodeError:
        return {"data_base64": base64.b64encode(content).decode()}


def _bytes(word: str) -> bytes:
    if word == "-":
        return sys.stdin.buffer.read()
    if not word.startswith("@"):
        return word.encode()
    return _read(word[1:])


def _read(name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as problem:
        raise Failure(f"{name} cannot be read: {problem.strerror}", following=HELP, code=failing.USAGE) from problem


def _file(word: str) -> dict[str, Any]:
    field, _, name = word.rpartition("=") if not word.startswith("@") else ("file", "", word)
    if not field or not name.startswith("@"):
        raise Failure(f"--file wants [FIELD=]@FILE, not {word!r}", following=HELP, code=failing.USAGE)
    place = name[1:]
    return {
        "field": field,
        "name": Path(place).name,
        "media_type": mimetypes.guess_type(place)[0] or "application/octet-stream",
        "base64": base64.b64encode(_read(place)).decode(),
    }


def _many(words: tuple[str, ...], option: str) -> dict[str, Any]:
    """{name: value}, or a list of values where a name is said again."""
    found: dict[str, list[str]] = {}
    for name, value in (pair(word, option) for word in words):
        found.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def _header(word: str) -> tuple[str, str]:
    name, colon, value = word.partition(":")
    if not colon or not name.strip():
        raise Failure("-H wants 'Name: value'", following=HELP, code=failing.USAGE)  # it may hold a secret
    return name.strip(), value.strip()


def show(door: Door, run: dict[str, Any], *, machine: bool, at_once: bool, timeout: float) -> None:
    """The answer's body on stdout, and how it went on stderr; the whole run with --json."""
    if machine or at_once:
        outcome.show(run, machine=machine)
    if at_once:
        return
    outcome.judge(door, run, timeout)
    answer = run["output"]
    if not machine:
        _print(answer)
    if answer["status"] >= 400:
        told = f"the provider answered {answer['status']}"
        raise Failure(told, following=f"ferry runs get {run['id']}", code=failing.REFUSED)


def _print(answer: dict[str, Any]) -> None:
    elsewhere = answer["headers"].get("location")
    led = f"  → {elsewhere}, which is not followed" if elsewhere and 300 <= answer["status"] < 400 else ""
    showing.note(f"{answer['status']}{led}{'  (the body was cut)' if answer['truncated'] else ''}")
    if answer["encoding"] == "base64":
        sys.stdout.flush()
        sys.stdout.buffer.write(base64.b64decode(answer["body"]))
        sys.stdout.buffer.flush()
    elif answer["encoding"] == "json":
        showing.data(answer["body"])
    elif answer["body"] is not None:
        click.echo(answer["body"])
