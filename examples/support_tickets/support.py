"""The shop's handling of a ticket that a model has classified."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from triage import CAN_WAIT, NORMAL, URGENT, Triage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

DESKS = {
    "account": "customer accounts",
    "billing": "bookkeeping",
    "other": "front desk",
    "refund": "returns",
    "shipping": "dispatch",
    "technical": "workshop",
}
HOURS = {URGENT: 2, NORMAL: 24, CAN_WAIT: 72}
SMALL_REFUND = Decimal(40)


@dataclass(frozen=True, slots=True)
class Ticket:
    """A customer's text, and the price of its order if the shop found one."""

    text: str
    order_total: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The desk for a ticket, its hours to answer, and the refund paid without a look."""

    desk: str
    hours: int
    pay_back: Decimal = Decimal(0)


def decide(ticket: Ticket, triage: Triage) -> Decision:
    """Send a ticket to the right desk; pay a small refund back at once.

    An urgent ticket is never settled by a machine: a customer who threatens to sue hears from a person.
    """
    return Decision(DESKS[triage.label], HOURS[triage.priority], _pay_back(ticket, triage))


def empty_inbox(tickets: Sequence[Ticket], classify: Callable[[list[str]], list[Triage]]) -> list[Decision]:
    """Decide on everything that has come in, with one call of the model."""
    answers = classify([ticket.text for ticket in tickets])
    return [decide(ticket, answer) for ticket, answer in zip(tickets, answers, strict=True)]


def _pay_back(ticket: Ticket, triage: Triage) -> Decimal:
    if triage.label != "refund" or triage.priority == URGENT:
        return Decimal(0)
    if ticket.order_total is None or ticket.order_total > SMALL_REFUND:
        return Decimal(0)
    return ticket.order_total
