"""Asking a language model about a message that the rules cannot read. Off unless ``config.json`` turns it on.

The way through: ``question`` (is it worth asking?) -> ``prompt`` -> ``openai_endpoint`` -> ``answer`` (JSON to
orders) -> ``fence`` (is every part of them in the message?). What passes the fence is a reading like any
other, except that it always waits for the user's yes. Only ``openai_endpoint`` and ``answer`` need the
packages of the extra ``llm``; nobody imports them before the feature is on.
"""
