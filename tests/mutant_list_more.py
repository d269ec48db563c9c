"""More defects for `tests/mutants.py`: of time of storage, second weighings, and what is taken back."""

from tests.mutant_list import Mutant

MORE_MUTANTS = (
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
        "wasteledger/domain/walk.py",
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
        "        if self._stood_for():\n            return False\n",
        "",
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
        "where it was before it was packed makes no difference to its time",
        "wasteledger/domain/walk.py",
        "        tuple([stay.site for stay in chain.stays]),",
        "        (),",
        "tests/stories/test_storage_runs_on.py",
    ),
)
