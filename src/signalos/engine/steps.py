"""How a step of a decision is written."""

from __future__ import annotations

from signalos.domain.decision import Step, Verdict

MOST_WORDS = 1000
MOST_FIGURES = 200
"""Longest text and figure of a step: a message with hundreds of levels must not burst the wire."""


def passed(rule: str, text: str, seen: str = "", limit: str = "") -> Step:
    """The step lets the action through."""
    return _step(rule, Verdict.PASS, seen, limit, text)


def noted(rule: str, text: str, seen: str = "", limit: str = "") -> Step:
    """The step neither lets through nor refuses: switched off, not measurable, or good to know."""
    return _step(rule, Verdict.NOTE, seen, limit, text)


def refused(rule: str, reason: str, text: str, seen: str = "", limit: str = "") -> Step:
    """The step refuses with the stable code ``reason``."""
    return _step(rule, Verdict.REFUSE, seen, limit, text, reason)


def compared(rule: str, reason: str, ok: bool, text: str, seen: str, limit: str, bound: str) -> Step:
    """Compare a figure with a limit that may be off (``limit`` = "").

    ``text`` describes the figure, ``bound`` the limit in words: "at most 33 % is allowed".
    """
    if not limit:
        return noted(rule, f"{text}; this filter is off", seen, "off")
    if ok:
        return passed(rule, f"{text}; {bound}", seen, limit)
    return refused(rule, reason, f"{text}; {bound}", seen, limit)


def _step(rule: str, verdict: Verdict, seen: str, limit: str, text: str, reason: str = "") -> Step:
    return Step(
        rule, verdict, _cut(seen, MOST_FIGURES), _cut(limit, MOST_FIGURES), _cut(text, MOST_WORDS), reason
    )


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 2]} …"
