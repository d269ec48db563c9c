"""The invariants of the simulated world; its docstring lists them."""

from typing import TYPE_CHECKING

from schemas.canonical import decode_base64
from schemas.sync import BatchAnswer, Verdict
from tests.faults.actors import require
from tests.faults.oracle import Made
from tests.folding import history_of
from tests.stories_builder import ORIGIN, register
from wasteledger.audit.fsck import check_log
from wasteledger.audit.verify.audit import Audit, Options
from wasteledger.audit.verify.folder import LogFolder
from wasteledger.audit.verify.formats import parse_policy as parse_regulators_policy
from wasteledger.domain.checkpoint import Checkpoint, parse_checkpoint
from wasteledger.domain.devices import device_findings
from wasteledger.domain.entry import decode_entry
from wasteledger.domain.merkle import EMPTY_ROOT, Frontier, leaf_hash, verify_consistency
from wasteledger.domain.note import parse_signed_note
from wasteledger.domain.policy import Policy, parse_policy
from wasteledger.domain.register import Directory
from wasteledger.domain.tiles import consistency_proof
from wasteledger.domain.tlog_proof import verify_tlog_proof
from wasteledger.flows.export_log import export_log
from wasteledger.flows.signer_state import SignerState
from wasteledger.store.ledger import Ledger

if TYPE_CHECKING:
    from tests.faults.world import World


class Checks:
    """What is known of the log from outside, step by step.

    Attributes:
        bound: how many entries the log has signed or published; a database with fewer was put back.
    """

    def __init__(self, world: "World") -> None:
        self._world = world
        text = (world.settings.data_dir / "policy").read_text()
        self.policy: Policy = parse_policy(text)
        self.regulators_policy = parse_regulators_policy(text)
        self._state = SignerState(world.settings.effective_signer_dir / "signed", ORIGIN)
        self._leaves: list[bytes] = []
        self._roots: list[bytes] = [EMPTY_ROOT]
        self._frontier = Frontier()
        self._last_ms = 0
        self._promised: dict[int, bytes] = {}
        self._signed: dict[int, bytes] = {}
        self._heard = 0
        self._published = Checkpoint("", 0, EMPTY_ROOT)

    @property
    def bound(self) -> int:
        """As many entries as the signer's own file and the published checkpoint say."""
        published = self._world.nodes[0].service.published.checkpoint()
        return max(self._state.read().size, published.size if published else 0)

    @property
    def behind(self) -> bool:
        """Whether the database lacks what was signed."""
        return len(self._world.truth.records) < self.bound

    def answer(self, notes: list[Made], expected: list[tuple[str, int | None]], answer: BatchAnswer) -> None:
        """The verdicts are the true ones; what they promise is remembered. Numbers asked for are really missing."""
        found = [(verdict.verdict, verdict.index) for verdict in answer.verdicts]
        require(found == expected, f"I1, I3: the verdicts are {found}, the truth is {expected}")
        for made, verdict in zip(notes, answer.verdicts, strict=True):
            require(decode_base64(verdict.event_id) == made.event_id, "a verdict on another event")
            if verdict.index is not None:
                leaf = decode_base64(verdict.leaf_hash or "")
                first = self._promised.setdefault(verdict.index, leaf)
                require(first == leaf, f"I3: index {verdict.index} was promised twice")
        asked = {(hole.device_id, number) for hole in answer.needed for number in range(hole.first, hole.last + 1)}
        require(asked <= self._world.truth.holes(), "numbers are asked for that the log has")

    def published(self, checkpoint: Checkpoint) -> None:
        """A checkpoint that anybody can see: the policy accepts it, and it continues the one before."""
        published = self._world.nodes[0].service.published
        accepted = self.policy.accept(published.note() or b"").checkpoint
        require(accepted == checkpoint, "the signer names another checkpoint than is published")
        before, sizes = self._published, {"size1": self._published.size, "size2": checkpoint.size}
        require(before.size <= checkpoint.size, "I2: an older checkpoint is published again")
        proof = consistency_proof(**sizes, read=published.tile)
        whole = verify_consistency(**sizes, root1=before.root, root2=checkpoint.root, proof=proof)
        require(whole, f"I2: checkpoint {checkpoint.size} does not continue {before.size}")
        self._published = checkpoint

    def stands(self, verdict: Verdict) -> bool:
        """Whether the operator is still bound by what a verdict said; an older copy put back breaks the newest promises."""
        return self._promised.get(verdict.index or 0) == decode_base64(verdict.leaf_hash or "")

    def put_back(self, size: int) -> None:
        """The operator's fault, not the service's: what was acknowledged but not signed is gone with the newer copy."""
        keep = max(size, self.bound)
        self._promised = {index: leaf for index, leaf in self._promised.items() if index < keep}
        self._forget_leaves(size)

    def _forget_leaves(self, size: int) -> None:
        del self._leaves[size:], self._roots[size + 1 :]
        self._frontier = Frontier()
        for leaf in self._leaves:
            self._frontier.append(leaf)
        self._last_ms = 0

    def after_step(self, *, thorough: bool) -> None:
        """What must hold after each step."""
        self._read_on()
        there = dict(enumerate(self._leaves))
        behind = self.behind  # then the newest entries are on their way back, and nothing else may take their places
        for index, leaf in self._promised.items():
            require(index in there or behind, f"I1: entry {index} was acknowledged and is not there")
            require(there.get(index, leaf) == leaf, f"I1, I3: entry {index} is another than the one acknowledged")
        for phone in self._world.phones:
            for number, proved in phone.proved.items():
                index = proved.proof.index
                require(index in there or behind, f"I4: number {number} of {phone.name} is gone")
                require(there.get(index, proved.leaf) == proved.leaf, f"I4: number {number} of {phone.name} is another")
        self._signed_notes()
        if thorough:
            self._gaps_and_folds()

    def _read_on(self) -> None:
        """The stored entries are those of the truth, each once, in order, received at hours that never go back."""
        records = self._world.truth.records
        with self._world.nodes[0].service.database.read() as connection:
            ledger = Ledger(connection)
            for index, content in ledger.contents(len(self._leaves)):
                require(index == len(self._leaves) < len(records), f"I1: entry {index} stands where none should be")
                entry = decode_entry(content)
                true = records[index]
                require((entry.entry_class, entry.note) == (true.entry_class, true.made.text), f"I1: entry {index}")
                require(entry.received_ms >= self._last_ms, f"entry {index} was received before the one before it")
                self._last_ms = entry.received_ms
                self._leaves.append(leaf_hash(content))
                self._frontier.append(self._leaves[-1])
                self._roots.append(self._frontier.root())
            require(len(self._leaves) == len(records) == ledger.size, "I1: the log has fewer entries than it took")
            require(ledger.root() == self._roots[-1], "the tree is not that of the entries")

    def _signed_notes(self) -> None:
        """I2 for everything that left the signer, whether or not anybody cosigned it."""
        for body in self._world.line.heard[self._heard :]:
            checkpoint = parse_checkpoint(parse_signed_note(body.partition(b"\n\n")[2]).text)
            root = self._signed.setdefault(checkpoint.size, checkpoint.root)
            require(root == checkpoint.root, f"I2: two trees of size {checkpoint.size} were signed")
        self._heard = len(self._world.line.heard)
        for size, root in self._signed.items():
            if size < len(self._roots):
                require(self._roots[size] == root, f"I2: the log is not the one that was signed at size {size}")

    def _gaps_and_folds(self) -> None:
        """I5 and I6."""
        findings = device_findings(history_of(self._world.nodes[0].service), Directory(register()), region="500114")
        for node in self._world.nodes:
            kept = [
                finding
                for book in node.service.books().devices.values()
                if book.site[1:7] == "500114"
                for finding in book.findings()
            ]
            require(set(kept) == set(findings), "I6: the books continued are not a fresh fold")
        found = set()
        for finding in findings:
            if finding.code == "device_gap":
                device, _, numbers = finding.detail.partition(" № ")
                first, _, last = numbers.partition("–")
                found |= {(device, number) for number in range(int(first), int(last or first) + 1)}
        true = self._world.truth.holes()
        require(found == true, f"I5: gaps {sorted(found - true)} are no gaps, {sorted(true - found)} are not listed")

    def whole(self, *, censored: bool) -> None:
        """I7, and everything once more from the stored bytes alone."""
        world = self._world
        problems = check_log(world.nodes[0].service.database).problems
        require(not problems, f"fsck: {problems}")
        ids = [record.made.event_id for record in world.truth.records if record.entry_class in {"event", "fork"}]
        require(len(ids) == len(set(ids)), "I1: an event stands twice")
        there = set(ids)
        for phone in world.phones:
            for proved in phone.proved.values():
                verify_tlog_proof(proved.proof, leaf=proved.leaf, policy=self.policy)
            made = {scan.event_id for scan in phone.scans}
            away = made - there
            require(phone.broken or away <= world.censored, f"I7: {phone.name} lost {len(away)} scans")
            bodies = {scan.event_id for scan in phone.kept.values()}
            require(phone.broken or away <= bodies, f"I4: {phone.name} threw away what the log never took")
            require(phone.broken or censored or not bodies, f"I7: {phone.name} waits for {len(bodies)} proofs")

    def audit(self) -> None:
        """The regulator's program, which shares no code with the service, comes to the same gaps."""
        world = self._world
        folder = world.folder / "export"
        export_log(world.nodes[0].service, folder)
        audit = Audit(LogFolder(folder), self.regulators_policy, Options())
        report = audit.run()
        require(not report.invalid, f"the regulator's audit: {report.invalid}")
        found = set()
        for device in audit.devices.known.values():
            lost = device.lost_end()
            for first, last in device.holes() + ([lost] if lost else []):
                found |= {(device.device_id, number) for number in range(first, last + 1)}
        require(found == world.truth.holes(), "I5: the regulator's list of gaps is another")
