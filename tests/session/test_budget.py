"""``--modelcheck-max-calls`` among workers of pytest-xdist."""

from dataclasses import replace

import pytest

from pytest_modelcheck.session import RunOptions, Session


@pytest.fixture
def call_budget(tmp_path):
    """``call_budget(calls, workers, worker)``: the calls of one worker."""

    def of(calls, workers=1, worker=0):
        run_options = RunOptions(tmp_path / "baselines", tmp_path / "cache")
        session = Session(replace(run_options, max_calls=calls, workers=workers, worker=worker), "0")
        session.close()
        return session.switchboard._call_budget

    return of


@pytest.mark.parametrize(("calls", "workers"), [(0, 3), (1, 3), (2, 3), (3, 3), (10, 4), (7, 1)])
def test_workers_share_every_call_and_no_more(call_budget, calls, workers):
    shares = [call_budget(calls, workers, worker).take(100) for worker in range(workers)]
    assert sum(shares) == calls
    assert max(shares) - min(shares) <= 1


def test_a_worker_whose_share_is_spent_says_how_it_came_to_it(call_budget):
    assert str(call_budget(1, 3, 2).refusal("triage 1")) == (
        "--modelcheck-max-calls=1, shared by 3 workers of pytest-xdist (0 for this one), is used up: triage "
        "1 was not called any more"
    )
    assert str(call_budget(1).refusal("triage 1")).startswith("--modelcheck-max-calls=1 is used up")


def test_without_a_limit_every_call_is_granted(call_budget):
    assert call_budget(None, 4).take(10**6) == 10**6
