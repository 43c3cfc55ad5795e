"""The shop's requirements of its language model, for every version."""

import pytest

from pytest_modelcheck import Case, perturb


@pytest.mark.golden("tickets.yaml", repeats=3, at_least=0.7, max_drop=0.1, early_stop=True)
def test_known_tickets(triage, case):
    assert triage(case.input).label == case.expected


@pytest.mark.invariance("tickets.yaml", under=perturb.casing("upper"), at_least=0.95, max_drop=0.25)
def test_shouting_does_not_matter(triage, case):
    assert triage(case.perturbed).label == triage(case.input).label


@pytest.mark.directional(
    "tickets.yaml", under=perturb.append("I will call my lawyer."), at_least=0.9, max_drop=0.05
)
def test_a_threat_makes_it_no_less_urgent(triage, case):
    assert triage(case.perturbed).urgent >= triage(case.input).urgent


URGENT = {
    "The machine caught fire this morning, call me immediately!": True,
    "Urgent: cancel the payment immediately, my account was hacked!": True,
    "This is urgent, I need the parcel tomorrow for a funeral, please answer at once.": True,
    "Somebody is ordering with my card right now, block my account immediately!": True,
    "Water ran into the socket and there was smoke, is that dangerous? Please call at once!": True,
    "my promo code doesn't do anything": False,
    "Could you send me the bill of my last order again?": False,
}


@pytest.mark.golden([Case(text, expected=urgent) for text, urgent in URGENT.items()], at_least=0.9)
def test_what_cannot_wait_is_urgent(triage, case):
    assert triage(case.input).urgent == case.expected
