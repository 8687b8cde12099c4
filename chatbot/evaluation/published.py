"""Published numbers to hold ours against. Constants only.

F1 on XQuAD after fine-tuning on English SQuAD, question and passage in the *same* language. Ours is another task:
question in X, passage in English. The passage then needs no transfer, but question and passage share no language.
Source: table "F1 scores" of the XQuAD repository (Artetxe et al. 2020, arXiv 1910.11856).
"""

MBERT = {
    "en": 83.5, "ar": 61.5, "de": 70.6, "el": 62.6, "es": 75.5, "hi": 59.2,
    "ru": 71.3, "th": 42.7, "tr": 55.4, "vi": 69.5, "zh": 58.0, "ro": 72.7,
}  # fmt: skip

XLM_R_LARGE = {
    "en": 86.5, "ar": 68.6, "de": 80.4, "el": 79.8, "es": 82.0, "hi": 76.7,
    "ru": 80.1, "th": 74.2, "tr": 75.9, "vi": 79.1, "zh": 59.3, "ro": 83.6,
}  # fmt: skip

TRANSLATE_TEST = {
    "en": 87.9, "ar": 73.7, "de": 79.8, "el": 79.4, "es": 82.0, "hi": 74.9,
    "ru": 79.9, "th": 64.6, "tr": 67.4, "vi": 76.3, "zh": 73.7,
}  # fmt: skip
"""BERT-large on the question and passage machine translated into English; no Romanian published."""

ANCHORS = {
    "mBERT": MBERT,
    "XLM-R large": XLM_R_LARGE,
    "translate-test BERT-large": TRANSLATE_TEST,
}

ANCHOR_NOTE = "marks: published, question and passage both in the language (XQuAD, zero-shot)"
"""Stands on every picture that shows them: they are another task."""

SYNTAX_DISTANCE = {
    "en": 0.000, "ar": 0.356, "bg": 0.142, "de": 0.097, "el": 0.217, "es": 0.178, "fr": 0.188, "hi": 0.384,
    "id": 0.273, "it": 0.142, "ja": 0.500, "ko": 0.447, "nl": 0.076, "pl": 0.214, "pt": 0.158, "ro": 0.204,
    "ru": 0.188, "sw": 0.526, "th": 0.361, "tr": 0.493, "ur": 0.384, "vi": 0.340, "zh": 0.288,
}  # fmt: skip
"""Cosine distance from English of the 103 syntax features of URIEL, missing ones filled by nearest neighbours
(`syntax_knn`), computed from the data of lang2vec 1.1.2 (Littell et al. 2017, E17-2002; CC BY-SA 4.0)."""

DISTANCE_NOTE = "cosine distance of URIEL syntax features (lang2vec 1.1.2, Littell et al. 2017)"
