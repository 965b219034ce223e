"""Words in more than one piece or piece by piece: verbs in two parts, objects on verbs, case endings, names."""

from __future__ import annotations

from collections.abc import Callable

import pytest

GOLD = "BUY GOLD 2340\nSL 2330\nTP 2360"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Macht Gold bitte zu", "close #1 1"),
        ("Macht ein Drittel der Position zu", "close #1 0.33"),
        ("Zieht euren SL auf 2345 hoch", "modify_sl #1 2345"),
        ("Macht die Hälfte zu und zieht den Stop auf Einstand nach", "close #1 0.5; break_even #1"),
        ("Der Markt macht gleich zu", ""),
        ("Nehmt euch Zeit, der Kurs kommt mit", ""),
        ("Ciérrenla ya", "close #1 1"),
        ("El stop muévanlo a 2345", "modify_sl #1 2345"),
        ("Lo stop spostatelo a 2345", "modify_sl #1 2345"),
        ("No la cierren todavía", ""),
        ("Yarısını kapatıp stopu maliyete çekin", "close #1 0.5; break_even #1"),
        ("Altında stopu 2345'e al", "modify_sl #1 2345"),
    ],
)
def test_a_verb_is_read_with_its_parts(read: Callable[..., str], text: str, expected: str) -> None:
    assert read(text, GOLD, reply=1) == expected


@pytest.mark.parametrize("text", ["GBPUSD'de sat 1.2710", "GBPUSD: sat 1.2710"])
def test_a_side_stands_beside_its_symbol_behind_an_ending_or_a_colon(
    read: Callable[..., str], text: str
) -> None:
    assert read(text) == "sell GBPUSD market 1.271"


def test_below_behind_its_price_is_no_gold(read: Callable[..., str]) -> None:
    assert read("1.0800 altında EURUSD satış, hedef 1.0750") == ""
