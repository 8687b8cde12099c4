"""A vocabulary is cut to some languages, and texts whose pieces stay come out as before, number for number."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_checkpoints import save_checkpoint
from tiny_xlm_roberta import save_xlm_roberta
from tokenizers import Tokenizer
from tokenizers.models import BPE
from transformers import AutoModel, AutoModelForMaskedLM, AutoModelForQuestionAnswering, AutoTokenizer

from chatbot.served_text import UnknownLanguage, check_languages, letters_of, own_text
from retrieval import trimming
from retrieval.packaged import BrokenCheckpoint
from retrieval.profiles import encoder_facts
from retrieval.trimming import ProofFailed, TrimError, trim
from retrieval.vocabulary_cut import UnsupportedTokenizer, pieces_by_id
from ui import cli

GERMAN = list(own_text(["de", "en"]))
ENGLISH = "Your order was sent on 3 May; it costs $25.90 (VAT included). Any questions? Write to help@example.com!"


def trim_german(source, out, questions=()):
    return trim(str(source), out, GERMAN, letters_of(["de", "en"]), questions or GERMAN[:60])


@pytest.fixture(scope="module")
def readers(tmp_path_factory):
    """A tiny XLM-R reader, and what trimming to German makes of it."""
    folder = tmp_path_factory.mktemp("xlmr")
    save_xlm_roberta(folder / "whole", "XLMRobertaForQuestionAnswering")
    return folder / "whole", folder / "trimmed", trim_german(folder / "whole", folder / "trimmed")


def tokens(folder, text):
    return Tokenizer.from_file(str(folder / "tokenizer.json")).encode(text).tokens


def scores(folder, text):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForQuestionAnswering.from_pretrained(folder).eval()
    with torch.inference_mode():
        return model(**tokenizer(text, return_tensors="pt")).start_logits.numpy()


# SentencePiece


def test_the_vocabulary_shrinks_and_so_do_the_weights(readers):
    trimmed, done = readers[1:]
    assert done.size.pieces[1] < done.size.pieces[0] * 0.7
    assert done.size.file_bytes[1] == (trimmed / "model.safetensors").stat().st_size < done.size.file_bytes[0]


def test_every_row_left_has_a_piece(readers):
    words = load_file(readers[1] / "model.safetensors")["roberta.embeddings.word_embeddings.weight"]
    config = json.loads((readers[1] / "config.json").read_text())
    pieces = Tokenizer.from_file(str(readers[1] / "tokenizer.json")).get_vocab_size()
    assert len(words) == config["vocab_size"] == pieces == readers[2].size.pieces[1]


def test_transformers_computes_the_same_bits_for_a_german_question(readers):
    question = "Versuchen Sie es mit anderen Worten"
    np.testing.assert_array_equal(scores(readers[0], question), scores(readers[1], question))


def test_english_that_was_never_counted_is_cut_as_before(readers):
    assert tokens(readers[0], ENGLISH) == tokens(readers[1], ENGLISH)


def test_every_question_made_of_counted_text_is_proven(readers):
    assert (readers[2].proof.questions, readers[2].proof.same_tokens) == (60, 60)


def test_a_greek_question_is_not_counted_as_the_same(readers, tmp_path):
    done = trim_german(readers[0], tmp_path / "out", ["Ευχαριστώ πολύ", "Vielen Dank"])
    assert (done.proof.questions, done.proof.same_tokens) == (2, 1)


def test_a_letter_of_a_served_script_is_never_unknown(readers):
    tokenizer = AutoTokenizer.from_pretrained(readers[1])
    assert tokenizer.unk_token_id not in tokenizer("Größe übermäßig").input_ids
    assert tokenizer.unk_token_id in tokenizer("Ευχαριστώ").input_ids


def test_special_tokens_keep_their_places_and_the_mask_moves_along(readers):
    tokenizer = AutoTokenizer.from_pretrained(readers[1])
    assert tokenizer("a", "b").input_ids[0] == tokenizer.bos_token_id == 0
    assert tokenizer.mask_token_id == readers[2].size.pieces[1] - 1
    assert json.loads((readers[1] / "config.json").read_text())["pad_token_id"] == tokenizer.pad_token_id == 1


def test_the_tokenizer_class_of_xlm_roberta_reads_it_too(readers, tmp_path):
    for name, folder in zip(("whole", "trimmed"), readers, strict=False):
        shutil.copytree(folder, tmp_path / name)
        path = tmp_path / name / "tokenizer_config.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), "tokenizer_class": "XLMRobertaTokenizer"}))
    texts = [AutoTokenizer.from_pretrained(tmp_path / name) for name in ("whole", "trimmed")]
    assert type(texts[1]).__name__ == "XLMRobertaTokenizer"
    assert texts[0].tokenize("Vielen Dank") == texts[1].tokenize("Vielen Dank")
    assert texts[1]("Dank", "ja").input_ids.count(texts[1].sep_token_id) == 3


def test_the_rows_of_a_masked_word_head_are_cut_too(tmp_path):
    save_xlm_roberta(tmp_path / "whole", "XLMRobertaForMaskedLM")
    done = trim_german(tmp_path / "whole", tmp_path / "trimmed")
    assert load_file(tmp_path / "trimmed" / "model.safetensors")["lm_head.bias"].shape == (done.size.pieces[1],)
    assert AutoModelForMaskedLM.from_pretrained(tmp_path / "trimmed").config.vocab_size == done.size.pieces[1]


def test_a_checkpoint_in_several_files_and_bfloat16_is_trimmed(readers, tmp_path):
    shutil.copytree(readers[0], tmp_path / "whole")
    AutoModelForQuestionAnswering.from_pretrained(readers[0], dtype=torch.bfloat16).save_pretrained(
        tmp_path / "sharded", max_shard_size="40KB"
    )
    (tmp_path / "whole" / "model.safetensors").unlink()
    for path in (tmp_path / "sharded").glob("*.safetensors*"):
        shutil.copy(path, tmp_path / "whole")
    assert len(list((tmp_path / "whole").glob("*.safetensors"))) > 1
    done = trim_german(tmp_path / "whole", tmp_path / "trimmed")
    assert load_file(tmp_path / "trimmed" / "model.safetensors")["qa_outputs.weight"].dtype == torch.bfloat16
    assert done.proof.same_tokens == 60


# WordPiece: the packaged encoder


@pytest.fixture(scope="module")
def packaged(tmp_path_factory):
    out = tmp_path_factory.mktemp("packaged") / "de"
    questions = [*GERMAN[:30], "Wie lange habe ich Garantie?", "ご注文はいつ届きますか"]
    return out, trim_german("retrieval/weights/packaged", out, questions)


def test_the_packaged_encoder_loses_half_of_its_pieces(packaged):
    assert packaged[1].size.pieces[0] == 87_186
    assert packaged[1].size.pieces[1] < 50_000


def test_the_packaged_encoder_cuts_english_as_before(packaged):
    assert tokens(packaged[0], ENGLISH) == tokens(Path("retrieval/weights/packaged"), ENGLISH)


def test_the_packaged_encoder_computes_the_same_for_all_but_japanese(packaged):
    assert (packaged[1].proof.questions, packaged[1].proof.same_tokens) == (32, 31)


def test_transformers_loads_the_trimmed_packaged_encoder(packaged):
    tokenizer, model = AutoTokenizer.from_pretrained(packaged[0]), AutoModel.from_pretrained(packaged[0])
    hidden = model(**tokenizer("Wie lange habe ich Garantie?", return_tensors="pt")).last_hidden_state
    assert hidden.shape[-1] == 384
    assert tokenizer.unk_token_id not in tokenizer("Wie lange habe ich Garantie?").input_ids


def test_a_trimmed_e5_still_asks_with_its_prefix(tmp_path):
    save_xlm_roberta(tmp_path / "multilingual-e5-small", "XLMRobertaModel")
    trim_german(tmp_path / "multilingual-e5-small", tmp_path / "other-name")
    assert encoder_facts(str(tmp_path / "other-name")).question_prefix == "query: "


# What cannot be done


def test_a_language_that_is_not_served_is_refused():
    with pytest.raises(UnknownLanguage, match="no text of xx: choose from ar, bg"):
        check_languages(["de", "xx"])


def test_a_vocabulary_of_another_kind_is_refused(tmp_path):
    save_checkpoint(tmp_path / "whole", "BertModel")
    Tokenizer(BPE()).save(str(tmp_path / "whole" / "tokenizer.json"))
    with pytest.raises(UnsupportedTokenizer, match="of the kind BPE, WordPiece and Unigram"):
        trim_german(tmp_path / "whole", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_with_something_in_it_is_not_touched(readers):
    with pytest.raises(TrimError, match="exists and is not empty"):
        trim_german(readers[0], readers[1])


def test_a_checkpoint_without_a_tokenizer_file_is_refused(readers, tmp_path):
    shutil.copytree(readers[0], tmp_path / "whole")
    (tmp_path / "whole" / "tokenizer.json").unlink()
    with pytest.raises(TrimError, match=r"has no tokenizer\.json"):
        trim_german(tmp_path / "whole", tmp_path / "out")


def test_a_truncated_checkpoint_is_refused(readers, tmp_path):
    shutil.copytree(readers[0], tmp_path / "whole")
    weights = tmp_path / "whole" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-50])
    with pytest.raises(BrokenCheckpoint, match="not a whole safetensors file"):
        trim_german(tmp_path / "whole", tmp_path / "out")


def test_a_tokenizer_with_more_pieces_than_rows_is_refused(readers, tmp_path):
    shutil.copytree(readers[0], tmp_path / "whole")
    weights = tmp_path / "whole" / "model.safetensors"
    tensors = load_file(weights)
    name = "roberta.embeddings.word_embeddings.weight"
    save_file({**tensors, name: tensors[name][:100].clone()}, weights, metadata={"format": "pt"})
    with pytest.raises(BrokenCheckpoint, match="has 100 word rows, its tokenizer names row"):
        trim_german(tmp_path / "whole", tmp_path / "out")


def test_weights_that_differ_in_one_number_fail_the_proof_and_nothing_is_written(readers, tmp_path, monkeypatch):
    write = trimming._write_weights

    def write_one_number_off(source, path, kept):
        write(source, path, kept)
        tensors = load_file(path)
        tensors["roberta.encoder.layer.0.output.dense.bias"][0] += 1e-3
        save_file(tensors, path, metadata={"format": "pt"})

    monkeypatch.setattr(trimming, "_write_weights", write_one_number_off)
    with pytest.raises(ProofFailed, match="nothing was written"):
        trim_german(readers[0], tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_told_and_leaves_nothing_behind(readers, tmp_path, monkeypatch):
    def full(path, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(trimming, "_write_json", full)
    with pytest.raises(TrimError, match=r"No space left on device.*is the disk full"):
        trim_german(readers[0], tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


# The command


def test_the_command_prints_sizes_and_the_share_of_questions(readers, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "asked.jsonl").write_text('{"id": 1, "question": "Vielen Dank"}\nΕυχαριστώ πολύ\n', encoding="utf-8")
    arguments = ["trim", str(readers[0]), "--languages", "de", "--out", "out", "--questions", "asked.jsonl"]
    assert cli.run(arguments) == 0
    printed = capsys.readouterr().out
    assert "1 of 2 questions (50.0 %) are cut into the same pieces" in printed
    assert f"{len(pieces_by_id(json.loads((tmp_path / 'out' / 'tokenizer.json').read_text()))):,} after" in printed


def test_more_text_keeps_more_pieces(readers, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "greek.txt").write_text("Ευχαριστώ πολύ για τη βοήθεια\n", encoding="utf-8")
    command = ["trim", str(readers[0]), "--languages", "de", "--json", "--out"]
    cli.run([*command, "plain"])
    cli.run([*command, "greek", "--text", "greek.txt"])
    few, many = (json.loads(line)["pieces"]["after"] for line in capsys.readouterr().out.splitlines())
    assert few < many


def test_an_unknown_language_ends_the_command_with_an_error(readers, capsys):
    assert cli.run(["trim", str(readers[0]), "--languages", "klingon", "--out", "nowhere"]) == 1
    assert "no text of klingon" in capsys.readouterr().err
