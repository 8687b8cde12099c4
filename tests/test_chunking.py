"""Documents are cut into passages along headings and sentences, with exact offsets."""

import time
from pathlib import Path

from knowledge_base.chunking import MAX_WORDS, cut_passages, word_size
from knowledge_base.documents import Document, Heading
from knowledge_base.loaders_markdown import load_markdown
from knowledge_base.loaders_read import FileSource
from knowledge_base.sentences import split_sentences


def markdown(text):
    return load_markdown(text.encode(), FileSource(Path("a.md"), "a.md")).documents[0]


def plain(text, kind="markdown"):
    return Document("a", "T", text, kind)


def texts(document):
    return [passage.text for passage in cut_passages(document)]


def test_passage_knows_document_title_url_and_place():
    document = Document("d.md", "Title", "  Some words.  ", "markdown", url="https://e.com")
    (passage,) = cut_passages(document)
    assert (passage.id, passage.document, passage.title, passage.url) == (0, "d.md", "Title", "https://e.com")
    assert (passage.start, passage.end, passage.text) == (2, 13, "Some words.")


def test_headings_part_passages_and_are_their_path():
    document = markdown("# Help\n\nIntro.\n\n## Fees\n\nNone.\n\n### Late\n\nFive.\n\n## Other\n\nMore.\n")
    assert [(p.heading_path, p.text) for p in cut_passages(document)] == [
        ((), "Intro."),
        (("Fees",), "None."),
        (("Fees", "Late"), "Five."),
        (("Other",), "More."),
    ]


def test_a_heading_without_text_gives_no_passage():
    assert texts(markdown("## Fees\n\n## Other\n\nMore.\n\n## End\n")) == ["More."]


def test_a_document_of_headings_only_gives_no_passage():
    assert texts(markdown("# A\n\n## B\n")) == []


def test_a_skipped_heading_level_still_nests():
    document = markdown("# Top\n\n#### Deep\n\nText.\n\n## Next\n\nMore.\n")
    assert [p.heading_path for p in cut_passages(document)] == [("Deep",), ("Next",)]


def test_the_title_is_not_repeated_in_the_path_but_another_top_heading_is():
    document = Document("a", "Title", "Head\n\nText.", "markdown", (Heading(0, 4, 1, "Head"),))
    assert cut_passages(document)[0].heading_path == ("Head",)


def test_faq_entry_is_one_passage_under_its_question():
    document = Document("f#1", "T", "Long answer. " * 200 + " ", "faq", question="Why?")
    (passage,) = cut_passages(document)
    assert passage.heading_path == ("Why?",)
    assert passage.text == ("Long answer. " * 200).strip()


def test_squad_paragraph_is_one_passage_with_its_white_space():
    text = "  " + "A sentence here. " * 300
    (passage,) = cut_passages(Document("s#1-1", "T", text, "squad"))
    assert (passage.start, passage.end, passage.text) == (0, len(text), text)


def test_a_short_section_stays_whole():
    text = "One sentence. Another one.\n\nA second paragraph."
    assert texts(plain(text)) == [text]


def test_long_text_is_cut_between_sentences():
    text = " ".join(f"This is sentence number {number} of a rather long text." for number in range(40))
    passages = texts(plain(text))
    assert len(passages) == 4
    assert all(passage.endswith("text.") and passage.startswith("This") for passage in passages)


def test_no_passage_is_larger_than_the_limit():
    text = " ".join(f"This is sentence number {number} of a rather long text." for number in range(40))
    assert max(map(word_size, texts(plain(text)))) <= MAX_WORDS


def test_a_cut_between_paragraphs_is_preferred():
    first = " ".join(["Words of the first paragraph here."] * 12)
    second = " ".join(["Words of the second paragraph here."] * 12)
    assert texts(plain(f"{first}\n\n{second}")) == [first, second]


def test_a_list_stays_with_the_words_that_introduce_it():
    before = "\n\n".join(["A paragraph about something else with ten words here."] * 11)
    items = "You need:\na passport\na card\na pen"
    passages = texts(plain(f"{before}\n\n{items}"))
    assert items in passages[-1]


def test_no_tail_of_a_few_words_is_left_over():
    text = " ".join(f"Sentence {number} has exactly these ten words in it now." for number in range(13))
    sizes = [word_size(passage) for passage in texts(plain(text))]
    assert len(sizes) == 2
    assert min(sizes) >= 20


def test_abbreviations_prices_and_codes_do_not_end_sentences():
    sentence = "Dr. Smith paid $14.99 e.g. on Jan. 5 for the AX-200 v. 2.1 at 9 a.m. and left."
    passages = texts(plain(" ".join([sentence] * 20)))
    assert len(passages) > 1
    assert all(passage.startswith("Dr.") and passage.endswith("left.") for passage in passages)


def test_a_sentence_longer_than_the_limit_is_cut_between_words():
    passages = texts(plain(" ".join(["word"] * 300)))
    assert [passage.split() for passage in passages] == [["word"] * 120, ["word"] * 120, ["word"] * 60]


def test_a_word_longer_than_the_limit_is_cut_too():
    passages = texts(plain("x" * 5000))
    assert "".join(passages) == "x" * 5000
    assert max(map(len, passages)) == 960


def test_wrapped_lines_of_plain_text_do_not_end_sentences():
    line = "This line of a text file is wrapped by its author at some\ncolumn and goes on here until its end. "
    passages = texts(plain(line * 10, kind="text"))
    assert all(passage.startswith("This line") and passage.endswith("its end.") for passage in passages)


def test_bullets_of_plain_text_start_new_lines():
    text = "The parcel must hold all of the following things inside:\n- the device\n- the cable"
    assert texts(plain(text, kind="text")) == [text]


def test_a_list_number_stays_with_its_words():
    step = "1. Open the settings and then wait for the lamp to turn green before going on."
    passages = texts(plain("\n".join([step] * 20)))
    assert all(passage.startswith("1. Open") and passage.endswith("going on.") for passage in passages)


def test_offsets_are_exact_whatever_the_characters():
    text = "😀 Ça coûte 5 €. Ｆｕｌｌ.\n\n\t  ﬁne\u00a0print\u200b here.  \n \n日本語のテキスト。 " * 40
    document = plain(text)
    passages = cut_passages(document)
    assert len(passages) > 3
    assert all(p.text == text[p.start : p.end] and p.text == p.text.strip() for p in passages)


def test_passages_hold_every_word_once_and_in_order():
    text = "First. " * 90 + "\n\n" + "Second words: here.\n" * 50 + "z" * 3000 + " end"
    assert "".join("".join(texts(plain(text))).split()) == "".join(text.split())


def test_white_space_only_gives_no_passage():
    assert texts(plain(" \n\n\t ")) == []


def test_a_no_break_space_beside_an_initial_is_harmless():
    text = "Written by J.\u00a0R.\u2029Smith. It is short."
    assert texts(plain(text)) == [text]


def test_a_sentence_over_very_many_lines_is_cut_in_no_time():
    text = "\n".join(["these words go on and on over the line end without a stop"] * 60_000)
    start = time.perf_counter()
    assert len(split_sentences(text, 0, len(text), wrapped=True)) == 1
    assert time.perf_counter() - start < 3
