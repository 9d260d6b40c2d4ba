"""`sqlcrm listen`: takes webhooks' calls and runs a script over their events, until stopped."""

from __future__ import annotations

from dataclasses import dataclass

import click

from sqlcrm.errors import Cancelled
from sqlcrm.session.listening import Listener, Work
from sqlcrm.session.opening import open_session
from sqlcrm.session.state import Session
from sqlcrm.shell.narration import Narrator
from sqlcrm.shell.running import Order, check_params
from sqlcrm.shell.signals import stopping


@dataclass(frozen=True, slots=True)
class Place:
    """Where to listen, and for how long.

    once: run what is stored, open no port. retry_dead: let dead letters be run again first.
    """

    host: str
    port: int
    once: bool
    retry_dead: bool
    attempts: int


def listen(order: Order, place: Place) -> int:
    """Listen until SIGINT or SIGTERM, or run what is stored; return the exit code."""
    check_params(order)
    narrator = Narrator()

    def opened() -> Session:
        return open_session(order.config, kind="listen", limits=order.limits, wait=order.wait)

    work = Work(order.text, order.name, order.params, place.attempts)
    listener = Listener(opened, work, narrator.say)
    try:
        if place.retry_dead:
            listener.events.revive()
        with listener.alone():
            _tell_waiting(listener, narrator)
            return _once(listener) if place.once else _serve(listener, place, narrator)
    finally:
        listener.close()


def _once(listener: Listener) -> int:
    with stopping(listener.stop) as interruption:
        code = listener.work(once=True)
    return Cancelled.exit_code if interruption.asked else code


def _serve(listener: Listener, place: Place, narrator: Narrator) -> int:
    from sqlcrm.doors.receiver import Receiver
    from sqlcrm.doors.serving import serving

    receiver = Receiver(listener.endpoints, listener.store, narrator.say)
    with serving(receiver.app, place.host, place.port) as server:

        def stop() -> None:
            server.stop()
            listener.stop()

        with stopping(stop):
            for endpoint in listener.endpoints.values():
                narrator.say(f"@{endpoint.source.alias} ({endpoint.title}): {endpoint.path}")
            click.echo(f"ready {server.url}")
            code = listener.work()
    counts = receiver.counts
    told = ", ".join(f"{counts[name]:,} {name}" for name in ("stored", "repeated", "refused"))
    narrator.say(f"stopped: {told}")
    _tell_waiting(listener, narrator)
    return code


def _tell_waiting(listener: Listener, narrator: Narrator) -> None:
    """Say what is stored and not done, if anything is."""
    counts = listener.waiting()
    told = [f"{counts[state]:,} {state}" for state in ("pending", "dead") if counts.get(state)]
    if told:
        narrator.say(f"stored events: {', '.join(told)}")
