"""Signed notes, checkpoints, cosignatures, policies, proofs and receipts: what is read strictly, and what is refused."""

import hashlib
from base64 import b64encode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import ContractError, NoteError, SignatureError
from schemas.signing import DeviceKey, verify_note
from tests.conftest import SHARED_VECTORS
from wasteledger.domain.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint, sign_checkpoint
from wasteledger.domain.hello import NO_EVENT, Hello, parse_hello, sign_hello
from wasteledger.domain.merkle import EMPTY_ROOT, leaf_hash
from wasteledger.domain.note import (
    COSIGNATURE,
    SIGNATURES_MAX,
    NoteKey,
    VerifierKey,
    cosigned_at_s,
    parse_signed_note,
    with_signatures,
)
from wasteledger.domain.policy import parse_policy
from wasteledger.domain.receipt import Promise, open_receipt, sign_receipt
from wasteledger.domain.tiles import decode_bundle
from wasteledger.domain.tlog_proof import TlogProof, parse_tlog_proof, verify_tlog_proof

ORIGIN = "ledger.example.org/note"
LOG = NoteKey(ORIGIN, b"l" * 32)
WITNESSES = [NoteKey(f"witness.example.org/w{n}", bytes([n]) * 32, algorithm=COSIGNATURE) for n in range(4)]
ROOT = hashlib.sha256(b"root").digest()
CHECKPOINT = Checkpoint(ORIGIN, 7, ROOT)
NOTE = sign_checkpoint(CHECKPOINT, LOG)
POLICY = "\n".join(
    [
        f"log {LOG.verifier.text} https://ledger.example.org",
        *(f"witness w{n} {key.verifier.text}" for n, key in enumerate(WITNESSES)),
        "group two 2 w0 w1 w2",
        "# the fourth alone, or two of the others",
        "\tgroup some  any two w3 ",
        "quorum some",
        "",
    ]
)


def cosigned(*numbers: int, note: bytes = NOTE, time_s: int = 1000) -> bytes:
    text = parse_signed_note(note).text
    return with_signatures(note, [WITNESSES[number].cosign(text, time_s=time_s + number) for number in numbers])


def test_a_checkpoint_comes_back_with_its_signature() -> None:
    assert open_checkpoint(NOTE, LOG.verifier)[0] == CHECKPOINT
    assert parse_signed_note(NOTE).encode() == NOTE


@given(place=st.integers(0, len(NOTE) - 1), bit=st.integers(0, 7))
def test_every_bit_of_a_checkpoint_counts(place: int, bit: int) -> None:
    changed = NOTE[:place] + bytes([NOTE[place] ^ 1 << bit]) + NOTE[place + 1 :]
    with pytest.raises(NoteError):
        open_checkpoint(changed, LOG.verifier)


ROOT64 = b64encode(ROOT).decode()
BAD_TEXTS = {
    "an underscore": f"{ORIGIN}\n1_000\n{ROOT64}\n",
    "a blank before": f"{ORIGIN}\n 7\n{ROOT64}\n",
    "a sign": f"{ORIGIN}\n+7\n{ROOT64}\n",
    "a zero before": f"{ORIGIN}\n07\n{ROOT64}\n",
    "an Arabic digit": f"{ORIGIN}\n٣\n{ROOT64}\n",
    "nothing": f"{ORIGIN}\n\n{ROOT64}\n",
    "twenty digits": f"{ORIGIN}\n{'9' * 20}\n{ROOT64}\n",
    "more than 63 bits": f"{ORIGIN}\n{2**63}\n{ROOT64}\n",
    "junk in the root": f"{ORIGIN}\n7\n{ROOT64[:10]}\t{ROOT64[10:]}\n",
    "spare bits": f"{ORIGIN}\n7\n{ROOT64[:-2]}{chr(ord(ROOT64[-2]) + 1)}=\n",
    "a short root": f"{ORIGIN}\n7\nAAAA\n",
    "an extension": f"{ORIGIN}\n7\n{ROOT64}\nextension\n",
    "no origin": f"\n7\n{ROOT64}\n",
    "two lines": f"{ORIGIN}\n7\n",
    "an empty tree with a root": f"{ORIGIN}\n0\n{ROOT64}\n",
}


@pytest.mark.parametrize("why", BAD_TEXTS)
def test_a_checkpoint_has_one_spelling(why: str) -> None:
    with pytest.raises(NoteError):
        parse_checkpoint(BAD_TEXTS[why].encode())


def test_the_empty_tree_may_be_signed() -> None:
    empty = Checkpoint(ORIGIN, 0, EMPTY_ROOT)
    assert open_checkpoint(sign_checkpoint(empty, LOG), LOG.verifier)[0] == empty


LINE = NOTE.split(b"\n\n")[1]
BAD_NOTES = {
    "no signature": NOTE.split(b"\n\n")[0] + b"\n\n",
    "no blank line": NOTE.replace(b"\n\n", b"\n"),
    "no last newline": NOTE[:-1],
    "a line that is no signature": NOTE + b"hello\n",
    "a hyphen for a dash": NOTE.replace("—".encode(), b"-"),
    "two blanks": NOTE.replace("— ".encode(), "—  ".encode()),
    "a carriage return": NOTE.replace(b"\n", b"\r\n"),
    "a null byte": NOTE.replace(b"7\n", b"7\x00\n"),
    "bytes that are no UTF-8": b"\xff" + NOTE,
    "base64 that is not canonical": NOTE[:-2] + b"B=\n" if not NOTE.endswith(b"=\n") else NOTE.replace(b"=\n", b"==\n"),
    "a key id and no signature": NOTE.split(b"\n\n")[0] + "\n\n— x AAAAAA==\n".encode(),
    "a million lines": NOTE + LINE * 1_000_000,
    "a line too many": NOTE + LINE * SIGNATURES_MAX,
    "nothing at all": b"",
}


@pytest.mark.parametrize("why", BAD_NOTES)
def test_a_malformed_note_is_refused_whole(why: str) -> None:
    with pytest.raises(NoteError):
        open_checkpoint(BAD_NOTES[why], LOG.verifier)


def test_a_note_is_split_at_its_last_blank_line() -> None:
    """A text with a blank line in it is signed as a whole, or a signature could be moved under other words."""
    text = b"first\n\nsecond\n"
    note = text + b"\n" + LOG.sign(text).line
    assert parse_signed_note(note).text == text
    assert LOG.verifier.find(parse_signed_note(note)) is not None


def test_the_same_name_with_another_key_is_another_signer() -> None:
    impostor = NoteKey(ORIGIN, b"x" * 32)
    with pytest.raises(NoteError, match="not signed"):
        open_checkpoint(sign_checkpoint(CHECKPOINT, impostor), LOG.verifier)
    both = with_signatures(sign_checkpoint(CHECKPOINT, impostor), [LOG.sign(CHECKPOINT.text)])
    assert open_checkpoint(both, LOG.verifier)[0] == CHECKPOINT


def test_a_key_of_another_algorithm_is_another_key() -> None:
    """A witness's cosignature can not be passed off as the log's signature, nor the other way round."""
    as_witness = NoteKey(ORIGIN, b"l" * 32, algorithm=COSIGNATURE)
    cosignature = as_witness.cosign(CHECKPOINT.text, time_s=5)
    swapped = cosignature._replace(key_id=LOG.verifier.key_id)
    text = CHECKPOINT.text + b"\n"
    for line in (cosignature, swapped):
        with pytest.raises(NoteError):
            open_checkpoint(text + line.line, LOG.verifier)
    assert as_witness.verifier.find(parse_signed_note(text + cosignature.line)) is not None


def test_a_wrong_signature_of_a_known_key_is_never_passed_over() -> None:
    wrong = LOG.sign(b"something else")
    with pytest.raises(NoteError, match="does not verify"):
        open_checkpoint(with_signatures(NOTE, [wrong]), LOG.verifier)


def test_a_cosignature_binds_its_time() -> None:
    signature = WITNESSES[0].cosign(CHECKPOINT.text, time_s=1234)
    assert cosigned_at_s(signature) == 1234
    later = signature._replace(blob=(1235).to_bytes(8, "big") + signature.blob[8:])
    with pytest.raises(NoteError):
        WITNESSES[0].verifier.find(parse_signed_note(with_signatures(NOTE, [later])))


def test_a_cosignature_is_of_a_time_that_others_can_hold() -> None:
    """Signed all the same, but beyond the 2^63 - 1 of tlog-cosignature it would break who computes with it."""
    for time_s, is_good in ((2**63 - 1, True), (2**63, False)):
        note = parse_signed_note(with_signatures(NOTE, [WITNESSES[0].cosign(CHECKPOINT.text, time_s=time_s)]))
        if is_good:
            assert WITNESSES[0].verifier.find(note) is not None
        else:
            with pytest.raises(NoteError):
                WITNESSES[0].verifier.find(note)


@pytest.mark.parametrize("key", [LOG.verifier, WITNESSES[0].verifier])
def test_keys_come_back_from_their_text_and_only_from_it(key: VerifierKey) -> None:
    assert VerifierKey.parse(key.text) == key
    name, key_id, material = key.text.split("+", 2)
    wrong = [
        f"other+{key_id}+{material}", f"{name}+00000000+{material}", f"{name}+{key_id.upper()}x+{material}",
        f"{name}+{key_id}+{material}\n", f"{name}+{key_id}", f"{name}+{key_id}+AAAA", "",
    ]  # fmt: skip
    for text in wrong:
        with pytest.raises(NoteError):
            VerifierKey.parse(text)


def test_a_policy_is_met_by_its_quorum_and_by_nothing_less() -> None:
    policy = parse_policy(POLICY)
    enough = [(0, 1), (1, 2), (3,), (0, 1, 2, 3), (2, 3)]
    for numbers in enough:
        accepted = policy.accept(cosigned(*numbers))
        assert accepted.checkpoint == CHECKPOINT
        assert accepted.cosigned_at_s == {f"w{number}": 1000 + number for number in numbers}
    for numbers in [(), (0,), (1,), (2,)]:
        with pytest.raises(NoteError, match="quorum"):
            policy.accept(cosigned(*numbers))


def test_a_witness_who_signs_twice_counts_once() -> None:
    twice = cosigned(0, note=cosigned(0), time_s=2000)
    with pytest.raises(NoteError, match="quorum"):
        parse_policy(POLICY).accept(twice)


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        ("quorum some", ""), ("quorum some", "quorum nobody"), ("quorum some", "quorum some\nquorum some"),
        ("quorum some", "Quorum some"), ("group two 2 w0 w1 w2", "group two 4 w0 w1 w2"),
        ("group two 2 w0 w1 w2", "group two 0 w0 w1 w2"), ("group two 2 w0 w1 w2", "group two 2 w0 w0 w2"),
        ("group two 2 w0 w1 w2", "group two 2 w0 w9"), ("group two 2 w0 w1 w2", "group two 2"),
        ("group two 2 w0 w1 w2", "group none 2 w0 w1"), ("group two 2 w0 w1 w2", "group w0 2 w1 w2"),
        ("group two 2 w0 w1 w2", "group two 2_0 w0 w1 w2"), ("group two 2 w0 w1 w2", "group two 2 w0 w1 w3"),
        (f"log {LOG.verifier.text} https://ledger.example.org", ""),
        (f"log {LOG.verifier.text} ", f"log {WITNESSES[0].verifier.text} "),
        (f"log {LOG.verifier.text} ", f"log {LOG.verifier.text}\nlog {LOG.verifier.text} "),
        (f"witness w1 {WITNESSES[1].verifier.text}", f"witness w1 {WITNESSES[0].verifier.text}"),
        ("# the fourth", "\x00# the fourth"), ("# the fourth", "hello\n# the fourth"),
    ],
)  # fmt: skip
def test_a_policy_that_does_not_hold_together(line: str, instead: str) -> None:
    parse_policy(POLICY)
    assert line in POLICY
    with pytest.raises(NoteError):
        parse_policy(POLICY.replace(line, instead, 1))


def test_a_policy_may_watch_several_logs() -> None:
    other = NoteKey("ledger.example.org/other", b"o" * 32)
    policy = parse_policy(f"log {other.verifier.text}\nlog {LOG.verifier.text}\nquorum none\n")
    assert policy.accept(NOTE).checkpoint == CHECKPOINT
    assert policy.accept(sign_checkpoint(CHECKPOINT._replace(origin=other.name), other)).checkpoint.origin == other.name
    with pytest.raises(NoteError, match="names no log"):
        policy.accept(sign_checkpoint(CHECKPOINT._replace(origin="ledger.example.org/third"), other))
    with pytest.raises(NoteError):
        policy.accept(sign_checkpoint(CHECKPOINT, other))


def test_a_proof_comes_back_and_has_one_spelling() -> None:
    leaf = leaf_hash(b"entry")
    note = sign_checkpoint(Checkpoint(ORIGIN, 1, leaf), LOG)
    policy = parse_policy(f"log {LOG.verifier.text}\nquorum none")
    proof = TlogProof(0, (), note)
    assert verify_tlog_proof(parse_tlog_proof(proof.encode()), leaf=leaf, policy=policy).checkpoint.size == 1
    with pytest.raises(NoteError, match="does not stand"):
        verify_tlog_proof(proof, leaf=leaf_hash(b"another"), policy=policy)
    encoded = proof.encode()
    for old, new in [(b"index 0", b"index 00"), (b"index 0", b"index +0"), (b"index 0\n", b"index 0\nAAAA\n"),
                     (b"index 0", b"index"), (b"@v1", b"@v2"), (b"index 0\n\n", b"index 0\n")]:  # fmt: skip
        with pytest.raises(NoteError):
            verify_tlog_proof(parse_tlog_proof(encoded.replace(old, new, 1)), leaf=leaf, policy=policy)


def test_extra_data_of_a_proof_is_carried_and_proves_nothing() -> None:
    leaf = leaf_hash(b"entry")
    proof = TlogProof(0, (), sign_checkpoint(Checkpoint(ORIGIN, 1, leaf), LOG), b"from the counter")
    encoded = proof.encode()
    assert encoded.startswith(b"c2sp.org/tlog-proof@v1\nextra ZnJvbSB0aGUgY291bnRlcg==\nindex 0\n\n")
    assert parse_tlog_proof(encoded) == proof
    policy = parse_policy(f"log {LOG.verifier.text}\nquorum none")
    assert verify_tlog_proof(proof._replace(extra=b"anything"), leaf=leaf, policy=policy).checkpoint.size == 1
    for wrong in (b"extra \n", b"extra\n", b"extra AB==\n", b"extra A\n", b"extra QUI=\nextra QUI=\n", b"Extra QUI=\n"):
        with pytest.raises(NoteError):
            parse_tlog_proof(encoded.replace(b"extra ZnJvbSB0aGUgY291bnRlcg==\n", wrong))


def test_a_receipt_holds_every_promise_of_an_answer() -> None:
    key = NoteKey(f"{ORIGIN}/receipt", b"r" * 32)
    promises = [Promise(n, bytes([n]) * 32, bytes([n + 1]) * 32, 1_700_000_000_000 + n) for n in range(3)]
    receipt = sign_receipt([promise.lines for promise in promises], origin=ORIGIN, key=key)
    assert open_receipt(receipt, key.verifier) == promises
    for wrong in (receipt.replace(b"\n2\n", b"\n3\n", 1), receipt.replace(b"receipt/v1", b"receipt/v2")):
        with pytest.raises(NoteError):
            open_receipt(wrong, key.verifier)
    with pytest.raises(NoteError):
        open_receipt(receipt, LOG.verifier)


def test_a_hello_is_signed_by_its_device() -> None:
    key, other = DeviceKey(b"d" * 32), DeviceKey(b"e" * 32)
    hello = Hello(key.device_id, 12, NO_EVENT, 1_700_000_000_000, 5, "0123456789abcdef")
    content = sign_hello(key, hello, origin=ORIGIN)
    parsed, note = parse_hello(content)
    verify_note(note, key.public_key)
    assert (parsed, note.origin) == (hello, ORIGIN)
    with pytest.raises(SignatureError):
        verify_note(note, other.public_key)
    for old, new in (
        (b"\n12\n", b"\n012\n"),
        (b"abcdef\n", b"abcdeF\n"),
        (key.device_id.encode(), other.device_id.encode()),
    ):
        with pytest.raises(ContractError):
            parse_hello(content.replace(old, new, 1))


@pytest.fixture
def golden() -> Path:
    folder = SHARED_VECTORS / "golden-log"
    if not folder.is_dir():
        pytest.skip("the golden log is not beside this clone")
    return folder


def test_the_golden_log_of_an_independent_verifier(golden: Path) -> None:
    policy = parse_policy((golden / "policy").read_text())
    accepted = policy.accept((golden / "checkpoint").read_bytes())
    entries = [(golden / f"entry{n}").read_bytes() for n in range(3)]
    assert accepted.checkpoint.root.hex() == "7d587fa75754df7c7a2c84f767ac0db5db29f3e5fd3acb7bcf33186607895b1a"
    assert accepted.cosigned_at_s == {"reg": 1767250015}
    assert decode_bundle((golden / "tile_entries_000.p_3").read_bytes()) == entries
    assert (golden / "tile_0_000.p_3").read_bytes() == b"".join(map(leaf_hash, entries))
    content = (golden / "index1.tlog-proof").read_bytes()
    assert parse_tlog_proof(content).encode() == content
    assert verify_tlog_proof(parse_tlog_proof(content), leaf=leaf_hash(entries[1]), policy=policy) == accepted
    with pytest.raises(NoteError):
        verify_tlog_proof(parse_tlog_proof(content), leaf=leaf_hash(entries[0]), policy=policy)


def test_our_signatures_are_those_of_the_golden_log(golden: Path) -> None:
    """Ed25519 is deterministic: the same keys make the same note, to the byte."""
    log, witness = (
        NoteKey(name, hashlib.sha256(b"golden/" + label).digest(), algorithm=algorithm)
        for name, label, algorithm in (
            ("ledger.example.org/mw1", b"log", 1),
            ("witness.regulator.example/w1", b"witness-regulator", COSIGNATURE),
        )
    )
    wanted = (golden / "checkpoint").read_bytes()
    checkpoint = parse_checkpoint(parse_signed_note(wanted).text)
    assert (
        with_signatures(sign_checkpoint(checkpoint, log), [witness.cosign(checkpoint.text, time_s=1767250015)])
        == wanted
    )
    assert log.verifier.find(parse_signed_note((golden / "receipt1").read_bytes())) is not None
