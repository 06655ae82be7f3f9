"""`ferry openapi`: what the HTTP API takes and answers, as a document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from worker.cli import failing, showing
from worker.cli.door import with_door
from worker.cli.failing import Failure
from worker.cli.showing import as_json

if TYPE_CHECKING:
    from worker.cli.door import Door

VERBS = ("get", "post", "put", "patch", "delete")


@click.command()
@click.option("-o", "--output", metavar="FILE", help="Write it there.")
@click.option("--list", "listing", is_flag=True, help="Show the endpoints instead, one a line.")
@as_json
@with_door
def openapi(door: Door, output: str | None, *, listing: bool, as_json: bool) -> None:
    """
    Print the API of a running Ferry as OpenAPI 3.1: for client generators, and for whoever wants to know.

    \b
      ferry openapi > ferry.json
      ferry openapi --list
    """
    document = door.ask("GET", "/openapi.json")
    if listing:
        items = [
            {"method": verb.upper(), "path": path, "summary": one.get("summary") or one.get("description") or ""}
            for path, verbs in document["paths"].items()
            for verb, one in verbs.items()
            if verb in VERBS
        ]
        columns: showing.Columns = {
            "METHOD": lambda one: one["method"],
            "PATH": lambda one: one["path"],
            "": lambda one: one["summary"],
        }
        showing.listing(items, columns, machine=as_json)
        return
    if output is None:
        click.echo(json.dumps(document, ensure_ascii=False, indent=None if as_json else 2))
        return
    try:
        Path(output).write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n")
    except OSError as problem:
        told = f"{output} cannot be written: {problem.strerror}"
        raise Failure(told, following="ferry openapi > ferry.json", code=failing.USAGE) from problem
    if as_json:
        showing.data({"file": output, "paths": len(document["paths"])})
    else:
        showing.note(f"{len(document['paths'])} paths written to {output}.")
