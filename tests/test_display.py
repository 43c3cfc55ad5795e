"""Secrets in texts: those found, their prefixes, and texts that are no secret."""

import itertools
import json

import pytest

from pytest_modelcheck.display import Redaction

# Cut in two, so that no scanner takes them for keys.
SECRETS = {
    "openai": "sk-" + "proj-A1b2C3d4E5f6G7h8I9j0",
    "anthropic": "sk-" + "ant-api03-Zx9-_Zx9-_Zx9-_",
    "amazon": "AKIA" + "IOSFODNN7EXAMPLE",
    "github": "ghp" + "_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8",
    "google": "AIza" + "SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q",
    "slack": "xoxb" + "-123456789012-AbCdEfGhIjKl",
    "slack webhook": "hooks.slack.com/" + "services/T00000000/B00000000/XXXXXXXXXXXX",
    "hugging face": "hf" + "_aBcDeFgHiJkLmNoPqRsTuVwXyZ",
    "json web token": "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxMjM0In0.dozjgNryP4J3",
    "bearer": "Bearer " + "abcdef0123456789abcdef",
    "basic": "Authorization: Basic " + "dXNlcjpwYXNzd29yZA==",
}
NAMED = [
    ("AZURE_OPENAI_API_KEY=", "0123456789abcdef0123456789abcdef"),
    ("api-key: ", "0123456789abcdef0123456789abcdef"),
    ('"x-api-key": "', "a9B8c7D6e5F4g3H2i1J0"),
    ("https://x.example/v1?api_key=", "a9B8c7D6e5F4g3H2i1J0"),
    ("AccountKey=", "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZ=="),
    ("aws_secret_access_key = ", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
]
SURROUNDINGS = ["{}", "bad key {}, it says", "x={}&y", "a\n{}", "\x1b[31m{}\x1b[0m", "\x1b[1;31m{}", "\x85{}"]
FORMS = [str, repr, json.dumps, lambda text: json.dumps(repr(text))]


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
def test_keys_of_known_providers(secret):
    redacted = Redaction()
    for around, form in itertools.product(SURROUNDINGS, FORMS):
        text = form(around.format(secret))
        assert redacted.finds(text), text
        assert redacted(text) == form(around).replace("{}", "[redacted]")


@pytest.mark.parametrize("form", FORMS, ids=["text", "repr", "json", "repr in json"])
@pytest.mark.parametrize(("name", "secret"), NAMED)
def test_a_declared_key_is_hidden_and_its_name_shown(name, secret, form):
    redacted = Redaction()
    assert redacted(form(f"a\n{name}{secret}")) == form(f"a\n{name}[redacted]")


def test_the_user_and_the_password_of_an_address():
    redacted = Redaction()
    assert redacted("no postgresql://admin:hunter2@db:5432/a") == "no postgresql://[redacted]@db:5432/a"
    assert redacted("'redis://:hunter2@db'") == "'redis://[redacted]@db'"


@pytest.mark.parametrize(
    "text",
    [
        "the api key is long, and an account key is longer",
        "see http://localhost:8080/@user and https://example.com:443/a@b",
        "api_key=None, access_token: str, client_secret = ''",
        "Basic subscription12345678901234",
        "my desk-lamp-with-a-very-long-name is broken",
        "private_key=internationalization",
    ],
)
def test_values_that_are_no_secrets(text):
    assert Redaction()(text) == text


def test_each_pattern_has_flags_groups_and_references_of_its_own():
    redacted = Redaction()
    redacted.begin([r"customer-\d+", r"(?i)password: \S+", r"(?P<a>['#])\d+\1", r"(?P<a>x)y"])
    assert redacted("customer-1, PASSWORD: abc, #12#, xy, #12'") == (
        "[redacted], [redacted] [redacted], [redacted], #12'"
    )
