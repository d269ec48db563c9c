"""The versions of the register in an exported folder: which of them judges, and what hostile folders do not break."""

import hashlib
import json
from pathlib import Path

import pytest

from tests.stories_builder import (
    BAG,
    CLINIC,
    COLLECTOR,
    OFFICE,
    OTHER_CLINIC,
)
from tests.verify.exports import export, story
from tests.verify.speakers import (
    at_the_van,
    audit,
    changed,
    digest_of,
    found,
    keep,
    of_code,
    people,
    put_in_force,
    said,
    speak,
    text_of,
)
from wasteledger.audit.verify import registers as limits
from wasteledger.audit.verify.__main__ import main
from wasteledger.audit.verify.report import FINDINGS


def test_the_register_of_the_day_of_the_act(tmp_path: Path) -> None:
    """The nurse left on the 3rd; a retroactive version takes her back, and from then on what she vouched is good again."""
    gone = people(site=OTHER_CLINIC)
    told, first = at_the_van(people(), at="03 08:00")
    put_in_force(told, gone, at="03 09:00", holds_from="2026-11-03")
    folder = keep(export(tmp_path / "gone", told.entries), people(), gone)
    assert found(audit(folder))["not_entitled"] == [first, first + 1]
    back = people(valid_from="2026-11-01")
    put_in_force(told, back, at="03 10:00", holds_from="2026-11-02", decision="漏登")
    folder = keep(export(tmp_path / "back", told.entries), people(), gone, back)
    assert found(audit(folder)) == {}
    assert audit(folder).facts["registers"] == 3


def test_a_version_that_holds_from_tomorrow_judges_nothing_of_today(tmp_path: Path) -> None:
    told, _ = at_the_van(people())
    gone = people(site=OTHER_CLINIC)
    put_in_force(told, gone, at="02 09:00", holds_from="2026-11-03")
    assert found(audit(keep(export(tmp_path, told.entries), people(), gone))) == {}


def test_a_register_that_no_office_put_in_force_knows_nobody(tmp_path: Path) -> None:
    """A clinic's handheld can not load a district."""
    told, _ = at_the_van(people())
    mine = people(actor="u-ghost")
    speak(told, CLINIC, "ruled", at="03 06:00", rule="register", value=1, basis=f"sha256:{digest_of(mine)}")
    report = audit(keep(export(tmp_path, told.entries), people(), mine))
    assert said(report) == {"ruled": 1}
    assert "no office ever" in of_code(report, "register")[0].text


def test_one_byte_of_a_register_is_seen(tmp_path: Path) -> None:
    told, _ = at_the_van(people())
    folder = keep(export(tmp_path, told.entries), people())
    path = next((folder / "registers").iterdir())
    good = path.read_bytes()
    for place in range(0, len(good), 61):
        path.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
        report = audit(folder)
        assert found(report) == {"register": [None]}, place
        assert "2 vouched acts not checked" in report.facts["vouching"]
    path.write_bytes(good)
    assert found(audit(folder)) == {}


def test_two_sites_of_one_organisation_need_two_devices(tmp_path: Path) -> None:
    """A badge makes a hand-over between two parties; inside one company it takes a second device."""
    one = {"organisation": "某公司"}
    sites = [site | one if site["code"] in {CLINIC, COLLECTOR} else site for site in changed()["sites"]]
    company = people() | {"sites": sites}
    told, first = at_the_van(company)
    assert found(audit(keep(export(tmp_path, told.entries), company))) == {"one_device_hop": [first + 1]}


def test_a_version_that_is_missing_is_missed(tmp_path: Path) -> None:
    told, first = at_the_van(people())
    folder = export(tmp_path, told.entries)
    (folder / "registers").mkdir()
    report = audit(folder)
    assert found(report) == {"register": [first - 2]}
    assert report.facts["vouching"] == "2 vouched acts not checked: the register of their day is not in this folder"


HOSTILE: dict[str, bytes] = {
    "no JSON": b"{",
    "no object": b"[1]",
    "UTF-16": '{"region":"500114"}'.encode("utf-16"),
    "a lone surrogate": b'{"region":"500114","origin":"x","sites":[{"code":"\\ud800"}]}',
    "a hundred thousand levels": b"[" * 100_000,
    "a number of 10,000 digits": b'{"region":' + b"9" * 10_000 + b"}",
    "not a number": b'{"region":"500114","origin":"x","sites":[{"a":NaN}]}',
    "rows that are none": b'{"region":"500114","origin":"x","people":[7]}',
    "no origin": b'{"region":"500114","people":[]}',
    "an actor that is a number": b'{"region":"500114","origin":"x","people":[{"actor":7}]}',
    "a site that is none": b'{"region":"500114","origin":"x","people":[{"actor":"u-nurse","site":"Z"}]}',
    "a key that is none": b'{"region":"500114","origin":"x","people":[{"actor":"u-nurse","site":"C500114105001","vouch_key":"A"}]}',
    "a day that is none": b'{"region":"500114","origin":"x","people":[{"actor":"u-nurse","site":"C500114105001","valid_to":"heute"}]}',
    "an organisation that is a list": b'{"region":"500114","origin":"x","sites":[{"code":"C500114105001","organisation":[]}]}',
}  # fmt: skip


@pytest.mark.parametrize("why", HOSTILE)
@pytest.mark.parametrize("named", ["by its digest", "otherwise"])
def test_a_hostile_register_judges_nothing_and_breaks_nothing(tmp_path: Path, why: str, named: str) -> None:
    """Under a name that fits it, as an office with a changed service could put it in force, and under another."""
    told = story()
    digest = hashlib.sha256(HOSTILE[why]).hexdigest() if named == "by its digest" else "0" * 64
    speak(told, OFFICE, "ruled", at="03 16:00", rule="register", value=1, basis=f"sha256:{digest}")
    folder = export(tmp_path, told.entries)
    (folder / "registers").mkdir()
    (folder / "registers" / f"{digest}.json").write_bytes(HOSTILE[why])
    report = audit(folder)
    assert found(report) == {"register": [None]}
    assert "was not taken" in report.findings[0].text


def test_a_file_that_is_no_register(tmp_path: Path) -> None:
    told, _ = at_the_van(people())
    folder = keep(export(tmp_path, told.entries), people())
    for name in ("readme.txt", "\x1b[2J.json"):
        (folder / "registers" / name).write_bytes(b"hello")
    report = audit(folder)
    assert found(report) == {"register": [None, None]}
    assert "\x1b" not in report.as_text()


def test_a_register_as_the_first_services_named_it(tmp_path: Path) -> None:
    """By its rows, with the names of persons; whoever has the file may lay it into the folder, spaced as he likes."""
    rows = people()
    lines = [f"{rows['region']} {rows['origin']}"]
    for name in sorted(rows):
        if isinstance(rows[name], list):
            lines += [name, *sorted(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows[name])]
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    told, _ = at_the_van()
    speak(told, OFFICE, "ruled", at="03 16:00", rule="register", value=1, basis=f"sha256:{digest}")
    folder = export(tmp_path, told.entries)
    (folder / "registers").mkdir()
    path = folder / "registers" / f"{digest}.json"
    path.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    assert found(audit(folder)) == {}
    path.write_text(json.dumps(rows, indent=1).replace("u-nurse2", "u-nurse3"), encoding="utf-8")
    assert found(audit(folder)) == {"register": [None]}


def test_limits_of_the_registers_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told, _ = at_the_van(people())
    folder = keep(export(tmp_path, told.entries), people())
    size = len(text_of(people()))
    monkeypatch.setattr(limits, "REGISTER_BYTES_MAX", size)
    assert found(audit(folder)) == {}
    monkeypatch.setattr(limits, "REGISTER_BYTES_MAX", size - 1)
    report = audit(folder)
    assert found(report) == {"register": [None]}
    assert "longer than" in report.findings[0].text
    monkeypatch.setattr(limits, "REGISTER_BYTES_MAX", size)
    for number in range(3):
        (folder / "registers" / f"z{number}").write_bytes(b"")
    monkeypatch.setattr(limits, "VERSIONS_MAX", 2)
    assert "the rest was not read" in audit(folder).findings[-1].text
    assert len(audit(folder).findings) == 2


def test_a_huge_register_is_not_read_into_memory(tmp_path: Path) -> None:
    told, _ = at_the_van(people())
    folder = keep(export(tmp_path, told.entries), people())
    with (folder / "registers" / f"{'0' * 64}.json").open("wb") as file:
        file.truncate(1 << 40)
    assert found(audit(folder)) == {"register": [None]}


def test_an_item_tells_which_of_its_steps_count(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told, first = at_the_van(people(valid_to="2026-11-01"))
    folder = keep(export(tmp_path, told.entries), people(valid_to="2026-11-01"))
    assert main(["item", BAG, str(folder), "--json"]) == FINDINGS
    answer = json.loads(capsys.readouterr().out)
    assert [step["entitled"] for step in answer["steps"]] == [True, False, False, True]
    named = [problem["index"] for problem in answer["problems"] if problem["code"] == "not_entitled"]
    assert named == [first, first + 1]
