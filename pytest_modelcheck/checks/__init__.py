"""From outcomes to a verdict: limits, comparisons with what is approved, slices.

PYTEST_DONT_REWRITE
"""
