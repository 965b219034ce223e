"""A trading terminal that exists only here: real recorded prices, an account that survives kills.

``engine`` is the account as a pure object; ``terminal`` gives it the functions of the MetaTrader5
module; ``server`` and ``client`` put those on a TCP wire; ``storage`` keeps the account on disk.
"""
