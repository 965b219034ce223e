"""The shape of an answer. Imported only where the feature is on: pydantic belongs to the extra ``llm``."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from signalos.language_model.asking import Answer, ModelOrder, NoAnswer

Written = Annotated[str, Field(max_length=40)]
"""A price as the message writes it: text, since a float would not be what stands there."""


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class OrderShape(_Shape):
    """One order. Every field must be there: that is what endpoints with strict schemas ask for."""

    symbol: Written
    side: Literal["buy", "sell"]
    order: Literal["market", "limit", "stop"]
    entry: list[Written]
    stop_loss: Written | None
    take_profits: list[Written]


class AnswerShape(_Shape):
    """All that a model may answer: orders to open. There is no word for changing or closing anything."""

    orders: list[OrderShape]


class _Said(BaseModel):
    content: str | None = None


class _Choice(BaseModel):
    message: _Said


class _Completion(BaseModel):
    choices: Annotated[list[_Choice], Field(min_length=1)]


def response_format() -> dict[str, Any]:
    """The request's ``response_format``: the schema of ``AnswerShape``, strict."""
    schema = AnswerShape.model_json_schema()
    return {"type": "json_schema", "json_schema": {"name": "orders", "strict": True, "schema": schema}}


def answer_of(body: bytes) -> Answer:
    """Read the endpoint's ``body``. Raises NoAnswer: the reason never quotes what it says."""
    try:
        content = _Completion.model_validate_json(body).choices[0].message.content
    except ValidationError:
        raise NoAnswer("model_no_completion", "the endpoint's answer is no chat completion") from None
    if not content:
        raise NoAnswer("model_silent", "the model declined or said nothing", passing=False)
    try:
        read = AnswerShape.model_validate_json(content)
    except ValidationError as why:
        text = f"the model's answer has not the shape that was asked for ({why.error_count()} faults)"
        raise NoAnswer("model_unusable", text, passing=False) from None
    orders = tuple(
        ModelOrder(o.symbol, o.side, o.order, tuple(o.entry), o.stop_loss, tuple(o.take_profits))
        for o in read.orders
    )
    return Answer(orders, content)
