"""``signalos parse``: read messages from standard input and say what they ask for."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from signalos.commands.learn import learn, load_profile
from signalos.domain.errors import ConfigError
from signalos.domain.message import Message
from signalos.domain.signal import EntryState, ReadEntry, Reading, ReadingContext
from signalos.parser import Languages, load_languages, parse
from signalos.parser.cases import CaseError, answer_case
from signalos.parser.describe import describe
from signalos.parser.ignored import IgnoredWords
from signalos.parser.profile import Profile, overlay

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the ``parse`` command to ``subparsers``."""
    parser = subparsers.add_parser(
        "parse",
        help="read a message and show what it asks for",
        description="Reads one message from standard input and shows which characters became which field, "
        "or why it asks for nothing.",
    )
    parser.add_argument(
        "--many", action="store_true", help="several messages of one chat, separated by blank lines"
    )
    parser.add_argument(
        "--format",
        choices=("text", "cases"),
        default="text",
        help="cases: JSON Lines in and out, one answer a line",
    )
    parser.add_argument("--symbol", default=None, help="the channel's default symbol, e.g. XAUUSD")
    parser.add_argument(
        "--profile",
        type=Path,
        default=None,
        metavar="FILE",
        help="read as the channel of this profile writes",
    )
    parser.add_argument(
        "--learn",
        type=Path,
        default=None,
        metavar="RESULT_JSON",
        help="propose a profile from a Telegram Desktop export: JSON on standard output, the reasons on "
        "standard error",
    )
    parser.add_argument(
        "--chat", default=None, help="with --learn: the chat's id or name, if there are several"
    )
    parser.add_argument(
        "--time-zone", default=None, help="with --learn: what dates without a unix time mean"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Read standard input until it ends. Returns 0; bad lines are answered, never fatal.

    A profile or an export that cannot be used: 2, with the reason on standard error.
    """
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    languages = load_languages()
    try:
        if args.learn is not None:
            learn(args.learn, args.chat, args.time_zone, languages, sys.stdout, sys.stderr)
            return 0
        profile = Profile() if args.profile is None else load_profile(args.profile, languages)
    except ConfigError as why:
        sys.stderr.write(f"{why}\n")
        return 2
    languages = overlay(languages, profile)
    symbol = args.symbol or profile.default_symbol
    ignored = IgnoredWords(profile.ignore_words)
    if args.format == "cases":
        answer_lines(sys.stdin, sys.stdout, languages)
    elif args.many:
        read_chat(_blocks(sys.stdin), sys.stdout, languages, symbol, ignored)
    else:
        read_chat(iter([sys.stdin.read()]), sys.stdout, languages, symbol, ignored)
    return 0


def answer_lines(source: TextIO, sink: TextIO, languages: Languages) -> None:
    """Answer each case line of ``source`` with one line on ``sink``, flushed at once."""
    for line in source:
        if not line.strip():
            continue
        sink.write(json.dumps(_answer(line, languages), ensure_ascii=False) + "\n")
        sink.flush()


def _answer(line: str, languages: Languages) -> dict[str, Any]:
    try:
        return answer_case(json.loads(line), languages)
    except json.JSONDecodeError as error:
        return {
            "id": None,
            "error": f"the line is not valid JSON ({error.msg} at column {error.colno}); skipped",
        }
    except RecursionError:
        return {"id": None, "error": "the line is nested too deeply; skipped"}
    except CaseError as error:
        return {"id": None, "error": f"{error}; skipped"}


def read_chat(
    texts: Iterator[str],
    sink: TextIO,
    languages: Languages,
    default_symbol: str | None,
    ignored: IgnoredWords | None = None,
) -> None:
    """Read ``texts`` as the messages of one chat, numbered from 1, and describe each on ``sink``."""
    entries: list[ReadEntry] = []
    for number, text in enumerate(texts, start=1):
        message = Message("stdin", "0", number, 1, text, _EPOCH)
        if ignored is not None and ignored.found_in(text) is not None:
            reading = Reading(reason="ignored_word")
        else:
            reading = parse(message, ReadingContext(tuple(entries), default_symbol), languages)
        if number > 1:
            sink.write("\n")
        sink.write(describe(text, reading))
        sink.flush()
        entries.append(_entry(number, text, reading))


def _entry(number: int, text: str, reading: Reading) -> ReadEntry:
    return ReadEntry(number, reading.actions, EntryState.OPEN, announces=reading.announces, text=text)


def _blocks(source: TextIO) -> Iterator[str]:
    lines: list[str] = []
    for line in source:
        if line.strip():
            lines.append(line)
        elif lines:
            yield "".join(lines)
            lines = []
    if lines:
        yield "".join(lines)
