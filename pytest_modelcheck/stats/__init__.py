"""The statistics of verdicts: pure functions, numbers in and numbers out.

Each module is named for the one thing that it holds.

| module | what it answers |
|---|---|
| ``rates`` | a pass rate: bounds, when it fails, several attempts, what so many runs can reveal |
| ``means`` | a mean of scores, of cases or of clusters; a mean of numbers without bounds |
| ``paired`` | the same cases under two versions, one run each; with a margin, exactly; the power; Holm |
| ``exchange`` | the same with several runs, exchanged within cases or units, exactly; a trend |
| ``permutation`` | the same with scores or clusters |
| ``noise`` | a perturbation, or another version, against the model's own noise |
| ``drift`` | two samples of labels, scores or features |
| ``nights`` | evidence that adds up over runs, whenever somebody looks |
| ``metrics`` | a metric over all cases, which no case has a share of |
| ``judging`` | a rate or mean that a judge reports, corrected by labels |
| ``slices`` | where failures concentrate; and regressions, beyond noise and beyond a drop everywhere |
| ``early`` | stopping early, for models that vary and for limits that are exact |

A bound is always one-sided: an interval's two ends each hold with confidence ``level`` on their own, so that
a two-sided 95% interval has ``level=0.975``. Rates and probabilities are fractions of 1; a *false fail rate*
is the highest chance with which a model that meets its requirement may fail. What makes no sense raises
:class:`ValueError`.
"""
