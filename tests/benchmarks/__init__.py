"""Speed, measured by a command and never asserted: `python -m tests.benchmarks`."""
