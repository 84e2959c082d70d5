"""So many at once, refilled over so many seconds."""

from time import monotonic


class Bucket:
    __slots__ = ("_at", "_left", "_per_second", "_size")

    def __init__(self, size: int, per: float) -> None:
        self._size = self._left = float(size)
        self._per_second = size / per
        self._at = monotonic()

    def take(self) -> bool:
        now = monotonic()
        self._left = min(self._size, self._left + (now - self._at) * self._per_second)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
