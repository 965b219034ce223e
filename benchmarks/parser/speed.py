"""How fast messages are read on one core: ``python -m benchmarks.parser.speed``.

Three mixes: a channel as it is (94 % talk, the rest cases with orders and updates), talk alone, orders and updates
alone; and the slowest of some hostile texts of 10 kB and shorter. CPU seconds, the best of some rounds. Beside them
the machine's own pace: a sum of three million squares.
"""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime

from signalos.domain.message import Message
from signalos.domain.signal import ReadingContext
from signalos.parser import Languages, load_languages, parse
from signalos.parser.reading import MAX_LENGTH
from tests.corpus import form
from tests.corpus.measure import talk_lines

_ROUNDS = 10
_MESSAGES = 3_000
_SHARE_OF_TALK = 0.94
_HOSTILE = (
    "t1 ",
    "sl 2290 ",
    "sl 2290 both ",
    "stop order sell\n",
    "tp1 2300 buy + ",
    "½ ",
    "if buy ",
    "2000.5 ",
    "a.",
)


def seconds(texts: list[str], languages: Languages) -> float:
    """CPU seconds for reading ``texts`` once, the best of some rounds."""
    when = datetime(2024, 1, 2, tzinfo=UTC)
    messages = [Message("benchmark", "1", n, 1, text, when) for n, text in enumerate(texts, start=1)]
    context = ReadingContext(())
    best = float("inf")
    for _ in range(_ROUNDS):
        begun = time.process_time()
        for message in messages:
            parse(message, context, languages)
        best = min(best, time.process_time() - begun)
    return best


def main() -> None:
    """Print the table."""
    begun = time.process_time()
    languages = load_languages()
    print(f"loading all languages: {1000 * (time.process_time() - begun):.0f} ms")
    begun = time.process_time()
    sum(n * n for n in range(3_000_000))
    print(f"pace: {1000 * (time.process_time() - begun):.0f} ms for three million squares")
    chance = random.Random(1)  # noqa: S311 -- repeatability is the purpose
    talk = [line for code in form.languages() for line in talk_lines(code)]
    asking = [
        case["message"]["text"]
        for code in form.languages()
        for case in form.cases(code, further=True)
        if case["expect"] and len(case["message"]["text"]) < 600
    ]
    mixed = [chance.choice(talk if chance.random() < _SHARE_OF_TALK else asking) for _ in range(_MESSAGES)]
    for name, texts in (
        ("a channel's mix", mixed),
        ("talk", talk[:_MESSAGES]),
        ("orders and updates", asking),
    ):
        print(f"{name}: {len(texts) / seconds(texts, languages):,.0f} messages/s")
    for size in (10_000, MAX_LENGTH - 100, MAX_LENGTH // 4):
        slowest = max((seconds([unit * (size // len(unit))], languages), unit) for unit in _HOSTILE)
        print(
            f"slowest hostile text of {size:,} characters: {1000 * slowest[0]:.1f} ms ({slowest[1]!r} repeated)"
        )


if __name__ == "__main__":
    main()
