"""
The arrows and manners of the house, read from the source: web → worker → connectors, and nothing the other way.

Each check takes a file's path inside the checkout and its syntax tree and yields what is wrong, a sentence each.
"""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

import pytest

HOUSE = Path(__file__).resolve().parents[1]
CODE = ("connectors", "worker", "web")
ROOMS = {*CODE, "tests", "deploy"}
MADE_BY_TOOLS = {"__pycache__", "dist"}

FORBIDDEN = {
    # folder: what it must not import, and why
    "connectors": {
        "worker": "the arrows point the other way",
        "web": "the arrows point the other way",
        "tests": "it would not run without them",
    }
    | dict.fromkeys(
        ("billiard", "celery", "kombu", "redbeat", "redis", "flask", "flask_smorest", "werkzeug"),
        "connectors run in a bare REPL",
    ),
    "worker": {"web": "the arrows point the other way", "tests": "it would not run without them"},
    "web": {"tests": "it would not run without them"},
}
PROVIDERS = {"onemsg", "instagram", "clicksend", "infobip"}
NAMES = PROVIDERS | {"1msg"}
ENVIRONMENT = {"environ", "environb", "getenv", "getenvb", "putenv", "unsetenv"}
NAMELESS = {"util", "utils", "helper", "helpers"}

Check = Callable[[PurePosixPath, ast.Module], Iterator[str]]


def imports(path: PurePosixPath, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and full dotted name of everything imported, also relatively, by name, or inside a function."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, alias.name) for alias in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                package = path.parts[: len(path.parts) - level] if level else ()
                origin = ".".join((*package, *([module] if module else ())))
                yield from ((node.lineno, f"{origin}.{alias.name}") for alias in names)
            case ast.Call(
                func=ast.Name(id="import_module" | "__import__") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                yield node.lineno, name


def arrows(path: PurePosixPath, tree: ast.Module) -> Iterator[str]:
    """Nobody imports from above, and connectors import neither Celery, nor Flask, nor Redis."""
    forbidden = FORBIDDEN.get(path.parts[0], {})
    for line, name in imports(path, tree):
        if why := forbidden.get(name.partition(".")[0]):
            yield f"{path}:{line} imports {name}: {why}"


def door(path: PurePosixPath, tree: ast.Module) -> Iterator[str]:
    """Web knows providers by the registry only."""
    for line, name in imports(path, tree):
        origin, _, provider = ".".join(name.split(".")[:2]).partition(".")
        if path.parts[0] == "web" and origin == "connectors" and provider in PROVIDERS:
            yield f"{path}:{line} imports {name}: ask connectors.registry"


def branches(path: PurePosixPath, tree: ast.Module) -> Iterator[str]:
    """No decision is made by a provider's name, except in its own folder."""
    own = {path.parts[1], "1msg"} if path.parts[:2] == ("connectors", "onemsg") else set(path.parts[1:2])
    for node in ast.walk(tree):
        match node:
            case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test):
                asked: ast.AST = test
            case ast.Compare() | ast.match_case():
                asked = node.pattern if isinstance(node, ast.match_case) else node
            case ast.comprehension(ifs=[_, *_]):
                asked = ast.Tuple(elts=node.ifs)
            case _:
                continue
        for word in ast.walk(asked):
            if isinstance(word, ast.Constant) and isinstance(word.value, str) and word.value.casefold() in NAMES - own:
                yield f"{path}:{word.lineno} decides by the name {word.value}: make it data of the provider"


def environment(path: PurePosixPath, tree: ast.Module) -> Iterator[str]:
    """Only worker/settings.py reads the environment; all others receive values."""
    if path == PurePosixPath("worker/settings.py"):
        return
    aliases = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name == "os"
    }
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id=module), attr=attr) if module in aliases and attr in ENVIRONMENT:
                yield f"{path}:{node.lineno} reads os.{attr}: let worker/settings.py hand it over"
    for line, name in imports(path, tree):
        origin, _, attr = name.partition(".")
        if origin == "environs" or (origin == "os" and attr in ENVIRONMENT):
            yield f"{path}:{line} imports {name}: let worker/settings.py hand it over"


def names(path: PurePosixPath, _: ast.Module) -> Iterator[str]:
    """A module or folder called utils has not found its idea yet."""
    for word in NAMELESS.intersection((*path.parts[:-1], path.stem)):
        yield f"{path}: {word} is no name; what is the idea?"


CHECKS: tuple[Check, ...] = (arrows, door, branches, environment, names)


def faults(path: PurePosixPath, source: str) -> list[str]:
    """What is wrong with one file, each thing once."""
    tree = ast.parse(source)
    checks = CHECKS if path.parts[0] in CODE else (names,)
    return sorted({fault for check in checks for fault in check(path, tree)})


def strangers(folders: set[str]) -> set[str]:
    """Folders that do not belong at the top."""
    return {name for name in folders if not name.startswith(".")} - ROOMS - MADE_BY_TOOLS


def test_the_house_keeps_its_manners() -> None:
    """Every file of ours, against every check."""
    files = [path for room in sorted(ROOMS) for path in sorted((HOUSE / room).rglob("*.py"))]
    found = [fault for path in files for fault in faults(PurePosixPath(path.relative_to(HOUSE)), path.read_text())]

    assert files
    assert [] == found


def test_only_five_folders_stand_at_the_top() -> None:
    """What needs a sixth needs a talk first."""
    assert set() == strangers({entry.name for entry in HOUSE.iterdir() if entry.is_dir()})


BAD = {
    "connectors import celery": ("connectors/client.py", "import celery", ":1 imports celery"),
    "connectors import kombu": ("connectors/client.py", "from kombu.utils import json", ":1 imports kombu.utils.json"),
    "connectors import flask": ("connectors/guards.py", "from flask import request", ":1 imports flask.request"),
    "connectors import redis": ("connectors/client.py", "import redis.asyncio as r", ":1 imports redis.asyncio"),
    "connectors import worker": ("connectors/client.py", "from worker import retry", ":1 imports worker.retry"),
    "connectors import web": ("connectors/instagram/webhooks.py", "import web.app", ":1 imports web.app"),
    "connectors import relatively": ("connectors/a.py", "from ..worker import b", ":1 imports worker.b"),
    "in a function": ("connectors/a.py", "def f():\n    import redis", ":2 imports redis"),
    "by name": ("worker/a.py", "import importlib\nimportlib.import_module('web.app')", ":2 imports web.app"),
    "by dunder": ("worker/a.py", "__import__('web')", ":1 imports web"),
    "for types": ("worker/a.py", "if TYPE_CHECKING:\n    from web.app import App", ":2 imports web.app.App"),
    "worker imports web": ("worker/inbox.py", "from web import app", ":1 imports web.app"),
    "code imports tests": ("web/app.py", "import tests.conftest", ":1 imports tests.conftest"),
    "web imports a provider": ("web/app.py", "import connectors.infobip", ":1 imports connectors.infobip"),
    "web imports it from": ("web/app.py", "from connectors import onemsg", ":1 imports connectors.onemsg"),
    "web imports its parts": (
        "web/a.py",
        "from connectors.onemsg.schemas import S",
        "imports connectors.onemsg.schemas",
    ),
    "if": ("worker/a.py", "if provider == 'infobip': pass", ":1 decides by the name infobip"),
    "if not": ("web/a.py", "if not 'clicksend' != p: pass", ":1 decides by the name clicksend"),
    "elif": ("worker/a.py", "if x: pass\nelif p in ('onemsg', 'b'): pass", ":2 decides by the name onemsg"),
    "the outside name": ("connectors/client.py", "x = p == '1msg'", ":1 decides by the name 1msg"),
    "another's name": ("connectors/infobip/schemas.py", "if p == 'instagram': pass", "decides by the name instagram"),
    "a call in an if": ("worker/a.py", "if p.startswith('Instagram'): pass", ":1 decides by the name Instagram"),
    "an expression": ("worker/a.py", "x = 1 if p == 'infobip' else 2", ":1 decides by the name infobip"),
    "a while": ("worker/a.py", "while is_('infobip'): pass", ":1 decides by the name infobip"),
    "a comprehension": ("worker/a.py", "[c for c in d if is_(c, 'infobip')]", ":1 decides by the name infobip"),
    "match": ("worker/a.py", "match p:\n    case 'a' | 'infobip': pass", ":2 decides by the name infobip"),
    "os.environ": ("worker/app.py", "import os\nx = os.environ['A']", ":2 reads os.environ"),
    "os.getenv": ("web/app.py", "import os as o\nx = o.getenv('A')", ":2 reads os.getenv"),
    "from os": ("connectors/a.py", "from os import environ", ":1 imports os.environ"),
    "environs": ("web/app.py", "from environs import Env", ":1 imports environs.Env"),
    "utils": ("worker/utils.py", "", "utils is no name"),
    "a folder of helpers": ("tests/helpers/redis.py", "", "helpers is no name"),
}


@pytest.mark.parametrize(("path", "source", "fault"), BAD.values(), ids=BAD)
def test_each_check_can_fail(path: str, source: str, fault: str) -> None:
    """A check that never objects is no check: exactly one thing is wrong here, and it is found."""
    found = faults(PurePosixPath(path), source)

    assert [fault] == [fault if fault in said else said for said in found]


def test_a_sixth_folder_is_noticed() -> None:
    """Folders of tools do not count."""
    assert {"scripts"} == strangers({"connectors", "deploy", "scripts", ".venv", "__pycache__"})


GOOD = {
    "web uses the registry": ("web/app.py", "from connectors.registry import PROVIDERS"),
    "worker uses connectors": ("worker/a.py", "import celery, redis\nfrom connectors.errors import Rejected"),
    "the registry names everyone": ("connectors/registry.py", "from connectors import clicksend, infobip"),
    "a provider's own folder": ("connectors/onemsg/webhooks.py", "if p == '1msg' or p == 'onemsg': pass"),
    "a name in a table": ("connectors/registry.py", "PROVIDERS = {'1msg': 1}"),
    "a longer word": ("worker/a.py", "if key == 'instagram_app_secret': pass"),
    "the settings": ("worker/settings.py", "import os\nfrom environs import Env\nx = os.environ"),
    "WSGI's environ": ("web/app.py", "x = request.environ"),
    "tests": ("tests/test_a.py", "import os, web, worker\nif p == 'infobip': os.environ.clear()"),
}


@pytest.mark.parametrize(("path", "source"), GOOD.values(), ids=GOOD)
def test_what_is_allowed_stays_allowed(path: str, source: str) -> None:
    """Checks that object to everything are switched off sooner or later."""
    assert [] == faults(PurePosixPath(path), source)
