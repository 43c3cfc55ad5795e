"""Ordinary tests of the application; a test with the fixture ``triage`` runs with the real model."""

from decimal import Decimal

import pytest
from support import Decision, Ticket, decide, empty_inbox
from triage import CAN_WAIT, LABELS, NORMAL, URGENT, Triage


def test_a_small_refund_is_paid_back_at_once(triage):
    ticket = Ticket("Please refund order 4711, I sent the cup back last week.", order_total=Decimal("19.90"))
    assert decide(ticket, triage(ticket.text)) == Decision("returns", 24, pay_back=Decimal("19.90"))


def test_a_threat_is_answered_by_a_person_within_two_hours(triage):
    ticket = Ticket("Refund me today or I will call my lawyer!", order_total=Decimal("19.90"))
    assert decide(ticket, triage(ticket.text)) == Decision("returns", 2)


@pytest.mark.parametrize(
    ("answer", "order_total"),
    [
        pytest.param(Triage("billing", NORMAL), Decimal(10), id="no refund"),
        pytest.param(Triage("refund", URGENT), Decimal(10), id="urgent"),
        pytest.param(Triage("refund", NORMAL), Decimal("40.01"), id="not small"),
        pytest.param(Triage("refund", NORMAL), None, id="no order found"),
    ],
)
def test_everything_else_is_paid_back_by_a_person(answer, order_total):
    assert decide(Ticket("…", order_total), answer).pay_back == 0


@pytest.mark.parametrize("label", LABELS)
def test_each_label_has_a_desk(label):
    assert decide(Ticket("…"), Triage(label, CAN_WAIT)).desk


def test_an_inbox_is_decided_with_one_call_of_the_model():
    batches = []

    def classify(texts):
        batches.append(texts)
        return [Triage("shipping", NORMAL) for _ in texts]

    decisions = empty_inbox([Ticket("Where is my parcel?"), Ticket("wo bleibt mein paket")], classify)
    assert batches == [["Where is my parcel?", "wo bleibt mein paket"]]
    assert decisions == [Decision("dispatch", 24), Decision("dispatch", 24)]
