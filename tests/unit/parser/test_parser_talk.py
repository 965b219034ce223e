"""Talk that must stay talk."""

from __future__ import annotations

import pytest

TALK = r"""
Will gold go up or down today?
Is it good to buy gold at 2400?
Gold buy or sell?
Who took the gold sell with us? 🔥
Don't sell EURUSD yet
Do not buy gold now, news in 10 minutes
Never buy without a stop loss
If EURUSD closes above 1.0900 buy with SL 1.0870 and TP 1.0960
Buy gold if it retests 2390, SL 2384, TP 2405
Once 2420 breaks we sell gold, stop 2428, target 2400
I will buy gold at 2390
We will look to sell GBPUSD around 1.2800
Planning to short US30 from 39500 later today
Waiting for gold at 2390 to buy
Maybe we buy silver tomorrow
We bought gold at 2390 and closed at 2410
Sold EURUSD at 1.0890, SL 1.0920, TP 1.0830, took profit this morning
Yesterday: GOLD BUY 2390 SL 2380 TP 2410 ✅ hit
XAUUSD SELL 2410 ✅ TP1 hit ✅ TP2 hit +120 pips
GBPUSD buy running +40 pips 🔥🔥
TP2 smashed on gold buy!! 🎯
EURUSD stopped out, -25 pips. On to the next one
Weekly results: EURUSD buy +80, GOLD sell +120, US30 buy -40
Closed trade\nXAUUSD BUY 0.10\nOpen 2390.10\nClose 2401.30\nProfit +112.00
Gold trades at 2405, resistance 2412, support 2398
Bulls target 2450 on gold while above 2390
EURUSD: sell rallies towards 1.0900 remains our bias
Our view: bearish gold, sellers below 2400
Buy side liquidity taken, now looking at 2390
Retail traders are 70% long EURUSD
Join VIP for more gold buy signals daily 🚀
SELL GOLD NOW! Entry, SL and TP only for VIP members
BUY GOLD 24xx SL 23xx TP 24xx - full levels in VIP
Yesterday VIP got: GOLD BUY 2380, SL 2370, TP 2410 ✅✅
Copy my trades and earn 10% monthly, min deposit 500$
Example of a signal: EURUSD BUY 1.1000 SL 1.0950 TP 1.1100
Test signal, ignore: GOLD BUY 2400 SL 2390 TP 2420
How to place a buy limit: choose price below market, set SL and TP
Lesson 3: a buy stop is placed above the market
> GOLD BUY 2400\n> SL 2390\n> TP 2420
Forwarded from Gold Kings\nGOLD BUY 2400\nSL 2390\nTP 2420
Get ready, gold signal in 5 minutes
Next signal will be on EURUSD
Hold your gold buys, target 2430
Keep holding the sell, SL stays at 2415
Good morning traders, big day for gold
NFP today at 13:30, avoid trading gold
My stop loss was hit on that gold sell, be careful
What is your stop loss on the EURUSD buy?
Either buy EURUSD 1.0850 or sell it at 1.0900, your choice
Whoever wants can buy gold here
You could think about selling GBPUSD here
Gold sell zone 2420-2425, no rush
Sell setups only below 1.0800, still watching
Fed leaves rates unchanged, gold up 1.2% to 2410
CPI 3.2% vs 3.1% expected
The gold buy from 2390 is now +150 pips
Account management: 20% monthly, DM @admin
Great trade today! +200 pips on US30 sell
I am looking for a long on EURUSD
GOLD BUY 2400 SL 2390 TP 2420, wait for my confirmation
Old signal, do not enter: GOLD BUY 2400 SL 2390 TP 2420
What do you think? GOLD BUY 2400 SL 2390 TP 2420
RSI alert: EURUSD oversold on H1 at 1.0800
Gold sellers took over after 2420
This is how we sell gold at the top 😂
Can't believe gold hit 2450
Selling my car, DM me
Buy the rumor, sell the news
Order filled: GBPUSD buy limit 1.2600
Buy limit gold triggered ✅
Long weekend ahead, enjoy!
In short: be patient
We closed half at TP1 and moved SL to entry
SL has been at breakeven since TP1
TP1 reached, SL already at entry
We will move SL to BE after TP1
Move SL to entry when TP1 is hit
If you are in profit you may close half
Don't move your SL yet
Nothing to close yet
Should we close gold here?
Anyone closed EURUSD already?
Secure your profits 💰
Trail your stop loss
Those who want can close now
¿Compramos oro ahora?
No compren oro todavía
Vendimos oro en 2410 y cerramos en 2400
Si rompe 2420 compramos oro hasta 2440
Únete al VIP, señales de oro diarias
Ayer compramos EURUSD 1.0800 con SL 1.0770 y TP 1.0860
TP2 alcanzado en oro, felicidades equipo 🎉
Esperando 2390 para comprar oro
Золото по 2405, ждём отката для покупки
Не покупайте золото сейчас
Кто купил золото?
Если закрепимся выше 1.09, покупаем евро с целью 1.0960
Закрыли евро в плюс 40 пунктов
Вступай в VIP, сигналы по золоту каждый день
Вчера продали золото 2420 и закрыли 2400
هل نشتري الذهب الآن؟
لا تشتروا الذهب الآن
اذا كسر 2420 نشتري الذهب حتى 2440
تم ضرب الهدف الثاني على الذهب ✅
انضم الى القناة الخاصة لتوصيات الذهب
Jangan beli emas sekarang
Kalau tembus 2420 kita buy emas
Siapa yang sudah buy emas?
Kemarin kita sell emas 2420 dan close 2400
Gabung VIP, sinyal emas setiap hari
Menunggu 2390 untuk buy emas
""".strip().splitlines()


@pytest.mark.parametrize("text", TALK)
def test_talk_stays_talk(read, text):
    assert read(text.replace("\\n", "\n")) == ""


GOLD = "GOLD BUY 2405\nSL 2396\nTP1 2412\nTP2 2420"


@pytest.mark.parametrize("text", TALK)
def test_talk_stays_talk_while_a_signal_is_open(read, text):
    assert read(text.replace("\\n", "\n"), GOLD) == ""
