"""The ways of calls to a model: singly or in batches, here, in threads, on an event loop or elsewhere.

PYTEST_DONT_REWRITE
"""
