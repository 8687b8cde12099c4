"""Make the word tables in `chatbot/words/` from text aligned with English: how often each language uses each word.

    python -m chatbot.training.language_words PARALLEL_FOLDER --exclude EVALUATION.tsv

Only the table is shipped. It holds single words with rounded frequencies, none of the sentences. Accents are counted
with and without, because people leave them out when they type. Languages without text here (they are recognised, so
that they are not mistaken for a served one) get the short function words listed below at a typical frequency.
"""

import argparse
import gzip
import math
import unicodedata
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from chatbot.language_words import LEVELS_PER_NAT, LOWEST_LEVEL, WORD_FOLDER, plain, words_of

GROUPS = {
    "latin": ("de", "en", "es", "fr", "id", "it", "nl", "pl", "pt", "ro", "sw", "tr", "vi"),
    "cyrillic": ("bg", "ru"),
    "arabic": ("ar", "ur"),
    "devanagari": ("hi",),
}
WORDS_PER_LANGUAGE = 1000
"""On held-out lines 700 words gave 98.7 %, 1,000 gave 98.9 %, 3,000 gave 99.0 % at three times the size."""
UNACCENTED_WEIGHT = 0.3
"""A guess at how often people type without accents."""
HELD_OUT_SHARE = 10
"""One line in so many is never counted, so that settings can be chosen on it."""
TALK_WEIGHT = 3
"""Questions and everyday sentences are nearer to what customers write than software strings."""
TALK_SOURCES = frozenset({"mkqa", "tatoeba_tests", "tatoeba_more"})
SKIPPED_SOURCES = frozenset({"freedict", "cldr_emoji_names", "cldr_names_units_dates", "osm_tagging_presets"})
"""Lists of single words and names say nothing of how often a word is used."""
FUNCTION_WORD_FREQUENCY = 0.012
UNKNOWN_FREQUENCY = 2e-5
"""Higher than for counted languages: the lists below are short, a missing word says little."""
SMOOTHING = 3e-6

# fmt: off
FUNCTION_WORDS = {
    "latin": {
        "cs": (
            "je se na že jak kde kdy co to já jsem není jsou pro ale když nebo mohu můžu mám kolik jaký proč můj "
            "by být také až byl ve za si jako aby které do po tak dnes s v a i"
        ),
        "da": (
            "og er det at en jeg ikke på med til for har kan hvor hvornår hvordan hvad mit min om av af den der "
            "et som fra skal vil hvem mig du vi de blev mine hvorfor hvilken efter når"
        ),
        "fi": (
            "ja on ei se että en olen mitä missä milloin miten kuinka voiko voin onko minun tämä kuin mutta tai "
            "myös kun jos ovat hän sinä minä kanssa koska mikä kuka paljonko saanko pitää ole oli joka sen"
        ),
        "hr": (
            "je se na da što gdje kada kako koliko mogu moj ja sam nije su za ali ili ako ne i u od s iz to koji "
            "tko zašto biti ima imam li do po kao nisam može bez"
        ),
        "hu": (
            "a az és nem hogy van egy mi hol mikor hogyan mennyi lehet vagyok meg ez azt is de ha csak már volt "
            "ki kell mit miért tudok lesz vagy nekem szeretnék mennyibe kerül milyen melyik én ne"
        ),
        "no": (
            "og er det at en jeg ikke på med til for har kan hvor når hvordan hva mitt min om av den der et som "
            "fra skal vil hvem meg du vi de ble mine hvorfor hvilken etter får koster noen"
        ),
        "sv": (
            "och är det att en jag inte på med till för har kan var när hur vad mitt min om av den som ett från "
            "ska vill vem mig du vi de blev mina varför vilken efter får kostar någon"
        ),
    },
    "cyrillic": {
        "mk": (
            "на и во се да не е од за со што го ја ли како каде кога колку може имам мојот сум ќе ги тоа но или "
            "ако дали зошто кој каква има беше овој таа ми"
        ),
        "uk": (
            "і в на не що я як де коли скільки можна мій це за до та чи є з у про але або якщо чому хто який ви "
            "ми мене від був для має можу він вона так ще треба після"
        ),
    },
    "arabic": {
        "fa": (
            "و در به از که این را با است برای آن یک خود تا کرد بر هم می های من شما چه کجا چگونه چطور آیا چقدر کی "
            "چرا است؟ هست نیست شد شود دارد کنم کنید باید اگر یا ما چند کدام"
        ),
    },
    "devanagari": {
        "mr": (
            "आहे आणि मी काय कसे कुठे कधी किती माझा माझी माझे नाही आहेत या हे तो ती ते होते करू शकतो शकते साठी मला "
            "तुम्ही आपण किंवा पण जर का कोण च्या मध्ये होता केले कोणत्या झाला करा"
        ),
        "ne": (
            "छ र को मा म के कहाँ कहिले कसरी कति मेरो हो छैन छन् लाई गर्न यो त्यो भने तपाईं हुन्छ पनि वा तर किन "
            "कुन थियो गर्नुहोस् बाट लागि"
        ),
    },
}
# fmt: on


def main() -> None:
    """Read the aligned text and write one table a script."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parallel", type=Path, help="folder of <language>.sentences.tsv.gz and <language>.more.tsv.gz")
    parser.add_argument("--exclude", type=Path, help="file of evaluation questions, tab separated: never counted")
    arguments = parser.parse_args()
    banned = _lines_to_leave_out(arguments.exclude)
    WORD_FOLDER.mkdir(exist_ok=True)
    for script, languages in GROUPS.items():
        frequencies = {code: _frequencies(read_texts(arguments.parallel, code, banned)) for code in languages}
        _write_table(WORD_FOLDER / f"{script}.tsv", frequencies, FUNCTION_WORDS[script])


def read_texts(
    folder: Path, code: str, banned: frozenset[str] = frozenset(), *, held_out: bool = False
) -> Iterator[tuple[str, str]]:
    """Lines of one language with their source; either those to count or those held out."""
    seen: set[str] = set()
    for path in sorted(folder.glob("*.gz")) if code == "en" else sorted(folder.glob(f"{code}.*.gz")):
        if ".lexicon." in path.name:
            continue
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                english, other, source = line.rstrip("\n").split("\t")
                text = english if code == "en" else other
                if source in SKIPPED_SOURCES or text in seen or is_held_out(english) != held_out:
                    continue
                if banned.isdisjoint((english.strip().lower(), other.strip().lower())):
                    seen.add(text)
                    yield text, source


def is_held_out(english: str) -> bool:
    """Whether a line is kept for choosing settings: by its English side, so that all languages agree."""
    return zlib.crc32(english.encode()) % HELD_OUT_SHARE == 0


def _lines_to_leave_out(path: Path | None) -> frozenset[str]:
    if path is None:
        return frozenset()
    return frozenset(cell.strip().lower() for cell in path.read_text(encoding="utf-8").replace("\n", "\t").split("\t"))


def _frequencies(texts: Iterable[tuple[str, str]]) -> dict[str, float]:
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for text, source in texts:
        for word in words_of(unicodedata.normalize("NFC", text)):
            counts[source][word] += 100
            counts[source][plain(word)] += round(100 * UNACCENTED_WEIGHT) if plain(word) != word else 0
    mixed: Counter[str] = Counter()
    total = 0.0
    for source, words in counts.items():
        size = sum(words.values())
        # The square root keeps the largest source from deciding alone.
        weight = math.sqrt(size) * (TALK_WEIGHT if source in TALK_SOURCES else 1)
        total += weight
        for word, count in words.items():
            mixed[word] += weight * count / size  # type: ignore[assignment]  # fractions of a count
    return {word: count / total for word, count in mixed.items()}


def _write_table(path: Path, frequencies: dict[str, dict[str, float]], listed: dict[str, str]) -> None:
    words: set[str] = set()
    for counted in frequencies.values():
        own = (word for word in counted if path.stem == "latin" or not word.isascii())
        words.update(sorted(own, key=lambda word: (-counted[word], word))[:WORDS_PER_LANGUAGE])
    columns: list[tuple[str, dict[str, float], float]] = [(code, c, SMOOTHING) for code, c in frequencies.items()]
    for code, text in listed.items():
        known = dict.fromkeys([*text.split(), *map(plain, text.split())], FUNCTION_WORD_FREQUENCY)
        words.update(known)
        columns.append((code, known, UNKNOWN_FREQUENCY))
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write("\t".join(["#", *(code for code, _, _ in columns)]) + "\n")
        for word in sorted(words):
            levels = (_level(known.get(word, 0.0) + least) for _, known, least in columns)
            file.write(f"{word}\t{''.join(levels)}\n")


def _level(frequency: float) -> str:
    return chr(LOWEST_LEVEL + round(-math.log(min(frequency, 1.0)) * LEVELS_PER_NAT))


if __name__ == "__main__":
    main()
