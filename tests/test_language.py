"""Which language a message is in, and when the program does not claim to know."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from chatbot.language import (
    LANGUAGES,
    DetectedLanguage,
    LanguagePrior,
    detect_language,
    refuse_if_not_english,
    served_code,
)
from chatbot.language_parts import without_code

PARCEL = {
    "en": "Where is my parcel?",
    "ar": "أين طردي؟",
    "bg": "Къде е моят колет?",
    "de": "Wo ist mein Paket?",
    "el": "Πού είναι το δέμα μου;",
    "es": "¿Dónde está mi paquete?",
    "fr": "Où est mon colis ?",
    "hi": "मेरा पार्सल कहाँ है?",
    "id": "Di mana paket saya?",
    "it": "Dov'è il mio pacco?",
    "ja": "荷物はどこですか?",
    "ko": "제 소포는 어디에 있나요?",
    "nl": "Waar is mijn pakket?",
    "pl": "Gdzie jest moja paczka?",
    "pt": "Onde está a minha encomenda?",
    "ro": "Unde este coletul meu?",
    "ru": "Где моя посылка?",
    "sw": "Kifurushi changu kiko wapi?",
    "th": "พัสดุของฉันอยู่ที่ไหน",
    "tr": "Paketim nerede kaldı?",
    "ur": "میرا پارسل کہاں ہے؟",
    "vi": "Gói hàng của tôi ở đâu?",
    "zh": "我的包裹在哪里?",
}
ENGLISH_PAGE = (
    "# Returns\n\nYou can return an item within 30 days of delivery. The item must be unused and in its original box. "
    "We refund the price of the item, but not the cost of shipping, unless the item was faulty when it arrived.\n\n"
) * 3
GERMAN_PAGE = (
    "# Rücksendung\n\nSie können einen Artikel innerhalb von 30 Tagen nach der Lieferung zurücksenden. Der Artikel "
    "muss unbenutzt und in der Originalverpackung sein. Wir erstatten den Preis, aber nicht die Versandkosten.\n\n"
) * 3


def code(text: str, **prior: str) -> str | None:
    return detect_language(text, LanguagePrior(**prior)).code


def test_parcel_question_is_written_for_every_served_language():
    assert sorted(PARCEL) == sorted(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_parcel_question_is_recognised_with_certainty(language):
    found = detect_language(PARCEL[language])
    assert (found.code, found.certain) == (language, True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("donde esta mi paquete", "es"),
        ("pedido nao chegou", "pt"),
        ("toi muon tra lai hang", "vi"),
        ("unde este coletul meu", "ro"),
        ("ou est ma commande", "fr"),
        ("gdzie jest moja przesylka", "pl"),
        ("kargom ne zaman gelecek acaba", "tr"),
        ("wie kann ich meine bestellung andern", "de"),
    ],
)
def test_accents_may_be_left_out(text, expected):
    assert code(text) == expected


@pytest.mark.parametrize("text", ["ok", "refund", "Hello", "DHL", "hotel"])
def test_one_common_word_claims_no_language(text):
    assert not detect_language(text).certain


@pytest.mark.parametrize("text", ["", "   ", "123", "👍👍", "ORD-2024-77", "\x00\x07", "5 €"])
def test_text_without_words_has_no_language(text):
    assert detect_language(text) == DetectedLanguage(None, 0.0, False)


def test_text_without_words_keeps_the_conversation_s_language():
    assert detect_language("123", LanguagePrior(conversation="ja")) == DetectedLanguage("ja", 0.0, False)


def test_unsure_message_keeps_the_conversation_s_language_over_the_browser_s():
    assert code("ok", conversation="ko", browser="de") == "ko"


def test_unsure_message_takes_the_browser_s_locale():
    assert code("refund", browser="pt-BR") == "pt"


def test_browser_language_that_is_not_served_is_ignored():
    assert code("123", browser="fi") is None


def test_clear_message_overrides_the_conversation_s_language():
    assert code("Wo ist mein Paket?", conversation="ja", browser="fr") == "de"


def test_conversation_decides_between_near_languages():
    assert (code("Bluetooth audio codec?", conversation="it"), code("Bluetooth audio codec?", conversation="es")) == (
        "it",
        "es",
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("¿Cuánto cuesta el Samsung Galaxy Watch Ultra?", "es"),
        ("quien canta you can leave your hat on", "es"),
        ("the walking dead dizisinin hangi bölümünde ölüyor", "tr"),
        ("Wo finde ich meine Rechnung vom Amazon Web Services Account", "de"),
        ('"I Wanna Dance With Somebody"を歌っているのは誰ですか?', "ja"),
        ("instagram上粉丝最多的是谁", "zh"),
        ("누가 was this the face that launched a thousand ships", "ko"),
        ("один вопрос about the Samsung Galaxy Watch Ultra", "ru"),
    ],
)
def test_english_names_do_not_flip_a_sentence(text, expected):
    assert code(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Can I return shoes bought in München at Kaufhaus Müller?",
        "what does 谢谢 mean",
        "who sang 강남스타일",
        "WHERE IS MY ORDER",
    ],
)
def test_foreign_names_do_not_flip_an_english_question(text):
    assert code(text) == "en"


def test_han_with_simplified_characters_is_chinese():
    assert detect_language("我要退货") == DetectedLanguage("zh", 1.0, True)


def test_han_with_japanese_forms_is_japanese():
    assert detect_language("営業時間") == DetectedLanguage("ja", 1.0, True)


def test_han_that_both_write_is_unsure():
    assert not detect_language("東京").certain


def test_han_that_both_write_follows_the_conversation():
    assert code("東京", conversation="ja") == "ja"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("missä pakettini on", "fi"),
        ("hol van a csomagom", "hu"),
        ("kde je můj balíček", "cs"),
        ("var är mitt paket", "sv"),
        ("איפה החבילה שלי", "he"),
        ("سفارش من کی می رسد", "fa"),
        ("আমার পার্সেল কোথায়", "bn"),
        ("என் பார்சல் எங்கே", "ta"),
        ("Коли прийде моє замовлення і чи є знижка?", "uk"),
        ("माझे पार्सल कुठे आहे", "mr"),
    ],
)
def test_language_that_is_not_served_is_named_but_not_claimed(text, expected):
    found = detect_language(text)
    assert (found.code, found.certain, found.unserved) == (None, False, expected)


def test_script_without_a_known_language_is_unknown():
    assert detect_language("მოგესალმებით ყველას").unserved == "und"


def test_language_that_is_not_served_keeps_the_conversation_s():
    assert detect_language("missä pakettini on", LanguagePrior("de")) == DetectedLanguage("de", 0.0, False, "fi")


def test_greeting_of_one_language_is_certain():
    assert detect_language("Bonjour !") == DetectedLanguage("fr", 1.0, True)


def test_greeting_of_two_languages_follows_the_browser():
    assert (code("Hallo", browser="nl-BE"), code("Hallo", browser="de-AT")) == ("nl", "de")


def test_full_width_letters_are_read():
    assert code("ｗｈｅｒｅ ｉｓ ｍｙ ｐａｒｃｅｌ") == "en"


def test_same_text_gives_the_same_result_in_every_thread():
    texts = [*PARCEL.values(), "ok", "Prime Video", "Status?"] * 4
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(detect_language, texts)) == [detect_language(text) for text in texts]


def test_very_long_message_is_read():
    assert code("Wo ist mein Paket? " * 3000) == "de"


@pytest.mark.parametrize(
    ("locale", "expected"),
    [("pt-BR", "pt"), ("zh_Hant_TW", "zh"), ("EN", "en"), ("in", "id"), ("fi-FI", None), ("", None), (None, None)],
)
def test_locale_gives_the_served_language(locale, expected):
    assert served_code(locale) == expected


def test_english_document_is_accepted():
    assert refuse_if_not_english(ENGLISH_PAGE) is None


def test_german_document_is_refused_with_its_language():
    assert refuse_if_not_english(GERMAN_PAGE) == (
        "not in English: 3 of 3 samples of the text read as other languages, mostly German"
    )


def test_chinese_document_is_refused():
    assert "Chinese" in (refuse_if_not_english("您可以在收到商品后三十天内退货。商品必须未使用。" * 20) or "")


def test_finnish_document_is_refused():
    text = "Voit palauttaa tuotteen 30 päivän kuluessa, mutta sen on oltava käyttämätön ja se ei saa olla rikki. "
    assert "Finnish" in (refuse_if_not_english(text * 8) or "")


def test_english_document_with_foreign_names_is_accepted():
    names = "Our stores: Kaufhaus Müller, Leopoldstraße 12, 80802 München; Librería García, Calle de Alcalá 4, Madrid. "
    assert refuse_if_not_english(ENGLISH_PAGE + names * 3) is None


def test_english_document_with_a_german_quotation_is_accepted():
    assert refuse_if_not_english(ENGLISH_PAGE * 2 + GERMAN_PAGE[:300]) is None


def test_document_of_code_is_accepted():
    assert refuse_if_not_english("```python\nfor zahl in liste:\n    print(zahl)\n```\n" * 30) is None


def test_table_of_numbers_is_accepted():
    assert refuse_if_not_english("| SKU | EUR |\n|---|---|\n" + "| AB-1 | 12.50 |\n" * 80) is None


@pytest.mark.parametrize("text", ["", "Status", "Prime Video", "42"])
def test_short_document_is_accepted(text):
    assert refuse_if_not_english(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "Where is your shop in Milan?\nVia della Spiga 12, 20121 Milano",
        "Our shops in Paris\n\n" + "12 rue de Rivoli, 75001 Paris\n8 avenue des Champs-Élysées, 75008 Paris\n" * 9,
        "Which dishes are vegetarian?\nRisotto ai funghi porcini, gnocchi alla sorrentina, parmigiana di melanzane.",
        "Our shops in Paris\n\n" + "12 rue de Rivoli.\n8 avenue des Champs-Élysées.\n" * 9,
        "Vegetarian dishes:\nRisotto ai funghi. Gnocchi alla sorrentina. Parmigiana di melanzane.",
    ],
)
def test_foreign_names_in_a_list_are_no_foreign_text(text):
    assert refuse_if_not_english(text) is None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Wie lange dauert die Lieferung?\nDie Lieferung dauert drei bis fünf Werktage.", "German"),
        ("Comment retourner un article ?\nVous pouvez le retourner dans les 30 jours.", "French"),
        ("# Versand\n- Versand ab 50 Euro frei\n\nWir liefern nach ganz Europa und in die Schweiz.", "German"),
        ("Samstag geschlossen.\nWir helfen Ihnen gern.\nDie Rückgabe ist kostenlos.\n" * 5, "German"),
        ("返品はどうすればいいですか？\n商品到着後30日以内に返品できます。", "Japanese"),
    ],
)
def test_a_foreign_sentence_is_enough_to_refuse(text, language):
    assert language in (refuse_if_not_english(text) or "")


@pytest.mark.parametrize("run", ["-" * 40_000, "x<a>" * 20_000, "<" * 40_000, "`" * 40_001])
def test_a_long_run_without_spaces_is_read_in_no_time(run):
    start = time.perf_counter()
    assert refuse_if_not_english(run) is None
    assert time.perf_counter() - start < 3


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("pay AB-1 or 5€ now", "pay or € now"),
        ("see www.example.com, or a@b, or C:\\x, or http://a today", "see or or or today"),
        ("use `pip install` and ```\nx = 1\n``` and <b>bold", "use and and bold"),
        ("a<b>c/d e`f g`h i", "e h i"),
        ("plain-words (in brackets) stay `here", "plain-words (in brackets) stay `here"),
    ],
)
def test_code_addresses_and_numbers_are_no_language(text, kept):
    assert " ".join(without_code(text).split()) == kept
