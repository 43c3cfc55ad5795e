"""Answers that are objects, from the first run to the approved one."""

from __future__ import annotations

KINDS = """
import collections
import datetime as dt
import enum
import ipaddress
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pydantic
import scipy.sparse


class Label(enum.StrEnum):
    REFUND = "refund"
    OTHER = "other"


@dataclass
class Triage:
    label: Label
    scores: list[float] = field(default_factory=list)


class Reply(pydantic.BaseModel):
    text: str
    url: pydantic.HttpUrl | None = None
    when: dt.datetime | None = None
    triage: Triage | None = None


def frame(number):
    return pd.DataFrame(
        {"n": pd.array([number, None], dtype="Int64"), "c": pd.Categorical(["a", "b"]), "f": [0.5, np.nan]},
        index=pd.MultiIndex.from_tuples([("x", 1), ("y", 2)], names=["k", "i"]),
    )


MAKERS = {
    "frame": frame,
    "sparse": lambda number: scipy.sparse.csr_matrix(np.eye(3) * number),
    "masked": lambda number: np.ma.masked_array([1, number], [True, False]),
    "counter": lambda number: collections.Counter(a=number),
    "ordered": lambda number: collections.OrderedDict(b=number, a=1),
    "address": lambda number: ipaddress.ip_address(number),
    "moment": lambda number: dt.datetime(2024, 1, number, tzinfo=dt.timezone(dt.timedelta(hours=1))),
    "triage": lambda number: Triage(Label.REFUND, [float(number)]),
    "reply": lambda number: Reply(
        text="a", url="https://a.example", when="2024-01-01T00:00:00Z", triage=Triage(Label.OTHER, [number])
    ),
    "label": lambda number: Label.REFUND if number == 1 else Label.OTHER,
}
"""
MODEL = """
import kinds


@model_fixture(returns=kinds.Triage | kinds.Reply | kinds.Label)
def triage(model_version):
    return lambda kind: kinds.MAKERS[kind](int(model_version))
"""
SAME = """
import kinds
import pytest


@pytest.mark.golden(list(kinds.MAKERS), max_changed=0)
def test_answers(triage, case):
    answer, made = triage(case.input), kinds.MAKERS[case.input](NUMBER)
    assert type(answer) is type(made)
    assert repr(answer) == repr(made)
    if hasattr(made, "model_dump"):
        assert answer.model_dump(exclude_unset=True) == made.model_dump(exclude_unset=True)
"""


def test_answers_of_many_kinds_are_whole_cold_and_warm_and_approved(project):
    project.pytester.makepyfile(kinds=KINDS)
    project.model(MODEL)
    project.test(SAME.replace("NUMBER", "1"))
    project.run("--model-version=1", "--modelcheck-update").assert_outcomes(passed=1)
    result = project.run("--model-version=1")
    result.assert_outcomes(passed=1)
    assert "10 cached, 0 asked" in result.stdout.str()
    (project.pytester.path / ".modelcheck_cache").rename(project.pytester.path / "elsewhere")
    project.run("--model-version=1").assert_outcomes(passed=1)


def test_answers_of_many_kinds_are_whole_between_workers(project):
    project.pytester.makepyfile(kinds=KINDS)
    project.model(MODEL)
    project.test(SAME.replace("NUMBER", "1"))
    project.run("--model-version=1", "--modelcheck-update").assert_outcomes(passed=1)
    result = project.run_apart("-p", "xdist", "-n", "2", "--model-version=1", "--modelcheck-cache=off")
    result.assert_outcomes(passed=1)


def test_a_change_of_any_kind_is_seen(project):
    project.pytester.makepyfile(kinds=KINDS)
    project.model(MODEL)
    project.test(SAME.replace("NUMBER", "int(triage.version)"))
    project.run("--model-version=1", "--modelcheck-update").assert_outcomes(passed=1)
    result = project.run("--model-version=2")
    result.assert_outcomes(failed=1)
    result.stdout.re_match_lines([r".*10 of 10 .*"])
