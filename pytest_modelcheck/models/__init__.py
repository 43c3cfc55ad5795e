"""Models: their definition, their calls, and their answers.

PYTEST_DONT_REWRITE
"""
