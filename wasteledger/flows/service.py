"""What every flow needs at hand: the database, the district's register, the books, the keys."""

from threading import Lock
from typing import NamedTuple

from schemas.errors import NoteError
from wasteledger.domain.merkle import Frontier
from wasteledger.domain.note import NoteKey, VerifierKey
from wasteledger.domain.policy import Policy, log_only, parse_policy
from wasteledger.domain.receipt import KEY_SUFFIX
from wasteledger.domain.register import Directory, Register
from wasteledger.domain.register_history import RegisterVersion, directory_of
from wasteledger.errors import NotFoundError, RolledBackError
from wasteledger.flows.books import Books
from wasteledger.flows.cuts import Cuts
from wasteledger.flows.keys import load_seed
from wasteledger.flows.office import Office, load_key
from wasteledger.flows.published import Published
from wasteledger.flows.sequencer import Sequencer
from wasteledger.flows.signer import Signer
from wasteledger.flows.signer_state import SignerState
from wasteledger.flows.signing_loop import SigningLoop
from wasteledger.flows.witnesses import Witnesses
from wasteledger.settings import Settings
from wasteledger.store.blobs import Blobs
from wasteledger.store.database import Database
from wasteledger.store.district import DistrictStore
from wasteledger.store.ledger import Ledger


class LogKeys(NamedTuple):
    """What somebody needs to check the log with.

    Attributes:
        log_key, receipt_key: public keys as people hand them on.
        policy: C2SP tlog-policy; a regulator keeps a copy of his own.
    """

    origin: str
    log_key: str
    receipt_key: str
    policy: str


class Service:
    """One service process on one database."""

    def __init__(self, settings: Settings) -> None:
        """Opens the database, migrating it where it is older."""
        self.settings = settings
        self.database = Database(settings.effective_database_url)
        self._lock = Lock()
        self._books: Books | None = None
        self._cuts: Cuts | None = None
        self._directory: tuple[list[RegisterVersion], Directory] | None = None
        self._sequencer: Sequencer | None = None
        self.signing: SigningLoop | None = None
        self.published = Published(Blobs(settings.effective_log_dir))

    def books(self) -> Books:
        """The books, kept up to the end of the log.

        Raises:
            NotFoundError: no district has been loaded.
        """
        directory = self.directory()
        with self._lock:
            if self._books is None:
                self._books = Books(self.database)
        self._books.keep(directory, directory.digest)
        return self._books

    def cuts(self) -> Cuts:
        """Books of the log as it was, for questions about the past."""
        with self._lock:
            if self._cuts is None:
                self._cuts = Cuts(self.database)
            return self._cuts

    def directory(self) -> Directory:
        """The register that was loaded last, with all versions behind it (`Directory.at`).

        Read again only when another version was loaded, by this process or another one.

        Raises:
            NotFoundError: no district has been loaded, or the log names a version that is not at hand.
        """
        with self.database.read() as connection:
            store = DistrictStore(connection)
            versions = store.versions()
            kept = self._directory
            if kept and kept[0] == versions:
                return kept[1]
            registers = [_at_hand(version, store.register_of(version.number)) for version in versions]
        directory = directory_of(versions, registers)
        self._directory = versions, directory
        return directory

    def directory_at_size(self, size: int) -> Directory:
        """The register with the versions that had been loaded when the log had this many entries.

        Raises:
            NotFoundError: as `directory` does.
        """
        directory = self.directory()
        history = directory.history
        if history is None or history.versions[-1].entry < size:
            return directory
        known = max(1, sum(version.entry < size for version in history.versions))
        return directory_of(history.versions[:known], [one.register for one in history.directories[:known]])

    def _origin(self) -> str:
        """The log's name, which all versions share."""
        if self._directory:
            return self._directory[1].register.origin
        with self.database.read() as connection:
            register = DistrictStore(connection).register()
        return register.origin if register else self.directory().register.origin

    def office(self, directory: Directory | None = None) -> Office:
        """The office of the district's authority."""
        register = (directory or self.directory()).register
        authority = next((site.code for site in register.sites if site.code[0] == "A"), None)
        if authority is None:
            message = f"district {register.region} has no authority: add a site whose code begins with A to its file"
            raise NotFoundError(message)
        self._check_not_rolled_back()
        key = load_key(self.settings.data_dir / "office.key")
        return Office(self.database, key, origin=register.origin, node=self.settings.node, site=authority)

    def sequencer(self) -> Sequencer:
        """The writer of this process.

        Raises:
            NotFoundError: no district has been loaded, so that the log has no name yet.
            RolledBackError: the database lacks what was published; to write into it would make a second history.
        """
        if self._sequencer is None:
            self._check_not_rolled_back()
            origin = self._origin()
            key = NoteKey(origin + KEY_SUFFIX, load_seed(self.settings.data_dir / "receipt.key"))
            self._sequencer = Sequencer(self.database, origin=origin, node=self.settings.node, receipt_key=key)
        return self._sequencer

    def _check_not_rolled_back(self) -> None:
        checkpoint = self.published.checkpoint()
        promised = max(checkpoint.size if checkpoint else 0, self.signed().size)
        with self.database.read() as connection:
            size = Ledger(connection).size
        if size < promised:
            message = (
                f"the database holds {size} entries, but {promised} were signed: it was rolled back. Nothing is "
                f"taken in until `wasteledger recover` has brought it forward: see docs/recovery.md. Handhelds keep their scans"
            )
            raise RolledBackError(message)

    def signed(self) -> Frontier:
        """The tree that was signed last, where the signer's file lies at hand; else the empty one."""
        path = self.settings.effective_signer_dir / "signed"
        return SignerState(path, self._origin()).read() if path.exists() else Frontier()

    def signer(self) -> Signer:
        """The signer of this log, with its own key and file.

        Raises:
            NotFoundError: no district has been loaded.
            NoteError: the policy file does not hold together, or is another log's.
        """
        origin = self._origin()
        key = NoteKey(origin, load_seed(self.settings.effective_signer_dir / "log.key"))
        policy = self.policy(key.verifier)
        self.published.write_key(key.verifier.text)
        state = SignerState(self.settings.effective_signer_dir / "signed", origin)
        witnesses = Witnesses(policy)
        return Signer(self.database, key=key, state=state, published=self.published, policy=policy, witnesses=witnesses)

    def log_keys(self) -> LogKeys:
        """The public keys of this log.

        Raises:
            NotFoundError: no district has been loaded, or nothing was signed yet.
        """
        origin = self._origin()
        receipt = NoteKey(origin + KEY_SUFFIX, load_seed(self.settings.data_dir / "receipt.key")).verifier
        log = self.log_verifier()
        path = self.settings.effective_policy
        policy = path.read_text(encoding="utf-8") if path.exists() else f"log {log.text}\nquorum none\n"
        return LogKeys(origin, log.text, receipt.text, policy)

    def log_verifier(self) -> VerifierKey:
        """The log's public key, as the signer published it."""
        note = self.published.key()
        if note is None:
            message = "nothing has been signed yet: run `wasteledger serve` or `wasteledger sign`"
            raise NotFoundError(message)
        return VerifierKey.parse(note)

    def policy(self, log: VerifierKey) -> Policy:
        """Who has to cosign: what the policy file says, nobody where there is none.

        Raises:
            NoteError: the file does not hold together, or names another key of the log than its own.
        """
        path = self.settings.effective_policy
        if not path.exists():
            return log_only(log)
        policy = parse_policy(path.read_text(encoding="utf-8"))
        if log not in policy.logs:
            message = f"{path} does not name this log's key: add the line `log {log.text}`"
            raise NoteError(message)
        return policy

    def close(self) -> None:
        """Gives the databases back."""
        if self._books is not None:
            self._books.close()
        if self._cuts is not None:
            self._cuts.close()
        self.database.close()


def _at_hand(version: RegisterVersion, register: Register | None) -> Register:
    if register is None:
        message = (
            f"the log names a register, {version.digest}, whose file is not at hand: load the district file again "
            f"(`wasteledger load`), or recover from an exported log, which has it in `registers/`"
        )
        raise NotFoundError(message)
    return register


def existing_service() -> Service:
    """The service on a database that is there: a command that asks never makes an empty one.

    Raises:
        NotFoundError: there is none.
    """
    settings = Settings()
    if not settings.database_url and not (settings.data_dir / "wasteledger.db").exists():
        message = (
            f"there is no ledger in {settings.data_dir}/: load a district with `wasteledger load district.yaml`, "
            f"or set WASTELEDGER_DATA_DIR (the demonstration's is demo)"
        )
        raise NotFoundError(message)
    return Service(settings)
