"""Acceptance: a large suite that nobody here wrote, held against counts that nobody here made."""

from __future__ import annotations

collect_ignore = ["checklist"]  # a project of its own, which these tests run
