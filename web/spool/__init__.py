"""
Webhooks on disk while Redis is away: verified, fsynced, acknowledged, and handed over in their order afterwards.

    record.py     how one request looks in a file, and how a torn or spoilt one is told from a whole one
    writer.py     a process's own file; requests that wait at the same moment share one fsync
    folder.py     the folder of a machine: its files, its locks, the mark that says "spool"
    spool.py      all of it, as the receiver and /readyz see it
    counted.py    how many requests wait
    handover.py   whoever of a machine's processes drains it, once Redis is back
    remembered.py the connections, for a process that begins while Redis is away

While anything is spooled on a machine, all its processes spool, so that no later request overtakes an earlier one.
What is handed over twice, because somebody died in between or a command that timed out had arrived, becomes one event:
ids are made of what happened.
"""
