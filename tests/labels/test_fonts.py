import csv
import hashlib
import re
from importlib.resources import files

import pytest

from labels.errors import LabelError
from labels.fonts import FONT_FILE, check_glyphs, font, has_glyph, width_em
from labels.layout import IDEOGRAPH_EM, IDEOGRAPH_MIDDLE_EM
from schemas.waste import MEDICAL_CATEGORIES

FONTS = files("labels").joinpath("fonts")

# 500114 黔江区 and its thirty divisions (published list of the statistics bureau, 2023-06).
DIVISIONS = (
    "黔江区城东街道城南街道城西街道正阳街道舟白街道冯家街道阿蓬江镇石会镇黑溪镇黄溪镇黎水镇金溪镇马喇镇濯水镇石家镇鹅池镇小南海镇"
    "邻鄂镇白石镇中塘镇沙坝镇太极镇五里镇水市镇蓬东乡杉岭乡水田乡白土乡金洞乡新华乡"
)


def test_the_readme_names_the_file_that_is_shipped() -> None:
    content = files("labels").joinpath(FONT_FILE).read_bytes()
    assert hashlib.sha256(content).hexdigest() in FONTS.joinpath("README.md").read_text(encoding="utf-8")


def test_the_licence_is_shipped_beside_it() -> None:
    assert "SIL OPEN FONT LICENSE Version 1.1" in FONTS.joinpath("OFL.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("text", [DIVISIONS, *(name for name, _ in MEDICAL_CATEGORIES.values())])
def test_names_of_the_district_can_be_drawn(text: str) -> None:
    assert check_glyphs("producer", text) == text


def test_the_catalogue_can_be_drawn_but_for_its_one_private_character() -> None:
    text = files("schemas").joinpath("data/waste_catalogue.csv").read_text(encoding="utf-8")
    names = [row["name"] + row["category"] for row in csv.DictReader(text.splitlines())]
    lacking = {character for name in names for character in name if not has_glyph(character)}
    assert lacking <= {"\uf0a2"}


def test_all_of_gb_2312_can_be_drawn() -> None:
    hanzi = [bytes((high, low)).decode("gb2312", "ignore") for high in range(0xB0, 0xF8) for low in range(0xA1, 0xFF)]
    characters = [character for character in hanzi if character]
    assert len(characters) == 6763
    assert [character for character in characters if not has_glyph(character)] == []


def test_a_character_beyond_the_typeface_is_named_with_its_field() -> None:
    with pytest.raises(LabelError, match=re.escape("producer: the label's typeface has no 䶮 (U+4DAE)")) as caught:
        check_glyphs("producer", "黔江䶮")
    assert caught.value.field == "producer"
    with pytest.raises(LabelError, match=r"a control character \(U\+000A\)"):
        check_glyphs("notes", "一\n二")


def test_ideographs_are_an_em_wide_and_as_high_as_the_layout_says() -> None:
    assert width_em("国家") == pytest.approx(2.0)
    glyph = _glyph("国")
    low, high = glyph
    assert (high - low) / 1000 == pytest.approx(IDEOGRAPH_EM, abs=0.001)
    assert (high + low) / 2000 == pytest.approx(IDEOGRAPH_MIDDLE_EM, abs=0.001)


def _glyph(character: str) -> tuple[int, int]:
    from fontTools.ttLib import TTFont  # noqa: PLC0415 - slow to load, one test needs it

    with files("labels").joinpath(FONT_FILE).open("rb") as stream:
        face = TTFont(stream)
        shape = face["glyf"][face.getBestCmap()[ord(character)]]
        return shape.yMin, shape.yMax


def test_the_typeface_is_loaded_once() -> None:
    assert font() is font()
