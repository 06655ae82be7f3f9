"""The whole of Ferry, as `ferry dev` starts it."""
