"""An honest simulated district: nobody says what he may not say, clinics without a device included."""

from pathlib import Path

from tests.simulate.district import entries, simulate
from tests.verify.exports import WITNESS_KEY, Key, checkpoint, export
from wasteledger.audit.verify.audit import Audit, Options
from wasteledger.audit.verify.folder import LogFolder
from wasteledger.audit.verify.formats import parse_policy


def test_an_honest_district_says_nothing_that_it_may_not_say(tmp_path: Path) -> None:
    simulate(tmp_path / "sim", days=4)
    told = entries(tmp_path / "sim")
    key = Key("ledger.example.org/qianjiang", b"L" * 32, 1)
    note = checkpoint(told, key=key)
    folder = export(tmp_path / "log", told, note=note, history=[note])
    policy = parse_policy(f"log {key.text}\nwitness w {WITNESS_KEY.text}\nquorum w\n")
    report = Audit(LogFolder(folder), policy, Options()).run()
    codes = {problem.code for problem in (*report.invalid, *report.findings)}
    assert codes.isdisjoint({"not_entitled", "one_device_hop", "entry"}), report.as_text()
    assert report.facts["entries"] == len(told)
    assert "vouched acts not checked" in report.facts["vouching"]
