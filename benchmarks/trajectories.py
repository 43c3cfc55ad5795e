"""The rate at which a check of trajectories is right: ``python benchmarks/trajectories.py [RUNS]``.

Simulates the agent of ``examples/support_agent`` with seeds: its words and the order of independent steps
vary, and version 2 skips the policy where a customer is in a hurry. Approves version 1, then judges each
version in so many runs, each with a seed of its own: by the approved calls, and by an order that is required.
Then the same with an agent that looks the order up once more than it has to in two of a hundred answers.

An agent's own variation is subtracted, so that ``max_changed=0`` is right for both. An allowance on top
has to be exceeded beyond doubt: with ``max_changed=0.05`` the wasteful agent's broken path failed in 4 of 100
runs only.
"""

from __future__ import annotations

import importlib
import json
import sys
import tempfile
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import yaml

from pytest_modelcheck import Trajectory, in_order, unordered
from pytest_modelcheck.baselines.store import ApprovedVersion
from pytest_modelcheck.cases import load
from pytest_modelcheck.checks.limits import limits_from
from pytest_modelcheck.checks.spec import CheckSpec, Provenance
from pytest_modelcheck.models.definition import Definition
from pytest_modelcheck.records import Outcome, Verdict
from pytest_modelcheck.session import RunOptions, Session

EXAMPLE = Path(__file__).parents[1] / "examples" / "support_agent"
TEST = "test_agent.py::test_it"


def example(*names: str) -> list[Any]:
    """Modules of the example, forgotten again: other examples have modules of the same names."""
    sys.path.insert(0, str(EXAMPLE))
    try:
        return [importlib.import_module(name) for name in names]
    finally:
        sys.path.remove(str(EXAMPLE))
        for name in names:
            sys.modules.pop(name, None)


MODELS, SHOP = example("models", "shop")
TICKETS = yaml.safe_load((EXAMPLE / "tickets.yaml").read_text(encoding="utf-8"))


def agent(version: str, dice: Random, wasteful: float) -> Any:
    """The agent with a model that draws from ``dice``, and no server between the two.

    Args:
        version: The version of its model.
        dice: Its source of chance.
        wasteful: The chance that an answer takes one call too many.
    """

    def run(ticket: str) -> Trajectory:
        shop = SHOP.Shop()
        messages: list[Any] = [{"role": "user", "content": ticket}]
        if dice.random() < wasteful:
            function = {"name": "look_up_order", "arguments": "{}"}
            messages.append({"role": "assistant", "tool_calls": [{"id": "0", "function": function}]})
            messages.append({"role": "tool", "tool_call_id": "0", "content": "{}"})
        while not messages[1:] or messages[-1].get("tool_calls") or messages[-1]["role"] == "tool":
            messages.append(MODELS.VERSIONS[version].reply(messages, dice))
            for call in messages[-1].get("tool_calls") or ():
                result = shop.call(call["function"]["name"], json.loads(call["function"]["arguments"]))
                reply = {"role": "tool", "tool_call_id": call["id"], "content": json.dumps(result)}
                messages.append(reply)
        done = Trajectory.of(messages, state=shop.done())
        shop.close()
        return done

    return run


def as_approved(model: Any, case: Any) -> None:
    """The calls are the approved ones, in any order."""
    assert model(case.input).calls == unordered(case.approved.calls)


def policy_first(model: Any, case: Any) -> None:
    """Money is given back only once the policy was checked."""
    done = model(case.input)
    assert "refund" not in done.calls or done.calls == in_order("check_policy", "refund")


CHECKS = {as_approved: {"max_changed": 0}, policy_first: {"at_least": 0.95}}


def judged(places: RunOptions, body: Any, version: str, seed: int, wasteful: float) -> Verdict:
    """The verdict of one run, without answers of earlier ones."""
    session = Session(places, "0")
    try:
        definition = Definition(name="agent", source="s", location="conftest.py:1", takes_version=True)
        model = session.open_model(definition, agent(version, Random(seed), wasteful), version)
        spec = CheckSpec(
            id=TEST,
            kind="golden",
            cases=load(TICKETS),
            body=lambda case: body(model, case),
            subject=model,
            classify=lambda error: Outcome.FAILED if isinstance(error, AssertionError) else Outcome.ERROR,
            render=str,
            quietly=nullcontext,
            limits=limits_from(CHECKS[body]),
            provenance=Provenance("1"),
            rerun="pytest",
        )
        return session.run(spec).verdict
    finally:
        session.close()


def approve(places: RunOptions, version: str) -> None:
    """Approve as ``modelcheck approve`` does, without a look at the test's file."""
    session = Session(places, "0")
    candidate = session.candidates.read("agent", TEST, version)
    assert candidate is not None
    session.store.write(replace(candidate.header, run={}, reads_approved=False), candidate.lines())
    session.store.set_approved("agent", ApprovedVersion(version))
    session.close()


def failed(body: Any, version: str, seed: int, wasteful: float = 0.0) -> bool:
    """Return whether a version fails against a version 1 approved with answers of its own."""
    with tempfile.TemporaryDirectory() as folder:
        places = RunOptions(baselines=Path(folder) / "baselines", cache=Path(folder) / "cache", keep=False)
        judged(replace(places, update=True), body, "agent-1", 2 * seed, wasteful)
        approve(places, "agent-1")
        return judged(places, body, version, 2 * seed + 1, wasteful).failed


def main(runs: int) -> None:
    """Count and print."""
    for wasteful in (0.0, 0.02):
        for body in CHECKS:
            for version in ("agent-1", "agent-2"):
                count = sum(failed(body, version, seed, wasteful) for seed in range(runs))
                line = f"{body.__name__:12} {version}, {wasteful:.0%} wasteful: {count} of {runs} runs fail"
                sys.stdout.write(f"{line}\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 100)
