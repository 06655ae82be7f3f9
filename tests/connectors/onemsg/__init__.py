"""1msg, held against its page."""
