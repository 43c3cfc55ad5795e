"""The place where a check, the engine, the cache and the baselines meet."""

from __future__ import annotations

from pytest_modelcheck.session.check import Conclusion, RunOptions
from pytest_modelcheck.session.session import Session

__all__ = ["Conclusion", "RunOptions", "Session"]
