"""Reading signals: SignalOS beside fxparser on the same cases, in one run.

``python -m benchmarks.parser.compare --peer PYTHON``: PYTHON is an interpreter with ``fxparser==2.3.6`` and
``"numpy<2"`` installed (its spaCy 2 is built against that). Prints a table in Markdown. Cases: those of tests/corpus
that stand alone, since fxparser knows no chat; English and all languages; lines of talk apart.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from typing import Any

from benchmarks.parser.speed import seconds
from signalos.parser import load_languages
from signalos.parser.cases import answer_case
from tests.corpus import form
from tests.corpus.measure import Score, talk_lines


def peer_answers(interpreter: str, texts: list[str]) -> tuple[list[list[dict[str, Any]]], float]:
    """(answers, CPU seconds) of fxparser. Raises CalledProcessError."""
    lines = "\n".join(json.dumps(text) for text in texts) + "\n"
    command = [interpreter, "-m", "benchmarks.parser.peer"]
    done = subprocess.run(
        command, input=lines, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True
    )
    *answers, spent = map(json.loads, done.stdout.splitlines())
    return [[a for a in one if a] for one in answers], float(spent)


def row(name: str, score: Score, speed: float, false_in_talk: int, lines: int) -> str:
    """A line of the table."""
    right = f"{score.exact}/{score.cases} ({100 * score.exact / score.cases:.1f} %)"
    return (
        f"| {name} | {right} | {score.false_trades} | {score.missed}/{score.opens} | {score.wrong_price} "
        f"| {false_in_talk}/{lines} | {speed:,.0f} |"
    )


def main() -> int:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--peer", required=True, help="an interpreter with fxparser and spaCy")
    peer = options.parse_args().peer
    languages = load_languages()
    talk = [line for language in form.languages() for line in talk_lines(language)]
    print(
        "| parser, cases | exact | false trades | missed opens | wrong price | talk read as a trade | messages/s |"
    )
    print("|---|---|---|---|---|---|---|")
    for title, codes in (("English", ["en"]), ("all languages", form.languages())):
        cases = [c for code in codes for c in form.cases(code, further=True) if not c["context"]]
        texts = [case["message"]["text"] for case in cases]
        lines = [line for code in codes for line in talk_lines(code)] if codes == ["en"] else talk
        ours, theirs = Score(), Score()
        answers, spent = peer_answers(peer, [*texts, *lines])
        for case, actions in zip(cases, answers, strict=False):
            ours.add(case, answer_case(case, languages)["actions"])
            theirs.add(case, actions)
        ours_false = sum(
            any(
                a["type"] == "open"
                for a in answer_case({"id": "t", "message": {"id": 1, "text": t}}, languages)["actions"]
            )
            for t in lines
        )
        count = len(texts) + len(lines)
        theirs_false = sum(bool(actions) for actions in answers[len(texts) :])
        print(
            row(
                f"SignalOS, {title}",
                ours,
                count / seconds([*texts, *lines], languages),
                ours_false,
                len(lines),
            )
        )
        print(row(f"fxparser 2.3.6, {title}", theirs, count / spent, theirs_false, len(lines)))
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
