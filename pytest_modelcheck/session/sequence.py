"""The order in which a check is looked into.

Each step says which bodies are to be run; whoever drives them runs them, synchronously or awaited, and hands
the results back. Most checks take the first run alone. One that misses a limit takes more: has the test
changed since the approval (then its approved answers are judged again), does the model vary (then noise may
explain the miss), what exactly do the worst cases say, and what is the least that breaks them.

A new step is a module of its own and a line here. It decides itself whether it has anything to do.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_modelcheck.session.candidate import leave_candidate
from pytest_modelcheck.session.closer_look import look_closer
from pytest_modelcheck.session.early import run_until_decided
from pytest_modelcheck.session.first_run import first_run
from pytest_modelcheck.session.noise import calibrate, confirm, measure
from pytest_modelcheck.session.own_noise import calibrate_changes
from pytest_modelcheck.session.replay import replay
from pytest_modelcheck.session.revalidation import revalidate
from pytest_modelcheck.session.rival import run_rival
from pytest_modelcheck.session.sampling import run_reference
from pytest_modelcheck.session.search import search_slice
from pytest_modelcheck.session.shrinking import shrink
from pytest_modelcheck.session.smallest_input import shrink_input

if TYPE_CHECKING:
    from pytest_modelcheck.session.inquiry import Inquiry
    from pytest_modelcheck.session.steps import Steps


def steps_of(inquiry: Inquiry) -> Steps:
    """What is to be run, step by step; each step is answered with what came of it."""
    yield from run_rival(inquiry)
    if inquiry.may_stop:
        yield from run_until_decided(inquiry)
    else:
        yield from first_run(inquiry)
        yield from run_reference(inquiry)
        yield from replay(inquiry)
    yield from revalidate(inquiry)
    inquiry.look()
    if inquiry.evidence.early is None:
        yield from measure(inquiry)
        yield from calibrate(inquiry)
        yield from calibrate_changes(inquiry)
        yield from confirm(inquiry)
    yield from look_closer(inquiry)
    search_slice(inquiry)
    leave_candidate(inquiry)
    yield from shrink(inquiry)
    yield from shrink_input(inquiry)
