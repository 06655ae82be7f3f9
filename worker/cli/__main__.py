"""`python -m worker.cli` is `ferry`."""

from worker.cli import main

main(prog_name="ferry")
