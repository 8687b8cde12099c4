"""What the bot says in each language: complete, the same values everywhere, small talk only as a whole message."""

import json
from pathlib import Path

import pytest

from chatbot import phrases as phrases_module
from chatbot.language import LANGUAGES
from chatbot.phrases import (
    BrokenPhraseFile,
    MissingValue,
    PhraseKey,
    available_languages,
    is_right_to_left,
    labelled,
    language_name,
    phrase,
    phrases,
    placeholders,
    small_talk,
    small_talk_languages,
)

FOLDER = Path(phrases_module.__file__).with_suffix("")


def content(language: str) -> dict[str, dict[str, str]]:
    return json.loads((FOLDER / f"{language}.json").read_text(encoding="utf-8"))


def test_every_served_language_has_a_file_and_no_other():
    assert available_languages() == tuple(sorted(LANGUAGES))


@pytest.mark.parametrize("language", LANGUAGES)
def test_file_holds_every_phrase_once_in_order(language):
    assert list(content(language)["phrases"]) == [key.value for key in PhraseKey]


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_need_the_same_values_as_in_english(language):
    texts, english = phrases(language).texts, phrases("en").texts
    assert {key: placeholders(texts[key]) for key in PhraseKey} == {
        key: placeholders(english[key]) for key in PhraseKey
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_phrase_is_empty_or_padded(language):
    assert [key for key, text in phrases(language).texts.items() if not text or text != text.strip()] == []


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code != "en"])
def test_sentences_are_not_left_in_english(language):
    texts, english = phrases(language).texts, phrases("en").texts
    assert [key for key in PhraseKey if len(english[key]) > 20 and texts[key] == english[key]] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_small_talk_means_one_thing_in_one_language(language):
    lists = content(language)["small_talk"]
    said = [text for texts in lists.values() for text in texts]
    assert (sorted(lists), len(said)) == (["goodbye", "greeting", "thanks"], len(set(said)))


def test_endonyms_differ():
    assert len({language_name(code) for code in LANGUAGES}) == len(LANGUAGES)


def test_value_is_inserted():
    assert phrase(PhraseKey.TOO_LONG, "de", limit="2.000") == (
        "Ihre Nachricht ist zu lang. Bitte fragen Sie in höchstens 2.000 Zeichen."
    )


def test_braces_and_markup_in_a_value_stay_as_they_are():
    assert phrase(PhraseKey.UNDERSTOOD_AS, "en", question="{limit} <b>") == "Understood as: {limit} <b>"


def test_value_in_a_right_to_left_sentence_keeps_its_own_direction():
    text = phrase(PhraseKey.UNDERSTOOD_AS, "ar", question="Returns (EU)")
    assert text.endswith("\u2068Returns (EU)\u2069")


def test_missing_value_is_named():
    with pytest.raises(MissingValue, match=r"'too_long' needs a value for \{limit\}"):
        phrase(PhraseKey.TOO_LONG, "en")


@pytest.mark.parametrize("language", ["fi", "xx", "", "../en", None])
def test_unknown_language_is_worded_in_english(language):
    assert phrase(PhraseKey.SEND, language) == "Send"


def test_names_are_the_languages_own():
    assert [language_name(code) for code in ("ja", "ur", "fi", "xx")] == ["日本語", "اردو", "Suomi", "xx"]


def test_arabic_and_urdu_run_from_right_to_left():
    assert [code for code in LANGUAGES if is_right_to_left(code)] == ["ar", "ur"]


def test_unserved_hebrew_runs_from_right_to_left():
    assert is_right_to_left("he")


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Hello!", "en", "greeting"),
        ("¡Hola!", "es", "greeting"),
        ("こんにちは。", "ja", "greeting"),
        ("السلام عليكم", "ar", "greeting"),
        ("नमस्ते", "hi", "greeting"),
        ("谢谢！", "zh", "thanks"),
        ("Vielen Dank 🙏", "de", "thanks"),
        ("THANKS", "en", "thanks"),
        ("ขอบคุณค่ะ", "th", "thanks"),
        ("Au revoir.", "fr", "goodbye"),
        ("That’s all, thanks", "en", "goodbye"),
        ("merci", "de", "thanks"),
        ("hello", None, "greeting"),
        ("Teşekkürler", "tr", "thanks"),
    ],
)
def test_whole_message_of_small_talk_is_recognised(text, language, expected):
    assert small_talk(text, language) == expected


@pytest.mark.parametrize(
    "text",
    [
        "hello where is my parcel",
        "Hallo, wo ist mein Paket?",
        "thanks for nothing, I want a refund",
        "hola 123 devolución",
        "hello 4711",
        "ok",
        "",
        "👋",
        "42",
        "return",
        "hello " * 50,
    ],
)
def test_question_is_never_taken_for_small_talk(text):
    assert small_talk(text, "en") is None


def test_own_language_decides_what_an_ambiguous_word_means():
    assert (small_talk("ciao", "it"), small_talk("ciao", "de")) == ("greeting", "goodbye")


def test_languages_that_share_a_greeting_are_all_named():
    assert small_talk_languages("Salut!") == ("fr", "ro")


def test_damaged_file_is_named(tmp_path, monkeypatch):
    (tmp_path / "xx.json").write_text('{"endonym": "X", "direction": "ltr"}')
    monkeypatch.setattr(phrases_module, "_FOLDER", tmp_path)
    with pytest.raises(BrokenPhraseFile, match=r"xx\.json: KeyError"):
        phrases_module._load("xx")


@pytest.mark.parametrize("language", LANGUAGES)
def test_how_long_a_link_is_kept_is_named(language):
    script = (Path(__file__).parent.parent / "ui" / "page_keeping.js").read_text(encoding="utf-8")
    assert "LINK_DAYS = 30;" in script
    texts = phrases(language).texts
    assert all("30" in texts[key] for key in (PhraseKey.LINK_KEPT, PhraseKey.LINK_ELSEWHERE))


def test_every_phrase_is_said_somewhere():
    root = Path(__file__).parent.parent
    code = "".join(
        path.read_text(encoding="utf-8") for name in ("ui", "chatbot") for path in (root / name).glob("*.py")
    )
    assert [key for key in PhraseKey if f"PhraseKey.{key.name}" not in code] == []


@pytest.mark.parametrize(
    ("language", "label"),
    [("en", "Confidence: "), ("fr", "Certitude\u00a0: "), ("zh", "把握程度："), ("de", "Einschätzung: ")],
)
def test_a_label_ends_with_the_colon_of_its_language(language, label):
    assert labelled(PhraseKey.CONFIDENCE, language) == label
