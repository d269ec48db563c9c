"""The defects that `tests/mutants.py` puts into the product, one at a time: what somebody made somewhere once."""

from typing import NamedTuple


class Mutant(NamedTuple):
    """One way to break one file.

    Attributes:
        tests: those that must notice.
    """

    name: str
    path: str
    old: str
    new: str
    tests: str


MUTANTS = (
    Mutant(
        "what lies in a box is not judged again", "wasteledger/flows/books.py",
        "            self._touch_items(companions_between(box, begin_ms, end_ms, self.source, self._directory))\n", "            pass\n",
        "tests/store/test_books.py",
    ),
    Mutant(
        "a manifest is not judged again when its box was packed late", "wasteledger/flows/book_manifests.py",
        "        if fact.event.manifest:\n            numbers.add(fact.event.manifest)\n", "        pass\n", "tests/store/test_books.py",
    ),
    Mutant(
        "a counted room concerns nobody", "wasteledger/flows/books.py",
        "self._touch_items(code.partition(COPY_MARK)[0] for code in concerned)", "self._touch_items(())",
        "tests/store/test_books.py",
    ),
    Mutant(
        "opening stock counts before the authority has seen it", "wasteledger/domain/opening_checks.py",
        "if not is_confirmed(fact, code, source, directory):", "if False:", "tests/stories/test_opening_stock.py",
    ),
    Mutant(
        "a site declares opening stock as often as it likes", "wasteledger/domain/opening.py",
        "return counted is not None and counted.event_id == fact.event_id", "return True", "tests/stories/test_opening_stock.py",
    ),
    Mutant(
        "anybody confirms opening stock", "wasteledger/domain/opening.py",
        "code in word.event.codes and entitlement_of(word, source, directory) == OFFICE", "code in word.event.codes",
        "tests/stories/test_opening_stock.py",
    ),
    Mutant(
        "what was seen moving becomes opening stock", "wasteledger/domain/opening.py",
        "before = same or fact.occurred_ms < declared.occurred_ms - near_ms", "before = False", "tests/stories/test_opening_stock.py",
    ),
    Mutant(
        "a word that waits takes a label from whoever seals it", "wasteledger/domain/opening.py",
        "before = not confirmed or is_told", "before = confirmed and is_told", "tests/stories/test_opening_stock.py",
    ),
    Mutant(
        "what is told afterwards and dated before makes opening stock a ghost", "wasteledger/domain/opening.py",
        "before = before and is_told_first(fact, declared)", "pass",
        "tests/stories/test_opening_stock_stands.py",
    ),
    Mutant(
        "who scans his shelves before he declares them has moved them", "wasteledger/domain/opening.py",
        "elif fact.kind not in _MOVES or _is_shelved(fact, declared):", "elif fact.kind not in _MOVES:",
        "tests/stories/test_opening_stock_stands.py",
    ),
    Mutant(
        "what is dated before a declaration goes before it", "wasteledger/domain/opening.py",
        "sealing.order = (min([sealing.occurred_ms, *moved]), *sealing.order[1:])", "pass", "tests/stories/test_opening_stock_stands.py",
    ),
    Mutant(
        "a gram sealed under its code takes the place of opening stock", "wasteledger/domain/booking.py",
        "if declared and chain.seals:", "if False:", "tests/stories/test_opening_stock_stands.py",
    ),
    Mutant(
        "what had moved before it was declared weighs nothing", "wasteledger/domain/booking.py",
        "said = declared if ghost and declared else seal", "said = seal", "tests/stories/test_opening_stock_stands.py",
    ),
    Mutant(
        "a paper gives opening stock another day", "wasteledger/domain/times.py",
        'return None if event.kind == "opening_stock" else event.backfill', "return event.backfill",
        "tests/stories/test_opening_stock_stands.py",
    ),
    Mutant(
        "opening stock is production", "wasteledger/domain/reconcile.py", " and not row.opening:", ":",
        "tests/stories/test_opening_stock.py",
    ),
    Mutant(
        "a refused declaration frees its place in nobody's books", "wasteledger/flows/books.py",
        'if target.kind == "opening_stock":', "if False:", "tests/store/test_book_openings.py",
    ),
    Mutant(
        "a torn label's package is not judged again", "wasteledger/flows/books.py",
        "self._touch_items(of_one_package(self._touched.keys(), self.source))", "pass", "tests/store/test_books.py",
    ),
    Mutant(
        "books of another register are kept", "wasteledger/flows/books.py",
        "return state.register_digest == digest and last", "return last", "tests/store/test_books.py",
    ),
    Mutant(
        "anybody may agree to a correction", "wasteledger/domain/corrections.py",
        "return answer.event.site in counterparts and entitlement_of(answer, self._source, self._directory) == OWN", "return True",
        "tests/domain tests/stories",
    ),
    Mutant(
        "a wrong clock is believed", "wasteledger/domain/times.py",
        "mended_ms = min(anchored_ms, received_ms)", "mended_ms = min(wall_ms, received_ms)", "tests/domain tests/stories",
    ),
    Mutant(
        "anybody may say anything", "wasteledger/domain/entitled.py",
        "    if not is_entitled(fact.kind, standing, site=event.site):\n        return NOT\n",
        "",
        "tests/domain tests/stories",
    ),
    Mutant(
        "a badge of anybody vouches", "wasteledger/domain/entitled.py",
        "if person is None or not person.is_registered(event.site, legal_day(fact.occurred_ms)):",
        "if person is None:",
        "tests/domain tests/stories",
    ),
    Mutant(
        "a device admitted later makes its old words good", "wasteledger/domain/admissions.py",
        "if known is None or not known.has(fact.event.site, fact.received_ms):",
        "if known is None or fact.event.site not in known.sites:",
        "tests/domain tests/stories",
    ),
    Mutant(
        "behind a broken link everything counts", "wasteledger/domain/admissions.py",
        "if number >= self.broken_from:",
        "if False:",
        "tests/domain tests/stories",
    ),
    Mutant(
        "one person is two parties", "wasteledger/domain/hops.py",
        "if not (own or one_person) and known and all(firm)",
        "if not own and known and all(firm)",
        "tests/domain tests/stories",
    ),
    Mutant(
        "a hello bounds nothing", "wasteledger/domain/times.py",
        "if next_seq <= event.device_seq and said_ms < received_ms:",
        "if False:",
        "tests/domain tests/stories",
    ),
    Mutant(
        "a checkpoint bounds nothing", "wasteledger/domain/times.py",
        'return received_at(named["size"] - 1) or 0',
        "return 0",
        "tests/domain tests/stories",
    ),
    Mutant(
        "a packing is always in time", "wasteledger/domain/checks.py",
        "    device, told, own = packed.event.device_id",
        "    return True\n    device, told, own = packed.event.device_id",
        "tests/domain tests/stories",
    ),
    Mutant(
        "who packed it late may see it itself", "wasteledger/domain/checks.py",
        "and (by is None or step.fact.event.site != by.event.site)",
        "and True",
        "tests/domain tests/stories",
    ),
    Mutant(
        "many weights that repeat the first ones are weights", "wasteledger/domain/checks.py",
        "if weighed_g == before_g and _is_copied(step.fact, source, then):",
        "if False:",
        "tests/domain tests/stories",
    ),
    Mutant(
        "a void needs no second party", "wasteledger/domain/declarations.py",
        "elif not _is_void_confirmed(chain, fact, source, directory):",
        "elif False:",
        "tests/domain tests/stories",
    ),
    Mutant(
        "a relabelling is believed after the fire", "wasteledger/domain/labels.py",
        'if left and not all(told_before(word, act) for act in acts if act.kind == "disposed"):',
        "if False:",
        "tests/stories/test_replaced_labels.py",
    ),
    Mutant(
        "what had long left is somebody's new label", "wasteledger/domain/labels.py",
        "            if self._is_known_before(word, acts):\n", "            if False:\n", "tests/stories/test_replaced_labels.py",
    ),
    Mutant(
        "what burnt in a box did not burn", "wasteledger/domain/timeline.py",
        "    return own + [fact for fact in inside if fact.kind in ACTS and entitlement_of(fact, source, directory)]\n",
        "    return own\n", "tests/stories/test_replaced_labels.py",
    ),
    Mutant(
        "only who had the last label puts on the next one", "wasteledger/domain/labels.py",
        "parties = self._parties_to(first)", "parties = self._parties_to(old)", "tests/stories/test_replaced_labels.py",
    ),
    Mutant(
        "labels without end", "wasteledger/domain/labels.py",
        "if number > LABELS_MAX or not (", "if not (", "tests/stories/test_replaced_labels.py",
    ),
    Mutant(
        "waiting opening stock is a blank label", "wasteledger/domain/labels.py",
        "        return self._entitlement(word) == OFFICE or (word.event.site in owners and seal.event.site not in owners)\n",
        "        return True\n", "tests/stories/test_replaced_labels.py",
    ),
    Mutant(
        "a new label is proved whenever it is told", "wasteledger/domain/labels.py",
        "left = None if is_proved(word, acts) else", "left = None if True else", "tests/stories/test_replaced_labels.py",
    ),
    Mutant(
        "a stranger's word about a new label bars the next one", "wasteledger/domain/labels.py",
        "return self._entitlement(word) != OFFICE, word.event.site not in owners, word.order",
        "return self._entitlement(word) != OFFICE, False, word.order", "tests/stories/test_replaced_labels.py",
    ),
    Mutant(
        "two labels of one package move at once", "wasteledger/domain/walk.py",
        "            and len(names.intersection(fact.event.codes)) > 1\n", "            and False\n",
        "tests/stories/test_replaced_labels.py",
    ),
    Mutant(
        "a neighbour's box of the same code is mine", "wasteledger/domain/timeline.py",
        "if by not in had and is_anothers(by, fact, had, packed, source, directory):", "if False:",
        "tests/stories/test_one_box_code_twice.py",
    ),
    Mutant(
        "the tail of a box is everybody's", "wasteledger/domain/timeline.py",
        "key = (box, first.index, site)", 'key = (box, first.index, "")', "tests/stories/test_one_box_code_twice.py",
    ),
    Mutant(
        "what a neighbour packed is counted in my box", "wasteledger/domain/load.py",
        "return _of_one_box(codes, fact, load, source, entitled) if load.packings else codes", "return codes",
        "tests/stories/test_one_box_code_twice.py",
    ),
    Mutant(
        "anybody empties a box", "wasteledger/domain/timeline.py",
        "if not entitlement_of(fact, source, directory) or not was_at(fact.event.site, box, packed, fact, source):",
        "if not entitlement_of(fact, source, directory):",
        "tests/domain tests/stories",
    ),
    Mutant(
        "a device's own order is torn apart", "wasteledger/domain/timeline.py",
        "ordered[place:] = [*own, step, *(other for other in behind if other.fact.event.device_id != device)]",
        "ordered[place:] = [step, *behind]", "tests/domain/test_timeline.py",
    ),
    Mutant(
        "a step that is waited for is late at once", "wasteledger/domain/reconcile.py",
        "if not doubt.rule or asked.as_of_ms > doubt.at_ms", "if True", "tests/domain/test_findings.py",
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
        "base64 is decoded without a second look", "schemas/canonical.py",
        "    if encode_base64(content) != text:\n", "    if not content and text:\n", "tests/domain/test_notes.py tests/schemas",
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
        "a badge at a hand-over asks nobody for his own device", "wasteledger/domain/hops.py",
        "        note_device_unused(chain, fact, source, directory)\n", "        pass\n", "tests/stories",
    ),
    Mutant(
        "one device enters the paper of both sides", "wasteledger/domain/hops.py",
        "    if entitlement >= PIN:\n        return True\n    own =", "    if entitlement >= PAPER:\n        return True\n    own =",
        "tests/stories",
    ),
    Mutant(
        "one side's paper gives the other side a term", "wasteledger/domain/walk.py",
        "        chain.awaited = None  # one side's", "        pass  # one side's", "tests/stories",
    ),
    Mutant(
        "who did not take it over is said on paper to have done so", "wasteledger/domain/entitled.py",
        'if fact.kind == "accepted" and event.backfill and event.vouch_method != "pin":', "if False:", "tests/stories tests/verify",
    ),
    Mutant(
        "to the audit anybody enters the taker's paper", "wasteledger/audit/verify/signers.py",
        'if said.kind == "accepted" and vouch.on_paper and vouch.method != "pin":', "if False:", "tests/verify",
    ),
    Mutant(
        "a wall clock may be set back while its device runs", "wasteledger/domain/times.py",
        "proved_ms = max(shown_ms, bound.clock_ms(event))", "proved_ms = shown_ms", "tests/stories",
    ),
    Mutant(
        "what is held to its receipt proves that it happened then", "wasteledger/domain/times.py",
        "and (claimed_ms < upper_ms or wall_ms == upper_ms)", "", "tests/stories/test_clocks_that_lie.py",
    ),
    Mutant(
        "nothing is put behind what is held to its receipt", "wasteledger/domain/times.py",
        "max(shown_ms, bound.after_ms), claimed_ms", "shown_ms, claimed_ms", "tests/stories/test_clocks_that_lie.py",
    ),
    Mutant(
        "a time read downwards forgets what is held to its receipt", "wasteledger/domain/times.py",
        "        if not (is_met or told):\n", "        if False:\n", "tests/domain/test_times.py",
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
        "a late hello moves a sealing wherever it likes", "wasteledger/domain/times.py",
        "if event.kind in _BEGINNINGS and held_ms == wall_ms:", "if False:", "tests/stories",
    ),
    Mutant(
        "a second trip hides behind what its devices claim", "wasteledger/domain/manifest_validity.py",
        "fact.received_ms > law.end_told_ms >= 0 and not", "False and not", "tests/stories",
    ),
    Mutant(
        "no relay proves what was loaded before it", "wasteledger/domain/manifest_validity.py",
        "        if leg.by_carrier and leg.to_carrier:  # who", "        if False:  # who", "tests/stories",
    ),
    Mutant(
        "an estimate may say anything", "wasteledger/domain/checks.py",
        'tolerance = then.tolerance if event.mass_source == "copied" else then.estimate',
        'tolerance = then.tolerance if event.mass_source == "copied" else then.tolerance._replace(floor_g=2**40, floor_permille=2**40)',
        "tests/stories",
    ),
    Mutant(
        "each return begins the time of storage anew", "wasteledger/domain/storage.py",
        "            spent_ms += max(0", "            spent_ms = 0 * max(0", "tests/stories",
    ),
    Mutant(
        "what lies in one box has one time of storage", "wasteledger/domain/walk.py",
        "        and chain.returns == returns\n", "", "tests/stories",
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
        "if vouch.counterpart and not self._devices", "if False and not self._devices", "tests/verify",
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
        "a badge alone says anything", "wasteledger/domain/entitled.py",
        "return method if may_be_vouched(fact.kind, event.site, BY_BADGE) or _takes_back(fact, source) else NOT", "return method",
        "tests/stories/test_badges.py",
    ),
    Mutant(
        "whoever has a badge seals what it never takes", "wasteledger/domain/walk.py",
        "        check_sealer(chain, fact, source, directory.at(fact.occurred_ms))\n", "        pass\n", "tests/stories/test_badges.py",
    ),
    Mutant(
        "anybody takes back by a badge what another device said", "wasteledger/domain/entitled.py",
        "        and (told.event.device_id, told.event.site) == (event.device_id, event.site)\n", "", "tests/stories/test_badges.py",
    ),
    Mutant(
        "who takes an act back before it is told stays a stranger in the books", "wasteledger/flows/books.py",
        "            self.source.ask_anew(fact.event_id)\n", "            pass\n", "tests/stories/test_badges.py",
    ),
    Mutant(
        "to the audit a badge alone says anything", "wasteledger/audit/verify/signers.py",
        "        if target is None:\n            return BADGE\n", "        if target is None:\n            return PIN\n", "tests/verify",
    ),
    Mutant(
        "any note shows why a device was not used", "wasteledger/domain/hops.py",
        "(entitlement == PIN and fact.event.note)", "fact.event.note", "tests/stories/test_one_sides_word.py",
    ),
    Mutant(
        "at the gate a badge is the carrier's word", "wasteledger/domain/hops.py",
        "by_company_alone = directory", "by_company_alone = taken.event.site != disposed.event.site and directory",
        "tests/stories/test_one_sides_word.py",
    ),
    Mutant(
        "anybody tells what a manifest's trip did", "wasteledger/domain/manifest.py",
        "told = told_by(hops, parties)", "told = hops", "tests/stories/test_strangers_on_a_manifest.py",
    ),
    Mutant(
        "a slip about another package ends a trip", "wasteledger/domain/manifest.py",
        "trip = about(told, load.loaded | load.scanned)", "trip = told", "tests/stories/test_strangers_on_a_manifest.py",
    ),
    Mutant(
        "who only says that it gave has drawn up the manifest", "wasteledger/domain/manifest.py",
        "not in_its_name, not shown, event", "not in_its_name, False, event", "tests/stories/test_strangers_on_a_manifest.py",
    ),
    Mutant(
        "the paper of one side proves a loading", "wasteledger/domain/manifest_validity.py",
        "    if all(side.event.backfill is not None", "    if any(side.event.backfill is not None",
        "tests/stories/test_strangers_on_a_manifest.py",
    ),
    Mutant(
        "of two numbers of an empty box the books judge one", "wasteledger/flows/book_manifests.py",
        "        numbers |= _numbers_beside(box, begin_ms, end_ms, source)\n", "", "tests/stories/test_strangers_on_a_manifest.py",
    ),
    Mutant(
        "a badge takes back what a PIN said", "wasteledger/domain/entitled.py",
        '        and told.event.vouch_method != "pin"\n', "", "tests/stories/test_badges.py",
    ),
    Mutant(
        "a box that was emptied on the way never arrived", "wasteledger/domain/manifest.py",
        "load.loaded | load.scanned", "load.loaded", "tests/stories/test_strangers_on_a_manifest.py",
    ),
    Mutant(
        "who never spoke is at fault for what another one tells", "wasteledger/domain/manifest_doubts.py",
        "(leg.to_carrier and leg.acceptances) or not leg.releases", "leg.to_carrier",
        "tests/stories/test_strangers_on_a_manifest.py",
    ),
)  # fmt: skip
