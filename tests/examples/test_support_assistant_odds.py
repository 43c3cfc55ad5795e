"""The chance that the example ends other than its README says: the draws of its model are unseeded.

The distributions of the server are known, so the chances are computed: exactly for verdicts that count, and
in standard deviations for those that bound a mean.
"""

from __future__ import annotations

import json
import statistics
from random import Random

import pytest
import yaml

from pytest_modelcheck.stats.means import gaffke_bounds
from pytest_modelcheck.stats.rates import lower_tail

RARE = 1e-4
FAR = 5
"""Standard deviations. Normally distributed, one draw in three million is so far out."""
FALSE_FAIL_RATE = 0.01
VERSIONS = ("assistant-1", "assistant-2")


@pytest.fixture(scope="module")
def chances(modules, folder):
    """For each version and ticket: the label's chances, as written and shouted, and those of urgency."""
    tickets = yaml.safe_load((folder / "tickets.yaml").read_text(encoding="utf-8"))
    temperature = modules["assistant"].TEMPERATURE

    def of(model, ticket):
        text = ticket["input"]
        labels, plain = model.chances(text, temperature)
        return {
            "right": plain[labels.index(ticket["expected"])],
            "plain": plain,
            "shouted": model.chances(text.upper(), temperature)[1],
            "urgent": model.urgencies(text, temperature)[1][1],
            "threatened": model.urgencies(f"{text} I will call my lawyer.", temperature)[1][1],
        }

    models = {version: modules["models"].TextModel(version) for version in VERSIONS}
    return {version: [of(model, ticket) for ticket in tickets] for version, model in models.items()}


def limits(modules, test):
    """The limits in the marker of a test of the example."""
    (mark,) = getattr(modules["test_triage"], test).pytestmark
    return mark.kwargs


def approved_rate(folder, test):
    path = folder / "baselines" / "triage" / "test_triage.py" / f"{test}.jsonl"
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    outcomes = [trial["outcome"] for line in lines for trial in line["trials"]]
    return outcomes.count("passed") / len(outcomes)


def passing(chances):
    """The distribution of the number of independent trials that pass, by convolution."""
    found = [1.0]
    for chance in chances:
        found = [
            (found[number] if number < len(found) else 0) * (1 - chance)
            + (found[number - 1] if number else 0) * chance
            for number in range(len(found) + 1)
        ]
    return found


def at_most(distribution, number):
    return sum(distribution[: number + 1])


def most_that_fails(runs, at_least):
    """The largest number of passing runs at which noise does not explain a miss of the rate."""
    return max(number for number in range(runs + 1) if lower_tail(number, runs, at_least) <= FALSE_FAIL_RATE)


@pytest.mark.parametrize("version", VERSIONS)
def test_known_tickets_are_green(modules, folder, chances, version):
    required = limits(modules, "test_known_tickets")
    each = [ticket["right"] for ticket in chances[version] for _ in range(required["repeats"])]
    found = passing(each)
    assert at_most(found, most_that_fails(len(each), required["at_least"])) < RARE
    # To fail, the drop must at least exceed max_drop.
    floor = (approved_rate(folder, "test_known_tickets") - required["max_drop"]) * len(each)
    assert at_most(found, int(floor)) < RARE


@pytest.mark.parametrize("version", VERSIONS)
def test_a_threat_is_green(modules, folder, chances, version):
    required = limits(modules, "test_a_threat_makes_it_no_less_urgent")
    found = passing(1 - one["urgent"] * (1 - one["threatened"]) for one in chances[version])
    cases = len(chances[version])
    assert at_most(found, most_that_fails(cases, required["at_least"])) < RARE
    floor = (approved_rate(folder, "test_a_threat_makes_it_no_less_urgent") - required["max_drop"]) * cases
    assert at_most(found, int(floor)) < RARE


@pytest.mark.parametrize("version", VERSIONS)
def test_urgent_messages_are_green(modules, version):
    model, temperature = modules["models"].TextModel(version), modules["assistant"].TEMPERATURE
    for text, urgent in modules["test_triage"].URGENT.items():
        calm, pressing = model.urgencies(text, temperature)[1]
        assert (calm if urgent else pressing) < RARE, text


def lower_bounds(tickets, times=300):
    """The check's bounds of the excess, in runs of the example: three answers as written, one shouted."""
    rng = Random(0)

    def excess(ticket):
        places = range(len(ticket["plain"]))
        plain = rng.choices(places, ticket["plain"], k=3)
        shouted = rng.choices(places, ticket["shouted"])[0]
        own = sum(plain[one] != plain[other] for one, other in ((0, 1), (0, 2), (1, 2))) / 3
        return sum(shouted != one for one in plain) / 3 - own

    def bound():
        return gaffke_bounds([excess(ticket) for ticket in tickets], 1 - FALSE_FAIL_RATE, low=-1.0, high=1.0)[
            0
        ]

    return [bound() for _ in range(times)]


def test_shouting_is_green_with_the_first_version(modules, folder, chances):
    required = limits(modules, "test_shouting_does_not_matter")
    bounds = lower_bounds(chances["assistant-1"])
    allowed = 1 - required["at_least"]
    assert statistics.mean(bounds) + FAR * statistics.stdev(bounds) < allowed
    agree = [sum(chance**2 for chance in ticket["plain"]) for ticket in chances["assistant-1"]]
    floor = (approved_rate(folder, "test_shouting_does_not_matter") - required["max_drop"]) * len(agree)
    assert at_most(passing(agree), int(floor)) < RARE


def test_shouting_is_red_with_the_second(modules, chances):
    required = limits(modules, "test_shouting_does_not_matter")
    bounds = lower_bounds(chances["assistant-2"])
    allowed = 1 - required["at_least"]
    assert statistics.mean(bounds) - FAR * statistics.stdev(bounds) > allowed
    agree = [
        sum(one * other for one, other in zip(ticket["plain"], ticket["shouted"], strict=True))
        for ticket in chances["assistant-2"]
    ]
    missed = int(required["at_least"] * len(agree))
    assert 1 - at_most(passing(agree), missed - 1) < RARE


def test_capitals_make_no_difference_to_the_first_version(chances):
    assert all(ticket["plain"] == pytest.approx(ticket["shouted"]) for ticket in chances["assistant-1"])


def test_the_second_version_is_better_on_average(chances):
    means = {version: statistics.mean(one["right"] for one in chances[version]) for version in VERSIONS}
    assert means["assistant-2"] > means["assistant-1"] + 0.05
