"""Defects in the ledger and around it: signing, storing, keeping the books, witnesses, auditing."""

from tests.mutants.mutant import Mutant

LEDGER = (
    Mutant(
        "what lies in a box is not judged again", "wasteledger/flows/book_touched.py",
        "                self.add_items(companions_before(box, span, source, directory))\n", "                pass\n",
        "tests/store/test_books.py",
    ),
    Mutant(
        "a manifest is not judged again when its box was packed late", "wasteledger/flows/book_manifests.py",
        "            numbers.add(fact.event.manifest)\n        if fact.occurred_ms", "            pass\n        if fact.occurred_ms",
        "tests/store/test_books.py",
    ),
    Mutant(
        "a counted room concerns nobody", "wasteledger/flows/book_touched.py",
        "self.add_items(code.partition(COPY_MARK)[0] for code in concerned)", "self.add_items(())",
        "tests/store/test_books.py",
    ),
    Mutant(
        "a refused declaration frees its place in nobody's books", "wasteledger/flows/book_touched.py",
        'if target.kind == "opening_stock":', "if False:", "tests/store/test_book_openings.py",
    ),
    Mutant(
        "a torn label's package is not judged again", "wasteledger/flows/book_touched.py",
        "self.add_items(labels)", "pass", "tests/store/test_books.py",
    ),
    Mutant(
        "books of another register are kept", "wasteledger/flows/books.py",
        "return state.register_digest == digest and last", "return last", "tests/store/test_books.py",
    ),
    Mutant(
        "synchronous=NORMAL", "wasteledger/store/database.py", '"synchronous": 2', '"synchronous": 1',
        "tests/faults/test_power_cut.py::test_no_acknowledged_scan_is_lost_when_the_power_goes",
    ),
    Mutant(
        "acknowledged before the commit", "wasteledger/store/database.py",
        "                yield connection\n                self._commit(connection)\n",
        "                yield connection\n                connection.rollback()\n",
        "tests/store/test_accept_batch.py tests/faults/test_world.py",
    ),
    Mutant(
        "the number of a device is not looked up", "wasteledger/flows/accept_batch.py",
        "taken = self._ledger.numbers_taken(numbers | before)", "taken = self._ledger.numbers_taken(())",
        "tests/store/test_accept_batch.py",
    ),
    Mutant(
        "the index comes from a count of its own", "wasteledger/store/ledger.py",
        "index, leaf = self.frontier.size, leaf_hash(content)",
        "Ledger.serial = getattr(Ledger, 'serial', -1) + 1\n        index, leaf = Ledger.serial, leaf_hash(content)",
        "tests/store/test_database.py",
    ),
    Mutant(
        "the signer's file is not written", "wasteledger/flows/signer.py",
        "                self._state.swap(before, after)\n", "                pass\n",
        "tests/store/test_signer.py",
    ),
    Mutant(
        "signed from memory, not from what is stored", "wasteledger/flows/signer.py",
        "            after.append(leaf_hash(content))\n",
        "            after = Frontier(ledger.size, ledger.frontier.subtrees)\n            break\n",
        "tests/store/test_signer.py",
    ),
    Mutant(
        "leaves without their prefix", "wasteledger/domain/merkle.py", 'sha256(b"\\x00" + entry)', "sha256(entry)",
        "tests/domain/test_merkle_and_entry.py",
    ),
    Mutant(
        "the size is not looked at in an inclusion proof", "wasteledger/domain/merkle.py",
        "if not 0 <= index < size or any(len(part) != HASH_BYTES for part in (leaf, root, *proof)):",
        "if any(len(part) != HASH_BYTES for part in (leaf, root, *proof)):",
        "tests/domain/test_tiles.py",
    ),
    Mutant(
        "a note is split at its first blank line", "wasteledger/domain/note.py",
        'decoded.rpartition("\\n\\n")', 'decoded.partition("\\n\\n")', "tests/domain/test_notes.py",
    ),
    Mutant(
        "numbers are read by int() alone", "wasteledger/domain/checkpoint.py",
        "if not DECIMAL.fullmatch(text) or int(text) > DECIMAL_MAX:", "if not text.strip('+ _\\n').replace('_', '').isdigit():",
        "tests/domain/test_notes.py",
    ),
    Mutant(
        "a handheld forgets what is only acknowledged", "tests/faults/actors.py",
        "            self.told[made.number] = verdict\n", "            del self.kept[made.number]\n", "tests/faults/test_world.py",
    ),
    Mutant(
        "the witness answers before it remembers", "wasteledger/witness/state.py",
        '                connection.execute("COMMIT")\n', '                connection.execute("ROLLBACK")\n', "tests/witness",
    ),
    Mutant(
        "the witness does not look at the consistency proof", "wasteledger/domain/merkle.py",
        "    return second == 0 and old == root1 and new == root2", "    return True", "tests/witness tests/domain/test_tiles.py",
    ),
    Mutant(
        "bytes known as good are taken on trust", "wasteledger/flows/read_note.py",
        "known = self._known.get(hashlib.sha256(raw).digest())",
        "known = next(iter(self._known.values()), None)",
        "tests/store/test_sequencer.py",
    ),
    Mutant(
        "a full queue takes one more", "wasteledger/flows/sequencer.py",
        "if self._waiting_events + len(request.read) > QUEUE_EVENTS_MAX:", "if self._waiting_events > QUEUE_EVENTS_MAX:",
        "tests/store/test_sequencer.py",
    ),
    Mutant(
        "a rolled-back database takes scans", "wasteledger/flows/service.py", "        if size < promised:\n", "        if False:\n",
        "tests/store/test_recovery.py",
    ),
    Mutant(
        "recovery does not compare roots", "wasteledger/flows/replay.py", "ledger.root() != checkpoint.root", "False",
        "tests/store/test_recovery.py",
    ),
    Mutant(
        "the verifier passes over a bad cosignature", "wasteledger/audit/verify/formats.py",
        '            raise fail(f"the signature of {name} does not verify")\n', "            continue\n",
        "tests/verify",
    ),
    Mutant(
        "the verifier takes every Ed25519 S", "wasteledger/audit/verify/ed25519.py", "if s >= L or table is None", "if table is None",
        "tests/verify/test_ed25519.py",
    ),
    Mutant(
        "the signer's file is written after the signature", "wasteledger/flows/signer.py",
        "                self._state.swap(before, after)\n"
        "            return self._publish(Checkpoint(self._key.name, after.size, after.root()))\n",
        "                published = self._publish(Checkpoint(self._key.name, after.size, after.root()))\n"
        "                self._state.swap(before, after)\n"
        "                return published\n"
        "            return self._publish(Checkpoint(self._key.name, after.size, after.root()))\n",
        "tests/store/test_signer.py",
    ),
    Mutant(
        "the signer swaps without comparing", "wasteledger/flows/signer_state.py",
        "if (found.size, found.subtrees) != (before.size, before.subtrees):", "if found.size < 0:",
        "tests/faults/test_attacks_history.py",
    ),
    Mutant(
        "the sequencer answers before the transaction ends", "wasteledger/flows/sequencer.py",
        "answer = take_in(Ledger(connection), everything, origin=self.gateway.origin, node=self._node)\n"
        "        except BaseException as error:  # noqa: BLE001 - each caller gets his own, and raises it\n",
        "answer = take_in(Ledger(connection), everything, origin=self.gateway.origin, node=self._node)\n"
        "                _hand_out(batch, answer)\n"
        "        except BaseException as error:  # noqa: BLE001 - each caller gets his own, and raises it\n"
        "            if all(request.is_done for request in batch):\n"
        "                return\n",
        "tests/faults/test_attacks_sequencer.py",
    ),
    Mutant(
        "a receipt's leaf is not looked at", "wasteledger/audit/verify/commands.py",
        "if index in promises and leaf_hash(entry) != promises[index]:", "if index in promises and not entry:",
        "tests/faults/test_attacks_history.py::test_04_a_deleted_entry_is_found_by_the_witness_and_every_receipt",
    ),
    Mutant(
        "a receipt beyond the log is not looked at", "wasteledger/audit/verify/commands.py",
        "        if index >= size:\n", "        if False:\n", "tests/faults/test_attacks_history.py",
    ),
    Mutant(
        "the verifier does not ask what devices were shown", "wasteledger/audit/verify/audit.py",
        "if event.checkpoint and roots.get(size) != event.checkpoint[1]:", "if False:", "tests/faults/test_attacks_history.py",
    ),
    Mutant(
        "the witness forgets what it refused", "wasteledger/witness/state.py",
        "        if changed.rowcount:\n", "        self._connection.execute('DELETE FROM refused')\n        if changed.rowcount:\n",
        "tests/faults/test_attacks_history.py",
    ),
    Mutant(
        "a log that is told of a smaller size believes it", "wasteledger/flows/witnesses.py",
        "            if int(known) < size:\n", "            if False:\n", "tests/faults/test_attacks_machine.py -k test_21",
    ),
    Mutant(
        "key ids are not looked at", "wasteledger/domain/note.py",
        "if (signature.name, signature.key_id) == (self.name, key_id):", "if signature.name == self.name:",
        "tests/domain/test_notes.py tests/faults/test_attacks_machine.py",
    ),
    Mutant(
        "fsck does not look at the history of checkpoints", "wasteledger/audit/check_published.py",
        "if checkpoint and checkpoint.root != frontier.root():", "if False:",
        "tests/faults/test_attacks_machine.py",
    ),
    Mutant(
        "to the audit anybody enters the taker's paper", "wasteledger/audit/verify/entitlement.py",
        ' ("accepted", PAPER): "p",', "", "tests/verify",
    ),
    Mutant(
        "the books take a clock that was set back for a steady one", "wasteledger/flows/books.py",
        "steady = began_ms >= zero_ms - TRUSTED_CLOCK_MS_MAX", "steady = True", "tests/stories/test_clocks_that_lie.py",
    ),
    Mutant(
        "the books do not judge again what a late hello dates otherwise", "wasteledger/flows/books.py",
        "            any(fact.event.device_seq <= min(begun) for fact in downwards)\n", "            pass\n",
        "tests/store/test_books_of_clocks.py",
    ),
    Mutant(
        "fsck does not look at devices", "wasteledger/audit/fsck.py",
        "            if stored.get(name) != device:\n", "            if False:\n", "tests/faults/test_attacks_machine.py -k test_12",
    ),
    Mutant(
        "the verifier does not hold times of receipt between the witnesses' clocks", "wasteledger/audit/verify/audit.py",
        "        self._received(cosigned)\n", "", "tests/faults/test_attacks_devices.py",
    ),
    Mutant(
        "a revoked device is like any other to the verifier", "wasteledger/audit/verify/audit.py",
        "if device.revoked_index is not None and index > device.revoked_index:", "if False:",
        "tests/faults/test_attacks_devices.py",
    ),
    Mutant(
        "freshness is not asked for", "wasteledger/audit/verify/audit.py",
        "if hours >= self._options.max_age_hours:", "if False:", "tests/faults/test_attacks_history.py",
    ),
    Mutant(
        "the quorum is not asked for", "wasteledger/audit/verify/formats.py",
        'if self.quorum not in met | {"none"}:', "if False:", "tests/faults/test_attacks_machine.py -k test_22",
    ),
    Mutant(
        "the audit lets every device speak for every site", "wasteledger/audit/verify/signers.py",
        "if not device.has(said.site, said.received_ms):", "if False:", "tests/verify",
    ),
    Mutant(
        "to the audit a revoked device is to be trusted", "wasteledger/audit/verify/signers.py",
        "revoked is not None and said.index > revoked", "False", "tests/verify",
    ),
    Mutant(
        "to the audit a fork breaks nothing", "wasteledger/audit/verify/devices.py",
        "(() if self.forked_from is None else (self.forked_from,))", "()", "tests/verify",
    ),
    Mutant(
        "to the audit anybody gives trust back", "wasteledger/audit/verify/signers.py",
        "            if self._standing(said) == OFFICE:\n                self._trusted",
        "            if True:\n                self._trusted", "tests/verify",
    ),
    Mutant(
        "to the audit a person vouches for every site", "wasteledger/audit/verify/registers.py",
        "return self.site == site and begun", "return begun", "tests/verify",
    ),
    Mutant(
        "to the audit a person vouches for ever", "wasteledger/audit/verify/registers.py",
        "(self.valid_to is None or day <= self.valid_to)", "True", "tests/verify",
    ),
    Mutant(
        "the audit takes an altered register", "wasteledger/audit/verify/registers.py",
        "        if not fits:\n", "        if False:\n", "tests/verify",
    ),
    Mutant(
        "to the audit a third party's badge counts", "wasteledger/audit/verify/signers.py",
        "if vouch and vouch.counterpart and not self._devices", "if vouch and False and not self._devices", "tests/verify",
    ),
    Mutant(
        "to the audit a hop of one device is one of two", "wasteledger/audit/verify/signers.py",
        "if other.said.device_id == said.device_id:", "if False:", "tests/verify",
    ),
    Mutant(
        "the audit does not look at badge and PIN", "wasteledger/audit/verify/signers.py",
        "self.key != person.key", "False", "tests/verify",
    ),
    Mutant(
        "who takes an act back before it is told stays a stranger in the books", "wasteledger/flows/book_touched.py",
        "            self._source.ask_anew(fact.event_id)\n", "            pass\n", "tests/stories/test_badges.py",
    ),
    Mutant(
        "to the audit a badge alone says anything", "wasteledger/audit/verify/signers.py",
        "        if target is None:\n            return False\n", "        if target is None:\n            return True\n", "tests/verify",
    ),
    Mutant(
        "of two numbers of an empty box the books judge one", "wasteledger/flows/book_manifests.py",
        "        numbers |= _numbers_beside(box, begin_ms, end_ms if box in source.late else begin_ms, source)\n", "        pass\n",
        "tests/stories/test_strangers_on_a_manifest.py",
    ),
    Mutant(
        "a report of the past is one of today", "wasteledger/reports/answers.py",
        "with looking(service, as_of=as_of, at_size=at_size) as look:", "with looking(service) as look:",
        "tests/store/test_as_of.py -k paper",
    ),
    Mutant(
        "a manifest of the past is one of today", "wasteledger/flows/manifest_forms.py",
        "with looking(service, **past._asdict()) as look:\n        directory, ((manifest",
        "with looking(service) as look:\n        directory, ((manifest",
        "tests/store/test_as_of.py -k paper",
    ),
)  # fmt: skip
