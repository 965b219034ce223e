"""Readings that were once wrong in the dangerous direction: a trade, a price or a close that nobody asked for."""

from __future__ import annotations

from collections.abc import Callable

import pytest

GOLD = "BUY GOLD 2340\nSL 2330\nTP 2360\nTP 2375"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Below 1.0800 we sell EURUSD with target 1.0750", ""),
        ("Por debajo de 1.0800 ventas en EURUSD con objetivo 1.0750", ""),
        ("2340 altında altın satıyoruz, hedef 2325", ""),
        ("Above 2400 buy gold, stop 2390, target 2420", "buy XAUUSD stop 2400 sl 2390 tp 2420"),
        (
            "Gold is below 2350, we sell now at 2348, SL 2356, TP 2330",
            "sell XAUUSD market 2348 sl 2356 tp 2330",
        ),
        ("SELL SILVER 30.20 sl 30.60 tp 29.80 small lot", "sell XAGUSD market 30.2 sl 30.6 tp 29.8"),
        ("BUY USOIL 0.5 lots at 78.40 sl 77.90 tp 79.50", "buy USOIL market 78.4 sl 77.9 tp 79.5"),
        (
            "BUY USDJPY 154.60\nSL 154.10\nTP1\u00a0155.10",
            "buy USDJPY market 154.6 sl 154.1 tp 155.1",
        ),
        (
            "BUY BTC 61\u00a0200\nSL 60\u00a0500\nTP1 62\u00a0500",
            "buy BTCUSD market 61200 sl 60500 tp 62500",
        ),
        ("My plan:\nSell EURUSD 1.0850\nTP 1.0800", ""),
        ("EURUSD buy, TP 0 pips", ""),
        ("DUSD buy now", ""),
        ("GBPAUD 1.9245 > 1.9180 > 1.9120 (stop 1.9290)", ""),
        ("TON BUY 5.20\nSL 4.90\nTP 5.80", "buy TONUSD market 5.2 sl 4.9 tp 5.8"),
        ("BUY NOT SELL GOLD", ""),
    ],
)
def test_an_order_is_read_as_it_is_meant(read: Callable[..., str], text: str, expected: str) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("take profit a 2372", "modify_tp #1 2372"),
        ("Should we move the stop? SL 2345", ""),
        ("TP 0.0", ""),
        ("SL 0", ""),
        ("Close everything at 18:30", ""),
        ("Close everything now, NFP at 14:30", "close #1 1"),
        ("Um 18:30 schließen wir alles", ""),
        ("Feche com 40% de desconto", ""),
        ("Cierra tu cupo ahora", ""),
        ("Cerramos el mes con un 14% de rentabilidad", ""),
        ("China cancela la orden de compra de soja, el oro sube", ""),
        ("Stops under 30 pips may be hit", ""),
        ("Half is closed at +25, other half running with stop at entry.", ""),
        ("Teniamo la posizione, stop a 2335 e target a 2380", ""),
        ("盈利50点，止损移到2345", "modify_sl #1 2345"),
        ("Close 1/3", "close #1 0.33"),
        ("Sortez de ce trade maintenant, le pétrole repart", "close #1 1"),
        ("CLOSE NOT YET", ""),
    ],
)
def test_an_update_is_read_as_it_is_meant(read: Callable[..., str], text: str, expected: str) -> None:
    assert read(text, GOLD, reply=1) == expected


def test_a_third_may_be_a_date_where_nothing_is_open(read: Callable[..., str]) -> None:
    assert read("Close 1/3") == ""
