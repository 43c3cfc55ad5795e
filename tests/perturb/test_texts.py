"""Protected parts of texts."""

from __future__ import annotations

import time

import pytest

from pytest_modelcheck.perturb.texts import free, protected, rewritten


def kinds(text):
    return [(text[span.start : span.end], span.kind) for span in protected(text)]


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("Order 1182, please", [("1182", "number")]),
        ("€12.50 or $3,000 or 50%", [("€12.50", "number"), ("$3,000", "number"), ("50%", "number")]),
        ("2024-05-01 at 10:30", [("2024-05-01", "number"), ("10:30", "number")]),
        ("A-1182 and X7b9 and 3kg", [("A-1182", "number"), ("X7b9", "number"), ("3kg", "number")]),
        ("a 10-year plan, -5 degrees", [("10", "number"), ("-5", "number")]),
        ("see https://x.io/a?b=c.", [("https://x.io/a?b=c", "address")]),
        ("(www.example.org)", [("www.example.org", "address")]),
        ("a.b+c@d.org!", [("a.b+c@d.org", "address")]),
        ("go to example.com.", [("example.com", "address")]),
        ("sub.example.co.uk/path, ok", [("sub.example.co.uk/path", "address")]),
        (
            "{name} {{ x }} ${y}",
            [("{name}", "placeholder"), ("{{ x }}", "placeholder"), ("${y}", "placeholder")],
        ),
        (
            "%s and %(n)s and %5.2f",
            [("%s", "placeholder"), ("%(n)s", "placeholder"), ("%5.2f", "placeholder")],
        ),
        ("<TAG> </b> [NAME] $USER", [(part, "placeholder") for part in ("<TAG>", "</b>", "[NAME]", "$USER")]),
        ("&amp; &#39;", [("&amp;", "placeholder"), ("&#39;", "placeholder")]),
        ("`code here` and ```more\ncode```", [("`code here`", "code"), ("```more\ncode```", "code")]),
        ("thanks @maria #late", [("@maria", "handle"), ("#late", "handle")]),
        ("我的订单1182号", [("1182", "number")]),
        ("заказ1182", [("1182", "number")]),
        ("请看https://x.io吧 @用户", [("https://x.io吧", "address"), ("@用户", "handle")]),
        ("a < b and c > d, 100% sure it's fine. Really? Yes!", [("100%", "number")]),
        ("e.g. the end.It was", []),
        ("", []),
    ],
)
def test_spans(text, spans):
    assert kinds(text) == spans


def test_the_parts_between():
    assert free("1182 a 1183") == [(4, 7)]
    assert free("1182") == []
    assert rewritten("1182 abc {x}", str.upper) == "1182 ABC {x}"


@pytest.mark.parametrize(
    "piece", ["a", "a.", "a@", "www.", "http://.", "```", "`\n", "{", "<a", "a-", "1-", "é", "&a", "[A ", "'"]
)
def test_time_is_linear(piece):
    """Sixteen times the text may take about sixteen times as long; quadratic would be 256 times."""

    def seconds(length):
        text = (piece * length)[:length]
        taken = []
        for _ in range(5):
            start = time.process_time()
            protected(text)
            taken.append(time.process_time() - start)
        return min(taken)

    assert seconds(48_000) < 60 * seconds(3_000) + 0.1
