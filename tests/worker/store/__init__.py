"""Tests of worker/store on a real server, in virtual time."""
