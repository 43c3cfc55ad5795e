"""Which perturbation somebody meant who wrote a name that none has.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from difflib import get_close_matches


def meant(name: str) -> str | None:
    """The public name of this package that is ``name``, or else the one most like it, if any is.

    >>> meant("typos"), meant("typo"), meant("Swap-Names"), meant("xyz")
    ('typos', 'typos', 'swap_names', None)
    """
    from pytest_modelcheck import perturb

    known = [public for public in perturb.__all__ if public.islower() and not public.startswith("as_")]
    close = get_close_matches(name.lower().replace("-", "_").replace(" ", "_"), known, 1)
    return close[0] if close else None
