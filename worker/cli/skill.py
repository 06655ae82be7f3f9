"""
`ferry skill`: a page for an agent, made from the catalogue and from the commands themselves: never out of step.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from worker.cli import showing
from worker.cli.showing import as_json

if TYPE_CHECKING:
    from connectors.provider import Provider

CODES = {
    # exit codes of worker/cli/failing.py, for who reads them instead of words
    0: "done",
    1: "failed",
    2: "the command or its input is wrong; the error names each field",
    3: "not found",
    4: "a person is needed: `clientAction` of the connection says what for",
    5: "the provider refused",
    6: "the provider, or Ferry, cannot be reached",
    7: "not finished in time, or nobody knows whether it arrived: never send it again by yourself",
}


@click.command()
@click.argument("provider", required=False)
@as_json
def skill(provider: str | None, *, as_json: bool) -> None:
    """
    Print a page for an agent: how to connect PROVIDER, find its actions and run them.

    \b
      ferry skill 1msg > SKILL.md
      ferry skill               which providers there are
    """
    from connectors.registry import PROVIDERS, find

    if provider is None:
        items = [{"provider": one.title, "actions": len(one.actions)} for one in PROVIDERS.values()]
        columns: showing.Columns = {"PROVIDER": lambda one: one["provider"], "ACTIONS": lambda one: one["actions"]}
        showing.listing(items, columns, machine=as_json)
        if not as_json:
            showing.note("A page of one: ferry skill PROVIDER")
        return
    chosen = find(provider)
    page = "\n".join(lines(chosen))
    if as_json:
        showing.data({"name": name_of(chosen), "description": about(chosen), "text": page})
    else:
        click.echo(page)


def name_of(provider: Provider) -> str:
    """What the skill is called."""
    return f"ferry-{provider.title}"


def about(provider: Provider) -> str:
    """When an agent should read it."""
    verbs = ", ".join(name.replace("_", " ") for name in provider.verbs) or "its actions"
    return (
        f"Work with {provider.title} by the `ferry` command: {verbs}, and {len(provider.actions)} actions in all. "
        "Use it when somebody wants something sent, read or set up there."
    )


def lines(provider: Provider) -> Iterator[str]:
    """The page."""
    title = provider.title
    first = next(iter(provider.actions.values()))
    yield from ("---", f"name: {name_of(provider)}", f"description: {about(provider)}", "---", "")
    yield from (f"# {title} by Ferry", "")
    yield "Ferry carries messages between providers and apps. Every command prints JSON with `--json`, data on stdout"
    yield "and everything else on stderr; each error ends with the next command to type. `ferry … --help` tells all."
    yield from ("", "## Connect", "")
    yield f"    ferry connection list --provider {title} --json"
    yield f"    ferry connection ensure {title} --key NAME{_words(provider)} --json"
    yield ""
    yield "`ensure` finds or makes the connection, tries it and registers its webhook; safe to repeat. Its settings:"
    yield ""
    yield from _fields("setting", provider.settings)
    yield from _fields("secret", provider.secrets)
    yield ""
    yield "Never put a secret into a command line: name a variable (`@NAME`) or a file (`@./path`), or ask the owner to"
    yield f"run `ferry connect {title}` at a terminal. A connection that is `CLIENT_ACTION_REQUIRED` needs a person:"
    yield "`clientAction.agentInstructions` says what to ask them for; then `ferry connection reconnect NAME`."
    yield from ("", "## Find and run actions", "")
    yield f'    ferry action list --provider {title} --intent "what you want to do" --limit 5 --json'
    yield f"    ferry action get {first.key} --provider {title} --json      its inputSchema and outputSchema"
    yield f"    ferry action run {first.key} --connection NAME --input JSON|@FILE|- --dry-run"
    yield f"    ferry action run {first.key} --connection NAME --input JSON|@FILE|- --idempotency-key KEY --json"
    yield ""
    yield "The result is under `output`. With `--dry-run` nothing is stored and the exact request is shown, secrets"
    yield "blotted."
    yield from ("", "| action | what it does | repeatable | costs | example input |", "| --- | --- | --- | --- | --- |")
    yield from map(_row, provider.actions.values())
    yield from ("", "## Anything else: a request of your own", "")
    yield "    ferry request NAME PATH"
    yield ""
    yield "The address in front of PATH and the credentials are the connection's; they go to its own host alone."
    yield ""
    yield from _options()
    yield from ("", "## Good practice", "")
    yield "- Say `--idempotency-key` for whatever you may have to ask again: the same key and input is the same run."
    yield "- A run that is *unknown* left, and no answer came. Do not send it again: Ferry looks for proof, and"
    yield "  `ferry runs get RUN` shows what it found. A person may `ferry runs resolve` it."
    yield "- What is not repeatable reaches a person, or costs money, each time. Try `--dry-run` first."
    yield "- Whoever opted out is sent nothing, and a closed window needs a template: the error's `reason` says so. Do"
    yield "  not use `--force` unless the owner said so."
    yield "- `ferry events list --json` and `ferry runs list --json` show what happened; `ferry doctor` what is wrong."
    yield '- A list is `{"items": […], "cursor": …}`; where the cursor is not null, `--after CURSOR` goes on.'
    yield from ("", "| exit code | means |", "| --- | --- |")
    yield from (f"| {code} | {means} |" for code, means in CODES.items())


def _words(provider: Provider) -> str:
    """What must be said to make a connection."""
    made = []
    for option, schema, form in (("--set", provider.settings, "VALUE"), ("--secret", provider.secrets, "@ENV")):
        made += [f" {option} {name}={form}" for name, field in schema().fields.items() if field.required]
    return "".join(made)


def _fields(kind: str, schema: Any) -> Iterator[str]:
    for name, field in schema().fields.items():
        needed = ", required" if field.required else ""
        yield f"- `{name}` ({kind}{needed}): {' '.join(str(field.metadata.get('description', '')).split())}"


def _row(action: Any) -> str:
    import json

    example = json.dumps(dict(action.example), ensure_ascii=False)
    cells = (
        f"`{action.key}`",
        action.description,
        "yes" if action.repeatable else "no",
        action.cost or "",
        f"`{example}`",
    )
    return "| " + " | ".join(" ".join(str(cell).split()).replace("|", "\\|") for cell in cells) + " |"


def _options() -> Iterator[str]:
    """The flags of `ferry request`, as the command itself has them."""
    from worker.cli.request import request

    for one in request.params:
        if isinstance(one, click.Option) and one.help:
            spelt = ", ".join(f"`{word}`" for word in (*one.opts, *one.secondary_opts))
            yield f"- {spelt}: {one.help}"
