"""The way that works where the system does not tell of a parent's death."""

from __future__ import annotations

import os
import sys

import pytest

from core.processes.lifeline import Lifeline


def test_a_child_ends_when_nobody_holds_the_other_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "another")
    lifeline = Lifeline()
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        lifeline.hold(parent)
        while True:
            os.sched_yield()
    os.close(lifeline.ends[1])
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 1


def test_a_child_whose_parent_is_gone_already_ends() -> None:
    lifeline = Lifeline()
    child = os.fork()
    if child == 0:
        lifeline.hold(os.getpid())
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 1
