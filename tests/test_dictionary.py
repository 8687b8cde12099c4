"""Questions in 22 languages become English words: looked up, cut where no spaces are, and refused when broken."""

import lzma
from pathlib import Path

import pytest

from retrieval.dictionary import Dictionary, WordList, with_gloss, words_between_spaces
from retrieval.packaged import BrokenCheckpoint
from retrieval.training.dictionary import learn
from retrieval.training.parallel import LANGUAGES, LanguagePairs, Pair

PACKAGED = Path(__file__).resolve().parent.parent / "retrieval" / "weights" / "packaged" / "dictionary"
LINES = {
    "de": ["lampe\tlamp 96 light 20", "tage\tdays 91", "wie\thow 55 as 19"],
    "zh": ["天\tdays 48 day 40", "退\tback 30", "退货\treturn 60"],
    "ko": ["반품\treturn 50"],
}


def write(folder: Path, language: str, lines: list[str]) -> None:
    (folder / f"{language}.tsv.xz").write_bytes(lzma.compress("".join(f"{line}\n" for line in lines).encode()))


@pytest.fixture(name="dictionary")
def _dictionary(tmp_path: Path) -> Dictionary:
    for language, lines in LINES.items():
        write(tmp_path, language, lines)
    return Dictionary(tmp_path)


def test_every_language_of_the_product_is_packaged() -> None:
    assert sorted(Dictionary(PACKAGED).languages) == sorted(LANGUAGES)


@pytest.mark.parametrize(
    ("language", "question", "wanted"),
    [
        ("de", "Wie viele Tage habe ich Zeit?", {"days", "time"}),
        ("fr", "Combien coûte la livraison ?", {"delivery"}),
        ("ru", "Сколько дней на возврат?", {"days"}),
        ("ar", "كم يوم للإرجاع؟", {"day"}),
        ("ja", "返品は何日以内ですか", {"day"}),
        ("zh", "我有多少天可以退货？", {"return"}),
        ("th", "ฉันมีเวลากี่วัน", {"time", "day"}),
        ("hi", "मुझे कितने दिन मिलते हैं?", {"day"}),
        ("sw", "Nina siku ngapi?", {"days"}),
    ],
)
def test_the_packaged_words_mean_what_they_should(language: str, question: str, wanted: set[str]) -> None:
    assert wanted <= set(Dictionary(PACKAGED).terms(question, language))


def test_terms_keep_the_highest_probability(dictionary: Dictionary) -> None:
    assert dictionary.terms("Wie? Tage!", "de") == {"how": 0.55, "as": 0.19, "days": 0.91}


def test_a_gloss_keeps_the_order_and_what_is_unknown(dictionary: Dictionary) -> None:
    assert dictionary.gloss("Wie viele Tage, AX-200 Lampe?", "de") == "how viele days ax 200 lamp"


def test_an_unknown_ending_is_left_out(dictionary: Dictionary) -> None:
    assert dictionary.gloss("Lampen", "de") == "lamp"
    assert dictionary.gloss("반품은", "ko") == "return"


def test_words_typed_without_accents_are_known() -> None:
    words = WordList("de", ["tür\tdoor 90", "zurück\tback 80"])
    assert words.translations("tur") == words.translations("tür") == (("door", 0.9),)
    assert words.translations("zurucken") == (("back", 0.8),)


def test_accents_that_are_letters_stay() -> None:
    assert WordList("hi", ["दिन\tday 90"]).translations("दन") == ()


def test_a_short_word_keeps_its_letters(dictionary: Dictionary) -> None:
    assert dictionary.terms("wieso", "de") == {}  # "wie" is too short to be its stem


def test_text_without_spaces_is_cut_into_the_longest_known_words(dictionary: Dictionary) -> None:
    assert dictionary.gloss("几天退货AX9?", "zh") == "几 days return ax9"


def test_syllables_are_joined_into_the_longest_known_word() -> None:
    words = WordList("vi", ["bao\tbag 40", "bao nhiêu\thow 50 much 30", "ngày\tday 80"])
    assert words.words("Bao nhiêu ngày, bao?") == ["bao nhiêu", "ngày", "bao"]


@pytest.mark.parametrize("language", ["en", "eo", None])
def test_a_language_without_words_has_no_gloss(dictionary: Dictionary, language: str | None) -> None:
    assert dictionary.terms("Lampe", language) == {}
    assert with_gloss("Lampe", language, dictionary) == "Lampe"


def test_a_question_of_unknown_words_has_no_gloss(dictionary: Dictionary) -> None:
    assert with_gloss("xyzzy?", "de", dictionary) == "xyzzy?"


def test_a_gloss_stands_behind_its_question(dictionary: Dictionary) -> None:
    assert with_gloss("Tage?", "de", dictionary) == "Tage? days"


@pytest.mark.parametrize(
    "content",
    [
        b"no archive",
        lzma.compress(b"a line without a tab\n"),
        lzma.compress(b"\xff\xfe"),
        lzma.compress(b"b\tb 1\na\ta 1\n"),
    ],
)
def test_a_broken_file_says_what_to_do(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "de.tsv.xz").write_bytes(content)
    with pytest.raises(BrokenCheckpoint, match=r"de\.tsv\.xz is not a dictionary.*Fetch the file again"):
        Dictionary(tmp_path).terms("Lampe", "de")


def test_the_fingerprint_follows_the_content(tmp_path: Path, dictionary: Dictionary) -> None:
    again = Dictionary(tmp_path)
    assert again.fingerprint == dictionary.fingerprint
    write(tmp_path, "de", LINES["de"][:1])
    assert Dictionary(tmp_path).fingerprint != dictionary.fingerprint


def test_accents_of_indian_scripts_do_not_part_words() -> None:
    assert words_between_spaces("कितने दिन? l'article") == ["कितने", "दिन", "l", "article"]


def test_words_are_learnt_from_aligned_text() -> None:
    texts = [("red lamp", "rote lampe"), ("red door", "rote tür"), ("new lamp", "neue lampe"), ("new door", "neue tür")]
    pairs = LanguagePairs(tuple(Pair(*text, "test") for text in texts * 3), (), (Pair("door", "tür", "lex"),))
    words = WordList("de", learn("de", pairs))
    assert {word: words.translations(word)[0][0] for word in ("rote", "neue", "lampe", "tür")} == {
        "rote": "red",
        "neue": "new",
        "lampe": "lamp",
        "tür": "door",
    }


def test_what_is_the_same_in_english_or_seen_once_is_not_kept() -> None:
    pairs = LanguagePairs(
        (Pair("the Hub", "der Hub", "t"), Pair("the old Hub", "der Hub", "t"), Pair("a cat", "die Katze", "t")), (), ()
    )
    assert [line.split("\t")[0] for line in learn("de", pairs)] == ["der"]


def test_words_without_spaces_come_from_short_texts() -> None:
    pairs = LanguagePairs((Pair("return goods", "退货", "t"), Pair("I return goods", "我退货", "t")), (), ())
    assert "退货" in [line.split("\t")[0] for line in learn("zh", pairs)]


def test_a_text_that_is_there_several_times_is_seen_once() -> None:
    pairs = LanguagePairs((Pair("late fee", "die Mahngebühr", "written"),) * 6, (), ())
    assert learn("de", pairs) == []
