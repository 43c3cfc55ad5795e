"""How calls reach a model: one at a time or in batches, here, in threads, on an event loop or elsewhere.

PYTEST_DONT_REWRITE
"""
