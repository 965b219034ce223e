"""Feed the parser what nobody would write, keeping inputs that reach new lines of it.

``python start.py prove fuzz [--minutes 10] [--seed 1]``: mixes the corpus's messages, cuts, joins and decorates them, and
asks of every answer: no exception, spans inside the text, prices and distances above zero, stops and targets of an order on
their sides, the same answer twice, and no more steps than a fixed number a character. A finding is printed, kept in a file, and ends the run with 1.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from signalos.domain.message import Message
from signalos.domain.signal import (
    Close,
    ModifyStop,
    ModifyTargets,
    Open,
    Reading,
    ReadingContext,
)
from signalos.parser import Languages, load_languages, parse, reading
from signalos.parser.cases import CaseError, answer_case
from signalos.parser.normalise import normalise
from tests.corpus import form
from tests.corpus.measure import talk_lines

PACKAGE = str(Path(reading.__file__).parent)
WHEN = datetime(2024, 1, 2, tzinfo=UTC)
ODD = [
    "\u202e", "\u200f", "\ufeff", "\x00", "\ud800", "\u20e3", "\u0301", "🎯", "🛑", "①", "𝟐", "٢٤٠٥", "２４", "½", "∞",
    "1e9", "0", "-1", "24xx", "99999999999999999999", ".", ",,,", "'", "`", "//", "->", "%", "@", "#", "\r\n", "\u2028",
    "buy", "sell", "sl", "tp", "be", "close", "cancel", "gold", "EURUSD", "limit", "stop", "now", "half", "all", "?",
]  # fmt: skip

NUMBER = re.compile(r"\d[\d.,]*")
STEM_MARKS = "*\0\1"
TRACED = 4
"""Of so many texts one is watched line by line."""
STEPS_A_CHARACTER = 600
"""Lines of the parser that two readings of a text may run a character: a text that grows must not cost more a character."""


class Coverage:
    """Pairs of lines of the parser that follow each other, seen by the tracer of this thread."""

    def __init__(self) -> None:
        self.seen: set[tuple[str, int, int]] = set()
        self.new = 0
        self.steps = 0

    def run(self, work: Callable[[], Any]) -> Any:
        """Do ``work`` and count what it reaches for the first time."""
        self.new = 0
        self.steps = 0
        sys.settrace(self._calls)
        try:
            return work()
        finally:
            sys.settrace(None)

    def _calls(self, frame: FrameType, event: str, _: Any) -> Any:
        if not frame.f_code.co_filename.startswith(PACKAGE):
            return None
        last = frame.f_lineno

        def lines(inner: FrameType, what: str, _: Any) -> Any:
            nonlocal last
            if what == "line":
                self.steps += 1
                key = (inner.f_code.co_filename, last, inner.f_lineno)
                last = inner.f_lineno
                if key not in self.seen:
                    self.seen.add(key)
                    self.new += 1
            return lines

        return lines


def seeds() -> list[str]:
    """Every message and line of talk of the corpus."""
    found = [c["message"]["text"] for code in form.languages() for c in form.cases(code, further=True)]
    return found + [line for code in form.languages() for line in talk_lines(code)]


def phrases(languages: Languages) -> list[str]:
    """Every phrase of every language, as the vocabulary holds it."""
    found: list[str] = []
    waiting = [(languages.root, "")]
    while waiting:
        node, words = waiting.pop()
        for word, further in sorted(node.next.items()):
            text = f"{words} {word.strip(STEM_MARKS)}".strip()
            if further.meanings:
                found.append(text)
            waiting.append((further, text))
    return found


def mutated(pool: list[str], words: list[str], chance: random.Random) -> str:
    """One text made of others, of single phrases and of what nobody writes."""
    text = chance.choice(pool)
    for _ in range(chance.randint(1, 4)):
        match chance.randrange(9):
            case 0:
                other = chance.choice(pool)
                cut = chance.randint(0, len(text))
                text = text[:cut] + other[chance.randint(0, len(other)) :]
            case 1:
                words = text.split(" ")
                chance.shuffle(words)
                text = " ".join(words)
            case 2:
                place = chance.randint(0, len(text))
                text = text[:place] + chance.choice(ODD) + text[place:]
            case 3:
                place = chance.randint(0, len(text))
                text = text[:place] + text[place + chance.randint(1, 8) :]
            case 4:
                text += chance.choice(["\n", " ", ""]) + chance.choice(pool)
            case 5:
                text = (chance.choice(ODD) + chance.choice(["", " "])) * chance.choice([2, 9, 400]) + text
            case 6:
                place = chance.randint(0, len(text))
                glue = chance.choice([" ", " ", " ", "", "\n"])
                text = text[:place] + glue + chance.choice(words) + glue + text[place:]
            case 7:
                text = NUMBER.sub(lambda found: changed_number(found.group(), chance), text)
            case _:
                text = "".join(
                    chr(ord(c) ^ 1) if c.isdecimal() and chance.random() < 0.3 else c for c in text
                )
    return text[: chance.choice([80, 400, 4096, 10_000])]


def changed_number(raw: str, chance: random.Random) -> str:
    """``raw``, or one time in four something near it."""
    if chance.random() < 0.75:
        return raw
    return chance.choice(
        [
            "0",
            "0.0",
            "00",
            raw[::-1],
            raw + "0",
            raw[:-1],
            "-" + raw,
            raw.replace(".", ","),
            raw[-2:],
            raw * 2,
        ]
    )


def fault_of(text: str, languages: Languages) -> str:
    """What is wrong with the parser's answer to ``text``, or ""."""
    message = Message("fuzz", "1", 1, 1, text, WHEN)
    first: Reading = parse(message, ReadingContext(()), languages)
    if first != parse(message, ReadingContext(()), languages):
        return "two answers to the same text"
    if bool(first.actions) == bool(first.reason):
        return "neither an action nor a reason, or both"
    for action in first.actions:
        if any(not 0 <= span.start < span.end <= len(text) for span in action.spans):
            return f"a span outside of the text: {action.spans}"
        if isinstance(action, Open) and (wrong := _fault_of_open(action)):
            return wrong
        if isinstance(action, ModifyStop) and action.price <= 0:
            return f"a stop of nothing: {action}"
        if isinstance(action, ModifyTargets) and any(level <= 0 for level in action.take_profits):
            return f"a target of nothing: {action}"
        if isinstance(action, Close) and action.fraction is not None and not 0 < action.fraction <= 1:
            return f"more than a whole or nothing is closed: {action}"
    return ""


def _fault_of_open(action: Open) -> str:
    levels = [
        *action.entry,
        *action.take_profits,
        *([action.stop_loss] if action.stop_loss is not None else []),
        *([action.stop_loss_pips] if action.stop_loss_pips is not None else []),
        *action.take_profit_pips,
    ]
    if any(not level.is_finite() or level <= 0 for level in levels):
        return f"a price or distance that is none: {levels}"
    for entry in action.entry:
        if action.stop_loss is not None and (entry - action.stop_loss) * action.side.sign <= 0:
            return f"a stop on the winning side: {action}"
        if any((target - entry) * action.side.sign <= 0 for target in action.take_profits):
            return f"a target on the losing side: {action}"
    return ""


def inputs(chance: random.Random, coverage: Coverage, words: list[str]) -> Iterator[str]:
    """Texts without end; one that reached something new joins the pool."""
    pool = seeds()
    while True:
        text = mutated(pool, words, chance)
        yield text
        if coverage.new:
            pool.append(text)


def fuzz(
    until: Callable[[int], bool], seed: int, languages: Languages, folder: Path
) -> tuple[int, int, list[str]]:
    """(texts, pairs of lines reached, findings) until ``until(texts so far)``."""
    coverage = Coverage()
    chance = random.Random(seed)
    findings: list[str] = []
    count = 0
    for text in inputs(chance, coverage, phrases(languages)):
        if until(count) or len(findings) >= 10:
            break
        count += 1
        try:
            work = partial(fault_of, text, languages)
            coverage.new = coverage.steps = 0
            # Looking at every line takes six times as long, so that most texts are only asked for their faults.
            wrong = coverage.run(work) if count % TRACED == 0 else work()
            # "½" is three characters once folded, and each may be a term.
            if coverage.steps > STEPS_A_CHARACTER * (len(normalise(text).text) + 100):
                wrong = wrong or f"{coverage.steps} steps for {len(text)} characters"
            answer_case(
                {"id": count, "context": [{"id": 1, "text": text}], "message": {"id": 2, "text": text}},
                languages,
            )
        except CaseError:
            continue
        except Exception as why:  # noqa: BLE001 -- every exception is a finding
            wrong = f"{type(why).__name__}: {why}"
        if wrong:
            path = folder / f"finding-{seed}-{count}.json"
            path.write_text(json.dumps({"text": text, "wrong": wrong}), encoding="utf-8")
            findings.append(f"{path}: {wrong}: {text[:120]!r}")
    return count, len(coverage.seen), findings


def main() -> int:
    """Run for some minutes; exit 1 with any finding."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="signalos-fuzz-"))
    end = time.monotonic() + 60 * options.minutes
    count, reached, findings = fuzz(
        lambda _: time.monotonic() > end, options.seed, load_languages(), folder
    )
    print(
        f"{count} texts, {reached} pairs of lines reached, {len(findings)} findings (seed {options.seed})"
    )
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
