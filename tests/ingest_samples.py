"""A small folder of documents, and what the ingestion tests look at."""


def docs_in(folder):
    """Two files, one of them in a folder."""
    write(folder, "fees.md", "# Fees\n\nFive euros.\n")
    write(folder, "post/parcel.md", "# Parcels\n\nTwo days.\n\n## Abroad\n\nTen days.\n")
    return folder


def write(folder, name, text):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def ids(knowledge_base):
    return [document.id for document in knowledge_base.documents()]


def counts(report):
    return (report.added, report.changed, report.unchanged, report.removed)
