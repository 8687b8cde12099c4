"""FAQ lists (CSV, JSONL) and SQuAD data sets become one document an entry."""

import json

import pytest

from knowledge_base.loaders import load_documents, load_file
from knowledge_base.loaders_errors import BrokenFile, NoText, WrongStructure


def write(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def load(tmp_path, name, content):
    return list(load_documents(write(tmp_path, name, content)))


def test_csv_row_is_a_faq_document(tmp_path):
    (document,) = load(
        tmp_path,
        "faq.csv",
        "Question, ANSWER ,Title,url,Tags\n"
        '"How long, roughly?","Five days.\nTen abroad.",Refund time,https://e.com/1,"money; time"\n',
    )
    assert document.id == "faq.csv#1"
    assert document.kind == "faq"
    assert document.question == "How long, roughly?"
    assert document.text == "Five days.\nTen abroad."
    assert document.title == "Refund time"
    assert document.url == "https://e.com/1"
    assert document.tags == ("money", "time")


def test_csv_without_titles_takes_the_question(tmp_path):
    assert load(tmp_path, "faq.csv", "question,answer\nWhy?,Because.\n")[0].title == "Why?"


def test_csv_with_semicolons_is_read(tmp_path):
    assert load(tmp_path, "faq.csv", "question;answer\nWhy?;Because, really.\n")[0].text == "Because, really."


def test_csv_with_tabs_is_read(tmp_path):
    assert load(tmp_path, "faq.tsv", "answer\tquestion\nBecause.\tWhy?\n")[0].question == "Why?"


def test_csv_ids_come_from_an_id_column_or_the_row(tmp_path):
    documents = load(tmp_path, "faq.csv", "id,question,answer\nx7,A?,a\n,B?,b\n")
    assert [document.id for document in documents] == ["faq.csv#x7", "faq.csv#2"]


def test_empty_rows_are_no_entries(tmp_path):
    assert len(load(tmp_path, "faq.csv", "question,answer\n,\nWhy?,Because.\n\n")) == 1


def test_a_row_without_an_answer_is_left_out_with_a_reason(tmp_path):
    loaded = load_file(write(tmp_path, "faq.csv", "question,answer\nA?,\nB?,b\n"))
    assert [document.id for document in loaded.documents] == ["faq.csv#2"]
    assert loaded.left_out[0].reason == "entry 1 has no answer"
    assert loaded.left_out[0].document_id == "faq.csv#1"


def test_a_repeated_id_is_left_out_with_a_reason(tmp_path):
    loaded = load_file(write(tmp_path, "faq.csv", "id,question,answer\nx,A?,a\nx,B?,b\n"))
    assert [document.question for document in loaded.documents] == ["A?"]
    assert loaded.left_out[0].reason == "entry 2 has the id x of an earlier entry"


def test_csv_without_the_columns_says_what_it_needs(tmp_path):
    with pytest.raises(WrongStructure, match=r"it needs the columns question and answer.*found 'name,price'"):
        load(tmp_path, "faq.csv", "name,price\nx,1\n")


def test_csv_without_a_usable_row_is_refused(tmp_path):
    with pytest.raises(NoText, match="entry 1 has no answer"):
        load(tmp_path, "faq.csv", "question,answer\nA?,\n")


def test_jsonl_line_is_a_faq_document(tmp_path):
    line = json.dumps(
        {"Question": "Why?", "answer": "Because.", "tags": ["a", "b"], "titles": {"de": "Warum?"}, "id": 7}
    )
    (document,) = load(tmp_path, "faq.jsonl", line + "\n\n")
    assert document.id == "faq.jsonl#7"
    assert document.question == "Why?"
    assert document.tags == ("a", "b")
    assert document.translated_titles == {"de": "Warum?"}


def test_a_line_that_is_not_json_is_left_out_with_a_reason(tmp_path):
    loaded = load_file(write(tmp_path, "faq.jsonl", '{"question": "A?", "answer": "a"}\n{oops\n[1]\n'))
    assert len(loaded.documents) == 1
    assert loaded.left_out[0].reason.startswith("entry 2 is not JSON: ")
    assert loaded.left_out[1].reason == "entry 3 is not a JSON object"


def test_half_surrogates_and_nul_in_json_become_storable(tmp_path):
    (document,) = load(tmp_path, "faq.jsonl", r'{"question": "A\ud800?", "answer": "a\u0000b"}')
    assert document.question == "A\ufffd?"
    assert document.text == "a\ufffdb"


def squad(*contexts, title="Super_Bowl_50"):
    return json.dumps({"data": [{"title": title, "paragraphs": [{"context": text, "qas": []} for text in contexts]}]})


def test_squad_paragraph_is_a_document_with_its_context_untouched(tmp_path):
    first, second = load(tmp_path, "dev.json", squad("  Two  spaces\r\nand ﬁne. ", "Second."))
    assert first.text == "  Two  spaces\r\nand ﬁne. "
    assert (first.id, second.id) == ("dev.json#1-1", "dev.json#1-2")
    assert first.title == "Super Bowl 50"
    assert first.kind == "squad"


def test_json_of_another_format_says_what_is_wanted(tmp_path):
    with pytest.raises(WrongStructure, match=r"has no list 'data'; a \.json file must be in SQuAD format"):
        load(tmp_path, "x.json", "[1, 2]")


def test_squad_paragraph_without_context_is_named(tmp_path):
    with pytest.raises(WrongStructure, match="has no context in paragraph 1-1"):
        load(tmp_path, "x.json", '{"data": [{"paragraphs": [{"text": "x"}]}]}')


def test_broken_json_is_refused(tmp_path):
    with pytest.raises(BrokenFile, match="is not JSON: Expecting"):
        load(tmp_path, "x.json", '{"data": [')


def test_json_nested_without_end_is_refused(tmp_path):
    with pytest.raises(BrokenFile, match="is not JSON"):
        load(tmp_path, "x.json", "[" * 200_000)


def test_a_quote_that_is_never_closed_does_not_swallow_the_rest_silently(tmp_path):
    loaded = load_file(write(tmp_path, "faq.csv", 'question,answer\nA?,a\nB?,"b\nC?,c\n'))
    assert [document.question for document in loaded.documents] == ["A?"]
    assert loaded.left_out[0].reason == "entry 2 cannot be read (unexpected end of data), nor what follows it"


def test_an_answer_of_any_length_costs_no_row_after_it(tmp_path):
    documents = load(tmp_path, "faq.csv", f"question,answer\nA?,{'x' * 200_000}\nB?,b\n")
    assert [len(document.text) for document in documents] == [200_000, 1]


def test_one_long_line_without_columns_is_refused_by_name(tmp_path):
    with pytest.raises(WrongStructure, match="is not a list of questions and answers"):
        load(tmp_path, "a.csv", "x" * 200_000)


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "SEP=;"])
def test_a_line_that_names_the_delimiter_is_no_header(tmp_path, line):
    (document,) = load(tmp_path, "faq.csv", f"{line}\r\nquestion;answer\r\nWhy?;Because, really.\r\n")
    assert (document.id, document.text) == ("faq.csv#1", "Because, really.")


def test_the_delimiter_that_a_file_names_may_be_any(tmp_path):
    assert load(tmp_path, "faq.csv", "sep=^\nquestion^answer\nWhy?^Because.\n")[0].text == "Because."


@pytest.mark.parametrize("sign", ['"', " "])
def test_what_can_be_no_delimiter_is_refused_by_name(tmp_path, sign):
    with pytest.raises(WrongStructure, match="is not a list of questions and answers"):
        load(tmp_path, "faq.csv", f"sep={sign}\nquestion{sign}answer\nWhy?{sign}Because.\n")


def test_a_row_without_id_is_no_duplicate_of_a_given_number(tmp_path):
    documents = load(tmp_path, "faq.csv", "id,question,answer\n2,A?,a\n,B?,b\n,C?,c\n")
    assert [document.id for document in documents] == ["faq.csv#2", "faq.csv#row-2", "faq.csv#3"]


def test_of_two_columns_of_one_name_the_filled_one_counts(tmp_path):
    first, second = load(tmp_path, "faq.csv", "question,answer,answer\nA?,a,\nB?,,b\n")
    assert (first.text, second.text) == ("a", "b")


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e999"])
def test_what_is_no_number_in_json_is_no_answer(tmp_path, number):
    lines = f'{{"question": "A?", "answer": {number}}}\n{{"question": "B?", "answer": 3.5}}\n'
    loaded = load_file(write(tmp_path, "faq.jsonl", lines))
    assert [document.text for document in loaded.documents] == ["3.5"]
    assert loaded.left_out[0].reason == "entry 1 has no answer"
