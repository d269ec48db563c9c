"""Defects in the judgement of chains: boxes, weighings, limits of time, capacities, exemptions."""

from tests.mutants.mutant import Mutant

CHAINS = (
    Mutant(
        "a gram sealed under its code takes the place of opening stock", "wasteledger/domain/booking.py",
        "if declared and chain.seals:", "if False:", "tests/stories/test_opening_stock_stands.py",
    ),
    Mutant(
        "what had moved before it was declared weighs nothing", "wasteledger/domain/booking.py",
        "said = declared if ghost and declared else seal", "said = seal", "tests/stories/test_opening_stock_stands.py",
    ),
    Mutant(
        "opening stock is production", "wasteledger/domain/reconcile.py", " and not row.opening:", ":",
        "tests/stories/test_opening_stock.py",
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
        "what burnt in a box did not burn", "wasteledger/domain/timeline.py",
        "    return own + [fact for fact in inside if fact.kind in ACTS and entitlement_of(fact, source, directory)]\n",
        "    return own\n", "tests/stories/test_replaced_labels.py",
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
        "if not entitlement_of(fact, source, directory) or not was_at(box, packed, fact, source, directory):",
        "if not entitlement_of(fact, source, directory):",
        "tests/domain tests/stories",
    ),
    Mutant(
        "who tells a hand-over in another's name moves honest steps", "wasteledger/domain/pairing.py",
        "if kind in _HAND_OVERS and not entitlement_of(step.fact, source, directory):", "if False:",
        "tests/stories/test_others_steps.py",
    ),
    Mutant(
        "a second tap waits for a release of the next day", "wasteledger/domain/pairing.py",
        "                taken[hop] = step.fact.occurred_ms\n", "", "tests/stories/test_given_back.py",
    ),
    Mutant(
        "a stranger's second word under one number breaks a package", "wasteledger/domain/declarations.py",
        "return fork.kind not in DECLARED or is_concerned(chain, fork, source, directory)", "return True",
        "tests/stories/test_others_steps.py",
    ),
    Mutant(
        "a fork is never forgiven", "wasteledger/domain/declarations.py",
        "if admission is not None and fork.event.device_seq <= admission.trusted_seq:", "if False:",
        "tests/stories/test_others_steps.py",
    ),
    Mutant(
        "a device's own order is torn apart", "wasteledger/domain/pairing.py",
        "ordered[place:] = [*own, step, *(other for other in behind if other.fact.event.device_id != device)]",
        "ordered[place:] = [step, *behind]", "tests/domain/test_timeline.py",
    ),
    Mutant(
        "a step that is waited for is late at once", "wasteledger/domain/reconcile.py",
        "if not doubt.rule or asked.as_of_ms > doubt.at_ms", "if True", "tests/domain/test_findings.py",
    ),
    Mutant(
        "base64 is decoded without a second look", "schemas/canonical.py",
        "    if encode_base64(content) != text:\n", "    if not content and text:\n", "tests/domain/test_notes.py tests/schemas",
    ),
    Mutant(
        "one side's paper gives the other side a term", "wasteledger/domain/walk.py",
        "        chain.awaited = None  # one side's", "        pass  # one side's", "tests/stories",
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
        "whoever has a badge seals what it never takes", "wasteledger/domain/walk.py",
        "        check_sealer(chain, fact, source, directory.at(fact.occurred_ms))\n", "        pass\n", "tests/stories/test_badges.py",
    ),
    Mutant(
        "a renewal doubles what a plant may burn", "wasteledger/domain/capacity.py", "_SIDE_BY_SIDE_DAYS = 31", "_SIDE_BY_SIDE_DAYS = 1",
        "tests/domain/test_capacity.py",
    ),
    Mutant(
        "what was burned too much is forgotten at new year", "wasteledger/domain/capacity.py",
        "for (site, year), mass_g in sorted(disposed_g.items()):\n",
        "for (site, year), mass_g in sorted(disposed_g.items()):\n        if year != last:\n            continue\n",
        "tests/domain/test_capacity.py",
    ),
    Mutant(
        "medicines are held to the plant's hours", "wasteledger/domain/deadlines.py", "or waste_code in _LIKE_OTHERS:", "or False:",
        "tests/stories/test_what_the_law_lets_off.py",
    ),
    Mutant(
        "a small clinic's oil travels without a manifest", "wasteledger/domain/checks.py",
        "    if waste_code and not is_medical(waste_code):\n        return False\n", "", "tests/stories/test_what_the_law_lets_off.py",
    ),
    Mutant(
        "any vehicle carries a small clinic's waste without a manifest", "wasteledger/domain/checks.py",
        " and plate not in directory.unfit_vehicles", "", "tests/stories/test_what_the_law_lets_off.py",
    ),
    Mutant(
        "anybody's vehicle carries a small clinic's waste without a manifest", "wasteledger/domain/checks.py",
        "directory.carrier_of.get(plate) in {giver, taker} and", "True and", "tests/stories/test_what_the_law_lets_off.py",
    ),
    Mutant(
        "each site of a company has the whole time again",
        "wasteledger/domain/storage.py",
        "kept.rule == storage.rule and directory.organisation(stay.site) == place",
        "kept.rule == storage.rule and stay.site == chain.stays[-1].site",
        "tests/stories/test_storage_runs_on.py",
    ),
    Mutant(
        "who collects may not carry on",
        "wasteledger/domain/storage.py",
        "is SiteKind.CARRIER and _is_first_store(stays, number, directory):",
        "is None:",
        "tests/stories/test_storage_runs_on.py",
    ),
    Mutant(
        "a company's own plant gives its centre the whole time again by refusing",
        "wasteledger/domain/storage.py",
        "        and directory.organisation(step.fact.event.site) != place\n",
        "",
        "tests/stories/test_storage_runs_on.py",
    ),
    Mutant(
        "lost and found, a package has its whole time again",
        "wasteledger/domain/walk.py",
        "        chain.awaited, chain.since_ms, chain.since = chain.lost",
        "        pass",
        "tests/stories/test_storage_runs_on.py",
    ),
    Mutant(
        "weighed again within minutes, it is only scanned twice",
        "wasteledger/domain/same_acts.py",
        "if mass_g is not None and all(chain.mass_in(other.fact.event) != mass_g for other in again):",
        "if False:",
        "tests/stories/test_weighed_again.py",
    ),
    Mutant(
        "a slip that is mended at once is two differences",
        "wasteledger/domain/checks.py",
        "if one[2].move != step.fact.move] if again",
        "if True] if again",
        "tests/stories/test_weighed_again.py",
    ),
    Mutant(
        "where it was before it was packed makes no difference to its time",
        "wasteledger/domain/walk.py",
        "        tuple([stay.site for stay in chain.stays]),",
        "        (),",
        "tests/stories/test_storage_runs_on.py",
    ),
    Mutant(
        "a picture of a badge makes two of one package", "wasteledger/domain/walk.py",
        "        if strangers:", "        if False:", "tests/stories/test_one_label_sealed_twice.py",
    ),
    Mutant(
        "a sealing that never was makes two of one package", "wasteledger/domain/timeline.py",
        '    if struck.kind != "sealed":\n        return True\n', '    return struck.kind != "sealed"\n',
        "tests/stories/test_one_label_sealed_twice.py",
    ),
    Mutant(
        "a stranger refuses what lies in a store", "schemas/custody.py",
        "    if state.phase is Phase.HELD and event.from_site == state.holder:\n        return Decision(state, ())\n", "",
        "tests/stories/test_refused_and_lost_on_the_way.py",
    ),
    Mutant(
        "its taker loses it to have more time", "wasteledger/domain/walk.py",
        'if before.phase is _LOST and fact.kind == "accepted" and fact.event.site == before.offered_to:', "if False:",
        "tests/stories/test_refused_and_lost_on_the_way.py",
    ),
    Mutant(
        "a successor has nothing to say", "wasteledger/domain/register.py",
        "        if site in sites or not self.at(moment_ms).merged:\n", "        if True:\n",
        "tests/stories/test_the_successor_acts.py",
    ),
    Mutant(
        "whoever sits with the authority looks into boxes", "wasteledger/domain/boxes.py",
        "entitlement_of(fact, source, directory) == OFFICE:", 'site[0] == "A":', "tests/stories/test_the_successor_acts.py",
    ),
    Mutant(
        "a closed plant burns on", "wasteledger/domain/checks.py",
        " and day <= then.closed.get(event.site, day)", "", "tests/stories/test_closed_sites_take_nothing.py",
    ),
    Mutant(
        "a closed site takes over", "wasteledger/domain/checks.py",
        " or taker in directory.closed:", ":", "tests/stories/test_closed_sites_take_nothing.py",
    ),
    Mutant(
        "a party takes back alone what was agreed", "wasteledger/domain/corrections.py",
        "            and not any(told_before(answer, taken) for answer in agreed)\n", "",
        "tests/stories/test_taken_back.py",
    ),
    Mutant(
        "a side of a hand-over that never was is a stranger", "wasteledger/domain/declarations.py",
        '    if fact.kind == "corrected":\n        told', "    if False:\n        told", "tests/stories/test_taken_back.py",
    ),
    Mutant(
        "each of two taps wants its own answer", "wasteledger/domain/entitled.py",
        "for told in (fact, *told_again(fact, source))", "for told in (fact,)", "tests/stories/test_tapped_twice.py",
    ),
    Mutant(
        "each of two taps wants its own agreement", "wasteledger/domain/corrections.py",
        "*(other for other in facts if is_told_again(proposal, other))", "", "tests/stories/test_tapped_twice.py",
    ),
    Mutant(
        "an answer holds for what is said an hour later", "wasteledger/domain/told_again.py",
        "SECOND_TAP_MS_MAX = 60_000", "SECOND_TAP_MS_MAX = 3_600_000", "tests/stories/test_tapped_twice.py",
    ),
    Mutant(
        "another objection is the same", "wasteledger/domain/told_again.py",
        "        and _said(one) == _said(other)\n", "", "tests/stories/test_tapped_twice.py",
    ),
    Mutant(
        "a second tap is a second package", "wasteledger/domain/walk.py",
        " or list(sealed_by_second_tap(chain, step, directory))", "", "tests/stories/test_tapped_twice.py",
    ),
    Mutant(
        "a void label is doubted wherever it goes", "wasteledger/domain/chain.py",
        'if doubt.reason != "seen_after_end"]', "]", "tests/stories/test_one_label_sealed_twice.py",
    ),
    Mutant(
        "a merged site's manifest is another consignor's", "wasteledger/domain/checks.py",
        "    if problem and directory.newest.merged:\n", "    if False:\n", "tests/stories/test_merged_on_the_way.py",
    ),
    Mutant(
        "a merged site's trip is nobody's", "wasteledger/domain/other_doubts.py",
        "    if not directory.newest.merged:\n", "    if True:\n", "tests/stories/test_merged_on_the_way.py",
    ),
)  # fmt: skip
