"""Tests of Ferry, laid out as the house is."""
