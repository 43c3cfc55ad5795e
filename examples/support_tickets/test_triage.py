"""The shop's requirements of its triage model, for every version."""

import pytest

from pytest_modelcheck import perturb


@pytest.mark.golden("tickets.yaml", at_least=0.8, max_regressed=5, slices=["language", "channel"])
def test_known_tickets(triage, case):
    assert triage(case.input).label == case.expected


@pytest.mark.invariance(
    "tickets.yaml", under=[perturb.typos(), perturb.swap_names()], at_least=0.9, max_drop=0.02
)
def test_names_and_typos_do_not_matter(triage, case):
    assert triage(case.perturbed).label == triage(case.input).label


@pytest.mark.directional("tickets.yaml", under=perturb.append("I will call my lawyer."), at_least=0.95)
def test_a_threat_raises_priority(triage, case):
    assert triage(case.perturbed).priority >= triage(case.input).priority


@pytest.mark.golden("tickets.yaml", max_changed=0.18, slices=["language", "channel"])
def test_answers_are_the_approved_ones(triage, case):
    assert triage(case.input) == case.approved
