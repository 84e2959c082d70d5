"""The database's log, received as it is written and brought to the store.

pg_receivewal writes it below DATA_DIR; whole segments go from there, and every few seconds what is new in
the one being written, as a piece. A slot keeps what was not received yet, as long as the server has room.
"""

import logging
import subprocess
import threading
import time
from datetime import datetime
from pathlib import Path

import psycopg2

from app.platform.errors import Refused
from workers.recovery.catalogue import HISTORY, WHOLE
from workers.recovery.depot import Depot, Gone
from workers.recovery.errors import RecoveryError
from workers.recovery.notes import Notes
from workers.recovery.source import Source
from workers.recovery.verifying import lsn
from workers.stack.errors import StackError
from workers.stack.postgres import READER
from workers.stack.server import tethered

# What may wait here for a store that is away; then it waits at the server, which bounds it as well.
MOST_WAITING = 2 * 1024**3
PARTIAL = ".partial"
STOPS_WITHIN = 10.0
# So long the receiver takes at most to say how far it came.
SETTLES = 1.5
# What a turn may meet and the next one may not: a store is away, the server of a drill does not start.
PASSING = (Refused, RecoveryError, StackError, OSError, psycopg2.Error)

PLACES = (
    "select clock_timestamp(), pg_current_wal_flush_lsn()::text,"
    " (select max(write_lsn)::text from pg_stat_replication where application_name = %s),"
    " substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)"
)
BLIND = "BACKUP_DATABASE_URL: its role cannot see how far the log came. Grant it pg_read_all_stats."
TIMELINE = "select substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)"
READER_STATE = "select wal_status = 'lost', active from pg_replication_slots where slot_name = %s"

log = logging.getLogger("fanlight.recovery")


class Shipping:
    def __init__(self, source: Source, depot: Depot, notes: Notes, folder: Path, every: float) -> None:
        self._source, self._depot, self._notes = source, depot, notes
        self._every = every
        self._folder = folder
        self._receiving: subprocess.Popen[bytes] | None = None
        self._system = ""
        # Of the segment that is being written: how much of it is in the store.
        self._partial, self._sent = "", 0
        # A moment, the place in the log that has to be in the store before it counts, the timeline.
        self._mark: tuple[datetime, int, str] | None = None
        # Up to when each timeline is in the store; not known before the store was asked.
        self._reached: dict[str, str] | None = None
        self.shipped: datetime | None = None
        self.receiving = threading.Event()
        # Set when what was received has a hole before it: only a new base backup leads beyond that.
        self.broken = threading.Event()

    def run(self, stop: threading.Event) -> None:
        try:
            while not stop.is_set():
                self._try_turn()
                stop.wait(self._every)
            # What came while the house was closing, and the word that it is there.
            self._mark = None
            self._try_turn()
            time.sleep(SETTLES)
            self._try_turn()
        finally:
            self._stop_receiving()

    def turn(self) -> None:
        if not self._system:
            # Each cluster its own: what another left here must not pass for this one's.
            self._system = str(self._source.facts()["system"])
            self._spool = self._folder / "wal" / self._system
            if not self._source.sees_readers():
                log.error(BLIND)
        self._keep_receiving()
        moment, flushed, written, timeline = self._source.ask(PLACES, READER)[0]
        self._ship()
        self._note((moment, lsn(flushed), str(int(timeline, 16))), lsn(written) if written else 0)

    def _try_turn(self) -> None:
        try:
            self.turn()
        except PASSING as error:
            log.warning("the log could not be shipped; trying again", extra={"error": str(error)})

    def _keep_receiving(self) -> None:
        if self._receiving and self._receiving.poll() is None:
            if self._waiting() > MOST_WAITING:
                log.warning("too much of the log waits for the store; what comes next waits at the server")
                self._stop_receiving()
            return
        if self._waiting() > MOST_WAITING:
            return
        self._spool.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._keep_slot()
        self._keep_timeline()
        with (self._folder / "pg_receivewal.log").open("wb") as said:
            self._receiving = subprocess.Popen(
                tethered(
                    self._source.command(
                        "pg_receivewal", "--directory", str(self._spool), "--slot", READER, "--no-loop",
                        "--status-interval", "1", "--no-password",
                    )
                ),
                env=self._source.environment(),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
            )  # fmt: skip
        self.receiving.set()

    def _keep_slot(self) -> None:
        state = self._source.ask(READER_STATE, READER)
        if state and not state[0][0]:
            return
        if state:
            self._source.forget_slot()
        self._begin_anew()
        self._source.ask("select pg_create_physical_replication_slot(%s, true)", READER)

    def _keep_timeline(self) -> None:
        """Another server took over. It may never have had what was received last of the old one, and would
        not lead on from there; it does from where the slot stands, which it kept.
        """
        here = str(self._source.ask(TIMELINE)[0][0])
        if any(path.name[:8] < here for path in self._spool.iterdir() if WHOLE.match(path.name)):
            log.warning("another server took over; beginning a new base backup", extra={"timeline": here})
            self._begin_anew()

    def _begin_anew(self) -> None:
        """What was received before does not lead on to what comes now."""
        self._ship()
        for path in self._spool.iterdir():
            path.unlink()
        self._partial, self._sent = "", 0
        self._mark = None
        self.broken.set()

    def _stop_receiving(self) -> None:
        if self._receiving is None:
            return
        self._receiving.terminate()
        try:
            self._receiving.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            self._receiving.kill()
            self._receiving.wait()
        self._receiving = None

    def _waiting(self) -> int:
        return sum(path.stat().st_size for path in self._spool.glob("*")) if self._spool.is_dir() else 0

    def _ship(self) -> None:
        for path in sorted(self._spool.glob("*")):
            if WHOLE.fullmatch(path.name):
                self._ship_whole(path)
            elif HISTORY.fullmatch(path.name):
                self._depot.put(f"{self._place}{path.name}", [path.read_bytes()])
                path.unlink()
        written = sorted(self._spool.glob(f"*{PARTIAL}"))
        for path in written:
            self._ship_piece(path)
        for path in written[:-1]:
            path.unlink()  # of a timeline that ended in the middle of it: nothing more comes

    def _ship_whole(self, path: Path) -> None:
        self._depot.put(f"{self._place}{path.name}", [path.read_bytes()])
        for piece in self._depot.names(f"{self._place}{path.name}."):
            self._depot.delete(piece)
        path.unlink()

    def _ship_piece(self, path: Path) -> None:
        name = path.name.removesuffix(PARTIAL)
        if name != self._partial:
            self._partial, self._sent = name, 0
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return  # completed meanwhile, and whole at the next turn
        # What is not written yet is zeros; the log is only ever added to.
        end = len(content.rstrip(b"\0"))
        if end > self._sent:
            self._depot.put(f"{self._place}{name}.{self._sent:08x}", [content[self._sent : end]])
            self._sent = end

    def _note(self, now: tuple[datetime, int, str], written: int) -> None:
        """A moment counts once all that the server had written by then is in the store."""
        if self._mark and written >= self._mark[1]:
            self.shipped, _, timeline = self._mark
            reached = self._told() | {timeline: self.shipped.isoformat()}
            self._depot.put_json(f"{self._system}/shipped", {"at": self.shipped.isoformat(), "on": reached})
            self._reached = reached
            self._notes.moved("wal", self.shipped, place=f"{written:x}")
            self._mark = None
        self._mark = self._mark or now

    def _told(self) -> dict[str, str]:
        if self._reached is None:
            try:
                self._reached = dict(self._depot.read_json(f"{self._system}/shipped").get("on", {}))
            except Gone:
                self._reached = {}
        return self._reached

    @property
    def _place(self) -> str:
        return f"{self._system}/wal/"
