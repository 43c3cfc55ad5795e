"""The classification of a ticket by a model."""

from __future__ import annotations

from dataclasses import dataclass

LABELS = ("account", "billing", "other", "refund", "shipping", "technical")
CAN_WAIT, NORMAL, URGENT = 1, 2, 3


@dataclass(frozen=True, slots=True)
class Triage:
    """A model's answer.

    Attributes:
        label: The topic of the ticket, one of ``LABELS``.
        priority: ``CAN_WAIT``, ``NORMAL`` or ``URGENT``.
    """

    label: str
    priority: int
