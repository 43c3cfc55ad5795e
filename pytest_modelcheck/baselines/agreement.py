"""Whether two runs of one check came to the same, wherever they ran.

What they ran on does not count (``environment``, the plugin's version), nor the last bits of a float. What
is judged, and what was red, does.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_modelcheck.baselines.lines import equivalent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_modelcheck.baselines.baseline import Baseline
    from pytest_modelcheck.baselines.header import Header

_COUNTS: Final = {
    "kind": "the kind of check",
    "fingerprint": "the model's fingerprint",
    "systems": "the systems that answered",
    "body": "the test",
    "source": "where the test stands",
    "files": "the case files",
    "others": "the versions of other models",
    "stopped": "how many cases were run",
}
"""Fields of a header in which equal runs are equal, and what a message calls them."""


def differences(one: Baseline, two: Baseline) -> list[str]:
    """In what two runs of one check and version differ, in words; nothing where either will do.

    Raises:
        BaselineError: A case of one of them cannot be read.
    """
    return [*_in_headers(one.header, two.header), *_in_cases(one, two)]


def _in_headers(one: Header, two: Header) -> Iterator[str]:
    for name, told in _COUNTS.items():
        if getattr(one, name) != getattr(two, name):
            yield told
    if _red(one) != _red(two):
        yield "which limits were missed"


def _red(header: Header) -> set[tuple[str, str, bool]]:
    """What stands in the way of an approval, without the numbers in words."""
    return {(finding.limit, finding.status.value, finding.against_baseline) for finding in header.findings}


def _in_cases(one: Baseline, two: Baseline) -> Iterator[str]:
    theirs = two.lines()
    alone = len(one.lines().keys() ^ theirs.keys())
    other = alone + sum(not equivalent(one[case], two[case]) for case in one.changed_in(theirs))
    if other:
        yield f"{other} of {len(one.lines().keys() | theirs.keys())} cases"
