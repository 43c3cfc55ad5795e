"""A report as one HTML page that needs nothing but a browser."""

from __future__ import annotations

from pytest_modelcheck.reports.html.page import to_html

__all__ = ["to_html"]
