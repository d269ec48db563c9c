"""What every flow needs at hand: the database, the district's register, and the history folded so far."""

from threading import Lock

from wasteledger.domain.history import History
from wasteledger.domain.register import Directory
from wasteledger.errors import NotFoundError
from wasteledger.flows.office import Office, load_key
from wasteledger.flows.sequencer import Sequencer
from wasteledger.settings import Settings
from wasteledger.store.database import Database
from wasteledger.store.district import DistrictStore
from wasteledger.store.ledger import Ledger


class Service:
    """One service process on one database.

    The history is a projection in memory: it follows the log by its own size and can be thrown away at any time.
    """

    def __init__(self, settings: Settings) -> None:
        """Opens the database, migrating it where it is older."""
        self.settings = settings
        self.database = Database(settings.effective_database_url)
        self._history = History()
        self._lock = Lock()
        self._sequencer: Sequencer | None = None

    def history(self) -> History:
        """The fold over the whole log as it stands now."""
        with self._lock:
            with self.database.read() as connection:
                fresh = [content for _, content in Ledger(connection).contents(self._history.size)]
            if fresh:
                # Another thread may be reading the fold that was handed out, so it is never changed under its hands.
                following = self._history.copy()
                for content in fresh:
                    following.add(content)
                self._history = following
            return self._history

    def directory(self) -> Directory:
        """The register in force.

        Raises:
            NotFoundError: no district has been loaded.
        """
        with self.database.read() as connection:
            register = DistrictStore(connection).register()
        if register is None:
            message = "no district is loaded: run `wasteledger load district.yaml` (or `make demo`)"
            raise NotFoundError(message)
        return Directory(register)

    def office(self, directory: Directory | None = None) -> Office:
        """The office of the district's authority."""
        register = (directory or self.directory()).register
        authority = next((site.code for site in register.sites if site.code[0] == "A"), None)
        if authority is None:
            message = f"district {register.region} has no authority: add a site whose code begins with A to its file"
            raise NotFoundError(message)
        key = load_key(self.settings.data_dir / "office.key")
        return Office(self.database, key, origin=register.origin, node=self.settings.node, site=authority)

    def sequencer(self) -> Sequencer:
        """The writer of this process.

        Raises:
            NotFoundError: no district has been loaded, so that the log has no name yet.
        """
        if self._sequencer is None:
            origin = self.directory().register.origin
            self._sequencer = Sequencer(self.database, origin=origin, node=self.settings.node)
        return self._sequencer

    def close(self) -> None:
        """Gives the database back."""
        self.database.close()
