"""Deterministic stand-ins for networks that mean something: words count by what they mean, over a small table.

A question in Spanish or Japanese and a passage in English get near vectors when they share concepts, so tests
assert exact rankings. The fake reader marks the value (a number with its unit, an address) beside which stand most
words of the question.
"""

import re
import zlib
from collections.abc import Sequence

import numpy as np

from retrieval.dictionary import Dictionary
from retrieval.encoder import Encoder
from retrieval.model_types import FloatArray, PairTemplate, TokenBatch, Tokenizer, Tokens

# One line a concept: the dimension of a vector is the number of the line.
CONCEPTS = (
    "return returns returned returning devolver devolución retourner zurückgeben rückgabe 返品 返す إرجاع",
    "refund refunds refunded reembolso remboursement erstattung 返金 استرداد",
    "ship shipping shipped delivery deliver envío enviar livraison versand lieferung 配送 送料 شحن الشحن",
    "cost costs price prices cuesta precio coût prix kostet preis 料金 値段 いくら سعر تكلفة",
    "warranty guarantee garantía garantie 保証 ضمان",
    "battery batteries batería batterie akku 電池 بطارية",
    "lamp lamps lámpara lampe ランプ مصباح المصباح",
    "password contraseña passwort パスワード كلمة_المرور",
    "account cuenta compte konto アカウント حساب",
    "cancel cancelled cancels cancelar annuler kündigen 解約 キャンセル إلغاء",
    "order orders pedido commande bestellung 注文 طلب",
    "reset restablecer réinitialiser zurücksetzen リセット إعادة_ضبط",
    "long time cuánto_tiempo tiempo lange 何日 期間 مدة",
    "email address correo adresse メール بريد",
)
UNITS = ("days", "day", "hours", "hour", "months", "month", "years", "year", "minutes", "dollars", "euros", "percent")
"""Words that belong to the number before them."""

CLS_ID, SEP_ID, PAD_ID = 1, 2, 0
CONCEPT_BASE, UNIT_BASE, NUMBER_BASE, OTHER_BASE = 100, 500, 100_000, 1_000_000
"""A token's id says what it is: concept, unit, number or address, any other word."""
HASH_SIZE = 90_000

TOKENS_LOOKED_AT = 8
"""How far from a value the words of the question may stand."""
NO_ANSWER_SCORE = 1.5
"""On the first token; a value beside one word of the question scores 2."""
NOT_A_VALUE = -6.0

_CONCEPT_OF = {word.replace("_", " "): number for number, line in enumerate(CONCEPTS) for word in line.split()}
_UNSPACED = sorted((w for w in _CONCEPT_OF if re.search(r"[\u3040-\u30ff\u4e00-\u9fff]| ", w)), key=len, reverse=True)
_TOKEN = re.compile(
    "|".join(map(re.escape, _UNSPACED))
    + r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\d+(?:[.,]\d+)*|[\u3040-\u30ff\u4e00-\u9fff]|[^\W\d]+|[^\w\s]"
)


class FakeTokenizer:
    """Whole words; the same id for the words of one concept in every language of the table."""

    def __init__(self, max_tokens: int = 128) -> None:
        self.max_tokens = max_tokens
        self.pad_id = PAD_ID
        self.template = PairTemplate(start=(CLS_ID,), between=(SEP_ID,), end=(SEP_ID,), passage_segment=1)

    def tokenize(self, texts: Sequence[str]) -> list[Tokens]:
        """Cut each text into words, numbers, addresses and signs."""
        return [_tokens(text) for text in texts]


class FakeEncoderNetwork:
    """Hidden states that are one-hot concepts, so that pooled vectors are word counts."""

    def __init__(self, fingerprint: str = "fake-encoder", max_tokens: int = 128) -> None:
        self.tokenizer: Tokenizer = FakeTokenizer(max_tokens)
        self.fingerprint = fingerprint
        self.number_type = "none/float32"
        self.dim = len(CONCEPTS)
        self.batches: list[TokenBatch] = []
        """Every batch it was given."""

    def hidden(self, batch: TokenBatch) -> FloatArray:
        """One-hot rows (n, length, dim) where a token is a concept, zeros elsewhere."""
        self.batches.append(batch)
        concepts = batch.ids - CONCEPT_BASE  # (n, length)
        rows: FloatArray = (concepts[..., None] == np.arange(self.dim)).astype(np.float32)
        return rows


class FakeEncoder(Encoder):
    """The real encoder over the fake network."""

    def __init__(self, fingerprint: str = "fake-encoder", dictionary: Dictionary | None = None) -> None:
        self.fake_network = FakeEncoderNetwork(fingerprint)
        super().__init__(self.fake_network, dictionary=dictionary)

    @property
    def texts_encoded(self) -> int:
        """How many texts went through the network so far."""
        return sum(len(batch.ids) for batch in self.fake_network.batches)


class FakeReaderNetwork:
    """Marks the value with the most words of the question beside it; silence when there is none."""

    def __init__(self, fingerprint: str = "fake-reader", max_tokens: int = 128) -> None:
        self.tokenizer: Tokenizer = FakeTokenizer(max_tokens)
        self.fingerprint = fingerprint
        self.number_type = "none/float32"
        self.batches: list[TokenBatch] = []
        """Every batch it was given."""

    def span_scores(self, batch: TokenBatch) -> tuple[FloatArray, FloatArray]:
        """Start and end scores (n, length): words of the question near a value, low elsewhere."""
        self.batches.append(batch)
        starts = np.full(batch.ids.shape, NOT_A_VALUE, dtype=np.float32)
        ends = starts.copy()
        for row, (ids, segments) in enumerate(zip(batch.ids.tolist(), batch.segments.tolist(), strict=True)):
            _score_row(ids, segments, starts[row], ends[row])
        return starts, ends


def _score_row(ids: list[int], segments: list[int], starts: FloatArray, ends: FloatArray) -> None:
    starts[0] = ends[0] = NO_ANSWER_SCORE / 2
    question = {word for word, segment in zip(ids, segments, strict=True) if segment == 0 and word > SEP_ID}
    for place, word in enumerate(ids):
        if segments[place] == 0 or not NUMBER_BASE <= word < OTHER_BASE:
            continue
        around = range(max(place - TOKENS_LOOKED_AT, 0), min(place + TOKENS_LOOKED_AT + 1, len(ids)))
        score = len(question & {ids[near] for near in around if segments[near] == 1})
        has_unit = place + 1 < len(ids) and UNIT_BASE <= ids[place + 1] < UNIT_BASE + len(UNITS)
        starts[place] = score
        ends[place + 1 if has_unit else place] = score


def _tokens(text: str) -> Tokens:
    found = [(_word_id(match.group().lower()), match.start(), match.end()) for match in _TOKEN.finditer(text)]
    ids = np.array([word for word, _, _ in found], dtype=np.int64)
    offsets = np.array([(start, end) for _, start, end in found], dtype=np.int64).reshape(-1, 2)
    return Tokens(ids, offsets)


def _word_id(word: str) -> int:
    if word in _CONCEPT_OF:
        return CONCEPT_BASE + _CONCEPT_OF[word]
    if word in UNITS:
        return UNIT_BASE + UNITS.index(word)
    number = zlib.crc32(word.encode("utf-8", "surrogatepass")) % HASH_SIZE
    return number + (NUMBER_BASE if word[0].isdigit() or "@" in word else OTHER_BASE)
