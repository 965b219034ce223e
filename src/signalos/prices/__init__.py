"""Recorded prices: files read into compact series, and series walked as ticks.

``load_prices`` reads a folder, ``Feed`` walks what it read in time order, ``closed_spans`` and
``recorded_span`` say when the markets of a folder quoted.
"""

from signalos.prices.digits import price_digits
from signalos.prices.feed import Feed, Quote
from signalos.prices.folder import closed_spans, load_prices, price_files, recorded_span
from signalos.prices.series import PriceSeries, from_micros, to_micros

__all__ = [
    "Feed",
    "PriceSeries",
    "Quote",
    "closed_spans",
    "from_micros",
    "load_prices",
    "price_digits",
    "price_files",
    "recorded_span",
    "to_micros",
]
