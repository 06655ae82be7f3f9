# Two commands: `make run` brings up all of Ferry in this terminal, `make test` proves it.  CI says the same words.
.PHONY: run test lint crash lock clean

run:
	@sh deploy/bootstrap && exec .venv/bin/ferry dev

test:
	@sh deploy/bootstrap dev && unset PYTHONDONTWRITEBYTECODE && exec .venv/bin/pytest -n auto

lint:
	@sh deploy/bootstrap dev && unset PYTHONDONTWRITEBYTECODE && .venv/bin/ruff check && .venv/bin/ruff format --check && .venv/bin/mypy

# The long versions: thousands of random schedules, many kills.
crash:
	@sh deploy/bootstrap dev && unset PYTHONDONTWRITEBYTECODE && exec .venv/bin/pytest --long -o faulthandler_timeout=3600 tests/crash tests/simulation

# After a change of dependencies in pyproject.toml.  A uv.lock beside it holds the others still; without one all move on.
EXPORT = UV_SYSTEM_CERTS=1 .venv/bin/uv export --quiet --no-emit-project --no-header --no-annotate --no-default-groups
lock:
	@sh deploy/bootstrap dev
	@$(EXPORT) --group build --output-file requirements.txt
	@$(EXPORT) --group build --group dev --output-file requirements-dev.txt

# Not .ferry, which holds data.
clean:
	@rm -rf .venv .venv.lock .mypy_cache .pytest_cache .ruff_cache .hypothesis dist
