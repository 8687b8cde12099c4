"""Help of the command line that is longer than a line."""

XQUAD_EXAMPLE = """\
{"data": [{"title": "Returns", "paragraphs": [{
  "context": "You can return an order within 30 days.",
  "qas": [{"id": "q1", "question": "How long can I return an order?",
           "answers": [{"text": "30 days", "answer_start": 31}]}]}]}]}"""

JSONL_EXAMPLE = """\
{"id": "q1", "question": "Rückgabe?", "language": "de", "document": "returns.md", "answers": ["30 days"]}
{"id": "q2", "question": "Wie geht es dir?", "language": "de", "answers": [], "kind": "small_talk"}"""

QUESTION_FORMATS = f"""\
Questions come in one of two formats; a language is an ISO 639-1 code.

XQuAD: a folder of files xquad.<language>.json, xquad.en.json among them. The
English file holds the passages and the gold answers, each file the questions
of its language, with the same ids:

{XQUAD_EXAMPLE}

JSONL, about your own knowledge base (--kb): a file or a folder of files
*.jsonl, one question a line. An answer stands word for word in its document,
which is named as it was ingested; no answers = no document answers. The same
id in another language is a translation. If you like, "kind" says what sort of
question it is, and "half" ("fit" or "held_out") which half calibrate takes it
for:

{JSONL_EXAMPLE}"""
"""What `evaluate` and `calibrate` can read."""
