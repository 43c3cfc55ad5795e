"""The statistics of verdicts: pure functions, numbers in and numbers out.

Each module is named for the one thing that it holds.

| module | what it answers |
|---|---|
| ``binomial`` | a pass rate: bounds, when it fails, what so many runs can reveal |
| ``gaffke`` | a mean of scores in [0, 1], of cases or of clusters |
| ``student`` | a mean of numbers without bounds |
| ``clusters`` | what makes one number of cases that depend on each other |
| ``paired`` | the same cases under two versions: McNemar, Tango, Newcombe |
| ``noninferiority`` | the same with a margin, exactly |
| ``permutation``, ``sign_flip`` | the same with repeats, scores or clusters |
| ``invariance`` | a perturbation, or another version, against the model's own noise |
| ``regressions`` | cases that passed and fail now, against the same |
| ``odd_one_out`` | remembered answers against fresh ones |
| ``trend`` | scores over three or more ordered levels |
| ``drift``, ``two_sample`` | two samples of labels, scores or features |
| ``sequential``, ``curtailment`` | stopping early, for models that vary and for limits that are exact |
| ``power`` | which drop a comparison reveals, and how many cases it takes |
| ``passk``, ``flakiness`` | several runs of one case |
| ``multiplicity`` | many checks at once |

A bound is always one-sided: an interval's two ends each hold with confidence ``level`` on their own, so that
a two-sided 95% interval has ``level=0.975``. Rates and probabilities are fractions of 1; a *false fail rate*
is the highest chance with which a model that meets its requirement may fail. What makes no sense raises
:class:`ValueError`.

PYTEST_DONT_REWRITE
"""
