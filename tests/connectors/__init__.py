"""Tests of connectors/: conversations, tables, properties."""
