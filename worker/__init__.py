"""Everything that happens after the receiver answered: Celery, Redis and the command line."""
