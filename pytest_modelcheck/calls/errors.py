"""Classify the exceptions of a model: worth a retry, a request to wait, or an outage of the endpoint.

Exceptions of client libraries are recognised by their status, their response's headers or their name, so that
no client library is imported.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.errors import UsageError, message_of
from pytest_modelcheck.numeric import is_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TRANSIENT: Final = frozenset({408, 409, 425, 429})
"""Statuses below 500 after which the same call may succeed."""

REFUSED: Final = frozenset({401, 402, 403, 404})
"""Statuses that concern the key, the account or the address, and not the input."""

# Connection errors as "package.Class", because client libraries move their classes between modules.
_CONNECTION: Final = frozenset(
    {
        "aiohttp.ClientConnectionError",
        "aiohttp.ClientPayloadError",
        "anthropic.APIConnectionError",
        "botocore.ConnectionError",
        "botocore.EndpointConnectionError",
        "botocore.HTTPClientError",
        "distributed.CommClosedError",
        "distributed.KilledWorker",
        "http.IncompleteRead",
        "httpcore.NetworkError",
        "httpcore.TimeoutException",
        "httpcore2.NetworkError",
        "httpcore2.TimeoutException",
        "httpx.TransportError",
        "httpx2.TransportError",
        "openai.APIConnectionError",
        "requests.ChunkedEncodingError",
        "requests.ConnectionError",
        "requests.Timeout",
        "urllib3.HTTPError",
    }
)


def status_of(error: BaseException) -> int | None:
    """Return the HTTP status that an exception carries, or ``None``.

    It is read from ``.status_code``, ``.status`` or ``.code`` of the exception or its ``.response`` (openai,
    httpx, requests, aiohttp, urllib), and from ``.response["ResponseMetadata"]`` (botocore).

    >>> import urllib.error
    >>> status_of(urllib.error.HTTPError("http://127.0.0.1", 503, "busy", {}, None))
    503
    """
    response = _attribute(error, "response")
    if isinstance(response, dict):
        metadata = response.get("ResponseMetadata")
        status = metadata.get("HTTPStatusCode") if isinstance(metadata, dict) else None
        return status if _is_status(status) else None
    for holder in (error, response):
        for name in ("status_code", "status", "code"):
            status = _attribute(holder, name)
            if _is_status(status):
                return int(status)
    return None


def is_transient(error: BaseException) -> bool:
    """Return whether the same call may succeed if it is made again: the default of ``retry_on=``.

    That is so for connection errors, timeouts, truncated answers, and the statuses 408, 409, 425, 429 and
    5xx, from any client. The stated cause of an exception counts too (``raise ... from``). An
    ``ExceptionGroup`` is transient if all of its exceptions are.

    >>> is_transient(ConnectionResetError()), is_transient(ValueError("empty text"))
    (True, False)
    """
    return any(_is_transient(each) for each in _causes(error))


def is_outage(error: BaseException) -> bool:
    """Return whether an exception is the fault of the endpoint rather than of the input."""
    if isinstance(error, BaseExceptionGroup):
        return all(map(is_outage, error.exceptions))
    return is_transient(error) or any(status_of(each) in REFUSED for each in _causes(error))


def worth_retrying(retry_on: Any) -> Callable[[BaseException], bool]:
    """Return a function that decides about a retry, from ``retry_on=``: exception types, or a function.

    The returned function raises a :class:`UsageError` if the user's function raises.

    >>> worth_retrying(KeyError)(KeyError()), worth_retrying((KeyError, OSError))(ValueError())
    (True, False)
    """
    if retry_on is None:
        return is_transient
    if isinstance(retry_on, (type, tuple)):
        return lambda error: isinstance(error, retry_on)

    def decide(error: BaseException) -> bool:
        try:
            return bool(retry_on(error))
        except Exception as reason:
            raise UsageError(
                f"retry_on= of a model fixture failed on a {type(error).__name__}: {one_line(reason)}"
            ) from reason

    return decide


def retry_after(error: BaseException) -> float | None:
    """Return how many seconds the endpoint asks to wait, or ``None``.

    They are read from the headers of the exception or its response: ``Retry-After`` (seconds, or a date;
    RFC 9110, section 10.2.3) or ``retry-after-ms``.
    """
    for each in _causes(error):
        if isinstance(each, BaseExceptionGroup):
            return max(
                (wait for one in each.exceptions if (wait := retry_after(one)) is not None), default=None
            )
        for holder in (_attribute(each, "response"), each):
            headers = _attribute(holder, "headers")
            if headers is not None and (wait := _wait_in(headers)) is not None:
                return wait
    return None


def is_throttled(error: BaseException) -> bool:
    """Return whether the endpoint asks all callers to slow down."""
    return any(
        any(map(is_throttled, each.exceptions))
        if isinstance(each, BaseExceptionGroup)
        else status_of(each) in (429, 503)
        for each in _causes(error)
    )


def one_line(error: BaseException) -> str:
    r"""Describe an exception in one line.

    >>> one_line(ConnectionError("refused\nby 127.0.0.1"))
    'ConnectionError: refused'
    """
    text = message_of(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _causes(error: BaseException) -> Iterator[BaseException]:
    each: BaseException | None = error
    seen: set[int] = set()
    while each is not None and id(each) not in seen:
        seen.add(id(each))
        yield each
        each = each.__cause__


def _is_transient(error: BaseException) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return all(map(is_transient, error.exceptions))
    status = status_of(error)
    if status is not None:
        return status in TRANSIENT or 500 <= status <= 599
    if isinstance(error, (ConnectionError, TimeoutError)):
        return True
    if isinstance(reason := _attribute(error, "reason"), OSError):  # urllib's URLError
        return isinstance(reason, (ConnectionError, TimeoutError)) or reason.errno is not None
    names = {f"{kind.__module__.partition('.')[0]}.{kind.__name__}" for kind in type(error).__mro__}
    return not names.isdisjoint(_CONNECTION)


def _attribute(holder: Any, name: str) -> Any:
    """Return an attribute, or ``None``: some clients raise if it is not set (httpx for ``.request``)."""
    try:
        return getattr(holder, name, None)
    except Exception:  # noqa: BLE001 - raised by a property of a client's exception
        return None


def _is_status(value: Any) -> bool:
    return is_whole(value, least=100) and value <= 599


def _wait_in(headers: Any) -> float | None:
    milliseconds = _number(_header(headers, "retry-after-ms", "Retry-After-Ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    text = _header(headers, "retry-after", "Retry-After")
    seconds = _number(text)
    if text is None or seconds is not None:
        return seconds
    from email.utils import parsedate_to_datetime

    try:
        return max(0.0, parsedate_to_datetime(str(text)).timestamp() - time.time())
    except (TypeError, ValueError):
        return None


def _header(headers: Any, *names: str) -> Any:
    get = _attribute(headers, "get")
    try:
        return next((value for name in names if (value := get(name)) is not None), None)
    except Exception:  # noqa: BLE001 - the attribute "headers" may hold anything
        return None


def _number(text: Any) -> float | None:
    try:
        value = float(text)
    except (TypeError, ValueError):
        return None
    return value if 0 <= value < float("inf") else None
