"""Approved behaviour, in git: one text file a check, one sorted line a case.

PYTEST_DONT_REWRITE
"""
