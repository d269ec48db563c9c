"""Codes on labels and documents: parse, format, check.

    kind                      shape                                       example
    item, stock code          M + region 6 + serial 8 + check 1  (16)     M50011400000123B
    item, 数字识别码           USCC 18 + waste 8 + day 8 + serial 3 (37)   91130200699229617X9002140820261102001
    box                       B + region 6 + serial 8 + check 1  (16)     B50011400000012J
    site                      kind 1 + division 9 + serial 3     (13)     C500114105001
    manifest 转移联单          year 4 + city 4 + serial 6         (14)     20265001000001

A stock code fits a version-1 QR symbol at level Q (21 modules a side), a 数字识别码 a version-2
symbol at level M (25 modules): both are upper case on purpose (QR alphanumeric mode).
"""

import re
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from schemas.errors import CodeError

#: GB 32100-2015: the 31 characters of a unified social credit code (no I O S V Z).
_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = tuple(3**power % 31 for power in range(17))
#: ISO/IEC 7064 MOD 37,36.
_CHECK_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

STOCK_SERIAL_MAX = 99_999_999
IDENTIFICATION_SERIAL_MAX = 999
MANIFEST_SERIAL_MAX = 999_999
#: Longest text a scanner may hand over before it is called no code of ours (a URL with a code at its end fits).
SCAN_TEXT_MAX = 200

_STOCK = re.compile(r"([MB])([0-9]{6})([0-9]{8})([0-9A-Z])")
_IDENTIFICATION = re.compile(rf"([{_USCC_ALPHABET}]{{18}})([0-9]{{8}})([0-9]{{8}})([0-9]{{3}})")
_SITE = re.compile(r"([CHGTRDA])([0-9]{9})([0-9]{3})")
_MANIFEST = re.compile(r"(20[0-9]{2})([1-9][0-9])([0-9]{2})([0-9]{6})")


class CodeKind(StrEnum):
    """What a code names."""

    ITEM = "item"
    BOX = "box"
    SITE = "site"
    MANIFEST = "manifest"


class SiteKind(StrEnum):
    """First letter of a site code: what the site is in the chain of custody."""

    CLINIC = "C"  # 村卫生室、诊所
    HOSPITAL = "H"  # 医院
    GENERATOR = "G"  # 其他产生单位: garage, laboratory, works
    TRANSFER_POINT = "T"  # 中转点
    CARRIER = "R"  # 承运人
    PLANT = "D"  # 处置单位
    AUTHORITY = "A"  # 主管部门


class Code(NamedTuple):
    """A checked code.

    `region` is the six-digit division of a stock or box code and the first six digits of a site's
    division; the four-digit city of a manifest; empty for a 数字识别码, which names no region.
    """

    kind: CodeKind
    text: str
    region: str
    serial: int


def check_character(body: str) -> str:
    """The check character of `body` by ISO/IEC 7064 MOD 37,36.

    Finds every single wrong character and nearly every swap of neighbours.
    """
    product = 36
    for character in body:
        total = (product + _CHECK_ALPHABET.index(character)) % 36 or 36
        product = total * 2 % 37
    return _CHECK_ALPHABET[(37 - product) % 36]


def uscc_check_character(body: str) -> str:
    """The 18th character of a unified social credit code (GB 32100-2015) for its first 17."""
    total = sum(_USCC_ALPHABET.index(character) * weight for character, weight in zip(body, _USCC_WEIGHTS, strict=True))
    return _USCC_ALPHABET[(31 - total % 31) % 31]


def check_uscc(text: str) -> str:
    """Returns a unified social credit code (统一社会信用代码) that passes its check.

    Raises:
        CodeError: wrong length, a foreign character, or a wrong check character.
    """
    if not re.fullmatch(rf"[{_USCC_ALPHABET}]{{18}}", text):
        message = f"{text!r} is no unified social credit code: 18 characters of {_USCC_ALPHABET}"
        raise CodeError(message)
    expected = uscc_check_character(text[:17])
    if text[17] != expected:
        message = f"{text} fails the check of GB 32100-2015: its last character should be {expected}"
        raise CodeError(message)
    return text


def stock_code(region: str, serial: int) -> str:
    """The short item code printed on stock for medical packages."""
    return _numbered("M", region, serial)


def box_code(region: str, serial: int) -> str:
    """The permanent code of a turnover box (周转箱)."""
    return _numbered("B", region, serial)


def _numbered(prefix: str, region: str, serial: int) -> str:
    if not re.fullmatch(r"[0-9]{6}", region) or not 1 <= serial <= STOCK_SERIAL_MAX:
        message = f"no code for region {region!r} and serial {serial}: six digits, and 1 to {STOCK_SERIAL_MAX}"
        raise CodeError(message)
    body = f"{prefix}{region}{serial:08d}"
    return body + check_character(body)


def identification_code(uscc: str, waste_code: str, day: date, serial: int) -> str:
    """The 37-character 数字识别码 of HJ 1276-2022: unit, waste code, day, serial.

    Args:
        uscc: of the producing or collecting unit.
        waste_code: `900-214-08` or `90021408`.
        day: when the package was begun.
        serial: 1 to 999 within unit, code and day.
    """
    digits = waste_code.replace("-", "")
    if not re.fullmatch(r"[0-9]{8}", digits):
        message = f"waste code {waste_code!r} is not of eight digits, as 900-214-08"
        raise CodeError(message)
    if not 1 <= serial <= IDENTIFICATION_SERIAL_MAX:
        message = f"serial {serial} is not within 1 to 999: no more packages of {waste_code} on {day}"
        raise CodeError(message)
    return f"{check_uscc(uscc)}{digits}{day:%Y%m%d}{serial:03d}"


def site_code(kind: SiteKind, division: str, serial: int) -> str:
    """The code of a site: its kind, its nine-digit division and a serial."""
    return parse_code(f"{kind.value}{division}{serial:03d}").text


def manifest_number(year: int, city: str, serial: int) -> str:
    """A manifest number (转移联单编号), 危险废物转移管理办法 art. 15.

    Args:
        year: four digits.
        city: digits 5 to 8, province and city code of the place the waste leaves.
        serial: 1 to 999999 within year and city.
    """
    return parse_code(f"{year:04d}{city}{serial:06d}").text


def parse_code(text: str) -> Code:
    """Reads one code, exactly as printed.

    Raises:
        CodeError: no known shape, or the check fails; the message says which and what would be right.
    """
    if match := _STOCK.fullmatch(text):
        expected = check_character(text[:-1])
        if match[4] != expected:
            message = f"{text} fails its check: the last character should be {expected}; read the label again"
            raise CodeError(message)
        kind = CodeKind.ITEM if match[1] == "M" else CodeKind.BOX
        return Code(kind, text, match[2], _serial(text, match[3]))
    if match := _IDENTIFICATION.fullmatch(text):
        check_uscc(match[1])
        _calendar_day(text, match[3])
        return Code(CodeKind.ITEM, text, "", _serial(text, match[4]))
    if match := _SITE.fullmatch(text):
        return Code(CodeKind.SITE, text, match[2][:6], _serial(text, match[3]))
    if match := _MANIFEST.fullmatch(text):
        return Code(CodeKind.MANIFEST, text, match[2] + match[3], _serial(text, match[4]))
    shown = text if len(text) <= SCAN_TEXT_MAX else text[:SCAN_TEXT_MAX] + "…"
    message = (
        f"{shown!r} is no code of this ledger: expected an item (16 or 37 characters), a box (B…, 16), "
        f"a site (13) or a manifest (14 digits)"
    )
    raise CodeError(message)


def read_typed(text: str) -> Code:
    """Reads a code typed by a person: lower case, spaces and hyphens between groups are forgiven."""
    return parse_code(re.sub(r"[\s-]", "", text).upper())


def read_scan(text: str) -> Code:
    """Reads what a scanner saw: a code, or a web address whose last part is one."""
    if len(text) > SCAN_TEXT_MAX:
        return parse_code(text)
    return parse_code(text.rsplit("/", 1)[-1] if "://" in text else text)


def item_waste_code(code: str) -> str | None:
    """The waste code inside a 数字识别码 as `900-214-08`, or None for a stock code."""
    if len(code) != 37:  # noqa: PLR2004 - the length is the shape
        return None
    return f"{code[18:21]}-{code[21:24]}-{code[24:26]}"


def site_kind(site: str) -> SiteKind:
    """The kind of a site by its code's first letter."""
    return SiteKind(site[0])


def _serial(text: str, digits: str) -> int:
    serial = int(digits)
    if serial == 0:
        message = f"{text} has the serial 0: serials begin at 1"
        raise CodeError(message)
    return serial


def _calendar_day(text: str, digits: str) -> date:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        message = f"{text} names the day {digits}, which no calendar has"
        raise CodeError(message) from None
