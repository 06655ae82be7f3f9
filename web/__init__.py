"""The door: webhooks in, the HTTP API, health.  It never parses a webhook and never calls out."""
