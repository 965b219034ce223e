"""Orders in many layouts: what is read from each."""

from __future__ import annotations

import pytest

LAYOUTS = [
    # labels and separators
    ("EURUSD SELL\nEntry = 1.1020\nStop-Loss = 1.1050\nTake-Profit = 1.0960", "sell EURUSD market 1.102 sl 1.105 tp 1.096"),
    ("Symbol: GBPUSD\nType: BUY\nOpen price: 1.3010\nS/L: 1.2980\nT/P: 1.3070", "buy GBPUSD market 1.301 sl 1.298 tp 1.307"),
    ("BUY gold at 2411.5, stop at 2404, take profit at 2420 then 2431", "buy XAUUSD market 2411.5 sl 2404 tp 2420 2431"),
    ("XAUUSD | SELL | 2390\nTP 2380 | 2371 | 2360\nSL 2399", "sell XAUUSD market 2390 sl 2399 tp 2380 2371 2360"),
    ("Long EURJPY @168.20\nTP1) 168.70\nTP2) 169.30\nSL) 167.60", "buy EURJPY market 168.2 sl 167.6 tp 168.7 169.3"),
    ("BUY USDCHF\nEntry: 0.9012\n1st target: 0.9040\n2nd target: 0.9071\nStop: 0.8985", "buy USDCHF market 0.9012 sl 0.8985 tp 0.904 0.9071"),
    ("AUDUSD SHORT\nTargets:\n1) 0.6540\n2) 0.6512\nStoploss:\n0.6611\nEntry:\n0.6580", "sell AUDUSD market 0.658 sl 0.6611 tp 0.654 0.6512"),
    ("Sell NZDUSD 0.6105\nTP 0.6080\n0.6050\n0.6010\nSL 0.6135", "sell NZDUSD market 0.6105 sl 0.6135 tp 0.608 0.605 0.601"),
    ("GOLD BUY NOW\n@ 2405 - 2401\n\nTP : 2410\nTP : 2415\nSL : 2396", "buy XAUUSD market 2401 2405 sl 2396 tp 2410 2415"),
    ("gold buy 2405 sl 2396 tp 2410 tp 2415 tp 2430", "buy XAUUSD market 2405 sl 2396 tp 2410 2415 2430"),
    ("SELL EURUSD 1.0800 stop 1.0830 targets 1.0770/1.0740", "sell EURUSD market 1.08 sl 1.083 tp 1.077 1.074"),
    ("Entering oil long now at 71.20, stop 70.50, target 72.90", "buy USOIL market 71.2 sl 70.5 tp 72.9"),
    ("We are selling silver here, SL 31.20 TP 29.80", "sell XAGUSD market sl 31.2 tp 29.8"),
    ("1.0850 entry, 1.0820 stop, 1.0900 target - EURUSD buy", "buy EURUSD market 1.085 sl 1.082 tp 1.09"),
    ("Buy ETH/USDT\nEntry 3000-2950\nTP1: 3100 TP2: 3200 TP3: 3300\nSL: 2880", "buy ETHUSD market 2950 3000 sl 2880 tp 3100 3200 3300"),
    ("#ADA/USDT LONG\nEntry: 0.452\nTargets: 0.461 - 0.470 - 0.485\nStop: 0.439\nLeverage: Cross 20x", "buy ADAUSD market 0.452 sl 0.439 tp 0.461 0.47 0.485"),
    ("$LTC short\nentry 84.2\nsl 87\ntp 80.5", "sell LTCUSD market 84.2 sl 87 tp 80.5"),
    ("TP1 hit on EURUSD 🎉\n\nNew one:\nGBPUSD BUY 1.2600\nSL 1.2570\nTP 1.2660", "buy GBPUSD market 1.26 sl 1.257 tp 1.266"),
    ("GOLD BUY 2405\nSL 2396\nTP 2420\n\nJoin our VIP: t.me/xyz", "buy XAUUSD market 2405 sl 2396 tp 2420"),
    ("Gold sell 2405 because DXY and USDJPY look strong\nSL 2415 TP 2390", "sell XAUUSD market 2405 sl 2415 tp 2390"),
    # kinds
    ("Buy stop EURUSD 1.0950\nSL 1.0920\nTP 1.1000", "buy EURUSD stop 1.095 sl 1.092 tp 1.1"),
    ("SELL LIMIT\nGBPJPY\n195.50\nSL 196.10\nTP 194.20", "sell GBPJPY limit 195.5 sl 196.1 tp 194.2"),
    ("Buy gold above 2420, SL 2410, TP 2440", "buy XAUUSD stop 2420 sl 2410 tp 2440"),
    ("sell eurusd below 1.0800 stop loss 1.0830 take profit 1.0740", "sell EURUSD stop 1.08 sl 1.083 tp 1.074"),
    ("USDJPY pending sell stop 154.20 sl 154.80 tp 153.00", "sell USDJPY stop 154.2 sl 154.8 tp 153"),
    ("BUY LIMIT 1: 2400\nBUY LIMIT 2: 2394\nSL 2388\nTP 2410\nXAUUSD", "buy XAUUSD limit 2394 2400 sl 2388 tp 2410"),
    ("GOLD BUY\nEntry 1: 2405\nEntry 2: 2401\nEntry 3: 2398\nSL 2392\nTP 2415", "buy XAUUSD market 2398 2405 sl 2392 tp 2415"),
    # numbers
    ("BTC buy 64,250 sl 63,100 tp 66,000", "buy BTCUSD market 64250 sl 63100 tp 66000"),
    ("BTCUSD LONG 64 250\nSL 63 100\nTP 66 000", "buy BTCUSD market 64250 sl 63100 tp 66000"),
    ("BTC long 91.3k sl 90k tp 93.5k", "buy BTCUSD market 91300 sl 90000 tp 93500"),
    ("GOLD SELL 2,418.20\nSL 2,425.00\nTP 2,405.50", "sell XAUUSD market 2418.2 sl 2425 tp 2405.5"),
    ("DAX kaufen long 18.745\nSL 18.690\nTP 18.850", "buy GER40 market 18745 sl 18690 tp 18850"),
    ("EURUSD buy 1,0850\nSL 1,0820\nTP 1,0910", "buy EURUSD market 1.085 sl 1.082 tp 1.091"),
    ("GOLD BUY 2698/02\nSL 2690\nTP 2712", "buy XAUUSD market 2698 2702 sl 2690 tp 2712"),
    ("Gold sell 3398-402 sl 3410 tp 3390 3380", "sell XAUUSD market 3398 3402 sl 3410 tp 3390 3380"),
    ("Gold buy 2650_2646 sl 2640 tp 2660", "buy XAUUSD market 2646 2650 sl 2640 tp 2660"),
    ("GOLD BUY 2650\nSL 40\nTP 60/70/85", "buy XAUUSD market 2650 sl 2640 tp 2660 2670 2685"),
    ("GOLD BUY 2650\nSL 2640\nTP 2660/70/85", "buy XAUUSD market 2650 sl 2640 tp 2660 2670 2685"),
    ("EURUSD BUY 1.0850\nSL 30 pips\nTP 40 pips, 80 pips", "buy EURUSD market 1.085 slpips 30 tppips 40 80"),
    ("Gold sell now sl: 50 pips tp: 100pips", "sell XAUUSD market slpips 50 tppips 100"),
    ("XAUUSD BUY ２４０５\nSL ２３９６\nTP ２４２０", "buy XAUUSD market 2405 sl 2396 tp 2420"),
    ("𝐆𝐎𝐋𝐃 𝐁𝐔𝐘 𝟐𝟒𝟎𝟓\n𝐒𝐋 𝟐𝟑𝟗𝟔\n𝐓𝐏 𝟐𝟒𝟐𝟎", "buy XAUUSD market 2405 sl 2396 tp 2420"),
    ("ɢᴏʟᴅ sᴇʟʟ 2405\nsʟ 2415\nᴛᴘ 2390", "sell XAUUSD market 2405 sl 2415 tp 2390"),
    ("GOLD BUY 2405\nTP¹ 2410\nTP² 2415\nSL 2396", "buy XAUUSD market 2405 sl 2396 tp 2410 2415"),
    ("GOLD BUY 2405\n1️⃣ TP 2410\n2️⃣ TP 2415\n❌ SL 2396", "buy XAUUSD market 2405 sl 2396 tp 2410 2415"),
    ("🟡 GOLD SELL 2405 🎯 2400 🎯 2395 ⛔ 2412", "sell XAUUSD market 2405 sl 2412 tp 2400 2395"),
    # unlabelled
    ("EURUSD sell 1.0850 1.0880 1.0790 1.0750", "sell EURUSD market 1.085 sl 1.088 tp 1.079 1.075"),
    ("gold buy\n2405\n2396\n2415\n2425", "buy XAUUSD market 2405 sl 2396 tp 2415 2425"),
    ("gold buy 2405 2396 2390", ""),
    # open targets
    ("GOLD BUY 2405\nSL 2396\nTP1 2412\nTP2 runner", "buy XAUUSD market 2405 sl 2396 tp 2412 open"),
    ("GOLD BUY 2405\nSL 2396\nTP: open", "buy XAUUSD market 2405 sl 2396 open"),
    # names
    ("GODL BUY 2405 SL 2396 TP 2412", "buy XAUUSD market 2405 sl 2396 tp 2412"),
    ("EURUDS sell 1.0850 sl 1.0880 tp 1.0790", "sell EURUSD market 1.085 sl 1.088 tp 1.079"),
    ("AUDUSSD buy 0.6600 sl 0.6570 tp 0.6650", "buy AUDUSD market 0.66 sl 0.657 tp 0.665"),
    ("gold byu now", "buy XAUUSD market"),
    ("XAUUSD SeII now sl 2415 tp 2390", "sell XAUUSD market sl 2415 tp 2390"),
    ("EURUSD.ecn BUY 1.0850 SL 1.0820 TP 1.0910", "buy EURUSD market 1.085 sl 1.082 tp 1.091"),
    ("US30# sell 39100 sl 39250 tp 38800", "sell US30 market 39100 sl 39250 tp 38800"),
    ("S&P 500 buy 5200 sl 5170 tp 5260", "buy SPX500 market 5200 sl 5170 tp 5260"),
    ("NZD-CHF sell 0.5450 sl 0.5480 tp 0.5390", "sell NZDCHF market 0.545 sl 0.548 tp 0.539"),
    ("AUD CAD buy 0.9010 sl 0.8980 tp 0.9060", "buy AUDCAD market 0.901 sl 0.898 tp 0.906"),
    ("GJ sell 195.2 sl 195.9 tp 194", "sell GBPJPY market 195.2 sl 195.9 tp 194"),
    # several orders
    ("EURUSD buy 1.0850 sl 1.0820 tp 1.0910\nGOLD sell 2405 sl 2415 tp 2390", "buy EURUSD market 1.085 sl 1.082 tp 1.091; sell XAUUSD market 2405 sl 2415 tp 2390"),
    ("1. GBPUSD SELL\nEntry 1.2700\nSL 1.2740\nTP 1.2620\n\n2. USDCAD BUY\nEntry 1.3600\nSL 1.3570\nTP 1.3660", "sell GBPUSD market 1.27 sl 1.274 tp 1.262; buy USDCAD market 1.36 sl 1.357 tp 1.366"),
    ("GOLD BUY NOW 2405\nGOLD BUY LIMIT 2398\nSL 2390\nTP 2420", "buy XAUUSD market 2405 sl 2390 tp 2420; buy XAUUSD limit 2398 sl 2390 tp 2420"),
    ("XAUUSD\nBuy stop 2420 SL 2412 TP 2435\nSell stop 2400 SL 2408 TP 2385", "buy XAUUSD stop 2420 sl 2412 tp 2435; sell XAUUSD stop 2400 sl 2408 tp 2385"),
    ("COMPRA ORO 2405\nSL 2396\nTP 2420\n\nBUY GOLD 2405\nSL 2396\nTP 2420", "buy XAUUSD market 2405 sl 2396 tp 2420"),
    ("🔴 SELL SIGNAL 🔴\n\nGOLD SELL 2405\nSL 2415\nTP 2390", "sell XAUUSD market 2405 sl 2415 tp 2390"),
    # brackets, notes and noise
    ("EURUSD BUY 1.0850 (H4)\nSL: 1.0820 (1.0815)\nTP: 1.0910 (+60 pips)\nR:R 1:2\nRisk: 1%\nLot: 0.05", "buy EURUSD market 1.085 sl 1.082 tp 1.091"),
    ("Signal #482 14:30\nGOLD BUY 2405\nSL 2396 (-90 pips)\nTP1 2412 = 70 pips\nTP2 2420 = 150 pips\nConfidence 85%", "buy XAUUSD market 2405 sl 2396 tp 2412 2420"),
    # bare
    ("Sell GBPJPY now", "sell GBPJPY market"),
    ("buy gold please guys", "buy XAUUSD market"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), LAYOUTS, ids=[t[:40].replace("\n", "/") for t, _ in LAYOUTS])
def test_reads_the_layout(read, text, expected):
    assert read(text) == expected


REJECTS = [
    ("GBPUSD SELL 1.2700\nSL 1.2650\nTP 1.2600", "reject sl_wrong_side"),
    ("GOLD BUY 2405-2400\nSL 2402\nTP 2420", "reject sl_wrong_side"),
    ("GOLD SELL NOW\nSL 2380\nTP 2390", "reject sl_wrong_side"),
    ("EURUSD BUY 1.0850\nSL 1.0820\nTP 1.0840", "reject tp_wrong_side"),
    ("US30 SELL 39000\nSL 39.200\nTP 3870", "reject price_outlier"),
    ("Buy at 1.0850, SL 1.0820, TP 1.0900", "reject no_symbol"),
    ("GOLD SELL/BUY 2405 SL 2396 TP 2420", "reject side_conflict"),
]


@pytest.mark.parametrize(("text", "expected"), REJECTS)
def test_refuses_what_cannot_be(read, text, expected):
    assert read(text) == expected


def test_symbol_comes_from_the_channel_when_none_is_named(read):
    assert (
        read("buy now 2405 sl 2396 tp 2420", default="XAUUSD") == "buy XAUUSD market 2405 sl 2396 tp 2420"
    )
    assert read("buy now", default="XAUUSD") == "buy XAUUSD market"


def test_symbol_comes_from_the_replied_signal(read):
    earlier = ("GOLD BUY 2405\nSL 2396\nTP 2420", "EURUSD SELL 1.0850\nSL 1.0880\nTP 1.0790")
    text = "buy again 2399 sl 2390 tp 2415"
    assert read(text, *earlier, reply=1) == "buy XAUUSD market 2399 sl 2390 tp 2415"


def test_symbol_comes_from_an_announcement_directly_before(read):
    assert read("SELL NOW", "Next one will be on gold, be ready") == "sell XAUUSD market"
    assert read("SELL NOW", "Next one will be on gold, be ready", "Good morning all") == ""


def test_an_unknown_instrument_is_never_replaced_by_the_default(read):
    assert read("TSLA BUY 250 SL 240 TP 270", default="XAUUSD") == ""
