"""What may be done with the rules of a link."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from core import IfMatch

from ..links import service as links
from ..links.moments import window
from ..links.targets import checked
from ..visits.clients import client_of, language_of
from .choosing import Visitor, outcomes
from .schemas import Rule, Rules, RulesOut, Trial, TrialOut, rules_in


async def read(owner: int, id: int) -> RulesOut:
    """Return the rules of a link. Raises NotFound."""
    link = await links.row(owner, id)
    return RulesOut(rules_in(link.rules), link.version)


async def replace(owner: int, id: int, body: Rules, at: IfMatch) -> RulesOut:
    """Give a link these rules and no others. Raises NotFound, BadTarget, PreconditionFailed."""
    link = await links.row(owner, id)
    rules = [_sound(rule) for rule in body.rules]
    text = msgspec.json.encode(rules).decode()
    new = {"rules": text, "blocked": links.is_blocked(link.target, text)}
    return RulesOut(rules, (await links.store(owner, link, new, at)).version)


def _sound(rule: Rule) -> Rule:
    held = window(rule.valid_from, rule.valid_until)
    return msgspec.structs.replace(rule, target=checked(rule.target), **held)


async def attempt(owner: int, id: int, trial: Trial) -> TrialOut:
    """Tell where a visitor would be led. Counts nothing. Raises NotFound."""
    link = await links.row(owner, id)
    device = client_of(trial.user_agent).device
    language = language_of(trial.accept_language)
    visitor = Visitor(device, language, trial.at or datetime.now(UTC))
    found = list(outcomes(rules_in(link.rules), link.target, visitor))
    return TrialOut(device, language, found)  # type: ignore[arg-type]
