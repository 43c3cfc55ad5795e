"""Labels: people's judgements of answers, as text in git. Each line holds a label and the judge's arguments.

PYTEST_DONT_REWRITE
"""
