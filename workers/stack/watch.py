"""Watching the running programs, and stopping them in order."""

import time
from collections import Counter
from collections.abc import Callable

from workers.stack.environment import Folders
from workers.stack.errors import StackError
from workers.stack.programs import LONGEST_STOP, SETTLING
from workers.stack.server import end_of
from workers.stack.supervise import State, Supervisor
from workers.stack.waiter import Waiter

EVERY = 1.0
# Shorter than the runner's first pause, so that no death is missed.
EVERY_WHILE_SETTLING = 0.25
PAUSE = 0.05
# A program that the runner gave up on gets another chance this often.
SECOND_CHANCE = 30.0
RUNNER_ENDS_WITHIN = 30.0


class Watch:
    """Knows what was started: servers first, then the programs that stand on them."""

    def __init__(
        self, supervisor: Supervisor, folders: Folders, waiter: Waiter, say: Callable[[str, str], None]
    ) -> None:
        self._supervisor = supervisor
        self._folders = folders
        self._waiter = waiter
        self._say = say
        self._servers: list[str] = []
        self._programs: list[str] = []
        self._pids: dict[str, int] = {}
        self._hurry_from = 0
        self._down: set[str] = set()
        self._deaths: Counter[str] = Counter()
        self._chance_due = 0.0

    def start_server(self, name: str) -> None:
        self._servers.append(name)
        self._supervisor.start_program(name)

    def start_program(self, name: str) -> None:
        self._programs.append(name)
        self._supervisor.start_program(name)

    def check_start(self) -> None:
        """Raise when something that was started is gone."""
        self._check_runner()
        for name, state in self._states().items():
            if state.failed:
                raise self._could_not_start(name)

    def until_asked_to_stop(self) -> None:
        settled = time.monotonic() + SETTLING
        self._pids = {name: state.pid for name, state in self._states().items()}
        while not self._waiter.asked:
            settling = time.monotonic() < settled
            self._waiter.sleep(EVERY_WHILE_SETTLING if settling else EVERY)
            self._check_runner()
            states = self._states()
            if settling:
                self._check_deaths(states)
            self._tell_restarts(states)

    def _check_deaths(self, states: dict[str, State]) -> None:
        """Once may be somebody's kill; who dies twice so soon does not get up."""
        for name in self._programs:
            down = name in states and states[name].failed
            self._deaths[name] += down and name not in self._down
            self._down = self._down | {name} if down else self._down - {name}
            if self._deaths[name] > 1:
                raise self._could_not_start(name)

    def _could_not_start(self, name: str) -> StackError:
        return StackError(f"{name} could not start. {end_of(self._folders.log / f'{name}.log')}")

    def stop_all(self) -> None:
        """Programs in the order of their start, then servers; asked once more, nothing is waited for."""
        if not self._supervisor.alive:
            return
        if self._programs:
            why = f"{self._waiter.asked_by}: " if self._waiter.asked_by else ""
            self._say("stopping", f"{why}finishing requests and jobs (Ctrl-C again: without waiting)")
        begun = time.monotonic()
        self._hurry_from = max(self._waiter.asked, 1) + 1
        for name in [*self._programs, *reversed(self._servers)]:
            self._stop(name)
        self._supervisor.end(RUNNER_ENDS_WITHIN)
        if self._programs:
            self._say("stopped", f"in {time.monotonic() - begun:.1f} s")

    def _stop(self, name: str) -> None:
        deadline = time.monotonic() + LONGEST_STOP
        self._supervisor.stop_program(name)
        while self._supervisor.alive and time.monotonic() < deadline:
            state = self._supervisor.states().get(name)
            if state and state.ended:
                return
            if self._waiter.asked >= self._hurry_from and name in self._programs:
                self._supervisor.kill_program(name)
            self._waiter.sleep(PAUSE)

    def _states(self) -> dict[str, State]:
        states = self._supervisor.states()
        return {name: states[name] for name in [*self._servers, *self._programs] if name in states}

    def _check_runner(self) -> None:
        if not self._supervisor.alive:
            raise StackError(
                f"The process runner ended unexpectedly. {end_of(self._folders.log / 'supervisord.log')}"
            )

    def _tell_restarts(self, states: dict[str, State]) -> None:
        for name, state in states.items():
            if state.up and state.pid != self._pids.get(name):
                self._say(name, f"had ended and was started again (see {self._folders.log / name}.log)")
                self._pids[name] = state.pid
            elif state.gave_up and time.monotonic() > self._chance_due:
                self._say(name, f"does not stay up (see {self._folders.log / name}.log); trying again")
                self._chance_due = time.monotonic() + SECOND_CHANCE
                self._supervisor.start_program(name)
