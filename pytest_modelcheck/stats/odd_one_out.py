"""Whether remembered answers come from the same source as fresh ones: the odd one of three.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from pytest_modelcheck.stats.arguments import count


def odd_one_out_p(remembered: int, odd: int) -> float:
    """Return the p-value of "a remembered answer is like any fresh one".

    Each question has three answers: the remembered one, and two fresh ones. Where exactly one of the three
    differs from the other two, each of them is that one with chance 1/3, if all three come from the same
    source: they are exchangeable. So the number of questions in which it is the remembered one is binomial,
    given the number of questions that have an odd one at all (a randomisation test; see Lehmann and Romano,
    *Testing Statistical Hypotheses*, 3rd ed., section 15.2). Exact for questions that are independent of
    each other, whatever their answers are and however much the model varies in each.

    Args:
        remembered: In how many questions the remembered answer is the odd one.
        odd: How many questions have exactly one odd answer.

    >>> odd_one_out_p(0, 0), round(odd_one_out_p(1, 1), 6), odd_one_out_p(5, 5) < 0.01
    (1.0, 0.333333, True)
    """
    count("odd", odd, at_least=0)
    count("remembered", remembered, at_least=0, at_most=odd)
    if not remembered:
        return 1.0
    from pytest_modelcheck.stats.binomial import upper_tail

    return upper_tail(remembered, odd, 1 / 3)
