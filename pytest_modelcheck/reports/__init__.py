"""A verdict as text.

PYTEST_DONT_REWRITE
"""
