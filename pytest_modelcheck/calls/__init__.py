"""Calls to a model: singly or in batches; in this thread, in others, on an event loop or in an executor."""
