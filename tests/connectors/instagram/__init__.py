"""Tests of connectors/instagram/."""
