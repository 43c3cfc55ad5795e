"""Acceptance: a large foreign suite, compared with published counts."""

from __future__ import annotations

collect_ignore = ["checklist"]  # a project of its own, which these tests run
