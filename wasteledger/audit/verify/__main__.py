"""`wasteledger verify`: exit 0 good, 1 invalid, 2 the question can not be answered, 3 findings, 4 fork (both notes saved)."""

import argparse
import io
import json
import re
import sys
import time
from collections.abc import Sequence

from . import commands
from .audit import Options
from .report import RESULTS, USAGE, Report, printable

_DIGITS = re.compile("0|[1-9][0-9]{0,18}")


def _count(text: str) -> int:
    if not _DIGITS.fullmatch(text):
        raise argparse.ArgumentTypeError("a whole number in plain digits")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="wasteledger verify", description=__doc__)
    commands_ = parser.add_subparsers(dest="command", required=True)

    def add(name: str, text: str) -> argparse.ArgumentParser:
        command = commands_.add_parser(name, help=text, description=text)
        command.add_argument("--policy", help="C2SP policy file: your own copy, not the operator's")
        command.add_argument("--json", action="store_true", help="one JSON object")
        return command

    one = add("proof", "One receipt (tlog-proof) and nothing else.")
    one.add_argument("file", help="the tlog-proof")
    one.add_argument("--entry", required=True, help="file with the entry's bytes")
    whole = add("audit", "Every entry of an exported log.")
    whole.add_argument("dir")
    whole.add_argument(
        "--from", dest="older", metavar="CHECKPOINT", help="an older checkpoint that this log must continue"
    )
    whole.add_argument("--receipt", action="append", default=[], help="a receipt that this log must keep; repeatable")
    whole.add_argument("--receipt-key", help="key of the receipts, from the service's /v1/log")
    whole.add_argument("--max-age-hours", type=_count, default=24, help="how old the newest cosignature may be")
    whole.add_argument(
        "--now", type=_count, help="the clock to measure that by, UTC milliseconds; default this machine's"
    )
    whole.add_argument(
        "--hashes-only", action="store_true", help="entries, tiles and roots, without signatures and chains"
    )
    whole.add_argument("--evidence-dir", default="fork-evidence")
    pair = add("compare", "Whether two checkpoints are of one log.")
    pair.add_argument("first")
    pair.add_argument("second")
    pair.add_argument("dir", nargs="?")
    pair.add_argument("--evidence-dir", default="fork-evidence")
    add("gaps", "Each device's missing numbers.").add_argument("dir")
    item = add("item", "Every event that names an item or a box.")
    item.add_argument("code")
    item.add_argument("dir")
    return parser


def _run(arguments: argparse.Namespace) -> Report:
    folder = getattr(arguments, "dir", None)
    policy = commands.load_policy(arguments.policy, folder)
    if arguments.command == "proof":
        report = commands.proof(arguments.file, arguments.entry, policy)
    elif arguments.command == "audit":
        now_ms = time.time_ns() // 1_000_000 if arguments.now is None else arguments.now
        options = Options(arguments.hashes_only, arguments.max_age_hours, now_ms)
        report = commands.audit(
            arguments.dir, policy, options, older=arguments.older, receipts=arguments.receipt,
            receipt_key=arguments.receipt_key, evidence_dir=arguments.evidence_dir,
        )  # fmt: skip
    elif arguments.command == "compare":
        report = commands.compare(arguments.first, arguments.second, folder, policy, arguments.evidence_dir)
    elif arguments.command == "gaps":
        report = commands.gaps(arguments.dir, policy)
    else:
        report = commands.item(arguments.code, arguments.dir, policy)
    if not arguments.policy:
        report.facts["policy"] = (
            f"{folder}/policy, which is the operator's own word: keep a policy of yours, and name it"
        )
    return report


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command and returns its exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a console may lack the letters of a site's name
    try:
        arguments = _parser().parse_args(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    try:
        report = _run(arguments)
    except (commands.UsageError, commands.UnreadableError) as error:
        print(f"verify: {printable(str(error))}", file=sys.stderr)
        if arguments.json:
            print(json.dumps({"result": RESULTS[USAGE], "text": str(error), "problems": []}, ensure_ascii=False))
        return USAGE
    print(commands.shown(report, as_json=arguments.json))
    return report.exit_code


if __name__ == "__main__":
    sys.exit(main())
