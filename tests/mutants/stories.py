"""Defects in single rules of the judgement, each told by a story that was written for it."""

from tests.mutants.mutant import Mutant

STORIES = (
    Mutant(
        "the authority's word answers no spill", "wasteledger/domain/declarations.py",
        "    if authority_on(fact, chain.names, source, directory):\n        return\n    for step in chain.steps:",
        "    for step in chain.steps:",
        "tests/stories/test_spills_and_objections.py",
    ),
    Mutant(
        "an inspection answers no spill", "wasteledger/domain/declarations.py",
        "if in_order and entitlement_of(later, source, directory) == OFFICE:", "if False:",
        "tests/stories/test_spills_and_objections.py",
    ),
    Mutant(
        "anybody's inspection answers a spill", "wasteledger/domain/declarations.py",
        "if in_order and entitlement_of(later, source, directory) == OFFICE:", "if in_order:",
        "tests/stories/test_spills_and_objections.py",
    ),
    Mutant(
        "an inspection before the spill answers it", "wasteledger/domain/declarations.py",
        'later.event.result == "in_order" and later.order > fact.order', 'later.event.result == "in_order"',
        "tests/stories/test_spills_and_objections.py",
    ),
    Mutant(
        "the leg between centre and lorry has no rule", "wasteledger/domain/hops.py",
        'if giver == chain.producer else "strength_transfer_leg"', 'if giver == chain.producer else "strength_producer_leg"',
        "tests/stories/test_evidence_each_leg_needs.py",
    ),
    Mutant(
        "the leg to the plant has no rule", "wasteledger/domain/hops.py",
        'return "strength_plant_leg"', 'return "strength_transfer_leg"', "tests/stories/test_evidence_each_leg_needs.py",
    ),
    Mutant(
        "what a producer shows to one company is no rule", "wasteledger/domain/hops.py",
        'chain.producer_strength < directory.limit("strength_one_company", producer)', "chain.producer_strength < PIN",
        "tests/stories/test_evidence_each_leg_needs.py",
    ),
    Mutant(
        "what is given to one company at its gate is no rule", "wasteledger/domain/hops.py",
        'strength < directory.limit("strength_one_company", given.event.site)', "strength < PIN",
        "tests/stories/test_evidence_each_leg_needs.py",
    ),
    Mutant(
        "nobody is enough where the region asks for nothing", "wasteledger/domain/hops.py",
        "strength < max(1, directory.limit(rule, giver.site))", "strength < directory.limit(rule, giver.site)",
        "tests/stories/test_evidence_each_leg_needs.py",
    ),
    Mutant(
        "what nobody answered for is proved", "wasteledger/domain/hops.py",
        "    if chain.unvouched:\n", "    if False:\n", "tests/stories/test_evidence_each_leg_needs.py",
    ),
    Mutant(
        "undone though something had happened", "wasteledger/domain/corrections.py",
        "            and self._lies_between(other, proposal)\n", "            and False\n",
        "tests/stories/test_taken_back_at_once.py",
    ),
    Mutant(
        "undone though a word had been said", "wasteledger/domain/corrections.py",
        "            and other.kind not in _WORDS\n            and self._lies", "            and self._lies",
        "tests/stories/test_taken_back_at_once.py",
    ),
    Mutant(
        "undone by a device that was switched off meanwhile", "wasteledger/domain/corrections.py",
        " or event.boot_id != target.boot_id:", ":", "tests/stories/test_taken_back_at_once.py",
    ),
    Mutant(
        "what a stranger sees after the end is no doubt", "wasteledger/domain/declarations.py",
        "    if phase in _ENDS and fact.kind in _SCANS", "    if False and fact.kind in _SCANS",
        "tests/stories/test_seen_by_a_stranger.py",
    ),
    Mutant(
        "every word of a stranger after the end is a sighting", "wasteledger/domain/declarations.py",
        "    if phase in _ENDS and fact.kind in _SCANS", "    if phase in _ENDS",
        "tests/stories/test_seen_by_a_stranger.py",
    ),
    Mutant(
        "where a stranger sees it is no doubt", "wasteledger/domain/walk.py",
        "    if fact.event.position and not step.box:\n        check_travel", "    if False:\n        check_travel",
        "tests/stories/test_seen_by_a_stranger.py",
    ),
    Mutant(
        "a package of another region's site leaves the cohort", "wasteledger/domain/booking.py",
        "    if site[1:7] == region:\n", "    if True:\n", "tests/stories/test_places_and_labels.py",
    ),
    Mutant(
        "the district of the label is not asked", "wasteledger/domain/booking.py",
        "    if chain.issued_for[1:7] == region:\n", "    if False:\n", "tests/stories/test_places_and_labels.py",
    ),
    Mutant(
        "whose label it is says nothing", "wasteledger/domain/checks.py",
        "printed != chain.waste_code or bool(site and site.uscc and not label.startswith(site.uscc))",
        "printed != chain.waste_code", "tests/stories/test_places_and_labels.py",
    ),
    Mutant(
        "a badge enters the taker's paper", "schemas/entitlement.py",
        '    ("accepted", Claim.PAPER): PIN,\n', "", "tests/stories/test_papers_and_hours.py",
    ),
    Mutant(
        "a third party's device reads a badge for a hand-over", "schemas/entitlement.py",
        "    **{(kind, Claim.THIRD): NOBODY for kind in COUNTERPART},\n", "", "tests/stories tests/schemas",
    ),
    Mutant(
        "a paper may be of the future", "wasteledger/domain/times.py",
        'told_ms = min(moment_ms(paper["happened_at"]), received_ms)', 'told_ms = moment_ms(paper["happened_at"])',
        "tests/stories/test_papers_and_hours.py",
    ),
    Mutant(
        "a sealing entered from paper is never proved", "wasteledger/domain/checks.py",
        "    if event.backfill and not is_paper_in_time(fact, source, then):", "    if event.backfill:",
        "tests/stories/test_papers_and_hours.py",
    ),
    Mutant(
        "a sealing entered from paper is always proved", "wasteledger/domain/checks.py",
        "    if event.backfill and not is_paper_in_time(fact, source, then):", "    if False:",
        "tests/stories/test_papers_and_hours.py",
    ),
    Mutant(
        "a label is issued when the office's clock says", "wasteledger/domain/timeline.py",
        '        _bring_forward("issued", steps)', "        pass", "tests/stories/test_papers_and_hours.py",
    ),
    Mutant(
        "clocks differ by hours", "wasteledger/domain/timeline.py",
        "near = all(first.fact.occurred_ms - step.fact.occurred_ms <= CLOCK_DIFFERENCE_MS_MAX for step in ahead)", "near = True",
        "tests/stories/test_papers_and_hours.py",
    ),
    Mutant(
        "what was burnt is renamed by two parties", "wasteledger/domain/corrections.py",
        "return not all(told_before(agreed, fact) for fact in burnt)", "return False",
        "tests/stories/test_named_wrongly.py",
    ),
    Mutant(
        "the licence is asked for the old waste", "wasteledger/domain/walk.py",
        "        waste_code = correction.waste_code or waste_code\n", "", "tests/stories/test_named_wrongly.py",
    ),
    Mutant(
        "a PIN on the other's device agrees", "wasteledger/domain/corrections.py",
        "return known and self._is_one(answer, counterparts)",
        "return self._is_one(answer, counterparts)", "tests/stories/test_named_wrongly.py",
    ),
    Mutant(
        "whoever finds it has it", "schemas/custody.py",
        '    if event.site not in {state.holder, state.offered_to}:\n        return Decision(state, ("missing_link",))\n', "",
        "tests/stories/test_found_by_somebody_else.py",
    ),
    Mutant(
        "what was voided is left out without a word", "wasteledger/domain/official.py",
        'figure.leave_out("voided", Amount(account.voided_count, account.voided_g))', "pass", "tests/domain/test_official.py",
    ),
    Mutant(
        "a second label is a package of its own on its page", "wasteledger/flows/book_answers.py",
        "        while chain.relabelled_from:\n", "        while False:\n", "tests/web/test_relabelled_item.py",
    ),
)  # fmt: skip
