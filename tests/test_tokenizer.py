"""Offsets are characters of the original text, whatever the tokenizer did to it before."""

from pathlib import Path

import pytest
from tiny_checkpoints import tiny_tokenizer
from tokenizers import Tokenizer, pre_tokenizers
from tokenizers.models import WordLevel
from tokenizers.processors import TemplateProcessing

from retrieval.packaged import BrokenCheckpoint, CheckpointFileMissing
from retrieval.tokenizer import FastTokenizer, read_tokenizer


@pytest.fixture(name="tokenizer")
def _tokenizer() -> FastTokenizer:
    return FastTokenizer(tiny_tokenizer(), max_tokens=64, pad_id=0)


def pieces(tokenizer: FastTokenizer, text: str) -> list[str]:
    return [text[start:end] for start, end in tokenizer.tokenize([text])[0].offsets]


def test_tokens_are_cut_without_special_tokens(tokenizer: FastTokenizer) -> None:
    assert pieces(tokenizer, "Shipping costs 14 days?") == ["Ship", "ping", "cost", "s", "14", "days", "?"]


def test_a_ligature_belongs_whole_to_both_its_pieces(tokenizer: FastTokenizer) -> None:
    assert pieces(tokenizer, "ﬁnance") == ["ﬁ", "nance"]


def test_a_decomposed_accent_stays_in_its_word(tokenizer: FastTokenizer) -> None:
    assert pieces(tokenizer, "the cafe\u0301.") == ["the", "cafe\u0301", "."]


def test_decomposed_hangul_stays_whole(tokenizer: FastTokenizer) -> None:
    text = "\u1112\u1161\u11ab\u1100\u116e\u11a8 ab"
    assert pieces(tokenizer, text) == [text[:6], "ab"]


def test_characters_beyond_the_basic_plane_count_as_one(tokenizer: FastTokenizer) -> None:
    assert pieces(tokenizer, "😀 lamp 𝒜𝒷 the") == ["😀", "lamp", "𝒜𝒷", "the"]


def test_one_character_that_becomes_three_gives_its_place_to_each(tokenizer: FastTokenizer) -> None:
    assert pieces(tokenizer, "a ½ b") == ["a", "½", "½", "½", "b"]


def test_unspaced_script_is_cut_by_character(tokenizer: FastTokenizer) -> None:
    assert pieces(tokenizer, "返品?") == ["返", "品", "?"]


def test_a_lone_surrogate_does_not_crash_and_moves_nothing(tokenizer: FastTokenizer) -> None:
    assert pieces(tokenizer, "a \ud83d lamp") == ["a", "lamp"]


def test_control_characters_move_nothing(tokenizer: FastTokenizer) -> None:
    assert pieces(tokenizer, "\x00the\x07 lamp") == ["the", "lamp"]


def test_an_empty_text_has_no_tokens(tokenizer: FastTokenizer) -> None:
    assert tokenizer.tokenize([""])[0].offsets.shape == (0, 2)


def test_no_texts_give_no_tokens(tokenizer: FastTokenizer) -> None:
    assert tokenizer.tokenize([]) == []


def test_a_very_long_text_is_not_truncated(tokenizer: FastTokenizer) -> None:
    assert len(tokenizer.tokenize(["lamp " * 10_000])[0].ids) == 10_000


def test_the_template_is_learnt_from_the_tokenizer(tokenizer: FastTokenizer) -> None:
    template = tokenizer.template
    assert (template.start, template.between, template.end, template.passage_segment) == ((2,), (3,), (3,), 1)


def test_the_template_of_a_doubled_separator_without_segments() -> None:
    backend = Tokenizer(WordLevel({"a": 7, "b": 8, "<s>": 0, "</s>": 2, "<unk>": 3}, unk_token="<unk>"))
    backend.post_processor = TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    template = FastTokenizer(backend, max_tokens=8, pad_id=1, uses_segments=False).template
    assert (template.start, template.between, template.end, template.passage_segment) == ((0,), (2, 2), (2,), 0)


def test_the_space_before_a_word_is_not_part_of_its_token() -> None:
    backend = Tokenizer(WordLevel({"▁a": 0, "▁b": 1, "<unk>": 2}, unk_token="<unk>"))
    backend.pre_tokenizer = pre_tokenizers.Metaspace()
    backend.post_processor = TemplateProcessing(single="$A", pair="$A $B", special_tokens=[])
    assert pieces(FastTokenizer(backend, max_tokens=8, pad_id=0), "a b") == ["a", "b"]


def test_stored_truncation_and_padding_are_switched_off(tmp_path: Path) -> None:
    backend = tiny_tokenizer()
    backend.enable_truncation(4)
    backend.enable_padding(length=20)
    backend.save(str(tmp_path / "tokenizer.json"))
    tokenizer = FastTokenizer(read_tokenizer(tmp_path / "tokenizer.json"), max_tokens=64, pad_id=0)
    assert len(tokenizer.tokenize(["the lamp the lamp the lamp"])[0].ids) == 6


def test_a_missing_tokenizer_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointFileMissing, match=r"tokenizer\.json is missing"):
        read_tokenizer(tmp_path / "tokenizer.json")


def test_a_damaged_tokenizer_is_named(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text('{"version": ')
    with pytest.raises(BrokenCheckpoint, match=r"tokenizer\.json is not a tokenizer file"):
        read_tokenizer(tmp_path / "tokenizer.json")
