"""The statistics of verdicts: pure functions, numbers in and numbers out.

Each module is named for the one thing that it holds. A bound is always one-sided: an interval's two ends
each hold with confidence ``level`` on their own, so that a two-sided 95% interval has ``level=0.975``.
Rates and probabilities are fractions of 1; a *false fail rate* is the highest chance with which a model
that meets its requirement may fail.

PYTEST_DONT_REWRITE
"""
