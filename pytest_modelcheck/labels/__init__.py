"""What people said of answers: text in git, one label a line, each with what was judged in full.

PYTEST_DONT_REWRITE
"""
