"""When the model server is away, a run must stop: what comes back then says nothing of the release.

Items that met no server wait until the next one that did: one bad moment is the release's, and they are written. So
many in a row, and the breaker opens; what waited is forgotten, to be asked when the run goes on. Items that have no
need of the model neither count nor wait.
"""

from seatmate_eval.drive import Contact
from seatmate_eval.results import Item


class ModelAway(Exception):
    """The run stopped because the model server does not answer. It can go on."""


class Breaker:
    def __init__(self, in_a_row: int) -> None:
        self._most = in_a_row
        self._waiting: list[Item] = []
        self.is_open = False

    def saw(self, item: Item, contact: Contact) -> list[Item]:
        """What may be written now."""
        if contact is Contact.AWAY:
            self._waiting.append(item)
            self.is_open = self.is_open or len(self._waiting) >= self._most
            return []
        if contact is Contact.ANSWERED and not self.is_open:
            return [*self.take_waiting(), item]
        return [item]

    def take_waiting(self) -> list[Item]:
        """What still waits at the end; whoever takes it has seen that the server answers."""
        taken, self._waiting = self._waiting, []
        return taken

    @property
    def has_waiting(self) -> bool:
        return bool(self._waiting)
