"""Tests of ClickSend: conversations, webhooks, batches, the stand-in over real HTTP."""
