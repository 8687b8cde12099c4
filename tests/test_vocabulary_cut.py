"""Which pieces of a vocabulary stay, and what moves along when ids change."""

import pytest

from chatbot.served_text import letters_of, own_text
from retrieval.vocabulary_cut import cut_tokenizer, is_english, kept_ids


@pytest.mark.parametrize("piece", ["▁the", "##ing", "25", "“", "€", "@", "▁"])
def test_english_pieces(piece):
    assert is_english(piece)


@pytest.mark.parametrize("piece", ["▁für", "ά", "##é", "[unused7]", "中"])
def test_other_pieces(piece):
    assert not is_english(piece)


def test_the_rarest_piece_stays_for_it_sets_the_price_of_an_unknown_character():
    vocabulary = [["<unk>", 0.0], ["α", -2.0], ["β", -9.0], ["a", -1.0]]
    settings = {"model": {"type": "Unigram", "unk_id": 0, "vocab": vocabulary}}
    kept = kept_ids(settings, [], lambda letter: False)
    assert (kept, cut_tokenizer(settings, kept)["model"]["vocab"][1]) == ([0, 2, 3], ["β", -9.0])


def test_ids_inside_every_kind_of_post_processor_move_along():
    processor = {
        "type": "Sequence",
        "processors": [{"type": "RobertaProcessing", "sep": ["</s>", 3], "cls": ["<s>", 2]}],
    }
    vocabulary = {"α": 0, "[UNK]": 1, "<s>": 2, "</s>": 3}
    settings = {
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "vocab": vocabulary},
        "post_processor": processor,
        "padding": {"pad_id": 3},
    }
    cut = cut_tokenizer(settings, kept_ids(settings, [], lambda letter: False))
    assert cut["post_processor"]["processors"][0] == {
        "type": "RobertaProcessing",
        "sep": ["</s>", 2],
        "cls": ["<s>", 1],
    }
    assert (cut["padding"]["pad_id"], cut["model"]["vocab"]) == (2, {"[UNK]": 0, "<s>": 1, "</s>": 2})


def test_letters_of_a_language_are_those_of_its_scripts():
    japanese, greek = letters_of(["ja"]), letters_of(["el"])
    assert [japanese("の"), japanese("東"), greek("ά"), greek("の"), greek("я")] == [True, True, True, False, False]


def test_text_of_a_language_holds_its_phrases_and_its_words_in_both_cases():
    assert {"Gern geschehen! Kann ich Ihnen sonst noch helfen?", "aber", "Aber"} <= set(own_text(["de"]))
