"""The order of things: everybody is prepared, then each round visits one server after the other."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from http.client import HTTPException

from benchmark.client import Client
from benchmark.contestants import Contestant
from benchmark.figures import Measurement, Results, Visit, measurement
from benchmark.problems import UnavailableError
from benchmark.processes import Memory, Running
from benchmark.seed import Seeded, log_in
from benchmark.workloads import Plan, plan

FAILURES = (UnavailableError, OSError, HTTPException, KeyError, subprocess.SubprocessError)
Say = Callable[[str], None]


@dataclass(frozen=True)
class Course:
    """What is run: the workloads, how often, and how many requests each."""

    workloads: Sequence[str]
    rounds: int
    requests: int


def run(contestants: Sequence[Contestant], course: Course, say: Say) -> Results:
    """Prepare everybody, run all rounds, and clean up."""
    results = Results()
    try:
        ready = [one for one in contestants if prepared(one, results, say)]
        for number in range(course.rounds):
            for one in turned(ready, number):
                say(f"round {number + 1}: {one.entry}")
                attempt(one, results, say, partial(visit, one, course, results))
    finally:
        for one in contestants:
            attempt(one, results, say, one.leave)
    return results


def turned(ready: Sequence[Contestant], number: int) -> list[Contestant]:
    """Another one begins in each round."""
    start = number % max(1, len(ready))
    return [*ready[start:], *ready[:start]]


def prepared(one: Contestant, results: Results, say: Say) -> bool:
    """Tell whether a contestant can take part."""
    say(f"preparing {one.entry}")
    if not attempt(one, results, say, one.prepare):
        return False
    results.versions |= one.versions()
    return True


def attempt(one: Contestant, results: Results, say: Say, step: Callable[[], None]) -> bool:
    """Do a step; a failure is noted, once, and the others go on."""
    try:
        step()
    except FAILURES as error:
        line = f"{one.entry}: {error or type(error).__name__}"
        if line not in results.skipped:
            results.skipped.append(line)
            say(f"skipped {line}")
        return False
    return True


def visit(one: Contestant, course: Course, results: Results) -> None:
    """One round of one server."""
    begun = time.monotonic()
    with one.running() as (server, client):
        start = time.monotonic() - begun
        session = log_in(one.server.api, client)
        seeded = Seeded(session, one.seeded.tasks)
        memory = Memory(0, 0)
        for workload in course.workloads:
            work = plan(workload, course.requests, one.server.api, client, seeded)
            results.measured[one.entry, workload].append(measure(server, client, work))
            memory = most(memory, server.memory())
    results.visits[one.entry].append(Visit(start, memory.peak_rss, memory.pss))


def measure(server: Running, client: Client, work: Plan) -> Measurement:
    """Put one workload on a server and read what it cost."""
    client.close()
    command = [sys.executable, "-m", "benchmark.load"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, text=True, stdin=pipe, stdout=pipe) as generator:
        try:
            tell(generator, json.dumps(asdict(work)))
            before = server.cpu_seconds()
            outcome = json.loads(tell(generator, "go") or "null")
            after = server.cpu_seconds()
        finally:
            generator.kill()
    if outcome is None:
        raise UnavailableError("the load generator ended early")
    return measurement(outcome, after - before)


def tell(generator: subprocess.Popen[str], line: str) -> str:
    """Say a line to the load generator and wait for its answer."""
    assert generator.stdin
    assert generator.stdout
    generator.stdin.write(line + "\n")
    generator.stdin.flush()
    return generator.stdout.readline()


def most(one: Memory, other: Memory) -> Memory:
    """The larger of two readings."""
    return Memory(max(one.peak_rss, other.peak_rss), max(one.pss, other.pss))
