"""Defects in who may say what, and when: entitlement, hand-overs, corrections, labels, opening stock, manifests, clocks."""

from tests.mutants.mutant import Mutant

WORDS = (
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
        "a void dated before a label is issued is the voider's own", "wasteledger/domain/declarations.py",
        'return next(issued, next((fact.event.site for fact in rightly if fact.kind == "sealed"), otherwise)) or otherwise',
        "return chain.issued_for or otherwise", "tests/stories/test_ghosts.py",
    ),
    Mutant(
        "a void label hides the package that bears it", "schemas/custody.py",
        "void = state.phase is Phase.VOIDED and not state.lives_count and event.kind in _MOVES", "void = False",
        "tests/stories/test_ghosts.py",
    ),
    Mutant(
        "a scan that is told later moves a ghost into another month", "wasteledger/domain/booking.py",
        "return min(seen, key=lambda fact: (fact.received_ms, fact.order), default=None)",
        "return min(seen, key=lambda fact: fact.order, default=None)", "tests/stories/test_ghosts.py",
    ),
    Mutant(
        "a late hello moves a ghost into another month", "wasteledger/domain/booking.py",
        'return beginning.occurred_ms if beginning.event.kind == "sealed" else beginning.received_ms', "return beginning.occurred_ms",
        "tests/stories/test_ghosts.py",
    ),
    Mutant(
        "a paper gives opening stock another day", "wasteledger/domain/times.py",
        'return None if event.kind == "opening_stock" else event.backfill', "return event.backfill",
        "tests/stories/test_opening_stock_stands.py",
    ),
    Mutant(
        "anybody may agree to a correction", "wasteledger/domain/corrections.py",
        "return known and self._is_one(answer, counterparts)", "return True",
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
        "only who had the last label puts on the next one", "wasteledger/domain/labels.py",
        "parties = self._parties_to(first)", "parties = self._parties_to(old)", "tests/stories/test_replaced_labels.py",
    ),
    Mutant(
        "a package is put back into a box that has left", "wasteledger/domain/corrections.py",
        '        boxes = {target.event.box, *(fact.event.box for fact in packed[-1:])} - {""}\n',
        '        boxes = {target.event.box} - {""}\n', "tests/stories/test_said_again.py",
    ),
    Mutant(
        "a relabelling is undone whatever happened since", "wasteledger/domain/corrections.py",
        "        if target.event.new_code:\n            yield from", "        if False:\n            yield from",
        "tests/stories/test_said_again.py",
    ),
    Mutant(
        "what the authority refused is said again", "wasteledger/domain/corrections.py",
        "again = any(not told_before(proposal.fact, word) for word in refused[proposal.fact.event.reason])", "again = False",
        "tests/stories/test_said_again.py",
    ),
    Mutant(
        "of two taps one stands", "wasteledger/domain/told_again.py",
        "    return code in source.corrected and any(", "    return False and any(", "tests/stories/test_either_of_two_taps.py",
    ),
    Mutant(
        "anybody refuses what lies in a box", "wasteledger/domain/timeline.py",
        "return _was_offered(box, packed, fact, source, directory)", "return True", "tests/stories/test_either_of_two_taps.py",
    ),
    Mutant(
        "labels without end", "wasteledger/domain/labels.py",
        "if number > LABELS_MAX or not concerned:", "if not concerned:", "tests/stories/test_replaced_labels.py",
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
        "a badge at a hand-over asks nobody for his own device", "wasteledger/domain/hops.py",
        "        note_device_unused(chain, fact, source, directory)\n", "        pass\n", "tests/stories",
    ),
    Mutant(
        "one device enters the paper of both sides", "wasteledger/domain/hops.py",
        "    if entitlement >= PIN:\n        return True\n    own =", "    if entitlement >= PAPER:\n        return True\n    own =",
        "tests/stories",
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
        "a badge alone says anything", "wasteledger/domain/entitled.py",
        "return method if may_be_vouched(fact.kind, event.site, BY_BADGE, claim) else NOT", "return method",
        "tests/stories/test_badges.py",
    ),
    Mutant(
        "anybody takes back by a badge what another device said", "wasteledger/domain/entitled.py",
        "        and (told.event.device_id, told.event.site) == (event.device_id, event.site)\n", "", "tests/stories/test_badges.py",
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
    Mutant(
        "two sites of one company are two parties to a correction",
        "wasteledger/domain/corrections.py",
        "for site in sites if organisation(site) != organisation(maker)}",
        "for site in sites if site != maker}",
        "tests/stories/test_struck_out.py",
    ),
    Mutant(
        "who made an event is not asked when others correct it",
        "wasteledger/domain/corrections.py",
        "sites &= {target.site} if maker == other or not other else set()",
        "sites &= {other or target.site}",
        "tests/stories/test_struck_out.py",
    ),
    Mutant(
        "two parties strike out whatever they like",
        "wasteledger/domain/corrections.py",
        "target.kind not in _BY_BOTH or ",
        'target.kind == "sealed" or ',
        "tests/stories/test_struck_out.py",
    ),
    Mutant(
        "two parties strike out what was seen after the end",
        "wasteledger/domain/corrections.py",
        " or self._has_ended_before(target.order)",
        "",
        "tests/stories/test_struck_out.py",
    ),
    Mutant(
        "who declared old stock undoes what the authority confirmed",
        "wasteledger/domain/corrections.py",
        "if self._stood_for() or any(map(self._is_authority, corrections_of(self._target.event_id, self._source))):",
        "if False:",
        "tests/stories/test_struck_out.py",
    ),
    Mutant(
        "the authority's word that it did occur answers no proposal",
        "wasteledger/domain/corrections.py",
        "if stood_for and said < stood_for.order",
        "if False and stood_for and said < stood_for.order",
        "tests/stories/test_struck_out.py",
    ),
    Mutant(
        "another waste agreed in time is disputed after the fire",
        "wasteledger/domain/corrections.py",
        "not all(told_before(agreed, fact) for fact in burnt)",
        "bool(burnt)",
        "tests/stories/test_struck_out.py",
    ),
    Mutant(
        "what a producer's leg needs is no rule", "wasteledger/domain/hops.py",
        'return "strength_producer_leg" if giver == chain.producer else "strength_transfer_leg"', 'return "strength_transfer_leg"',
        "tests/stories/test_rules_of_a_region.py",
    ),
    Mutant(
        "how long an act can be undone is no rule", "wasteledger/domain/corrections.py",
        'undo_ms = self._directory.limit("undo_min") * MINUTE_MS', "undo_ms = 10 * MINUTE_MS", "tests/stories/test_rules_of_a_region.py",
    ),
    Mutant(
        "who confirms a void is no rule", "wasteledger/domain/declarations.py",
        'if not directory.at(fact.occurred_ms).limit("void_confirm_site", fact.event.site):', "if True:",
        "tests/stories/test_rules_of_a_region.py",
    ),
    Mutant(
        "a box for sharps weighs what it likes", "wasteledger/domain/checks.py",
        '"sharps_box": "sharps_box_mass_kg_max", ', "", "tests/stories/test_rules_of_a_region.py",
    ),
)  # fmt: skip
