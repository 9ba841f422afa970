"""What goes over the wire about rules."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from core import Body

from ..schemas import Moment, Url

Device = Literal["iphone", "ipad", "android", "windows", "macos", "linux", "other"]
Language = Annotated[
    str, Meta(pattern="^[a-z]{2,3}(-[a-z0-9]{2,8})?$", max_length=12, examples=["fr"])
]
Address = Annotated[str, Meta(max_length=2000)]


class Rule(Body, frozen=True, omit_defaults=True):
    """Leads some visitors elsewhere: those who fit all that is said here.

    `language` fits what a browser prefers most: `fr` also `fr-CA`. `weight` is the percentage that
    is taken of those who fit, at random; the others go on to the next rule.
    """

    target: Url
    devices: Annotated[list[Device], Meta(max_length=7)] = []
    languages: Annotated[list[Language], Meta(max_length=20)] = []
    valid_from: Moment | None = None
    valid_until: Moment | None = None
    weight: Annotated[int, Meta(ge=1, le=100)] = 100


rules_in = msgspec.json.Decoder(list[Rule]).decode
"""Reads the rules that are kept with a link."""


class Rules(Body, frozen=True):
    """All rules of a link; the first that fits leads, and where none does, the link's target."""

    rules: Annotated[list[Rule], Meta(max_length=20)]


class RulesOut(msgspec.Struct, frozen=True):
    """The rules of a link."""

    rules: list[Rule]
    version: int


class Trial(Body, frozen=True):
    """A visitor to be imagined. Without a time: now."""

    user_agent: Annotated[
        str, Meta(max_length=1000, examples=["Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 ...)"])
    ] = ""
    accept_language: Annotated[str, Meta(max_length=500, examples=["fr-FR,fr;q=0.9"])] = ""
    at: Moment | None = None


class Outcome(msgspec.Struct, frozen=True):
    """Where the visitor may be led; `rule` counts from 1, null is the link's own target."""

    target: str
    rule: int | None
    percent: float


class TrialOut(msgspec.Struct, frozen=True):
    """Where the visitor would be led, and as what they are seen."""

    device: Device
    language: str
    outcomes: list[Outcome]
