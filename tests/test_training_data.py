import argparse
import gzip
import os
from pathlib import Path

import numpy as np
import pytest
from training_world import write_data

from chatbot.training.pseudo import STRETCH_WORDS, own_stretch, stretches
from retrieval.dictionary import Dictionary, without_accents
from retrieval.training import dictionary
from retrieval.training.english_qa import GoldAnswer, QAExample, TrainingDataError, load_english_qa
from retrieval.training.lexical import WordIndex
from retrieval.training.mix import ParallelMix
from retrieval.training.overlap import evaluation_texts, load_languages, refuse_overlap, training_texts
from retrieval.training.parallel import Pair, is_held_out, languages_in, load_language
from retrieval.training.switching import SOURCE, WordSwitcher


@pytest.fixture
def data(tmp_path) -> Path:
    return write_data(tmp_path / "data")


def test_missing_question_file_is_named(tmp_path):
    with pytest.raises(TrainingDataError, match=r"train\.jsonl\.gz is missing"):
        load_english_qa(tmp_path / "english_qa" / "train.jsonl.gz")


def test_answer_that_is_not_in_its_passage_is_refused(tmp_path):
    path = tmp_path / "train.jsonl.gz"
    with gzip.open(path, "wt") as stream:
        stream.write(
            '{"source":"s","question":"q","context":"Open at nine.","answers":[{"text":"ten","answer_start":8}]}'
        )
    with pytest.raises(TrainingDataError, match="line 1: 'ten' is not at character 8"):
        load_english_qa(path)


def test_folder_without_parallel_text_is_refused(tmp_path):
    with pytest.raises(TrainingDataError, match="holds no <language>"):
        languages_in(tmp_path)


def test_language_with_too_few_pairs_is_refused(data):
    with gzip.open(data / "parallel" / "de.sentences.tsv.gz", "wt") as stream:
        stream.write("yes\tja\ts\n" * 3)
    with pytest.raises(TrainingDataError, match="hold 3 pairs; at least 20"):
        load_language(data, "de")


def test_lines_that_are_no_pairs_are_refused(data):
    with gzip.open(data / "parallel" / "de.sentences.tsv.gz", "wt") as stream:
        stream.write("no tab here\n" * 30)
    with pytest.raises(TrainingDataError, match="30 lines, the first being 1"):
        load_language(data, "de")


def test_held_out_text_is_not_trained_on(data):
    assert not [pair for pair in load_language(data, "de").train if is_held_out(pair.english)]


def test_text_is_held_out_whatever_its_case():
    assert is_held_out("Where is my order?") == is_held_out("where is my order? ")


def mix_of(data, *codes: str) -> ParallelMix:
    languages = {code: load_language(data, code) for code in codes}
    return ParallelMix(languages, WordSwitcher(languages), ["where is the lamp?"])


def test_mix_draws_every_language(data):
    mix = mix_of(data, "de", "nl")
    drawn = mix.draw(60, np.random.default_rng(0))
    assert {line.language for line in drawn} == {"de", "nl"}


def test_most_lines_stand_beside_their_gloss_with_a_dictionary(data, tmp_path):
    languages = {"de": load_language(data, "de")}
    dictionary.run(argparse.Namespace(data=data, out=tmp_path / "words", written=None))
    glossing = ParallelMix(languages, WordSwitcher(languages), ["where is it?"], Dictionary(tmp_path / "words"))
    texts = [line.pair.translation for line in glossing.draw(200, np.random.default_rng(0))]
    glossed = [text for text in texts if "farbe" in text and "colour" in text]
    assert glossed
    assert len(glossed) < len([text for text in texts if "farbe" in text])


def test_same_generator_seed_draws_the_same_lines(data):
    mix = mix_of(data, "de")
    assert mix.draw(20, np.random.default_rng(5)) == mix.draw(20, np.random.default_rng(5))


def test_some_lines_are_english_questions_with_their_words_replaced(data):
    drawn = [line.pair for line in mix_of(data, "de").draw(200, np.random.default_rng(1))]
    switched = [pair for pair in drawn if pair.source == SOURCE]
    assert 5 < len(switched) < 60
    assert {pair.english for pair in switched} == {"where is the lamp?"}
    assert any("lampe" in pair.translation for pair in switched)


def test_words_without_translation_stay_english(data):
    switcher = WordSwitcher({"de": load_language(data, "de")})
    assert "xyzzy" in switcher.switched("where is xyzzy?", "de", np.random.default_rng(1)).translation


def test_language_without_spaces_is_not_switched(data):
    assert "ja" not in WordSwitcher({"ja": load_language(data, "de")})


def test_accents_are_dropped_and_letters_kept():
    assert without_accents("Où est mon colis égaré ?") == "Ou est mon colis egare ?"


def test_search_question_without_mark_counts_as_question():
    assert Pair("who wrote hamlet", "quién escribió hamlet", "mkqa").is_question


def test_nearest_passage_shares_the_rare_words():
    index = WordIndex(["the shop opens at nine", "the parcel is late", "the shop is closed", "a refund takes a week"])
    assert index.nearest("When does the shop open, at nine?", 1) == [0]


def test_question_without_known_words_has_no_near_passage():
    assert WordIndex(["the shop opens", "parcel late"]).nearest("quantum", 3) == []


def test_long_passage_is_cut_into_overlapping_stretches():
    passage = " ".join(str(number) for number in range(100))
    assert [text.split()[0] for text in stretches([passage])] == ["0", "45"]


def test_stretch_of_an_answered_question_holds_the_answer():
    words = [str(number) for number in range(200)]
    answer = GoldAnswer("150 151", " ".join(words).index("150 151"))
    example = QAExample("s", "Which?", " ".join(words), (answer,))
    for seed in range(20):
        stretch = own_stretch(example, np.random.default_rng(seed))
        assert "150 151" in stretch
        assert len(stretch.split()) <= STRETCH_WORDS


def test_stretch_of_an_unanswered_question_may_lie_anywhere_in_its_passage():
    example = QAExample("s", "Which?", " ".join(str(number) for number in range(200)), ())
    begins = {own_stretch(example, np.random.default_rng(seed)).split()[0] for seed in range(20)}
    assert len(begins) > 5


def test_evaluation_question_among_training_text_is_refused():
    with pytest.raises(TrainingDataError, match="is an evaluation text"):
        refuse_overlap(["Who won?", "Where is  the Rhine?"], ["where is the rhine?"], "made up")


def test_no_training_text_is_an_evaluation_text(data):
    folder = Path(os.environ.get("ANYTONGUE_DATA", data))
    written = Path(__file__).parents[1] / "retrieval" / "training" / "written"
    refuse_overlap(training_texts(folder, written), evaluation_texts(folder), str(folder))


def test_pair_whose_translation_is_an_evaluation_question_is_left_out(data):
    (data / "eval").mkdir()
    asked = load_language(data, "de").train[0].translation
    (data / "eval" / "mkqa_questions.tsv").write_text(f"id\ten\tde\n1\tsomething else\t{asked.upper()}\n")
    assert asked not in [pair.translation for pair in load_languages(data)["de"].train]


def test_questions_know_their_source(data):
    examples = load_english_qa(data / "english_qa" / "train.jsonl.gz")
    assert examples[0] == QAExample(
        "made-up", "What colour is the door number 0?", examples[0].context, examples[0].answers
    )
