"""Updates of earlier signals: what is done, to which of them."""

from __future__ import annotations

import pytest

GOLD = "GOLD BUY 2405\nSL 2396\nTP1 2412\nTP2 2420"
EURO = "EURUSD SELL 1.0850\nSL 1.0880\nTP 1.0790"
LIMIT = "GBPUSD BUY LIMIT 1.2600\nSL 1.2565\nTP 1.2680"

ON_GOLD = [
    ("Close it now", "close #1 1"),
    ("close gold", "close #1 1"),
    ("Exit the trade now", "close #1 1"),
    ("Get out of gold now", "close #1 1"),
    ("Getting out of gold right now", "close #1 1"),
    ("Out of the remainder now", "close #1 1"),
    ("Close the rest", "close #1 1"),
    ("Close 50% now", "close #1 0.5"),
    ("Close 1/2 here", "close #1 0.5"),
    ("close one third", "close #1 0.33"),
    ("Take some profit off the table: close 25%", "close #1 0.25"),
    ("Take partials here", "close #1 part"),
    ("Book half and hold the rest", "close #1 0.5"),
    ("TP1 hit 🎯 close half and set SL to breakeven", "close #1 0.5; break_even #1"),
    ("Move stop to entry", "break_even #1"),
    ("stops to breakeven", "break_even #1"),
    ("SL to BE", "break_even #1"),
    ("BE now", "break_even #1"),
    ("No more risk on this one please", "break_even #1"),
    ("bring stops to where we got in", "break_even #1"),
    ("SL may go to breakeven", "break_even #1"),
    ("Make it risk free", "break_even #1"),
    ("Trail SL to 2409", "modify_sl #1 2409"),
    ("New SL: 2400", "modify_sl #1 2400"),
    ("SL 2400 guys", "modify_sl #1 2400"),
    ("Lock profits, stop loss at 2409", "modify_sl #1 2409"),
    ("SL to TP1", "modify_sl #1 2412"),
    ("Move SL to 08", "modify_sl #1 2408"),
    ("TP2 now 2425", "modify_tp #1 no.2 2425"),
    ("New targets: 2415, 2425, 2440", "modify_tp #1 2415 2425 2440"),
    ("Change TP to 2430", "modify_tp #1 2430"),
    ("This setup is void", "cancel #1"),
    ("Cancel this signal", "cancel #1"),
    ("Close all", "close_all"),
    ("Close everything now!", "close_all"),
    ("Flip to sell gold now, SL 2415, TP 2390", "close #1 1; sell XAUUSD market sl 2415 tp 2390"),
    ("Cierren la mitad", "close #1 0.5"),
    ("Muevan el stop a la entrada", "break_even #1"),
    ("Movemos SL a breakeven", "break_even #1"),
    ("Cerrar oro ahora", "close #1 1"),
    ("Nuevo SL 2400", "modify_sl #1 2400"),
    ("Переносим стоп в безубыток", "break_even #1"),
    ("Закрываем золото", "close #1 1"),
    ("Закройте 50%", "close #1 0.5"),
    ("Стоп на 2400", "modify_sl #1 2400"),
    ("نقل الستوب الى نقطة الدخول", "break_even #1"),
    ("اغلاق نصف الصفقة", "close #1 0.5"),
    ("Tutup setengah", "close #1 0.5"),
    ("Geser SL ke 2400", "modify_sl #1 2400"),
    ("Pindahkan SL ke BEP", "break_even #1"),
    ("Close emas sekarang", "close #1 1"),
]


@pytest.mark.parametrize(("text", "expected"), ON_GOLD)
def test_update_of_the_one_open_signal(read, text, expected):
    assert read(text, GOLD) == expected


TWO = [
    ("Close gold", "close #2 1"),
    ("EURUSD close now", "close #1 1"),
    ("Close half of EURUSD", "close #1 0.5"),
    ("Breakeven on gold, close EURUSD", "break_even #2; close #1 1"),
    ("Close now", "close 1"),
    ("Close all positions", "close_all"),
    ("Close all EURUSD trades", "close EURUSD 1"),
    ("Get rid of everything in gold", "close XAUUSD 1"),
    ("Close USDJPY", "close USDJPY 1"),
    ("Gold: SL 2400", "modify_sl #2 2400"),
]


@pytest.mark.parametrize(("text", "expected"), TWO)
def test_update_finds_its_signal_among_two(read, text, expected):
    assert read(text, EURO, GOLD) == expected


def test_reply_wins_over_the_latest(read):
    assert read("close half", EURO, GOLD, reply=1) == "close #1 0.5"


def test_pending_orders(read):
    assert read("Cancel the limit", LIMIT) == "cancel #1"
    assert read("Delete this order", LIMIT, GOLD, reply=1) == "cancel #1"
    assert (
        read("Remove GBPUSD limit", LIMIT, GOLD) == "cancel GBPUSD"
        or read("Remove GBPUSD limit", LIMIT, GOLD) == "cancel #1"
    )
    assert read("Remove all pending orders", LIMIT, GOLD) == "cancel"
    assert read("Order expired", LIMIT, reply=1) == "cancel #1"


def test_a_closed_signal_is_no_target(read):
    assert read("close now", EURO, GOLD, "Gold SL hit") == "close #1 1"
    assert read("close now", EURO, "EURUSD closed at 1.0830", GOLD) == "close #3 1"


def test_two_part_signals(read):
    assert read("SL 2396\nTP 2412\nTP 2420", "Gold buy now") == "modify_sl #1 2396; modify_tp #1 2412 2420"
    assert read("sl 2396 tp 2412", EURO, "Gold buy now") == "modify_sl #2 2396; modify_tp #2 2412"
    assert read(GOLD, "Gold buy now") == "modify_sl #1 2396; modify_tp #1 2412 2420"
    assert (
        read("Gold buy again 2405 SL 2396 TP 2412", "Gold buy now")
        == "buy XAUUSD market 2405 sl 2396 tp 2412"
    )


def test_edits_change_by_the_difference(read):
    assert read(GOLD + " ✅", GOLD, edit=1) == ""
    assert read(GOLD.replace("2396", "2399"), GOLD, edit=1) == "modify_sl #1 2399"
    assert read(GOLD.replace("2420", "2425"), GOLD, edit=1) == "modify_tp #1 2412 2425"
    assert read(GOLD.replace("BUY", "SELL"), GOLD, edit=1).startswith("reject")
    assert read("EURUSD SELL 1.0850\nSL 1.0880\nTP 1.0790", GOLD, edit=1) == "reject edit_conflict"
    assert read(GOLD, "soon...", edit=1) == "buy XAUUSD market 2405 sl 2396 tp 2412 2420"
    changed = LIMIT.replace("1.2600", "1.2610")
    assert read(changed, LIMIT, edit=1) == "cancel #1; buy GBPUSD limit 1.261 sl 1.2565 tp 1.268"


def test_reposts_and_repeats(read):
    assert read("🔥 " + GOLD, GOLD) == ""
    assert read("Gold buy again", GOLD) == "buy XAUUSD market sl 2396 tp 2412 2420"
    assert read("GOLD BUY 2399\nSL 2390\nTP 2415", GOLD) == "buy XAUUSD market 2399 sl 2390 tp 2415"
