"""A question and passages -> how well each answers it: a cross-encoder reads both together, which vectors cannot.

Slower than the encoder by the number of passages, so it sees only the best of them. Knows nothing of torch.
"""

from collections.abc import Sequence

import numpy as np

from retrieval.encoder import batches_by_length, pad
from retrieval.model_types import FloatArray, RerankerNetwork, TokenBatch, Tokens

BATCH_TOKENS = 4096
"""Padded tokens in one batch, as for the reader."""

MAX_QUESTION_TOKENS = 128
"""Longer questions lose their end: the passage needs the room."""

MAX_TOKENS = 512
"""Of question and passage together; a passage that is longer is judged by its beginning."""


class Reranker:
    """Judges passages with one network. Threads may share it."""

    def __init__(self, network: RerankerNetwork) -> None:
        self.network = network

    @property
    def fingerprint(self) -> str:
        """The checkpoint the judgements come from."""
        return self.network.fingerprint

    @property
    def number_type(self) -> str:
        """What the network computes with."""
        return self.network.number_type

    def relevance(self, question: str, texts: Sequence[str]) -> FloatArray:
        """Logits (n,), one for each text: higher answers the question better; comparable within one question."""
        scores = np.zeros(len(texts), dtype=np.float32)
        asked, *tokens = self.network.tokenizer.tokenize([question, *texts])
        rows = [self._row(asked, text) for text in tokens]
        for places in batches_by_length([len(ids) for ids, _ in rows], BATCH_TOKENS):
            ids = pad([rows[place][0] for place in places], self.network.tokenizer.pad_id)
            segments = pad([rows[place][1] for place in places], 0).ids
            scores[places] = self.network.relevance(TokenBatch(ids.ids, ids.mask, segments))
        scores[np.isnan(scores)] = -np.inf  # a network that breaks down on a passage must not put it first
        return scores

    def _row(self, question: Tokens, text: Tokens) -> tuple[list[int], list[int]]:
        """Ids and segments of one question with one passage."""
        template = self.network.tokenizer.template
        longest = min(MAX_TOKENS, self.network.tokenizer.max_tokens)
        asked = question.ids[: min(MAX_QUESTION_TOKENS, longest // 2)].tolist()
        head = [*template.start, *asked, *template.between]
        room = longest - len(head) - len(template.end)
        tail = [*text.ids[: max(room, 0)].tolist(), *template.end]
        return head + tail, [0] * len(head) + [template.passage_segment] * len(tail)
