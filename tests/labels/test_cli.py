import http.server
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from click.testing import Result
from typer.testing import CliRunner

from labels.cli import app, write_whole
from labels.errors import SourceError
from labels.proof import read_pages
from labels.source import FIELDS_BYTES_MAX, read_fields
from schemas.codes import SiteKind, check_character, site_code
from tests.labels.examples import LONG, STOCK, box, hazardous, medical

KNOWN = {label.code: label for label in (medical(), hazardous(), box())}
# Nothing listens on port 1 of this machine.
NOBODY = "http://127.0.0.1:1"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


class _Service(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        code = self.path.removeprefix("/v1/labels/")
        if code in KNOWN:
            self._answer(200, "application/json", KNOWN[code].model_dump_json())
        elif code.startswith("B"):
            self._answer(200, "application/json", KNOWN[STOCK].model_dump_json())
        elif code.startswith("M5001150"):
            self._answer(502, "text/html", "<h1>Bad Gateway</h1>")
        elif code.startswith("M5001160"):
            self._answer(200, "application/json", '{"label": "medical"}')
        else:
            problem = {
                "title": "未知编码 Unknown code",
                "detail": f"no label was issued for {code}",
                "code": "unknown_code",
            }
            self._answer(404, "application/problem+json", json.dumps(problem))

    def _answer(self, status: int, kind: str, body: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        """Keeps the test's output clean."""


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Service)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def fields(tmp_path: Path) -> Path:
    file = tmp_path / "labels.yaml"
    rows = [label.model_dump(mode="json") for label in KNOWN.values()]
    file.write_text(yaml.safe_dump(rows, allow_unicode=True), encoding="utf-8")
    return file


def test_labels_of_the_service_are_drawn_and_read_back(tmp_path: Path, service: str) -> None:
    out = tmp_path / "labels.pdf"
    result = run("pdf", STOCK, LONG, "-o", out, "--service", service)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "2 labels, each read back" in result.stdout
    assert [page.codes for page in read_pages(out.read_bytes())] == [(STOCK,), (LONG,)]
    assert [path.name for path in tmp_path.iterdir()] == ["labels.pdf"]


def test_the_service_is_taken_from_the_environment(
    tmp_path: Path, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WASTELEDGER_SERVICE_URL", service)
    assert run("pdf", STOCK, "-o", tmp_path / "a.pdf").exit_code == 0
    monkeypatch.setenv("WASTELEDGER_SERVICE_URL", NOBODY)
    assert run("pdf", STOCK, "-o", tmp_path / "b.pdf").exit_code == 1


def test_a_code_typed_in_groups_and_small_letters_is_understood(tmp_path: Path, fields: Path) -> None:
    result = run("pdf", "m500 1140 0000 123b", "-o", tmp_path / "a.pdf", "--fields", fields)
    assert result.exit_code == 0
    assert "1 label, each read back" in result.stdout


def test_a_file_of_fields_gives_the_named_labels_in_their_order(tmp_path: Path, fields: Path) -> None:
    out = tmp_path / "a.pdf"
    assert run("pdf", box().code, STOCK, "-o", out, "--fields", fields).exit_code == 0
    assert [page.codes for page in read_pages(out.read_bytes())] == [(box().code,), (STOCK,)]


def test_a_file_of_fields_without_codes_gives_all_and_json_is_read_too(tmp_path: Path) -> None:
    file, out = tmp_path / "labels.json", tmp_path / "a.pdf"
    file.write_text(json.dumps([label.model_dump(mode="json") for label in KNOWN.values()]), encoding="utf-8")
    assert run("pdf", "-o", out, "--fields", file).exit_code == 0
    assert [page.codes for page in read_pages(out.read_bytes())] == [(code,) for code in KNOWN]


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (STOCK[:-1] + "C", "fails its check: the last character should be B"),
        ("HELLO", "is no code of this ledger"),
        (site_code(SiteKind.CLINIC, "500114105", 1), "is a site code; labels are for items and boxes"),
    ],
)
def test_a_bad_code_is_told_before_anything_is_asked(tmp_path: Path, code: str, told: str) -> None:
    # The service is not there; that it is not mentioned shows that nobody asked it.
    result = run("pdf", STOCK, code, "-o", tmp_path / "a.pdf", "--service", NOBODY)
    assert result.exit_code == 2
    assert told in result.stderr
    assert "can not be reached" not in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_no_code_and_no_file_is_wrong_usage(tmp_path: Path) -> None:
    result = run("pdf", "-o", tmp_path / "a.pdf")
    assert result.exit_code == 2
    assert "name at least one CODE, or a file with --fields" in result.stderr


def test_an_unreachable_service_names_the_two_ways_out(tmp_path: Path) -> None:
    result = run("pdf", STOCK, "-o", tmp_path / "a.pdf", "--service", NOBODY)
    assert result.exit_code == 1
    for wanted in (f"{NOBODY} can not be reached", "`wasteledger serve`", "--fields"):
        assert wanted in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("address", ["not a url", "ftp://127.0.0.1/", "http://"])
def test_an_address_that_is_none_is_told_and_not_thrown(tmp_path: Path, address: str) -> None:
    result = run("pdf", STOCK, "-o", tmp_path / "a.pdf", "--service", address)
    assert result.exit_code == 1
    assert "can not be reached" in result.stderr


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("M500114000001246", "404: 未知编码 Unknown code: no label was issued for M500114000001246"),
        ("B500114000000139", "the service answered with the label of"),
        ("M500115000000015", "502 Bad Gateway"),
        ("M500116000000013", "the service's answer is no label: medical"),
    ],
    ids=["unknown", "another label", "no problem", "no label"],
)
def test_what_the_service_says_is_passed_on(tmp_path: Path, service: str, code: str, told: str) -> None:
    code, told = (text.replace(code, code[:15] + check_character(code[:15])) for text in (code, told))
    result = run("pdf", code, "-o", tmp_path / "a.pdf", "--service", service)
    assert result.exit_code == 1
    assert told in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "expected a list of 1 to 2000 labels"),
        ("label: medical", "expected a list"),
        ("[]", "expected a list"),
        ("[1", "neither YAML nor JSON"),
        ("- {label: medical, code: M500114000001239}", "fails its check"),
        ("- {label: sticker}", "0"),
        ("- &a [*a]", "0"),
    ],
)
def test_a_bad_file_of_fields_is_told(tmp_path: Path, content: str, told: str) -> None:
    file = tmp_path / "labels.yaml"
    file.write_text(content, encoding="utf-8")
    result = run("pdf", STOCK, "-o", tmp_path / "a.pdf", "--fields", file)
    assert result.exit_code == 1
    assert "labels.yaml: " in result.stderr
    assert told in result.stderr
    assert not (tmp_path / "a.pdf").exists()


def test_a_file_that_is_missing_too_large_or_no_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="No such file or directory; check the name"):
        read_fields(tmp_path / "none.yaml")
    (tmp_path / "large.yaml").write_bytes(b" " * (FIELDS_BYTES_MAX + 1))
    with pytest.raises(SourceError, match="split it"):
        read_fields(tmp_path / "large.yaml")
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SourceError, match="neither YAML nor JSON"):
        read_fields(tmp_path / "bytes.yaml")


def test_a_code_that_the_file_lacks_or_has_twice_is_told(tmp_path: Path, fields: Path) -> None:
    result = run("pdf", LONG[:-1] + "2", "-o", tmp_path / "a.pdf", "--fields", fields)
    assert result.exit_code == 1
    assert "the file has no label of this code; add it" in result.stderr
    fields.write_text(fields.read_text(encoding="utf-8") * 2, encoding="utf-8")
    result = run("pdf", STOCK, "-o", tmp_path / "a.pdf", "--fields", fields)
    assert result.exit_code == 1
    assert "two labels of this code" in result.stderr


def test_a_label_that_would_not_be_lawful_leaves_an_earlier_file_alone(tmp_path: Path, fields: Path) -> None:
    out = tmp_path / "a.pdf"
    out.write_bytes(b"earlier")
    fields.write_text(fields.read_text(encoding="utf-8").replace("废机油", "䶮机油"), encoding="utf-8")
    result = run("pdf", "-o", out, "--fields", fields)
    assert result.exit_code == 1
    assert "waste_name: the label's typeface has no 䶮" in result.stderr
    assert out.read_bytes() == b"earlier"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.pdf", "labels.yaml"]


def test_a_folder_that_is_not_there_is_told_and_nothing_is_left(tmp_path: Path, fields: Path) -> None:
    result = run("pdf", STOCK, "-o", tmp_path / "none" / "a.pdf", "--fields", fields)
    assert result.exit_code == 1
    assert "choose a file in a folder that you may write" in result.stderr
    (tmp_path / "folder").mkdir()
    with pytest.raises(SourceError, match="Is a directory"):
        write_whole(tmp_path / "folder", b"content")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "labels.yaml"]


def test_an_impossible_printer_is_told(tmp_path: Path, fields: Path) -> None:
    result = run("pdf", STOCK, "-o", tmp_path / "a.pdf", "--fields", fields, "--dpi", "50")
    assert result.exit_code == 1
    assert "50 dots an inch is no label printer" in result.stderr


def drawn(tmp_path: Path, fields: Path) -> Path:
    assert run("pdf", "-o", tmp_path / "a.pdf", "--fields", fields).exit_code == 0
    return tmp_path / "a.pdf"


def test_a_proof_prints_the_code_of_every_page(tmp_path: Path, fields: Path) -> None:
    result = run("proof", drawn(tmp_path, fields))
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [f"page {page}: {code}" for page, code in enumerate(KNOWN, 1)]


def test_a_proof_as_json(tmp_path: Path, fields: Path) -> None:
    pages = json.loads(run("proof", drawn(tmp_path, fields), "--json").stdout)
    assert [(page["page"], page["codes"], page["problem"]) for page in pages] == [
        (number, [code], None) for number, code in enumerate(KNOWN, 1)
    ]


def test_a_proof_of_a_page_without_a_code_fails(tmp_path: Path) -> None:
    from reportlab.pdfgen.canvas import Canvas  # noqa: PLC0415 - draws a page that is no label

    canvas = Canvas(str(tmp_path / "blank.pdf"))
    canvas.drawString(100, 100, "no label")
    canvas.save()
    result = run("proof", tmp_path / "blank.pdf")
    assert result.exit_code == 1
    assert "page 1: no QR code could be read" in result.stderr


def test_a_proof_of_what_is_no_pdf_is_told(tmp_path: Path) -> None:
    (tmp_path / "text.pdf").write_text("text", encoding="utf-8")
    result = run("proof", tmp_path / "text.pdf")
    assert result.exit_code == 1
    assert "no PDF that can be read" in result.stderr
    result = run("proof", tmp_path / "none.pdf")
    assert result.exit_code == 1
    assert "No such file or directory" in result.stderr


@pytest.mark.parametrize("command", ["pdf", "proof"])
def test_help_has_an_example(command: str) -> None:
    assert f"Example: labels {command}" in run(command, "--help").stdout


def test_the_code_of_the_example_is_one() -> None:
    assert f"labels pdf {STOCK} -o" in run("pdf", "--help").stdout


def test_the_program_runs(tmp_path: Path, fields: Path) -> None:
    command = [sys.executable, "-m", "labels.cli", "pdf", "-o", str(tmp_path / "a.pdf"), "--fields", str(fields)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "3 labels" in done.stdout
