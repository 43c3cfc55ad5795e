"""What the shop knows of a ticket once a model has read it."""

from __future__ import annotations

from dataclasses import dataclass

LABELS = ("account", "billing", "other", "refund", "shipping", "technical")
CAN_WAIT, NORMAL, URGENT = 1, 2, 3


@dataclass(frozen=True, slots=True)
class Triage:
    """A model's answer.

    Attributes:
        label: What the ticket is about: one of ``LABELS``.
        priority: ``CAN_WAIT``, ``NORMAL`` or ``URGENT``.
    """

    label: str
    priority: int
