"""Extend an English WordPiece vocabulary by pieces of other languages; English text tokenises as before.

Ids of kept pieces never move below the English ones: the rows of English stay where they are.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

ENGLISH_PIECES = 30_522  # of MiniLM and every English uncased BERT; a config may name another `english_pieces`
MAX_WORD_CHARS = 400  # Thai writes whole sentences without a space
MIN_PIECE_COUNT = 4  # in a fifth of the text; a rarer piece has no chance to learn what it means
CONTINUED = "##"
# The characters that national standards call ordinary, so that none of them is unknown: simplified Han, traditional
# Han and Japanese (their more frequent levels), Korean.
STANDARD_BYTES = (("gb2312", 0xB0, 0xF7), ("big5", 0xA4, 0xC6), ("euc_jp", 0xA4, 0xCF), ("euc_kr", 0xB0, 0xC8))
ALPHABETS = (
    "àáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿāăąćĉċčďđēĕėęěĝğġģĥħĩīĭįıĵķĺļľłńņňŋōŏőœŕřśŝşšţťũūŭůűųŵŷźżžßơưșțạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏ"
    "ốồổỗộớờởỡợụủứừửữựỳỵỷỹ",
    "".join(map(chr, (*range(0x3AC, 0x3CF), 0x390))),  # Greek
    "".join(map(chr, range(0x430, 0x460))),  # Cyrillic
    "".join(map(chr, (*range(0x621, 0x63B), *range(0x641, 0x653)))),  # Arabic
    "ٹپچڈڑژکگںھہۂۃیےۓۀ",  # Urdu
    "".join(map(chr, (*range(0x901, 0x94E), 0x950, *range(0x960, 0x970)))),  # Devanagari
    "".join(map(chr, (*range(0xE01, 0xE33), *range(0xE34, 0xE3B), *range(0xE40, 0xE4F)))),  # Thai
)


def ordinary_letters() -> list[str]:
    """Every letter of the languages, lower case, in a fixed order."""
    letters = dict.fromkeys("".join(ALPHABETS))
    for codec, first, last in STANDARD_BYTES:
        for high in range(first, last + 1):
            for low in range(0x40, 0xFF):
                letters.update(dict.fromkeys(bytes((high, low)).decode(codec, errors="ignore")))
    return [letter for letter in letters if letter.isalpha() and letter == letter.lower() and ord(letter) > 0x7F]


def new_tokenizer(vocabulary: Mapping[str, int], like: Path) -> Tokenizer:
    """A tokenizer with this vocabulary; special tokens and template as in the file `like`."""
    settings: dict[str, Any] = json.loads(like.read_text(encoding="utf-8"))
    settings["truncation"] = settings["padding"] = None
    settings["model"]["vocab"] = dict(vocabulary)
    settings["model"]["max_input_chars_per_word"] = MAX_WORD_CHARS
    tokenizer = Tokenizer.from_str(json.dumps(settings))
    tokenizer.normalizer = multilingual_normalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer


def multilingual_normalizer() -> Any:
    """Compatibility forms composed, lower case, accents kept: they tell words apart in half of the languages."""
    return normalizers.Sequence([normalizers.NFKC(), normalizers.BertNormalizer(strip_accents=False, lowercase=True)])


def trained_pieces(texts: Sequence[str], count: int) -> list[str]:
    """The pieces a WordPiece vocabulary of this size has for these texts, most useful first."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=MAX_WORD_CHARS))
    tokenizer.normalizer = multilingual_normalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(
        vocab_size=count, limit_alphabet=count // 3, special_tokens=["[UNK]"], show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    vocabulary = tokenizer.get_vocab()
    return sorted((piece for piece in vocabulary if piece != "[UNK]"), key=lambda piece: vocabulary[piece])


def count_pieces(tokenizer: Tokenizer, texts: Sequence[str]) -> Counter[str]:
    """How often each piece occurs."""
    counts: Counter[str] = Counter()
    for begin in range(0, len(texts), 10_000):
        for encoding in tokenizer.encode_batch(texts[begin : begin + 10_000], add_special_tokens=False):
            counts.update(encoding.tokens)
    return counts


def appended(vocabulary: Mapping[str, int], wanted: Iterable[str]) -> dict[str, int]:
    """The vocabulary, then what it lacks."""
    ordered = sorted(vocabulary, key=lambda piece: vocabulary[piece])
    return {piece: number for number, piece in enumerate(dict.fromkeys([*ordered, *wanted]))}


def without_rare(vocabulary: Mapping[str, int], counts: Mapping[str, int], english: int) -> dict[str, int]:
    """English pieces unmoved; of the others those that occur often enough, and letters."""
    ordered = sorted(vocabulary, key=lambda piece: vocabulary[piece])
    kept = ordered[:english]
    for piece in ordered[english:]:
        letter = len(piece.removeprefix(CONTINUED)) == 1 and not is_han(piece[-1])
        if counts.get(piece, 0) >= MIN_PIECE_COUNT or letter or (len(piece) == 1 and is_han(piece)):
            kept.append(piece)
    return {piece: number for number, piece in enumerate(kept)}


def letter_pieces() -> list[str]:
    """Every ordinary letter; letters that are not cut apart anyway also as the continuation of a word."""
    pieces = []
    for letter in ordinary_letters():
        pieces.append(letter)
        if not is_han(letter):
            pieces.append(CONTINUED + letter)
    return pieces


def is_han(letter: str) -> bool:
    """Whether BERT's normalizer sets this character apart as a word of its own."""
    code = ord(letter)
    return 0x4E00 <= code <= 0x9FFF or 0x3400 <= code <= 0x4DBF or 0xF900 <= code <= 0xFAFF


def english_tokenizer(path: Path, english: int) -> Tokenizer:
    """The tokenizer as it was before its extension: the teacher reads English as it always did."""
    settings: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    vocabulary = settings["model"]["vocab"]
    settings["model"]["vocab"] = {piece: number for piece, number in vocabulary.items() if number < english}
    tokenizer = Tokenizer.from_str(json.dumps(settings))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    return tokenizer


def special_id(tokenizer: Tokenizer, token: str) -> int:
    """The number of a special token, which every tokenizer of a BERT has."""
    number = tokenizer.token_to_id(token)
    if number is None:
        raise ValueError(f"the tokenizer has no {token}: it is not that of a BERT")
    return int(number)


def english_pieces(config: Any) -> int:
    """How many of a checkpoint's pieces are the English ones that it began with."""
    return int(getattr(config, "english_pieces", ENGLISH_PIECES))
