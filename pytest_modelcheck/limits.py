"""The limits of a check in one table: their kinds, defaults and descriptions.

The checks and defaults of :class:`~pytest_modelcheck.checks.limits.Limits`, the options of the ini file, the
flags of the command line, and the tables of the reference are all made from it.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple


class Limit(NamedTuple):
    """One limit.

    Attributes:
        form: The kind of its values, which says how they are checked.
        default: The value where none is given; ``None`` for no limit.
        text: A description, as a phrase.
        flags: Descriptions of ``--modelcheck-NAME`` and ``--modelcheck-no-NAME``; empty for no flags.
    """

    form: str
    default: Any
    text: str
    flags: tuple[str, ...] = ()


LIMITS: Final = {
    "at_least": Limit("rate", None, "the pass rate, mean score or mean change that is required"),
    "max_drop": Limit(
        "allowance", None, "how far the rate may fall below the approved one: a number of cases or a fraction"
    ),
    "max_slice_drop": Limit(
        "allowance", None, "how far each declared slice may fall below its approved rate"
    ),
    "max_changed": Limit(
        "allowance",
        None,
        "how many answers may differ from the approved ones: a number of cases or a fraction",
    ),
    "max_regressed": Limit(
        "allowance", None, "how many cases may break, however many are fixed: a number of cases or a fraction"
    ),
    "slice_regressions": Limit(
        "choice", "fail", "the effect of regressions that concentrate in one slice: `fail`, `warn`, or `off`"
    ),
    "min_overlap": Limit("overlap", 0.8, "the fraction of the approved cases that must still exist"),
    "false_fail_rate": Limit(
        "chance", 0.01, "the chance of failing a varying model that meets a requirement"
    ),
    "inconclusive": Limit(
        "choice", "warn", "the effect of a missed limit that noise could explain: `warn` or `fail`"
    ),
    "tolerance": Limit(
        "tolerance",
        None,
        "the smallest shortfall that must be noticed, as a fraction; 0.05 where it is needed",
    ),
    "require_proof": Limit(
        "switch", default=False, text="pass a check only if a shortfall beyond the `tolerance` is ruled out"
    ),
    "false_pass_rate": Limit(
        "chance", 0.1, "the chance that `require_proof` passes a model with such a shortfall"
    ),
    "population": Limit(
        "choice",
        "fixed",
        "the role of the cases: `fixed`, only they matter; `sample`, they represent others",
    ),
    "score_as": Limit(
        "attempts",
        None,
        "the score of a case with several runs: `pass@2`, the chance that one of two passes; `pass^2`, "
        "that both pass; by default, the share of runs that pass",
    ),
    "cluster": Limit("key", None, "the metadata key that groups cases which depend on each other"),
    "confirm": Limit(
        "switch",
        default=True,
        text="run a check of a varying model again, with fresh answers, before it fails",
    ),
    "early_stop": Limit(
        "switch",
        default=False,
        text="end each check as soon as its verdict is certain",
        flags=(
            "end each check as soon as its verdict is certain. Such a run cannot be approved.",
            "run every case, even if a marker or the ini file sets early_stop.",
        ),
    ),
    "max_latency_p95": Limit("amount", None, "the seconds within which 95% of the answers must arrive"),
    "max_cost_per_case": Limit(
        "amount", None, "the highest average cost of one run of a case, in the unit of the fixture's `cost=`"
    ),
    "max_tokens_per_case": Limit(
        "amount", None, "the highest average number of tokens of one run of a case, in and out"
    ),
    "max_steps": Limit(
        "steps",
        None,
        "how many steps an agent may take, counting tool calls and messages; more fail the case",
    ),
}
