"""What the letters of a message alone say about its language. Pure rules; where letters do not decide, it says so."""

import re

from chatbot.language_words import find_words, fold

SCRIPTS = {
    "latin": r"A-Za-zªºÀ-ÖØ-öø-ɏḀ-ỿ",
    "cyrillic": r"\u0400-\u052f",
    "arabic": r"\u0620-\u065f\u066e-\u06d3\u06d5-\u06ef\u06fa-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufefc",
    "devanagari": r"\u0900-\u0963\u0970-\u097f",
    "kana": r"\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fd-\u30ff\uff66-\uff9f",
    "han": r"\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f",
    "hangul": r"\u1100-\u11ff\u3131-\u318e\ua960-\ua97c\uac00-\ud7a3",
    "thai": r"\u0e01-\u0e3a\u0e40-\u0e4e",
    "greek": r"\u0370-\u03ff\u1f00-\u1fff",
    "hebrew": r"\u0590-\u05ff\ufb1d-\ufb4f",
    "bengali": r"\u0980-\u09ff",
    "tamil": r"\u0b80-\u0bff",
    "other": r"\u0530-\u058f\u0700-\u074f\u0780-\u08ff\u0a00-\u0b7f\u0c00-\u0dff\u0e80-\u10ff"
    r"\u1200-\u137f\u1780-\u17ff",
}
"""Character classes. "other" are scripts of which no language is known here: certainly none that is served."""
UNKNOWN = "und"
"""The code for "some language that is not known here"."""

_ONE_LANGUAGE = {
    "hangul": "ko", "thai": "th", "greek": "el", "hebrew": "he", "bengali": "bn", "tamil": "ta", "other": UNKNOWN,
}  # fmt: skip
# A Han character or a syllable says as much as this many letters of an alphabet.
_LETTERS_PER_SIGN = {"han": 3, "kana": 2, "hangul": 2}
_MENTION_RATIO = 8
"""With so many times more Latin letters, words of another script inside are mentioned, not spoken."""
_FEWEST_LETTERS_OUTSIDE = 4
_LETTER_RUNS = {script: re.compile(f"[{letters}]+") for script, letters in SCRIPTS.items()}

# Letters or words that the other candidates do not write.
_UKRAINIAN = re.compile("[іїєґІЇЄҐ]")
_RUSSIAN = re.compile("[ыэёЫЭЁ]")
_BULGARIAN = re.compile("[ъЪ](?![еёюяЕЁЮЯ])")
_OTHER_CYRILLIC = re.compile("[ўђјљњћџѓќѕәөүұқғңһЎЂЈЉЊЋЏЃЌЅӘӨҮҰҚҒҢҺ]")
_URDU = re.compile("[ٹڈڑںےۓھہۂۃ]")
_ARABIC = re.compile("[ةإ]|(?:^|\\s)[وبلف]?ال[ء-ي]{2}")
_PERSIAN = re.compile("\u200c|(?:^|\\s)(?:می|است|های|را|از)(?:$|[\\s؟?.])")
_NOT_ARABIC = re.compile("[پچژگیک]")
_ARABIC_KEYBOARD = re.compile("[يكىأ]")
_PASHTO = re.compile("[ټډړښږڼېۍ]")
_MARATHI = re.compile("ळ|(?:^|\\s)(?:आहे|आहेत|आणि)(?:$|[\\s.?!।])")
# Grammar that only Chinese writes, in characters that Japanese sets of characters also hold.
_CHINESE_GRAMMAR = re.compile("[的了呢麼沒你您她很怎啊吧哪嗎這]")
_FRAMES_A_FOREIGN_WORD = re.compile(
    "(?:what|what's|who|how|where|when|why|which|is|are|does|do|did|can|could|translate|define|meaning|my|the|i|please|"
    "qué|que|cómo|como|quién|was|wie|wer|wo|quel|quelle|comment|qui|est|cosa|chi|che)$"
)
# What a mentioned word would hardly contain, so it is the sentence itself.
_SENTENCE = {
    "han": re.compile("[的是了吗呢么什谁怎哪几多何在有不我你價价]"),
    "kana": re.compile("[はを]|です|ます|何|誰|どこ|いつ"),
}
_QUOTED = re.compile('["“”„«»「」『』《》][^"“”„«»「」『』《》]{2,}["“”„«»「」『』《》]')


def outside_quotes(text: str) -> str:
    """The text without what it quotes, titles mostly, where enough is left to read."""
    outside = " ".join(_QUOTED.sub(" ", text).split())
    return outside if len(outside) >= _FEWEST_LETTERS_OUTSIDE else text


def candidates(text: str, script: str | None) -> tuple[str, ...]:
    """Languages that the letters allow in that script; one where letters decide; none without letters."""
    if script is None:
        return ()
    if script in _ONE_LANGUAGE:
        return (_ONE_LANGUAGE[script],)
    return _RULES[script](text)


def main_script(text: str) -> str | None:
    """The script of the message itself, whatever names it mentions; Japanese counts as kana. None without letters."""
    sizes = {script: _size(script, text) for script in SCRIPTS}
    latin = sizes.pop("latin")
    if sizes["kana"]:
        sizes["kana"] += sizes.pop("han")
    script = max(sizes, key=lambda name: sizes[name])
    if sizes[script] < 2 or (latin and _only_mentioned(script, sizes[script], latin, text)):
        return "latin" if latin else (script if sizes[script] else None)
    return script


def _size(script: str, text: str) -> int:
    return sum(map(len, _LETTER_RUNS[script].findall(text))) * _LETTERS_PER_SIGN.get(script, 1)


def _only_mentioned(script: str, size: int, latin: int, text: str) -> bool:
    # "what does 谢谢 mean" is English, "iPhone 13 Pro 价格" and "the office의 배우" are not: a mentioned word stands
    # alone in a sentence that begins with a word of its own language.
    runs = list(re.finditer(f"[{SCRIPTS[script]}{SCRIPTS['han'] if script == 'kana' else ''}]+", text))
    if runs[0].start() == 0:
        return False
    if latin > _MENTION_RATIO * size:
        return True
    if len(runs) != 1 or not _FRAMES_A_FOREIGN_WORD.match(fold(find_words(text)[0])):
        return False
    run = runs[0]
    attached = text[run.start() - 1 : run.start()].isalnum() or text[run.end() : run.end() + 1].isalnum()
    return not attached and not (script in _SENTENCE and _SENTENCE[script].search(run.group()))


def _cyrillic(text: str) -> tuple[str, ...]:
    if _OTHER_CYRILLIC.search(text):
        return (UNKNOWN,)
    marks = {"uk": _UKRAINIAN, "ru": _RUSSIAN, "bg": _BULGARIAN}
    seen = tuple(code for code, mark in marks.items() if mark.search(text))
    return seen or ("ru", "bg", "uk", "mk")


def _arabic(text: str) -> tuple[str, ...]:
    if _PASHTO.search(text) and not _URDU.search(text):
        return (UNKNOWN,)
    urdu, arabic, persian = (len(mark.findall(text)) for mark in (_URDU, _ARABIC, _PERSIAN))
    if urdu > arabic:
        return ("ur",)
    if arabic > urdu + persian:
        return ("ar",)
    if persian > arabic + urdu:
        return ("fa", "ur")
    if _NOT_ARABIC.search(text):
        return ("ur", "fa")
    return ("ar",) if _ARABIC_KEYBOARD.search(text) else ("ar", "ur", "fa")


def _devanagari(text: str) -> tuple[str, ...]:
    return ("mr",) if _MARATHI.search(text) else ("hi", "mr", "ne")


def _han(text: str) -> tuple[str, ...]:
    # National character sets know best: 货 is in no Japanese one, 駅 in no Chinese one.
    signs = "".join(_LETTER_RUNS["han"].findall(text))
    if not _in_one_of(("shift_jis",), signs) or _CHINESE_GRAMMAR.search(signs):
        return ("zh",)
    return ("zh", "ja") if _in_one_of(("gb2312", "big5"), signs) else ("ja",)


def _kana(text: str) -> tuple[str, ...]:
    kana, han = ("".join(_LETTER_RUNS[script].findall(text)) for script in ("kana", "han"))
    # A single の is a fashion on Chinese labels.
    return ("zh",) if len(kana) == 1 and not _in_one_of(("shift_jis",), han) else ("ja",)


def _in_one_of(encodings: tuple[str, ...], signs: str) -> bool:
    def known(sign: str, encoding: str) -> bool:
        try:
            return bool(sign.encode(encoding))
        except UnicodeEncodeError:
            return False

    return all(any(known(sign, encoding) for encoding in encodings) for sign in signs)


def _latin(text: str) -> tuple[str, ...]:
    return (
        "en", "de", "es", "fr", "id", "it", "nl", "pl", "pt", "ro", "sw", "tr", "vi",
        "cs", "da", "fi", "hr", "hu", "no", "sv",
    )  # fmt: skip


_RULES = {
    "latin": _latin, "cyrillic": _cyrillic, "arabic": _arabic, "devanagari": _devanagari, "han": _han, "kana": _kana,
}  # fmt: skip
