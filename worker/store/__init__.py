"""Redis: journal, lanes, runs, messages, events, connections.  The layout and its rules stand in README.md."""
