"""`ferry key`: who may speak to the API."""

from __future__ import annotations

import click

from worker.cli import showing
from worker.cli.showing import as_json


@click.group()
def key() -> None:
    """Who may speak to the API."""


@key.command("create")
@click.argument("name")
@as_json
def create(name: str, *, as_json: bool) -> None:
    """
    Make a bearer key called NAME; it is shown this once.

    \b
      ferry key create shop-backend

    Needs the instance's own settings (REDIS_URL, FERRY_SECRET_KEYS), or the `ferry dev` of this folder.
    """
    from worker.cli.backstage import core_here
    from worker.store.apikeys import make

    made = make(core_here().store, name)
    if as_json:
        showing.data({"name": name, "key": made})
        return
    click.echo(made)
    showing.note("It is shown this once, and only its digest is stored.  Use it as: export FERRY_KEY=…")
