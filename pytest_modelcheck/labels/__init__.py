"""Labels: people's words on answers, as text in git, one a line, each with what was judged in full.

PYTEST_DONT_REWRITE
"""
