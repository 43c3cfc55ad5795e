"""Draws the pictures of docs/statistics.md from the same functions that judge.

    python docs/pictures/draw.py

Every number is computed, none is drawn at random, so that the files are the same on every machine. The
pictures bring their own background: they can be read on a light page and on a dark one.
"""

from __future__ import annotations

import math
from pathlib import Path

from pytest_modelcheck.checks.protocol import SUSPICIOUS
from pytest_modelcheck.stats.rates import failing_count, lower_tail

FOLDER = Path(__file__).parent
AT_LEAST, LEVEL = 0.95, 0.01
PASS, WARN, FAIL = "pass", "warn", "fail"
NAMES = {FAIL: "fails if confirmed", WARN: "rerun", PASS: "passes"}

STYLE = """\
  <style>
    .page { fill: #ffffff } .ink { fill: #24292f } .soft { fill: #57606a } .line { stroke: #8c959f }
    .pass { fill: #4c9f70 } .warn { fill: #e0b04c } .fail { fill: #c8553d }
    text { font: 13px system-ui, sans-serif } .small { font-size: 11px } .on { fill: #ffffff }
    .dark { fill: #24292f } .mark { stroke: #24292f }
    @media (prefers-color-scheme: dark) {
      .page { fill: #1c2128 } .ink { fill: #e6edf3 } .soft { fill: #9ea7b3 } .line { stroke: #6e7681 }
    }
  </style>"""


def chances(cases, rate):
    """The chances of a first set of so many cases to pass, to be run again, and to be beyond noise."""
    fails_up_to, rerun_up_to = _bounds(cases)
    failed = lower_tail(fails_up_to, cases, rate) if fails_up_to >= 0 else 0.0
    missed = lower_tail(rerun_up_to, cases, rate)
    return {PASS: 1 - missed, WARN: missed - failed, FAIL: failed}


def _bounds(cases):
    """The most passes of a first set that are beyond noise, and the most that are suspicious."""
    return failing_count(cases, AT_LEAST, LEVEL), failing_count(cases, AT_LEAST, SUSPICIOUS)


def verdicts():
    """How 40 cases come out, and what becomes of it, where the true rate is just what is required."""
    cases, first = 40, 30
    fails_up_to, rerun_up_to = _bounds(cases)
    shapes = []
    left, bottom, step, height = 34, 250, 52, 170
    highest = max(_exactly(count, cases) for count in range(first, cases + 1))
    for place, count in enumerate(range(first, cases + 1)):
        kind = FAIL if count <= fails_up_to else WARN if count <= rerun_up_to else PASS
        chance, x = _exactly(count, cases), left + place * step
        tall = max(2.0, height * chance / highest)
        shapes += [
            _rect(kind, x + 6, bottom - tall, step - 12, tall),
            _text("small soft", x + step / 2, bottom - tall - 6, _percent(chance)),
            _text("ink", x + step / 2, bottom + 18, count),
        ]
    total = chances(cases, AT_LEAST)
    brackets = (
        (FAIL, first, fails_up_to),
        (WARN, fails_up_to + 1, rerun_up_to),
        (PASS, rerun_up_to + 1, cases),
    )
    for kind, low, high in brackets:
        start, end = left + (low - first) * step + 6, left + (high - first + 1) * step - 6
        shapes += [
            _rect(kind, start, bottom + 32, end - start, 26),
            _text(
                "dark" if kind == WARN else "on",
                (start + end) / 2,
                bottom + 50,
                f"{NAMES[kind]}: {_percent(total[kind])}",
            ),
        ]
    title = "40 cases, at_least=0.95, and a model that passes each with a chance of exactly 95%"
    shapes += [
        _text("ink", 320, 28, title),
        _text(
            "soft small",
            320,
            46,
            "how many of the 40 pass in the first set of runs, how likely that is, and what follows",
        ),
        _text("soft small", 320, 332, "33 or fewer: such a model would show that in 3 of 1,000 runs only"),
    ]
    return _picture(640, 350, title, shapes)


def power():
    """What becomes of checks of several sizes over the true rate of the model."""
    wide, tall, top, gap, left = 180, 180, 70, 30, 50
    shapes = []
    for panel, cases in enumerate((40, 200, 1000)):
        x = left + panel * (wide + gap)
        shapes += [_text("ink", x + wide / 2, top - 10, f"{cases:,} cases")]
        shapes += _areas(cases, x, top, wide, tall)
        for rate in (0.8, 0.9, 1.0):
            at = x + wide * (rate - 0.7) / 0.3
            shapes += [
                _line(at, top + tall, at, top + tall + 4),
                _text("small soft", at, top + tall + 18, f"{rate:.0%}"),
            ]
        at = x + wide * (AT_LEAST - 0.7) / 0.3
        shapes += [_line(at, top, at, top + tall, dashed=True)]
    for share in (0, 0.5, 1):
        y = top + tall * (1 - share)
        shapes += [_text("small soft", left - 8, y + 4, f"{share:.0%}", anchor="end")]
    title = "The first set of runs with at_least=0.95, over the true rate of a model that varies"
    shapes += [_text("ink", 340, 28, title)]
    shapes += [
        _text(
            "small soft",
            340,
            top + tall + 38,
            "the rate at which the model really passes (dashed: what is required)",
        )
    ]
    for place, (kind, name) in enumerate(reversed(NAMES.items())):
        x = 170 + place * 140
        shapes += [
            _rect(kind, x, top + tall + 52, 12, 12),
            _text("soft", x + 18, top + tall + 63, name, anchor="start"),
        ]
    return _picture(680, top + tall + 80, title, shapes)


def _areas(cases, x, top, wide, tall):
    """Stacked areas, fail at the bottom, over true rates from 70% to 100%."""
    rates = [0.7 + 0.3 * step / 120 for step in range(121)]
    found = [chances(cases, min(rate, 1 - 1e-12)) for rate in rates]
    shapes, base = [], [0.0] * len(rates)
    for kind in (FAIL, WARN, PASS):
        upper = [low + each[kind] for low, each in zip(base, found, strict=True)]
        points = [
            *_along(rates, upper, x, top, wide, tall),
            *reversed(_along(rates, base, x, top, wide, tall)),
        ]
        shapes.append(f'  <polygon class="{kind}" points="{" ".join(points)}"/>')
        base = upper
    return shapes


def _along(rates, shares, x, top, wide, tall):
    return [
        f"{x + wide * (rate - 0.7) / 0.3:.1f},{top + tall * (1 - min(1.0, share)):.1f}"
        for rate, share in zip(rates, shares, strict=True)
    ]


def _exactly(count, cases):
    return math.comb(cases, count) * AT_LEAST**count * (1 - AT_LEAST) ** (cases - count)


def _percent(chance):
    return f"{chance:.0%}" if chance >= 0.02 else f"{chance:.1%}"


def _rect(kind, x, y, width, height):
    return (
        f'  <rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="2"/>'
    )


def _text(kind, x, y, text, anchor="middle"):
    return f'  <text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text}</text>'


def _line(x, y, to_x, to_y, *, dashed=False):
    kind, dashes = ("mark", ' stroke-dasharray="4 3"') if dashed else ("line", "")
    return f'  <line class="{kind}" x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}"{dashes}/>'


def _picture(width, height, title, shapes):
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">'
    page = f'  <rect class="page" width="{width}" height="{height}" rx="6"/>'
    return "\n".join([head, f"  <title>{title}</title>", STYLE, page, *shapes, "</svg>"]) + "\n"


PICTURES = {"verdicts.svg": verdicts, "power.svg": power}


def main():
    for name, draw in PICTURES.items():
        (FOLDER / name).write_text(draw(), encoding="utf-8")


if __name__ == "__main__":
    main()
