"""Proofs from a large tree's files, cold, and the audit of an exported log."""

import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

from wasteledger import clock
from wasteledger.bench.measure import percentile, time_each
from wasteledger.domain.merkle import leaf_hash, verify_inclusion
from wasteledger.domain.tiles import Tile, TileBuilder, consistency_proof, inclusion_proof, root_at
from wasteledger.flows.export_log import export_log
from wasteledger.flows.published import Published
from wasteledger.flows.service import Service
from wasteledger.store.blobs import Blobs

#: Proofs timed.
PROOFS = 1_000


def measure_proofs(folder: Path, leaves: int) -> dict[str, Any]:
    """Inclusion and consistency proofs at random places of a tree of that many leaves.

    Cold: the operating system is made to forget each tile before it is read, so the leaf's own tile always comes from the disk.
    """
    published = Published(Blobs(folder))
    size_bytes = _write_tree(published, leaves)

    def read(tile: Tile) -> bytes:
        _forget(folder / tile.path)
        return published.tile(tile)

    chance = random.Random(1)  # noqa: S311 - the same places each time
    places = iter([chance.randrange(leaves) for _ in range(2 * PROOFS)])
    inclusion = time_each(lambda: inclusion_proof(next(places), size=leaves, read=read), PROOFS)
    consistency = time_each(lambda: consistency_proof(size1=next(places) + 1, size2=leaves, read=read), PROOFS)
    root = root_at(leaves, read)
    index = leaves // 3
    leaf = leaf_hash(index.to_bytes(8, "big"))
    proof = inclusion_proof(index, size=leaves, read=read)
    checks = time_each(lambda: verify_inclusion(index=index, size=leaves, leaf=leaf, proof=proof, root=root), PROOFS)
    if not verify_inclusion(index=index, size=leaves, leaf=leaf, proof=proof, root=root):
        message = "a proof of the benchmark does not hold"
        raise RuntimeError(message)
    return {
        "proof_leaves": leaves,
        "proof_ms_p50": percentile(inclusion, 0.5),
        "proof_ms_p99": percentile(inclusion, 0.99),
        "consistency_ms_p99": percentile(consistency, 0.99),
        "proof_checks_per_s": round(PROOFS / sum(checks)),
        "tree_bytes_per_event": round(size_bytes / leaves, 2),
    }


def _write_tree(published: Published, leaves: int) -> int:
    builder, size_bytes = TileBuilder(0, published.tile), 0
    for index in range(leaves):
        builder.append(leaf_hash(index.to_bytes(8, "big")))
        if index % 65_536 == 0:
            size_bytes += _put(published, builder.take_full())
    return size_bytes + _put(published, builder.take_full() + builder.take_partial())


def _put(published: Published, tiles: list[tuple[Tile, bytes]]) -> int:
    for tile, content in tiles:
        published.write(tile.path, content)
    return sum(len(content) for _, content in tiles)


def _forget(path: Path) -> None:
    """Asks the operating system to drop its own copy of a file."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return
    os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(handle)


def measure_audit(service: Service, folder: Path) -> dict[str, Any]:
    """The regulator's verifier on the exported log, in a process of its own, with signatures and with hashes only."""
    exported = export_log(service, folder)
    result = {}
    for name, options in (("audit_entries_per_s", []), ("audit_hashes_only_entries_per_s", ["--hashes-only"])):
        command = [
            sys.executable,
            "-m",
            "wasteledger.audit.verify",
            "audit",
            str(folder),
            "--policy",
            str(folder / "policy"),
        ]
        start = clock.elapsed_s()
        done = subprocess.run([*command, *options, "--json"], capture_output=True, check=False)  # noqa: S603 - our own program
        if done.returncode not in {0, 3}:
            raise RuntimeError(done.stdout.decode() + done.stderr.decode())
        result[name] = round(exported.size / (clock.elapsed_s() - start))
    return result
