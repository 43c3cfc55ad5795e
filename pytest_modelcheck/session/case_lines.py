"""What came of a case as its line of a baseline, straight from what the engine saw.

``baselines.lines`` says what a line looks like, and writes one of a record. A check of a hundred thousand
trials has no time to make records of them first.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_modelcheck.baselines import lines
from pytest_modelcheck.models.model import plain
from pytest_modelcheck.records import MISSING
from pytest_modelcheck.session.memory import about, address, expectation, identity, record_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_modelcheck.engine.view import Result
    from pytest_modelcheck.models.model import Raw
    from pytest_modelcheck.records import Case

    Given = dict[bytes | None, tuple[bytes, str]]
    """Of each question the answer that the line has last given, and how it is referred to."""


def line_of(case: Case, results: Sequence[Result]) -> bytes:
    """The record of a case as its line: what ``lines.encode`` makes of it, in a quarter of the time."""
    for result in results:
        if result.score is not None or result.recorded is not MISSING:
            return lines.encode(record_of(case, results))
    own, expected = identity(case), expectation(case)
    if len(results) == 1 and _is_plain(results[0]):
        told = _short(case, results[0], own)
    else:
        given: Given = {}
        trials = ",".join([_trial(result, own, given) for result in results])
        told = f'"about":{lines.quoted(about(case.input))},"trials":[{trials}]'
    of = "" if expected is None else f',"expected":"{expected}"'
    try:
        return f'{{"id":{lines.quoted(case.id)},{told},"input":"{own}"{of}}}'.encode()
    except UnicodeEncodeError:
        return lines.encode(record_of(case, results))  # which says what is wrong


def _is_plain(result: Result) -> bool:
    """Whether nothing has to be said of a trial but how it came out and what was answered."""
    trial = result.trial
    return (
        trial.perturbed is MISSING and trial.perturbation is None and not trial.repeat and not trial.variant
    )


def _short(case: Case, result: Result, own: str) -> str:
    shown, asked = lines.quoted(about(case.input)), result.asked
    if len(asked) == 1:
        [(key, raw)] = asked
        if address(key) == own:
            return f'"outcome":"{result.outcome._value_}","answer":{plain(raw).decode()},"about":{shown}'
    told = f',"asked":[{_asked(asked, {})}]' if asked else ""
    return f'"outcome":"{result.outcome._value_}","about":{shown}{told}'


def _trial(result: Result, own: str, given: Given) -> str:
    trial, asked = result.trial, result.asked
    which = "" if trial.perturbation is None else f'"perturbation":{lines.quoted(trial.perturbation)},'
    if trial.variant:
        which = f'{which}"variant":{trial.variant},'
    if trial.repeat:
        which = f'{which}"repeat":{trial.repeat},'
    shown = "" if trial.perturbed is MISSING else f',"about":{lines.quoted(about(trial.perturbed))}'
    if len(asked) == 1 and address(asked[0][0]) == own:
        [(key, raw)] = asked
        given[key] = plain(raw), f'["{own}"]'
        told = f',"answer":{given[key][0].decode()}'
    else:
        told = f',"asked":[{_asked(asked, given)}]' if asked else ""
    return f'{{{which}"outcome":"{result.outcome._value_}"{shown}{told}}}'


def _asked(asked: Sequence[tuple[bytes | None, Raw]], given: Given) -> str:
    pairs = []
    for key, raw in asked:
        known, answer = given.get(key), raw if type(raw) is bytes else plain(raw)
        if known is not None and known[0] == answer:
            pairs.append(known[1])
        else:
            digest = address(key)
            given[key] = answer, f'["{digest}"]'
            pairs.append(f'["{digest}",{answer.decode()}]')
    return ",".join(pairs)
