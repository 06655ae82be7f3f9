"""
Runs → provider calls.  One worker at a time works off a conversation's lane, in order.

`leave` is the only way out; directly before the socket the deadline is checked once more; `finish` records what came of
it, whoever holds the lane by then.  What can fail by itself is done before leaving, so only the socket makes unknowns.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import httpx

from connectors import client as http
from connectors import proxy
from connectors.action import Ask, Call, Nature, Outcome
from connectors.errors import ConnectorError, InvalidCall, OutcomeUnknown, Reason, Rejected, Unreachable
from connectors.provider import RECIPIENT, Answer
from worker import breaking, endings, inputs, states, tokens
from worker.core import Core
from worker.endings import Attempt
from worker.flights import Flight
from worker.job import Job
from worker.pace import pace_of
from worker.resting import heed
from worker.retry import decide
from worker.store import attempts, journal, lanes
from worker.store.text import text
from worker.suspects import PAUSE_MS, STRIKES

log = logging.getLogger("ferry.outbox")

ITEMS = 25  # of one lane before others get their turn
SECONDS = 10.0
OPEN = frozenset({"queued", "waiting"})  # what may be begun
GRACE = 500  # ms after a deadline before a takeover judges
PERSONAL = frozenset({Nature.SEND, Nature.REACT})  # what a pace to one person counts
FLIGHT_MARGIN = 5000  # ms an echo is held longer than its run may take


def drain(core: Core, partition: int, queue: str) -> None:
    """Works off a connection's ready lanes until none is ready, its gate closes, or the time is over."""
    until = time.monotonic() + SECONDS
    lease = int(core.settings.lease_seconds * 1000)
    limit, answering = core.settings.per_queue, True
    while core.may_go_on(until):
        if core.flights.calm():
            return  # the queue stays due: the tick rings again
        taken = lanes.claim(core.store, partition, queue, lease=lease, limit=limit, answering=answering)
        answering = False
        core.ring(partition, taken.rings)
        if taken.head is None:
            return
        doubted = text(taken.head.record.get("state")) in OPEN
        alone = core.suspects.alone(taken.strikes if doubted else 0)
        with lanes.in_hand(core.store, partition, taken), alone as cleared:
            if cleared is None:
                lanes.hold_back(core.store, partition, taken, PAUSE_MS)
            elif not _lane(core, partition, taken, until, cleared):
                return
    core.ring(partition, (queue,))


def _lane(core: Core, partition: int, taken: lanes.Claim, until: float, cleared: Callable[[], None]) -> bool:
    """Works off one lane; False when the whole queue has to wait.  cleared: its first head has not killed us."""
    head: lanes.Head | None = taken.head
    strikes = taken.strikes
    count = 0
    while head is not None:
        count += 1
        go_on = count < ITEMS and core.may_go_on(until)
        done = _head(core, partition, taken, head, strikes, go_on=go_on)
        strikes = 0
        cleared()
        if done is None:
            return False
        core.ring(partition, done.rings)
        head = done.head
    return True


def _head(
    core: Core, partition: int, taken: lanes.Claim, head: lanes.Head, strikes: int, *, go_on: bool
) -> attempts.Finished | None:
    """One head: what came of it, or None when the queue has to wait."""
    state = text(head.record.get("state"))
    if state not in OPEN:
        return _orphan(core, partition, taken, head, go_on=go_on)
    stored = core.connections.get(text(head.record.get("connection")))
    provider = core.provider(stored) if stored is not None else None
    action = proxy.find(provider, text(head.record.get("action"))) if provider is not None else None
    if stored is not None and stored.archived:  # held: whoever archived it had no time to close its gate
        states.align(core, stored)
        lanes.release(core.store, partition, taken.lane, taken.token)
        return None
    if stored is None or provider is None or action is None:
        problem = Rejected("the connection or the action no longer exists", code="gone")
        return endings.before_leaving(core, partition, taken, head, problem, go_on=go_on)
    job = Job(core, partition, taken.lane, taken.token, head.item, head.record, stored, provider, action, go_on=go_on)
    if strikes >= STRIKES:
        problem = Rejected("it ended its worker three times before leaving, and was set aside", code="worker_killed")
        return endings.before_leaving(core, partition, taken, head, problem, go_on=go_on)
    return carry_out(job)


def _orphan(core: Core, partition: int, taken: lanes.Claim, head: lanes.Head, *, go_on: bool) -> attempts.Finished:
    """A head left "leaving" by somebody, unknown, or ended: the script judges, never before its deadline."""
    _, finished = attempts.orphan(
        core.store,
        partition,
        taken.lane,
        taken.token,
        head.item,
        hold=int(core.settings.unknown_hold_seconds * 1000),
        lease=int(core.settings.lease_seconds * 1000),
        go_on=go_on,
        grace=GRACE,
        events=endings.unknown_events(core, head) if text(head.record.get("state")) == "leaving" else (),
    )
    return finished


def judge(core: Core, connection: str) -> None:
    """What dead workers have left at the provider is judged, also while the gate is closed and nobody claims."""
    partition, lease = core.store.of(connection), int(core.settings.lease_seconds * 1000)
    for kind in states.CLASSES:
        queue = f"out:{connection}:{kind}"
        while True:
            taken = lanes.claim(core.store, partition, queue, lease=lease, limit=1, answering=False, judging=True)
            if taken.head is None:
                break
            core.ring(partition, _orphan(core, partition, taken, taken.head, go_on=False).rings)


def carry_out(job: Job) -> attempts.Finished | None:
    """One attempt of a run, from its preparation to its outcome; None when the queue has to wait."""
    with job.core.clients.one() as client:
        try:
            made = _call(job, client)
            if isinstance(made, Outcome):  # what was asked first shows that nothing need leave
                _heed(job)
                return endings.finish(job, Attempt("", 0, 0), endings.success(job, made, last=True))
            call, last = made
            spared = _spare(job, call)
            if spared is None:
                return endings.finish(job, Attempt("", 0, 0), endings.success(job, Outcome({}), last=last))
            call = spared
            ready = http.prepare(job.provider, job.action, call)
        except ConnectorError as problem:
            return _without_leaving(job, problem)
        return _leave_and_call(job, call, ready, client, last=last)


def _call(job: Job, client: httpx.Client) -> tuple[Call, bool] | Outcome:
    """The call to make now, and whether it is the run's last; what must be asked first was asked once for all."""
    job.stored = tokens.fresh(job.core, job.stored)
    spoken = job.stored.speak(job.core.settings.public_url)
    given: Mapping[str, Any] = inputs.whole(job.core, job.record)
    if job.action.first is not None and "ready" not in job.record:
        job.asked = True
        # A rest that these answers ask for begins once the run is out: else it would be asked for again and again.
        ask = http.asking(job.provider, spoken, client, heard=job.answers.append)
        found = job.action.first(Call(spoken, given, job.run), _kept(job, ask))
        if isinstance(found, Outcome):
            return found
        given = found
    try:
        pieces = [dict(piece) for piece in job.action.cut(given)]
        index = int(job.record.get("chunk") or 0)
        piece = pieces[index]
    except (IndexError, ValueError, TypeError, KeyError) as problem:
        told = "the input could not be cut into calls"
        raise InvalidCall(told, code=type(problem).__name__) from problem
    last = index + 1 >= len(pieces)
    if not last:
        job.ready = given
    return Call(spoken, piece, job.run), last


def _kept(job: Job, ask: Ask) -> Ask:
    """
    The same questions, and the lane is ours while each is asked.

    One may take longer than a lease: then another worker would ask as well, and after it a third, and none ever left.
    """

    def kept(key: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
        lease = int(job.provider.actions[key].timeout * 1000) + job.lease
        if not lanes.renew(job.core.store, job.partition, job.lane, job.token, lease):
            told = "another worker has this conversation by now"
            raise Unreachable(told)
        return ask(key, given)

    return kept


def _heed(job: Job) -> None:
    """The rest that the answers to its questions asked for."""
    look = heed(job.core, job.stored)
    while job.answers:
        look(job.answers.pop())


def _spare(job: Job, call: Call) -> Call | None:
    """The call without the messages to people who have opted out; None when nobody is left."""
    if text(job.record.get("force")) == "1":
        return call
    parts = list(job.action.reaches(call))
    if not parts:
        return call
    key = job.core.store.key(job.partition, f"oo:{job.stored.id}")
    found: Any = job.core.store.client.hmget(key, [part.to or "" for part in parts])
    places = frozenset(index for index, opted in enumerate(found) if opted is not None)
    if not places:
        return call
    problem = Rejected("the other party has opted out: nothing is sent unless forced", reason=Reason.OPTED_OUT)
    job.spared = [replace(parts[index], state="failed", error=problem) for index in sorted(places)]
    left = job.action.without(call.input, places)
    return None if left is None else replace(call, input=left)


def _failed(problem: ConnectorError) -> endings.Verdict:
    return endings.Verdict("failed", error=problem)


def _without_leaving(job: Job, problem: ConnectorError) -> attempts.Finished:
    """What went wrong before anything left: wrong words, or the questions that had to be asked first."""
    _heed(job)
    # Only questions were asked: nothing of this run has left, and they may be asked again.
    verdict = _verdict(job, problem, tries=job.tries + 1, repeatable=True)
    return endings.finish(job, Attempt("", 0, 0), verdict)


def _leave_and_call(
    job: Job, call: Call, ready: http.Ready, client: httpx.Client, *, last: bool
) -> attempts.Finished | None:
    core, action = job.core, job.action
    attempt = secrets.token_hex(8)
    seconds = min(action.timeout, core.settings.call_seconds)
    deadline = time.monotonic() + seconds  # before asking: the clock of Redis starts later, never earlier
    pace = pace_of(job.stored, job.provider, action.pace)
    person = pace_of(job.stored, job.provider, RECIPIENT) if action.nature in PERSONAL else None
    told, until = attempts.leave(
        core.store,
        job.partition,
        attempts.Leaving(
            job.run,
            job.lane,
            job.token,
            attempt,
            call_ms=int(seconds * 1000),
            pace=action.pace,
            step_ms=1000.0 / pace.rate if pace else 0.0,
            burst=pace.burst if pace else 1,
            needs_window=action.needs_window(call.input),
            minds_opt_outs=action.nature is Nature.SEND,
            flight_ms=int(seconds * 1000) + FLIGHT_MARGIN if action.nature is Nature.SEND else 0,
            person_ms=1000.0 / person.rate if person else 0.0,
            person_burst=person.burst if person else 1,
        ),
    )
    if told == "wait":
        return None
    if told == "parked":
        return attempts.Finished("ok", [])
    if told == "left" and until is not None:
        breaking.changed(core, job.stored, "half_open", until)
    if told in {"lost", "gone"}:
        return attempts.Finished("gone", []) if told == "lost" else _orphan_again(job)
    if told == "expired":
        problem: ConnectorError = Rejected("its time passed before it could leave", reason=Reason.EXPIRED)
        return endings.finish(job, Attempt("", 0, 0), _failed(problem))
    if told == "window":
        problem = Rejected(
            "the conversation's window is closed: send a template, or say force", reason=Reason.WINDOW_CLOSED
        )
        return endings.finish(job, Attempt("", 0, 0), _failed(problem))
    if told == "opted_out":
        problem = Rejected("the other party has opted out: nothing is sent unless forced", reason=Reason.OPTED_OUT)
        return endings.finish(job, Attempt("", 0, 0), _failed(problem))
    _heed(job)
    begun = time.time()
    status: int | None = None
    core.flights.begin(Flight(job.partition, job.run, job.lane, attempt, int(begun * 1000), int(seconds * 1000)))
    try:
        answer = http.exchange(client, ready, deadline)
        status = answer.status
        heed(core, job.stored)(answer)
        _hear(job, call, answer)
        outcome = http.conclude(job.provider, action, call, answer)
        outcome = _ask_last(job, call, outcome, client)
        verdict = endings.success(job, outcome, last=last)
    except ConnectorError as problem_met:
        status = problem_met.status if status is None else status
        verdict = _verdict(job, problem_met, tries=job.tries + 1, repeatable=action.repeatable)
    except Exception as mistake:  # ours; it left all the same, and that must be recorded
        log.exception("an answer could not be worked up", extra={"run": job.run, "error": type(mistake).__name__})
        unclear = OutcomeUnknown("the answer could not be worked up", code=type(mistake).__name__)
        verdict = _verdict(job, unclear, tries=job.tries + 1, repeatable=action.repeatable)
    made = Attempt(attempt, int(begun * 1000), int((time.time() - begun) * 1000), status)
    try:
        return endings.finish(job, made, verdict)
    finally:
        core.flights.forget(attempt)


def _hear(job: Job, call: Call, answer: Answer) -> None:
    """
    News that no webhook will bring again are journalled before the answer is judged: what we cannot read today the
    inbox keeps for tomorrow, and what we can is safe before the run counts as done.
    """
    heard = job.action.heard(call, answer.content) if answer.status < 300 else None
    if heard is None:
        return
    core, stored = job.core, job.stored
    _, rings = endings.insist(lambda: journal.ingest(core.store, stored.id, heard, job.provider.keep))
    core.ring(core.store.of(stored.id), rings)


def _ask_last(job: Job, call: Call, outcome: Outcome, client: httpx.Client) -> Outcome:
    if job.action.last is None:
        return outcome
    ask = http.asking(job.provider, call.connection, client, heard=heed(job.core, job.stored))
    return replace(outcome, output=dict(job.action.last(call, outcome.output, ask)))


def _orphan_again(job: Job) -> attempts.Finished:
    """The head changed under us (cancelled, expired): the script drops it and hands over what follows."""
    taken = lanes.Claim("lane", lane=job.lane, token=job.token)
    return _orphan(job.core, job.partition, taken, lanes.Head(job.run, dict(job.record)), go_on=job.go_on)


HELD = frozenset({Nature.SEND, Nature.REACT})  # worth keeping until a person has given new credentials


def _verdict(job: Job, problem: ConnectorError, *, tries: int, repeatable: bool) -> endings.Verdict:
    if isinstance(problem, Rejected) and problem.reason == Reason.AUTH:
        return _refused(job, problem)
    if isinstance(problem, OutcomeUnknown) and not repeatable and job.action.lost:
        problem.text = f"{problem.text}; {job.action.lost}"
    first = int(float(text(job.record.get("first_left")) or 0))
    waited = (time.time() * 1000 - first) / 1000 if first else 0.0
    decision = decide(
        problem,
        repeatable=repeatable,
        tries=tries,
        waited=waited,
        patience=job.core.settings.patience_seconds,
        most=job.core.settings.attempts,
    )
    if decision.verdict == "failed" and tries >= job.core.settings.attempts:
        problem.text = f"{problem.text}; given up after {tries} attempts"
    spared = job.spared if decision.verdict in {"failed", "unknown"} else ()  # an attempt to come asks once more
    return endings.Verdict(decision.verdict, parts=spared, error=problem, wait=decision.wait, scope=decision.scope)


def _refused(job: Job, problem: Rejected) -> endings.Verdict:
    """
    The provider refuses the credentials: nothing was taken.

    Renewed once where that may help; else the connection waits for a person, and sends wait with it.
    """
    refresh = job.provider.refresh
    spoken = job.stored.speak("")
    if refresh is not None and refresh.on_refusal(spoken) and not job.record.get("renewed"):
        try:
            tokens.renew(job.core, job.stored)
        except Unreachable as other:  # nobody said no: it waits, and is renewed before the next try
            return endings.Verdict("again", error=other, wait=tokens.PRESSING_REST_SECONDS, scope="connection")
        except ConnectorError as other:
            log.warning("secrets not renewed", extra={"connection": job.stored.id, "error": other.name})
        else:
            job.renewed = True
            return endings.Verdict("again", error=problem)
    now = states.refused(job.core, job.stored, problem)
    if job.action.nature not in HELD:
        return endings.Verdict("failed", error=problem)
    if now.state != states.CLIENT_ACTION_REQUIRED:
        return endings.Verdict("again", error=problem)  # somebody has given new ones meanwhile
    return endings.Verdict("again", error=problem, scope="connection")  # the gate is closed until a person has been
