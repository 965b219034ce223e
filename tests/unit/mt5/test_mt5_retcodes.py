"""Every published retcode has its class and plain words."""

from __future__ import annotations

import pytest

from signalos.brokers.mt5.last_errors import meaning_of_none
from signalos.brokers.mt5.retcodes import AnswerClass, all_retcodes, meaning_of
from signalos.brokers.mt5data import load_constants

PUBLISHED = sorted(v for n, v in load_constants().items() if n.startswith("TRADE_RETCODE_"))


def test_every_published_retcode_is_listed() -> None:
    # 10046 (hedging prohibited) is a terminal's answer that the module has no name for.
    assert set(all_retcodes()) == {*PUBLISHED, 10046}


@pytest.mark.parametrize("code", PUBLISHED)
def test_each_says_what_why_and_what_to_do(code: int) -> None:
    meaning = meaning_of(code)
    assert meaning.what
    assert meaning.why
    assert meaning.todo.endswith(".")
    assert meaning.reason or meaning.answer in (AnswerClass.DONE, AnswerClass.PLACED)


@pytest.mark.parametrize(
    ("answer", "codes"),
    [
        (AnswerClass.DONE, [10009]),
        (AnswerClass.PLACED, [10008]),
        (AnswerClass.PARTIAL, [10010]),
        (AnswerClass.NO_CHANGE, [10025]),
        (AnswerClass.NEW_PRICE, [10004, 10020, 10021]),
        (AnswerClass.WAIT, [10023, 10024, 10028, 10029]),
        (AnswerClass.UNKNOWN, [10011, 10012, 10031]),
        (
            AnswerClass.REJECTED,
            [10006, 10007, 10013, 10014, 10015, 10016, 10022, 10030, 10035, 10038, 10039, 10041],
        ),
        (
            AnswerClass.ACCOUNT,
            [10017, 10019, 10026, 10027, 10032, 10033, 10034, 10040, 10042, 10043, 10044, 10045, 10046],
        ),
        (AnswerClass.CLOSED, [10018]),
        (AnswerClass.GONE, [10036]),
    ],
)
def test_classes(answer: AnswerClass, codes: list[int]) -> None:
    assert [code for code in sorted(all_retcodes()) if meaning_of(code).answer is answer] == codes


@pytest.mark.parametrize("code", [0, 1, 10005, 10037, 10047, 20000, -1])
def test_an_unlisted_number_is_unknown(code: int) -> None:
    assert meaning_of(code).answer is AnswerClass.UNKNOWN


@pytest.mark.parametrize("code", [1, -1, -3, -5, -10000, -10001, -10002, -10005, -99])
def test_none_without_a_certain_cause_is_unknown(code: int) -> None:
    assert meaning_of_none(code, "x").answer is AnswerClass.UNKNOWN


def test_none_that_certainly_was_not_delivered() -> None:
    assert meaning_of_none(-10004, "x").answer is AnswerClass.NEVER_SENT
    assert meaning_of_none(-2, "x").answer is AnswerClass.REJECTED
