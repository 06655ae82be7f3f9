"""What is installed, how, and from what: the locks, the declared dependencies, the bootstrap, the process types."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

HOUSE = Path(__file__).resolve().parents[1]
CODE = ("connectors", "worker", "web")
LOCKS = ("requirements.txt", "requirements-dev.txt")
PYTHONS = ("3.11.2", "3.11.9", "3.12.0", "3.13.0", "3.14.0")


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    """pyproject.toml."""
    return tomllib.loads((HOUSE / "pyproject.toml").read_text())


def locked(lock: str) -> dict[str, tuple[Requirement, list[str]]]:
    """Each requirement of a lock by its name, with its hashes."""
    found: dict[str, tuple[Requirement, list[str]]] = {}
    for block in (HOUSE / lock).read_text().replace("\\\n", " ").splitlines():
        wanted, *hashes = block.split("--hash=")
        requirement = Requirement(wanted.strip())
        found[canonicalize_name(requirement.name)] = (requirement, [each.strip() for each in hashes])
    return found


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_one_version_by_hash(lock: str) -> None:
    """What is installed next year is what was tested today."""
    for requirement, hashes in locked(lock).values():
        assert re.fullmatch(r"==[^*,]+", str(requirement.specifier))
        assert hashes
        assert all(re.fullmatch("sha256:[0-9a-f]{64}", each) for each in hashes)


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_address(lock: str) -> None:
    """Where packages come from is the machine's affair."""
    text = (HOUSE / lock).read_text()

    assert [] == re.findall(r"://|--index|--extra|--find-links|--trusted|file:|@ ", text)


def test_no_committed_file_names_a_package_index() -> None:
    """uv.lock would, on every line; and so would anybody's pip settings, copied into a file of ours."""
    index = re.compile(rb"https?://[^\s\"')]*(?:/simple\b|pypi|pythonhosted)", re.IGNORECASE)
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=HOUSE,
        capture_output=True,
        check=False,
    )
    files = [HOUSE / os.fsdecode(name) for name in listed.stdout.split(b"\0") if name]
    if not files:
        pytest.skip("not a git checkout")

    assert [] == [path for path in files if path.is_file() and index.search(path.read_bytes())]


def test_the_development_lock_contains_the_runtime_lock() -> None:
    """Tests run against exactly what will run."""
    runtime, development = (locked(lock) for lock in LOCKS)

    assert [] == [name for name, entry in runtime.items() if development.get(name) != entry]


def test_the_locks_hold_what_is_declared(project: dict[str, Any]) -> None:
    """Whoever adds a dependency runs `make lock`."""
    runtime, development = (locked(lock) for lock in LOCKS)
    groups = project["dependency-groups"]
    declared = [(text, runtime) for text in [*project["project"]["dependencies"], *groups["build"]]]
    declared += [
        (text, development) for group in ("test", "lint", "dev") for text in groups[group] if isinstance(text, str)
    ]
    missing = []
    for text, lock in declared:
        wanted = Requirement(text)
        found = lock.get(canonicalize_name(wanted.name))
        if not found or not wanted.specifier.contains(next(iter(found[0].specifier)).version):
            missing.append(text)

    assert [] == missing


@pytest.mark.parametrize("python", PYTHONS)
def test_the_locks_suit_every_python_we_promise(project: dict[str, Any], python: str) -> None:
    """redis-py needs async-timeout before 3.11.3, which Debian 12 still is: the marker must be in the lock."""
    env = {"python_full_version": python, "python_version": ".".join(python.split(".")[:2])}
    marker = locked(LOCKS[0])["async-timeout"][0].marker

    assert marker
    assert (Version(python) < Version("3.11.3")) == marker.evaluate(env)
    assert python in Requirement(f"python{project['project']['requires-python']}").specifier


def imported() -> set[str]:
    """The top-level modules that our code imports, anywhere in it."""
    nodes = [
        node for room in CODE for path in (HOUSE / room).rglob("*.py") for node in ast.walk(ast.parse(path.read_text()))
    ]
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    named = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level}
    return {name.partition(".")[0] for name in plain | named}


def test_every_import_is_declared(project: dict[str, Any]) -> None:
    """What comes along with something else today may not tomorrow."""
    declared: set[str] = {canonicalize_name(Requirement(text).name) for text in project["project"]["dependencies"]}
    declared |= {"kombu", "werkzeug", "webargs"}  # parts of celery, flask and flask-smorest, which document them
    providers = packages_distributions()
    foreign = imported() - set(sys.stdlib_module_names) - set(CODE)
    undeclared = {
        name for name in foreign if not declared & {canonicalize_name(each) for each in providers.get(name, [])}
    }

    assert set() == undeclared


def test_the_four_process_types_are_there() -> None:
    """Names that runners and platforms rely on."""
    lines = (HOUSE / "Procfile").read_text().splitlines()

    assert ["web", "worker", "beat", "release"] == [line.partition(":")[0] for line in lines]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What bootstrap needs of a checkout, in a path with a space, with locks that hold nothing at all."""
    house = tmp_path / "a checkout"
    (house / "deploy").mkdir(parents=True)
    shutil.copy(HOUSE / "deploy/bootstrap", house / "deploy/bootstrap")
    for name in ("pyproject.toml", *LOCKS):
        (house / name).write_text("")
    return house


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A PATH of few programs, and of a pretended uv that notes what it is asked."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in (
        "sh",
        "cat",
        "cksum",
        "dirname",
        "grep",
        "ln",
        "ls",
        "mkdir",
        "readlink",
        "rm",
        "sed",
        "sleep",
        "touch",
    ):
        (folder / name).symlink_to(str(shutil.which(name)))
    (folder / "python3").symlink_to(sys.executable)
    uv = folder / "uv"
    uv.write_text(
        """#!/bin/sh
echo "$*" >>asked
case $1 in
    venv) mkdir -p .venv/bin && ln -s "$(readlink "$(dirname "$0")/python3")" .venv/bin/python ;;
esac
[ ! -e "broken-$1" ]
"""
    )
    uv.chmod(0o755)
    return folder


def bootstrap(house: Path, tools: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Runs it, with nothing in its environment but a PATH."""
    return subprocess.run(
        ["/bin/sh", "deploy/bootstrap", *words],
        cwd=house,
        env={"PATH": str(tools)},
        capture_output=True,
        text=True,
        check=False,
    )


def asked(house: Path) -> list[str]:
    """What uv was asked since the last time, by its first words."""
    file = house / "asked"
    lines = file.read_text().splitlines() if file.exists() else []
    file.unlink(missing_ok=True)
    return [" ".join(line.split()[:2]) if line.startswith("pip") else line.split()[0] for line in lines]


ALL = ["venv", "pip install", "pip install"]


def test_bootstrap_does_nothing_the_second_time(checkout: Path, tools: Path) -> None:
    """`make test` in a loop must not wait for it."""
    assert 0 == bootstrap(checkout, tools, "dev").returncode
    assert ALL == asked(checkout)
    again = bootstrap(checkout, tools, "dev")

    assert (0, "", []) == (again.returncode, again.stderr, asked(checkout))
    assert not (checkout / ".venv.lock").is_symlink()


def test_bootstrap_for_running_is_content_with_the_development_one(checkout: Path, tools: Path) -> None:
    """`make test` and `make run` in turn do not undo each other."""
    bootstrap(checkout, tools, "dev")
    asked(checkout)
    bootstrap(checkout, tools)

    assert [] == asked(checkout)


def test_bootstrap_adds_to_what_may_be_running(checkout: Path, tools: Path) -> None:
    """`make test` beside a `make run`: the environment is not taken from under it."""
    bootstrap(checkout, tools)
    asked(checkout)
    bootstrap(checkout, tools, "dev")

    assert ALL[1:] == asked(checkout)


@pytest.mark.parametrize("changed", ["pyproject.toml", *LOCKS])
def test_bootstrap_notices_a_change(checkout: Path, tools: Path, changed: str) -> None:
    """After a pull, one command is still enough."""
    bootstrap(checkout, tools)
    asked(checkout)
    (checkout / changed).write_text("# changed\n")
    bootstrap(checkout, tools)

    assert ALL[1:] == asked(checkout)


def test_bootstrap_notices_that_the_checkout_was_moved(checkout: Path, tools: Path, tmp_path: Path) -> None:
    """Scripts in a virtual environment carry its path."""
    bootstrap(checkout, tools)
    asked(checkout)
    moved = checkout.rename(tmp_path / "moved")
    bootstrap(moved, tools)

    assert ALL == asked(moved)


def test_bootstrap_begins_again_after_an_interrupted_run(checkout: Path, tools: Path) -> None:
    """Half an environment is none: nothing of it is kept, and a dead process's lock neither."""
    (checkout / "broken-pip").touch()
    failed = bootstrap(checkout, tools)
    (checkout / "broken-pip").unlink()
    (checkout / ".venv/half").touch()
    ended = subprocess.Popen(["true"])
    ended.wait()
    (checkout / ".venv.lock").symlink_to(str(ended.pid))
    asked(checkout)
    mended = bootstrap(checkout, tools)

    assert (True, 0, ALL) == (failed.returncode != 0, mended.returncode, asked(checkout))
    assert not (checkout / ".venv/half").exists()


def test_bootstrap_refuses_an_old_python_in_one_sentence(checkout: Path, tools: Path) -> None:
    """It says what is needed, and leaves nothing behind."""
    (tools / "uv").unlink()
    (tools / "python3").unlink()
    (tools / "python3").write_text("#!/bin/sh\nexit 1\n")  # what an old one answers when asked whether it is new enough
    (tools / "python3").chmod(0o755)
    refused = bootstrap(checkout, tools)

    assert 1 == refused.returncode
    assert "bootstrap: Ferry needs Python 3.11 or newer (or uv, which fetches it); found neither.\n" == refused.stderr
    assert not (checkout / ".venv").exists()


def test_bootstrap_does_not_guess(checkout: Path, tools: Path) -> None:
    """A word it does not know is a mistake."""
    refused = bootstrap(checkout, tools, "devel")

    assert (2, 'bootstrap: say nothing, or dev; "devel" is not known.\n') == (refused.returncode, refused.stderr)
