"""One-case bodies over many trials: suspended at model calls, answered together.

PYTEST_DONT_REWRITE
"""
