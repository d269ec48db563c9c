"""Whether the rows of a register hold together."""

from collections import Counter
from collections.abc import Iterator

from wasteledger.domain.register import Register


def _row_keys(register: Register) -> Iterator[str]:
    """What names each row; within its kind no two rows may have the same."""
    yield from (f"division {division.code}" for division in register.divisions)
    yield from (f"site {site.code}" for site in register.sites)
    yield from (f"vehicle {vehicle.plate}" for vehicle in register.vehicles)
    yield from (f"licence {licence.number} to {licence.activity}" for licence in register.licences)
    yield from (f"person {person.actor}" for person in register.people)
    yield from (f"stream {stream.waste_code} of {stream.site}" for stream in register.streams)
    yield from (f"rule {rule.key} for {rule.scope or 'the district'}" for rule in register.rules)
    yield from (f"plan of {plan.site} for {plan.year}" for plan in register.plans)


def check_register(register: Register) -> Register:
    """Returns a register whose rows refer only to rows that are there.

    Raises:
        ValueError: naming the row and what it refers to.
    """
    divisions = {division.code for division in register.divisions}
    sites = {site.code for site in register.sites}
    problems = [f"site {s.code}: no division {s.division}" for s in register.sites if s.division not in divisions]
    problems += [f"{key} stands twice" for key, count in Counter(_row_keys(register)).items() if count > 1]
    references = (
        [(f"vehicle {vehicle.plate}", vehicle.carrier) for vehicle in register.vehicles]
        + [(f"licence {licence.number}", licence.holder) for licence in register.licences]
        + [(f"person {person.actor}", person.site) for person in register.people]
        + [(f"stream {stream.waste_code}", stream.site) for stream in register.streams]
        + [(f"plan for {plan.year}", plan.site) for plan in register.plans]
        + [(f"plan of {plan.site} for {plan.year}", row.plant) for plan in register.plans for row in plan.wastes]
        + [(f"site {site.code}", site.centre) for site in register.sites if site.centre]
        + [(f"successor of site {site.code}", site.successor) for site in register.sites if site.successor]
    )
    problems += [f"{row}: no site {site}" for row, site in references if site not in sites]
    scopes = sites | divisions | {register.region[:6]}
    problems += [
        f"rule {r.key}: no site or division {r.scope}" for r in register.rules if r.scope and r.scope not in scopes
    ]
    problems += _circles(register)
    if problems:
        raise ValueError("; ".join(problems))
    return register


def _circles(register: Register) -> list[str]:
    """Sites whose successors lead back to themselves."""
    successors = {site.code: site.successor for site in register.sites}
    problems = []
    for site in register.sites:
        passed, code = [site.code], site.successor
        while code is not None and code not in passed:
            passed.append(code)
            code = successors.get(code)
        if code == site.code:
            problems.append(f"site {site.code}: its successor leads back to itself ({' → '.join([*passed, code])})")
    return problems
