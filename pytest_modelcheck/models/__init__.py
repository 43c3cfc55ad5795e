"""What a model is, how it is called, and what it has answered.

PYTEST_DONT_REWRITE
"""
