"""SignalOS: what Telegram signal channels post, traded on MetaTrader 5 under the user's own rules."""

__version__ = "0.1.0"
