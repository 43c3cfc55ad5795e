import email.utils
import http.client
import io
import time
import urllib.error
from types import SimpleNamespace

import pytest

from pytest_modelcheck.calls.errors import (
    is_outage,
    is_throttled,
    is_transient,
    one_line,
    retry_after,
    status_of,
    worth_retrying,
)
from pytest_modelcheck.errors import UsageError


def imitation(module, name, **attributes):
    """An exception as a client raises it, which need not be installed."""
    kind = type(name, (Exception,), {"__module__": module})
    error = kind("failed")
    for key, value in attributes.items():
        setattr(error, key, value)
    return error


def refused(status, **headers):
    """An error of urllib whose body was read: Python 3.14 warns of one that is left open."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    with urllib.error.HTTPError("http://127.0.0.1", status, "", headers, io.BytesIO()) as error:
        return error


def caused(error, cause):
    error.__cause__ = cause
    return error


STATUSES = {
    "openai": lambda status: imitation("openai", "APIStatusError", status_code=status),
    "httpx": lambda status: imitation(
        "httpx", "HTTPStatusError", response=SimpleNamespace(status_code=status)
    ),
    "aiohttp": lambda status: imitation("aiohttp.client_exceptions", "ClientResponseError", status=status),
    "urllib": refused,
    "botocore": lambda status: imitation(
        "botocore.exceptions", "ClientError", response={"ResponseMetadata": {"HTTPStatusCode": status}}
    ),
}


@pytest.mark.parametrize("client", STATUSES)
@pytest.mark.parametrize(
    ("status", "transient", "outage"),
    [(429, True, True), (503, True, True), (408, True, True), (401, False, True), (422, False, False)],
)
def test_a_status_is_found_in_the_exceptions_of_every_client(client, status, transient, outage):
    error = STATUSES[client](status)
    assert (status_of(error), is_transient(error), is_outage(error)) == (status, transient, outage)


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError(),
        TimeoutError(),
        http.client.RemoteDisconnected(),
        http.client.IncompleteRead(b""),
        urllib.error.URLError(ConnectionRefusedError(111, "refused")),
        urllib.error.URLError(TimeoutError()),
        imitation("requests.exceptions", "ConnectionError"),
        imitation("requests.exceptions", "Timeout"),
        imitation("httpx", "TransportError"),
        imitation("openai", "APIConnectionError"),
        imitation("aiohttp.client_exceptions", "ClientConnectionError"),
        caused(RuntimeError("no answer"), ConnectionResetError()),
    ],
    ids=one_line,
)
def test_the_network_is_to_blame(error):
    assert is_transient(error)
    assert is_outage(error)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("empty text"),
        OSError("disk full"),
        KeyError("label"),
        urllib.error.URLError("unknown url type: htp"),
        imitation("my_app", "ConnectionError"),
        imitation("httpx", "HTTPStatusError", status_code=True),
        imitation("subprocess", "CalledProcessError", code=1),
    ],
    ids=one_line,
)
def test_the_network_is_not_to_blame(error):
    assert not is_outage(error)


def test_causes_that_go_round_in_circles_are_looked_at_once():
    error = RuntimeError()
    error.__cause__ = caused(ValueError(), error)
    assert not is_transient(error)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "2"}, 2.0),
        ({"Retry-After": "0.5"}, 0.5),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-1"}, None),
    ],
)
def test_seconds_to_wait(headers, seconds):
    error = imitation("openai", "RateLimitError", response=SimpleNamespace(status_code=429, headers=headers))
    assert retry_after(error) == seconds
    assert is_throttled(error)


def test_a_date_to_wait_for():
    date = email.utils.formatdate(time.time() + 30, usegmt=True)
    assert 27 <= retry_after(refused(503, Retry_After=date)) <= 30
    assert retry_after(refused(503, Retry_After=email.utils.formatdate(0))) == 0.0


def test_retry_on_replaces_the_default():
    assert worth_retrying(None)(ConnectionError())
    assert not worth_retrying(KeyError)(ConnectionError())
    assert worth_retrying(lambda error: "busy" in str(error))(RuntimeError("busy"))


def of(module, name, *bases):
    return type(name, bases or (Exception,), {"__module__": module})


@pytest.mark.parametrize(
    "error",
    [
        of("httpx2", "ConnectError", of("httpx2", "TransportError"))("refused"),
        of("httpcore2", "ReadTimeout", of("httpcore2", "TimeoutException"))("slow"),
        ExceptionGroup("both addresses failed", [ConnectionRefusedError(), TimeoutError()]),
        ExceptionGroup("nested", [ExceptionGroup("inner", [ConnectionResetError()])]),
        OSError("all attempts failed"),
    ],
)
def test_connections_of_newer_clients_and_groups_of_them_are_transient(error):
    if type(error) is OSError:  # anyio: raise OSError(...) from ExceptionGroup(...)
        error.__cause__ = ExceptionGroup("attempts", [ConnectionRefusedError(), ConnectionRefusedError()])
    assert is_transient(error)
    assert is_outage(error)


def test_a_group_with_anything_else_is_not_transient():
    mixed = ExceptionGroup("mixed", [ConnectionRefusedError(), ValueError("empty text")])
    assert not is_transient(mixed)
    assert not is_outage(mixed)


def test_a_group_waits_as_long_as_its_members_ask():
    errors = []
    for seconds in ("2", "7"):
        error = RuntimeError("busy")
        error.status_code, error.headers = 429, {"retry-after": seconds}
        errors.append(error)
    group = ExceptionGroup("busy", errors)
    assert retry_after(group) == 7
    assert is_throttled(group)
    assert is_transient(group)
    assert not is_throttled(ExceptionGroup("refused", [ConnectionRefusedError()]))


def test_exceptions_whose_own_code_raises_say_nothing():
    class Odd(Exception):
        @property
        def response(self):
            raise RuntimeError("not set")

        reason = headers = status_code = response

    class Headers:
        def get(self, name):
            raise LookupError(name)

    for error in (Odd(), imitation("x", "Error", headers=Headers())):
        assert (status_of(error), retry_after(error), is_transient(error), is_outage(error)) == (
            None,
            None,
            False,
            False,
        )
    assert status_of(imitation("botocore", "Error", response={"ResponseMetadata": None})) is None


def test_a_decision_that_raises_is_a_mistake_in_the_fixture():
    with pytest.raises(UsageError, match="retry_on= of a model fixture failed on a ValueError: ZeroDivision"):
        worth_retrying(lambda error: 1 / 0)(ValueError())
