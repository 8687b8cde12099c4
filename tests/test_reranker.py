"""The reranker: a fake and a tiny real network keep one contract; the retriever orders by it when there is one."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from fakes import CONCEPT_BASE, NUMBER_BASE, FakeEncoder, FakeTokenizer
from tiny_checkpoints import save_checkpoint
from tiny_xlm_roberta import save_xlm_roberta

from chatbot import model_choice
from chatbot.settings import Settings
from knowledge_base.documents import Document, Passage
from knowledge_base.store import KnowledgeBase
from retrieval.indexer import index
from retrieval.model_loading import MissingWeights
from retrieval.model_types import FloatArray, RerankerNetwork, TokenBatch
from retrieval.pretrained import NoRelevanceHead
from retrieval.quantization import NumberTypes, bitsandbytes_config
from retrieval.reranker import MAX_TOKENS, Reranker
from retrieval.retriever import Retriever
from retrieval.transformer import load_reranker_network

PASSAGES = ["return a lamp", "the refund cost 14 days", "ship the lamp b"]


class FakeRerankerNetwork:
    """Counts the words of a passage that the question has too: by concept, so in any language."""

    def __init__(self) -> None:
        self.tokenizer = FakeTokenizer()
        self.fingerprint = "fake-reranker"
        self.batches: list[TokenBatch] = []

    def relevance(self, batch: TokenBatch) -> FloatArray:
        self.batches.append(batch)
        rows = zip(batch.ids, batch.segments, strict=True)
        return np.array([_shared(ids, segments) for ids, segments in rows], dtype=np.float32)


def _shared(ids: np.ndarray, segments: np.ndarray) -> int:
    concepts = (ids >= CONCEPT_BASE) & (ids < NUMBER_BASE)
    return len(set(ids[concepts & (segments == 0)]) & set(ids[concepts & (segments == 1)]))


@pytest.fixture(name="tiny", scope="module")
def _tiny(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    folder = tmp_path_factory.mktemp("reranker")
    return folder, save_xlm_roberta(folder, "XLMRobertaForSequenceClassification", num_labels=1)


# What every reranker keeps


@pytest.fixture(params=["fake", "tiny"])
def network(request: pytest.FixtureRequest, tiny: tuple[Path, Any]) -> RerankerNetwork:
    return FakeRerankerNetwork() if request.param == "fake" else load_reranker_network(tiny[0], "int8")


def test_there_is_one_finite_score_for_each_passage(network: RerankerNetwork) -> None:
    scores = Reranker(network).relevance("How long?", PASSAGES)
    assert (scores.shape, scores.dtype, bool(np.isfinite(scores).all())) == ((3,), np.float32, True)


def test_scores_stand_in_the_order_of_the_passages(network: RerankerNetwork) -> None:
    reranker = Reranker(network)
    backwards = reranker.relevance("refund cost?", PASSAGES[::-1])[::-1]
    np.testing.assert_allclose(reranker.relevance("refund cost?", PASSAGES), backwards, atol=0.02)


def test_a_passage_scores_the_same_alone(network: RerankerNetwork) -> None:
    reranker = Reranker(network)
    together = reranker.relevance("refund cost?", PASSAGES)
    alone = [reranker.relevance("refund cost?", [text])[0] for text in PASSAGES]
    np.testing.assert_allclose(together, alone, atol=0.02)  # padding moves the last bits, and int8 rounds them


def test_no_passages_give_no_scores(network: RerankerNetwork) -> None:
    assert Reranker(network).relevance("refund?", []).shape == (0,)


def test_a_question_and_a_passage_of_any_length_fit(network: RerankerNetwork) -> None:
    assert len(Reranker(network).relevance("cost " * 300, ["lamp " * 900, ""])) == 2


# The tiny real one


def test_scores_are_what_transformers_computes(tiny: tuple[Path, Any]) -> None:
    folder, model = tiny
    network = load_reranker_network(folder, "none")
    with torch.inference_mode():
        expected = []
        for text in PASSAGES:
            question, passage = network.tokenizer.tokenize(["How long?", text])
            ids = torch.tensor([[0, *question.ids, 2, 2, *passage.ids, 2]])
            expected.append(float(model(input_ids=ids).logits))
    np.testing.assert_allclose(Reranker(network).relevance("How long?", PASSAGES), expected, atol=1e-4)


def test_in_int8_the_head_stays_as_it_is(tiny: tuple[Path, Any]) -> None:
    from retrieval.quantization import int8_layers

    layers = int8_layers(tiny[1], keep=["classifier"])
    assert any("encoder" in name for name in layers)
    assert not [name for name in layers if "classifier" in name]


@pytest.mark.parametrize("weights", ["int8", "nf4"])
def test_bitsandbytes_leaves_the_head_alone(tiny: tuple[Path, Any], weights: str) -> None:
    from transformers import AutoModelForSequenceClassification

    model = AutoModelForSequenceClassification.from_pretrained(
        tiny[0],
        quantization_config=bitsandbytes_config(NumberTypes(weights, "float32", ""), keep=["qa_outputs", "classifier"]),
        device_map="cpu",
        dtype=torch.float32,
    )
    kinds = {name: type(module) for name, module in model.named_modules() if name.endswith(("out_proj", "query"))}
    assert kinds["classifier.out_proj"] is torch.nn.Linear
    assert kinds["roberta.encoder.layer.0.attention.self.query"] is not torch.nn.Linear


def test_a_classifier_of_several_classes_is_refused(tmp_path: Path) -> None:
    save_xlm_roberta(tmp_path, "XLMRobertaForSequenceClassification", num_labels=3)
    with pytest.raises(NoRelevanceHead, match="is no reranker: it tells 3 classes apart"):
        load_reranker_network(tmp_path)


def test_a_checkpoint_without_relevance_head_is_refused(tmp_path: Path) -> None:
    save_xlm_roberta(tmp_path, "XLMRobertaModel", num_labels=1)
    with pytest.raises(MissingWeights, match=r"has no relevance head .* use a reranker such as"):
        load_reranker_network(tmp_path)


def test_a_reader_is_no_reranker(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, "BertForQuestionAnswering")
    with pytest.raises(NoRelevanceHead, match="2 classes"):
        load_reranker_network(tmp_path)


# Its rows


def test_question_and_passage_stand_in_one_row() -> None:
    network = FakeRerankerNetwork()
    Reranker(network).relevance("lamp", ["refund", "refund lamp"])
    assert network.batches[0].segments.tolist() == [[0, 0, 0, 1, 1, 1], [0, 0, 0, 1, 1, 0]]
    assert network.batches[0].mask.tolist() == [[1] * 6, [1] * 5 + [0]]


def test_a_row_never_exceeds_what_the_network_takes() -> None:
    network = FakeRerankerNetwork()
    network.tokenizer.max_tokens = 2000
    Reranker(network).relevance("lamp " * 500, ["refund " * 2000])
    assert network.batches[0].ids.shape[1] == MAX_TOKENS


def test_a_score_that_is_not_a_number_comes_last() -> None:
    network = FakeRerankerNetwork()
    network.relevance = lambda batch: np.array([np.nan, -50.0], dtype=np.float32)
    assert Reranker(network).relevance("lamp", ["a", "a"]).argmax() == 1


# In the retriever

TEXTS = {
    "a.md": "Return a lamp.",
    "b.md": "The price of a lamp.",
    "c.md": "Return a lamp and get a refund of the price.",
}
QUESTION = "¿reembolso del precio?"


@pytest.fixture
def knowledge_base(tmp_path):
    with KnowledgeBase(tmp_path / "kb.db") as opened:
        for name, text in TEXTS.items():
            opened.add_document(Document(name, "", text), [Passage(0, name, "", (), 0, len(text), text)])
        index(opened, FakeEncoder())
        yield opened


def test_the_reranker_decides_the_order(knowledge_base):
    alone = Retriever(knowledge_base, FakeEncoder()).retrieve("devolver lámpara precio reembolso")
    network = FakeRerankerNetwork()
    network.relevance = lambda batch: np.arange(len(batch.ids), dtype=np.float32)  # the last one found is the best
    again = Retriever(knowledge_base, FakeEncoder(), Reranker(network)).retrieve("devolver lámpara precio reembolso")
    assert len(again) == len(alone) == 3
    assert [hit.relevance for hit in again] == sorted((hit.relevance for hit in again), reverse=True)
    assert {hit.passage.id: hit.score for hit in again} == {hit.passage.id: hit.score for hit in alone}


def test_what_shares_most_with_the_question_comes_first(knowledge_base):
    found = Retriever(knowledge_base, FakeEncoder(), Reranker(FakeRerankerNetwork())).retrieve(QUESTION, top_k=1)
    assert [(hit.passage.document, hit.relevance) for hit in found] == [("c.md", 2.0)]


def test_equals_stay_as_search_had_them(knowledge_base):
    network = FakeRerankerNetwork()
    network.relevance = lambda batch: np.zeros(len(batch.ids), dtype=np.float32)
    ranked = Retriever(knowledge_base, FakeEncoder(), Reranker(network)).retrieve(QUESTION)
    assert [hit.score for hit in ranked] == sorted((hit.score for hit in ranked), reverse=True)


def test_its_time_is_told_apart(knowledge_base):
    _, timings = Retriever(knowledge_base, FakeEncoder(), Reranker(FakeRerankerNetwork())).retrieve_timed(QUESTION)
    assert sorted(timings) == ["encode", "rerank", "search"]


def test_without_one_there_is_no_such_time(knowledge_base):
    found, timings = Retriever(knowledge_base, FakeEncoder()).retrieve_timed(QUESTION)
    assert (sorted(timings), found[0].relevance) == (["encode", "search"], None)


# Which one


@pytest.mark.parametrize(
    ("models", "asked", "expected"),
    [
        ("packaged", "none", None),
        ("packaged", "auto", None),
        ("large", "none", None),
        ("large", "auto", "BAAI/bge-reranker-v2-m3"),
        ("packaged", "me/mine", "me/mine"),
    ],
)
def test_it_runs_only_when_it_is_set(models, asked, expected):
    assert model_choice.choose_reranker(Settings(models=models, reranker=asked)) == expected


def test_where_memory_runs_out_it_is_left_away_and_said(monkeypatch, caplog):
    def too_large(checkpoint, quantization):
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(model_choice, "load_reranker_network", too_large)
    assert model_choice.load_reranker(Settings(reranker="me/mine")) is None
    assert "Not enough memory for the reranker me/mine" in caplog.text
