"""Answers to senders, one module a protocol: pure functions from what came in and what became of it to bytes."""
