"""`ferry login`, `ferry logout`: which instances this person may speak to, and with which keys."""

from __future__ import annotations

import sys
from typing import Any
from urllib.parse import urlsplit

import click

from worker.cli import failing, profiles, showing
from worker.cli.failing import Failure
from worker.cli.profiles import Profiles, plain
from worker.cli.showing import as_json

LOOPBACK = ("127.0.0.1", "localhost", "::1")


@click.command()
@click.argument("url", required=False)
@click.option("--key", metavar="@ENV|@FILE|-", help="Where its key stands; asked for without it.")
@click.option("--list", "listing", is_flag=True, help="Show the instances that are known instead.")
@as_json
@click.pass_context
def login(ctx: click.Context, /, url: str | None, key: str | None, *, listing: bool, as_json: bool) -> None:
    """
    Keep the key of a Ferry elsewhere: commands without --url then mean that one.

    \b
      ferry login https://ferry.example.com
      ferry login https://ferry.example.com --key @FERRY_KEY
      ferry login --list

    The key is made there with `ferry key create NAME`.  It is tried, and kept in ~/.config/ferry/client.json, which
    only you can read.  A `ferry dev` of the folder you are in comes first; --url says another.
    """
    known = profiles.read()
    if listing or url is None:
        _list(known, machine=as_json)
        if not listing:
            raise Failure("say which instance", following="ferry login https://ferry.example.com", code=failing.USAGE)
        return
    there = _address(url)
    secret = _key(key, there)
    _try(there, secret, ctx.obj)
    profiles.write(Profiles(there, {**known.keys, there: secret}))
    if as_json:
        showing.data(_shown(there, secret, there))
    else:
        click.echo(f"Logged in to {there}.  Commands without --url mean it from now on.", err=True)


@click.command()
@click.argument("url", required=False)
@click.option("--all", "everything", is_flag=True, help="Forget all of them.")
@as_json
def logout(url: str | None, *, everything: bool, as_json: bool) -> None:
    """
    Forget the key of an instance: the current one, or URL.

    \b
      ferry logout
      ferry logout https://ferry.example.com

    The key itself still opens it.
    """
    known = profiles.read()
    wanted = list(known.keys) if everything else [plain(url)] if url else [known.current] if known.current else []
    gone = [one for one in wanted if one in known.keys]
    if not gone and not everything:
        told = f"nobody is logged in to {url}" if url else "nobody is logged in"
        raise Failure(told, following="ferry login --list", code=failing.NOT_FOUND)
    left = {one: key for one, key in known.keys.items() if one not in gone}
    profiles.write(Profiles(known.current if known.current in left else None, left))
    if as_json:
        showing.data({"items": [{"url": one} for one in gone], "cursor": None})
    else:
        click.echo(f"Forgotten: {', '.join(gone) or 'nothing, as there was none'}.", err=True)


def _list(known: Profiles, *, machine: bool) -> None:
    items = [_shown(url, key, known.current) for url, key in sorted(known.keys.items())]
    columns: showing.Columns = {
        "URL": lambda one: one["url"],
        "KEY": lambda one: one["key"],
        "CURRENT": lambda one: "current" if one["current"] else None,
    }
    showing.listing(items, columns, machine=machine)


def _shown(url: str, key: str, current: str | None) -> dict[str, Any]:
    from connectors.connection import tail

    return {"url": url, "key": tail(key), "current": url == current}


def _address(url: str) -> str:
    """raises: Failure for what is no address of an instance"""
    there = plain(url if "://" in url else f"https://{url}")
    parts = urlsplit(there)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query or parts.fragment:
        told = "an instance is named by its address alone, as https://ferry.example.com"
        raise Failure(told, following="ferry login https://ferry.example.com", code=failing.USAGE)
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        showing.note(f"{there} is plain http: whoever stands in between reads the key and every message.")
    return there


def _key(word: str | None, there: str) -> str:
    """The key that is named, or typed unseen.  raises: Failure"""
    from worker.cli.pairs import hidden

    following = f"ferry login {there} --key @FERRY_KEY"
    if word is not None:
        return hidden("the key", word, following)
    if not sys.stdin.isatty():
        told = "nobody is here to be asked for the key"
        raise Failure(told, following=following, code=failing.USAGE)
    typed: str = click.prompt(f"Key of {there}", hide_input=True, err=True)
    return typed.strip()


def _try(there: str, key: str, transport: Any) -> None:
    """raises: Failure when it is not let in, or when no Ferry is there"""
    from worker.cli.door import Door

    found = Door(there, key, transport).ask("GET", "/v1/connections", query={"limit": 1})
    if not isinstance(found, dict) or "items" not in found:
        raise Failure(f"what answers at {there} is no Ferry", following="ferry login --help", code=failing.USAGE)
