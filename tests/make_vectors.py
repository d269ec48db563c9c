"""Writes schemas/vectors/*.json: `.venv/bin/python -m tests.make_vectors`.

Nothing here calls the code that the vectors test. Expected values are published ones, or are made by somebody else's
implementation (rfc8785, hashlib, libsodium on bytes put together by hand), or are written down by hand (custody).
"""

import hashlib
import json
from base64 import b32encode, b64encode
from pathlib import Path
from typing import Any

import rfc8785
from nacl.signing import SigningKey

from tests.custody_stories import cases
from tests.make_entitlement_vectors import entitlement
from tests.make_log_vectors import device_chains, logs

FOLDER = Path(__file__).parents[1] / "schemas" / "vectors"

#: RFC 8032 section 7.1, TEST 1 and TEST 2.
RFC8032_SEEDS = (
    "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
)
#: Leaves and roots of the reference tests of RFC 6962 (certificate-transparency).
RFC6962_LEAVES = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
RFC6962_ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


def codes() -> dict[str, Any]:
    """Codes that must be read, and codes that must be refused."""
    return {
        "iso7064_mod37_36": [
            {"body": "A12425GABC1234002", "check": "M", "source": "GRid, the published example of ISO 7064 MOD 37,36"},
        ],
        "uscc": [
            {"text": "91130200699229617X", "source": "HJ 608-2017, the example unit"},
            {"text": "91350100M000100Y43", "source": "GB 32100-2015, the example"},
            {"text": "9144030071526726XG", "source": "a registered company"},
        ],
        "uscc_wrong": ["911302006992296170", "91130200699229616X", "91I30200699229617X", "9113020069922961", ""],
        "read": [
            {"text": "91130200699229617X9002140820261102001", "kind": "item", "region": "", "serial": 1},
            {"text": "C500114105001", "kind": "site", "region": "500114", "serial": 1},
            {"text": "20265001000001", "kind": "manifest", "region": "5001", "serial": 1},
        ],
        "wrong": [
            {"text": "91130200699229617X9002140820261302001", "why": "month 13"},
            {"text": "91130200699229617X9002140820260230001", "why": "30 February"},
            {"text": "91130200699229617X9002140820261102000", "why": "serial 0"},
            {"text": "9113020069922961709002140820261102001", "why": "the unit's own check fails"},
            {"text": "91130200699229617X900214082026110200", "why": "36 characters"},
            {"text": "X500114105001", "why": "no kind of site"},
            {"text": "C500114105000", "why": "serial 0"},
            {"text": "20260501000001", "why": "no province begins with 0"},
            {"text": "2026500100000\u0661", "why": "an Arabic digit is no digit of ours"},
            {"text": "C500114105001\n", "why": "a line end"},
            {"text": "", "why": "nothing"},
        ],
    }


def canonical() -> dict[str, Any]:
    """Payloads with the bytes that the rfc8785 package gives them."""
    payloads: list[dict[str, Any]] = [
        {},
        {"b": 1, "a": 2, "a1": 3, "a_": 4},
        {"text": '"\\/\b\f\n\r\t\u0000\u001f\u007f', "chinese": "黔江区", "emoji": "😀"},
        {"small": -(2**53) + 1, "large": 2**53 - 1, "zero": 0},
        {"list": [[], {}, None, True, False, [1, [2, [3]]]]},
    ]
    return {
        "good": [{"payload": payload, "bytes": rfc8785.dumps(payload).decode()} for payload in payloads],
        "not_canonical": [
            {"bytes": '{"a":1, "b":2}', "why": "a blank"},
            {"bytes": '{"b":2,"a":1}', "why": "order of keys"},
            {"bytes": '{"a":1,"a":1}', "why": "a key twice"},
            {"bytes": '{"a":1.0}', "why": "a fraction"},
            {"bytes": '{"a":1e3}', "why": "an exponent"},
            {"bytes": '{"a":-0}', "why": "minus zero"},
            {"bytes": '{"a":9007199254740992}', "why": "beyond 2^53-1"},
            {"bytes": '{"a":"\\u0041"}', "why": "an escape that is not needed"},
            {"bytes": '{"a":"\\/"}', "why": "an escape that is not needed"},
            {"bytes": '{"A":1}', "why": "a capital key"},
            {"bytes": '{"":1}', "why": "an empty key"},
            {"bytes": '{"a":NaN}', "why": "no JSON"},
            {"bytes": '{"a":1}\n', "why": "a line end"},
            {"bytes": "[1]", "why": "no object"},
            {"bytes": '{"a":[[[[[[1]]]]]]}', "why": "seven levels"},
        ],
    }


def signing() -> dict[str, Any]:
    """Notes put together by hand and signed by libsodium with the keys of RFC 8032."""
    notes = []
    for seed, payload in zip(RFC8032_SEEDS, ({"kind": "sealed", "note": "村"}, {}), strict=True):
        key = SigningKey(bytes.fromhex(seed))
        public = bytes(key.verify_key)
        device = b32encode(hashlib.sha256(b"wasteledger-device/v1\n\x01" + public).digest()[:10]).decode().lower()
        origin = "ledger.example.org/qianjiang"
        text = f"wasteledger-event/v1\n{origin}\n".encode() + rfc8785.dumps(payload) + b"\n"
        name = f"{origin}/d/{device}"
        key_id = hashlib.sha256(name.encode() + b"\n\x01" + public).digest()[:4]
        blob = b64encode(key_id + key.sign(text).signature).decode()
        notes.append(
            {
                "seed": seed,
                "public_key": public.hex(),
                "device_id": device,
                "origin": origin,
                "payload": payload,
                "event_id": b64encode(hashlib.sha256(text).digest()).decode(),
                "note": text.decode() + f"\n— {name} {blob}\n",
            }
        )
    rfc8032 = [
        {
            "seed": RFC8032_SEEDS[0],
            "public_key": "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "message": "",
            "signature": "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555"
            "fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        },
        {
            "seed": RFC8032_SEEDS[1],
            "public_key": "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "message": "72",
            "signature": "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        },
    ]
    return {"rfc8032": rfc8032, "notes": notes}


def entry() -> dict[str, Any]:
    """Entries put together by hand, with their leaf hashes by hashlib."""
    rows = []
    for note in signing()["notes"]:
        content = f"wasteledger-entry/v1\nevent 1793577600000 node1\n\n{note['note']}".encode()
        leaf = hashlib.sha256(b"\x00" + content).hexdigest()
        rows.append(
            {"class": "event", "received_ms": 1793577600000, "node": "node1", "note": note["note"], "leaf_hash": leaf}
        )
    wrong = [
        "", "wasteledger-entry/v2\nevent 1 node1\n\nx", "wasteledger-entry/v1\nheld 1 node1\n\nx",
        "wasteledger-entry/v1\nevent 01 node1\n\nx", "wasteledger-entry/v1\nevent -1 node1\n\nx",
        "wasteledger-entry/v1\nevent 1 Node\n\nx", "wasteledger-entry/v1\nevent 1 node1\nx",
    ]  # fmt: skip
    return {"entries": rows, "wrong": wrong}


def merkle() -> dict[str, Any]:
    """The published tree: its roots at every size."""
    return {
        "source": "reference tests of RFC 6962",
        "leaves": list(RFC6962_LEAVES),
        "roots": list(RFC6962_ROOTS),
    }


def files() -> dict[str, str]:
    """Every vector file by name, as text."""
    made = {
        "codes": codes(), "canonical": canonical(), "signing": signing(),
        "entry": entry(), "merkle": merkle(), "custody": cases(), "log": logs(), "device_chains": device_chains(),
        "entitlement": entitlement(),
    }  # fmt: skip
    return {f"{name}.json": json.dumps(value, ensure_ascii=False, indent=1) + "\n" for name, value in made.items()}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in files().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
