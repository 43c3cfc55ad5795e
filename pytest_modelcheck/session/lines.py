"""Lines of a result file, straight from what the engine saw.

``baselines.lines`` says what a line looks like, and writes one of a :class:`CaseResult`. A check of a hundred
thousand trials has no time to make those first.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.baselines import lines
from pytest_modelcheck.canonical import (
    CALL_BYTES,
    comparable,
    encode_plain,
    excerpt,
    of_repeat,
    short,
    summarised,
)
from pytest_modelcheck.display import redacted
from pytest_modelcheck.engine.trials import STRIDE
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.models.model import plain, text_key
from pytest_modelcheck.records import MISSING, WRONG, CaseResult, Outcome, TrialResult
from pytest_modelcheck.reports.pictures import pictures_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_modelcheck.engine.result import Result
    from pytest_modelcheck.models.model import Raw
    from pytest_modelcheck.records import Case, Grade, Origin, Trial

    Given = dict[str, bytes]
    """By the digest of each call, the answer that the line gave last."""

_ABOUT: Final = 80
LONGEST: Final = 20_000
_MESSAGE: Final = 1_000


def address(key: bytes | None) -> str:
    """The digest of a call as it is written into a baseline."""
    return "" if key is None else key[:CALL_BYTES].hex()


def keys_of(trial: TrialResult) -> Iterator[bytes]:
    """Return the key of a trial's answers: for its first repeat, the beginning of that."""
    equal: Counter[str] = Counter()
    for digest, _ in trial.asked:
        yield of_repeat(bytes.fromhex(digest), trial.repeat + equal[digest] * STRIDE)
        equal[digest] += 1


def identity(case: Case) -> str:
    """The digest of a case's input; empty for an input without one, which its id alone then stands for."""
    try:
        return _short(case.input)
    except UsageError:
        return ""


def expectation(case: Case) -> str | None:
    """The digest of what is expected of a case, or ``None`` where nothing is."""
    if case.known_failure is not None:
        return short((repr(case.expected), case.known_failure))
    return None if case.expected is MISSING else _short(case.expected)


def about(value: Any) -> str:
    """The beginning of an input, for people."""
    if type(value) is str and len(value) <= _ABOUT and value.isprintable():
        return value  # as its excerpt would be
    return excerpt(value, _ABOUT, stored=True)


def _short(value: Any) -> str:
    """The same as ``short``, found faster for what comes again: texts that were asked, labels."""
    if type(value) is str:
        return address(text_key(value))
    return _of_label(value) if type(value) in _LABELS else short(value)


_LABELS: Final = frozenset({int, bool, type(None)})
_of_label = lru_cache(maxsize=1 << 10, typed=True)(short)


def case_result(case: Case, results: Iterable[Result]) -> CaseResult:
    """Return the result of a case, from those of its trials; what only reports show is left out."""
    trials = tuple([trial_result(result) for result in results])
    return CaseResult(case.id, identity(case), expectation(case), about(case.input), trials)


def trial_result(result: Result) -> TrialResult:
    """Return the result of a trial."""
    trial = result.trial
    return TrialResult(
        result.outcome,
        tuple([(address(key), plain(raw)) for key, raw in result.asked]),
        None if result.recorded is MISSING else comparable(result.recorded),
        trial.perturbation,
        trial.variant,
        trial.repeat,
        result.score,
        None if trial.perturbed is MISSING else about(trial.perturbed),
        grades=tuple(result.grades),
    )


# -- the line of a baseline ----------------------------------------------------------------------------


def row_of(case: Case, results: Sequence[Result], *, pictures: bool = False) -> tuple[bytes, str]:
    """A case as the line of a baseline, and the further members that its line of a result file has.

    Args:
        case: The case.
        results: The results of its trials.
        pictures: Whether there is room for the pictures in its inputs.
    """
    if len(results) == 1 and (plain_row := _plain_row(case, results[0])) is not None:
        return plain_row
    return line_of(case, results), details_of(case, results, pictures=pictures)


def _plain_row(case: Case, result: Result) -> tuple[bytes, str] | None:
    """The same of a case that most are like: a short text that was asked once, a text that is expected."""
    trial, asked, text, right = result.trial, result.asked, case.input, case.expected
    if (
        type(text) is not str
        or type(right) is not str
        or len(asked) != 1
        or len(text) > _ABOUT
        or len(right) > _ABOUT
        or result.score is not None
        or result.recorded is not MISSING
        or result.message is not None
        or result.grades
        or result.error is not None
        or case.known_failure is not None
        or trial.perturbed is not MISSING
        or trial.repeat
        or not text.isprintable()
    ):
        return None
    [(key, raw)] = asked
    own = text_key(text)
    if key != own or type(raw) is not bytes:
        return None
    quoted, expected = lines.quoted, _expected(right)
    shown, digest = quoted(text), own[:CALL_BYTES].hex()
    fields = f'"outcome":"{result.outcome._value_}","answer":{raw.decode()},"about":{shown}'
    line = f'{{"id":{quoted(case.id)},{fields},"input":"{digest}","expected":"{expected[1]}"}}'
    try:
        row = line.encode()
    except UnicodeEncodeError:
        return None
    details, origin = expected[0], case.origin
    if case.metadata:
        details = f"{details},{_metadata(case)}"
    return row, details if origin is None else f"{details},{_origin(origin)}"


@lru_cache(maxsize=1 << 12)
def _expected(text: str) -> tuple[str, str]:
    """A text that is expected, as a report shows it, and as its digest."""
    return f'"expected":{lines.quoted(text)}', _short(text)


def line_of(case: Case, results: Sequence[Result]) -> bytes:
    """Encode a case as ``baselines.lines.encode`` does, in a quarter of the time."""
    for result in results:
        if result.score is not None or result.recorded is not MISSING:
            return lines.encode(case_result(case, results))
    own, expected = identity(case), expectation(case)
    if len(results) == 1 and _is_plain(results[0].trial):
        fields = _one_trial(case, results[0], own)
    else:
        given: Given = {}
        trials = ",".join([_trial(result, own, given) for result in results])
        fields = f'"about":{lines.quoted(about(case.input))},"trials":[{trials}]'
    of = "" if expected is None else f',"expected":"{expected}"'
    try:
        return f'{{"id":{lines.quoted(case.id)},{fields},"input":"{own}"{of}}}'.encode()
    except UnicodeEncodeError:
        return lines.encode(case_result(case, results))  # which says what is wrong


def _is_plain(trial: Trial) -> bool:
    """Return whether nothing has to be said of a trial but how it came out and what was answered."""
    return (
        trial.perturbed is MISSING and trial.perturbation is None and not trial.repeat and not trial.variant
    )


def _one_trial(case: Case, result: Result, own: str) -> str:
    shown, asked = lines.quoted(about(case.input)), result.asked
    if len(asked) == 1:
        [(key, raw)] = asked
        if address(key) == own:
            return f'"outcome":"{result.outcome._value_}","answer":{plain(raw).decode()},"about":{shown}'
    calls = f',"asked":[{_asked(asked, {})}]' if asked else ""
    return f'"outcome":"{result.outcome._value_}","about":{shown}{calls}'


def _trial(result: Result, own: str, given: Given) -> str:
    trial, asked = result.trial, result.asked
    which = "" if trial.perturbation is None else f'"perturbation":{lines.quoted(trial.perturbation)},'
    if trial.variant:
        which = f'{which}"variant":{trial.variant},'
    if trial.repeat:
        which = f'{which}"repeat":{trial.repeat},'
    shown = "" if trial.perturbed is MISSING else f',"about":{lines.quoted(about(trial.perturbed))}'
    if len(asked) == 1 and address(asked[0][0]) == own:
        given[own] = plain(asked[0][1])
        fields = f',"answer":{given[own].decode()}'
    else:
        fields = f',"asked":[{_asked(asked, given)}]' if asked else ""
    return f'{{{which}"outcome":"{result.outcome._value_}"{shown}{fields}}}'


def _asked(asked: Sequence[tuple[bytes | None, Raw]], given: Given) -> str:
    pairs = []
    for key, raw in asked:
        digest, answer = address(key), plain(raw)
        if given.get(digest) == answer:
            pairs.append(f'["{digest}"]')
        else:
            given[digest] = answer
            pairs.append(f'["{digest}",{answer.decode()}]')
    return ",".join(pairs)


# -- what a report shows besides -----------------------------------------------------------------------


def details_of(case: Case, results: Sequence[Result], *, pictures: bool = False) -> str:
    """The further members of a line: the case as its source says it, and what its bodies said."""
    value = case.input
    fields = [] if type(value) is str and about(value) is value else [f'"input":{as_shown(value)}']
    pictures = pictures and type(value) is not str
    if pictures and (own := pictures_of(value)):
        fields.append(f'"pictures":{encode_plain(own).decode()}')
    if case.expected is not MISSING:
        fields.append(f'"expected":{as_shown(case.expected)}')
    if case.metadata:
        fields.append(_metadata(case))
    if case.known_failure is not None:
        fields.append(f'"known_failure":{lines.quoted(case.known_failure)}')
    if case.origin is not None:
        fields.append(_origin(case.origin))
    if any(map(_has_details, results)):
        of_trials = [_trial_details(result, pictures=pictures) for result in results]
        fields.append(f'"trials":[{",".join(of_trials)}]')
    return ",".join(fields)


def _metadata(case: Case) -> str:
    pairs = [f"{lines.quoted(str(name))}:{as_shown(one)}" for name, one in case.metadata.items()]
    return f'"metadata":{{{",".join(pairs)}}}'


def _origin(origin: Origin) -> str:
    line = origin.line
    return f'"origin":[{_path(origin.path)},{"null" if line is None else line}]'


def _has_details(result: Result) -> bool:
    """Return whether a report shows more of a trial than its line of a baseline says."""
    if result.grades:
        return True
    if result.outcome in WRONG and (result.message or result.error is not None):
        return True
    perturbed = result.trial.perturbed
    return perturbed is not MISSING and not (type(perturbed) is str and about(perturbed) is perturbed)


def _trial_details(result: Result, *, pictures: bool) -> str:
    """Its perturbed input, unless the line says all of it, and what its body said."""
    fields, perturbed = [], result.trial.perturbed
    if perturbed is not MISSING and not (type(perturbed) is str and about(perturbed) is perturbed):
        fields.append(f'"perturbed":{as_shown(perturbed)}')
    if pictures and perturbed is not MISSING and not result.trial.repeat and (own := pictures_of(perturbed)):
        fields.append(f'"pictures":{encode_plain(own).decode()}')
    if result.outcome in WRONG and (said := said_of(result)):
        fields.append(f'"message":{lines.quoted(redacted(said)[:_MESSAGE])}')
    if result.grades:
        fields.append(f'"grades":[{",".join(map(_grade, result.grades))}]')
    return f"{{{','.join(fields)}}}"


def _grade(grade: Grade) -> str:
    given = "null" if grade.given is None else grade.given.decode()
    return f"[{lines.quoted(grade.judge)},{given},{grade.answer.decode()}]"


def said_of(result: Result) -> str:
    """Return a failed body's message; of one that broke, with the kind of error: ``KeyError: 'label'``."""
    message = result.message or ""
    if result.error is None or result.outcome is not Outcome.ERROR:
        return message
    kind = type(result.error).__name__
    return f"{kind}: {message}" if message else kind


@lru_cache(maxsize=64)
def _path(path: str) -> str:
    return lines.quoted(path)


def as_shown(value: Any) -> str:
    """A value as JSON, cut to a text where it is very long."""
    kind = type(value)
    if kind is str and len(value) <= LONGEST:
        return lines.quoted(value)
    if kind is bool:
        return "true" if value else "false"
    raw = lines.quoted(value) if kind is str else encode_plain(summarised(value)).decode()
    if len(raw) <= LONGEST:
        return raw
    text = value if kind is str else raw
    return lines.quoted(text[: LONGEST - 1] + "…")
