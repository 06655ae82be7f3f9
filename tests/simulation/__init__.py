"""Random schedules of everything that may go wrong, over the real scripts on a real server, in virtual time."""
