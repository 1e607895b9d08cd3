"""How fast changes of the bank come into effect: a value that can be asked for at any time, and by several readers."""

from typing import NamedTuple, Self

KEPT_DELAYS = 200


class Propagation(NamedTuple):
    """How many changes have come into effect, and how long the last of them took: seconds from their writing, 200 at most."""

    changes: int = 0
    delays: tuple[float, ...] = ()

    def after(self, seconds: float) -> Self:
        """One more change."""
        return self._replace(changes=self.changes + 1, delays=(*self.delays, seconds)[-KEPT_DELAYS:])

    def since(self, changes: int) -> tuple[float, ...]:
        """The delays of what came into effect after the first `changes`; all where fewer are known than that (a new start)."""
        new = self.changes - changes if self.changes >= changes else self.changes
        return self.delays[-new:] if new else ()
