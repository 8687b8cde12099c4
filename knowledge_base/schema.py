"""The tables of a knowledge base file, as named migrations. A stored file is never changed any other way."""

from sqlite_utils import Database, Migrations

migrations = Migrations("anytongue.knowledge_base")


@migrations(name="0001_documents")
def create_documents(db: Database) -> None:
    """Files, their documents, and the counter that tells readers when to reload."""
    db.executescript(
        """
        CREATE TABLE files (
            path TEXT PRIMARY KEY,           -- absolute
            root TEXT NOT NULL,              -- the folder that document ids are relative to
            fingerprint TEXT NOT NULL        -- of the bytes; '' until every document of the file is stored
        );
        CREATE TABLE documents (
            id TEXT PRIMARY KEY,
            file TEXT REFERENCES files(path) ON DELETE CASCADE,
            content_hash TEXT NOT NULL,
            title TEXT NOT NULL,
            text TEXT NOT NULL,
            kind TEXT NOT NULL,
            headings TEXT NOT NULL,          -- JSON [[start, end, level, text], ..]
            question TEXT,
            url TEXT,
            tags TEXT NOT NULL,              -- JSON [tag, ..]
            translated_titles TEXT NOT NULL, -- JSON {language: title}
            updated TEXT
        );
        CREATE INDEX documents_by_file ON documents(file);
        CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
        INSERT INTO counters VALUES ('version', 0);
        """
    )


@migrations(name="0002_passages")
def create_passages(db: Database) -> None:
    """Passages and their keyword index, which triggers keep equal to them, cascades included."""
    db.executescript(
        """
        CREATE TABLE passages (
            id INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice: vectors and readers hold on to ids
            document TEXT NOT NULL REFERENCES documents(id) ON DELETE CASCADE,
            start INTEGER NOT NULL,
            "end" INTEGER NOT NULL,
            heading_path TEXT NOT NULL,           -- JSON [heading, ..]
            lead TEXT NOT NULL,
            text TEXT NOT NULL
        );
        CREATE INDEX passages_by_document ON passages(document, start);
        CREATE VIRTUAL TABLE passages_fts USING fts5(
            lead, text, content='passages', content_rowid='id', tokenize="porter unicode61 remove_diacritics 2"
        );
        CREATE TRIGGER passages_inserted AFTER INSERT ON passages BEGIN
            INSERT INTO passages_fts (rowid, lead, text) VALUES (new.id, new.lead, new.text);
        END;
        CREATE TRIGGER passages_deleted AFTER DELETE ON passages BEGIN
            INSERT INTO passages_fts (passages_fts, rowid, lead, text) VALUES ('delete', old.id, old.lead, old.text);
        END;
        CREATE TRIGGER passages_updated AFTER UPDATE OF lead, text ON passages BEGIN
            INSERT INTO passages_fts (passages_fts, rowid, lead, text) VALUES ('delete', old.id, old.lead, old.text);
            INSERT INTO passages_fts (rowid, lead, text) VALUES (new.id, new.lead, new.text);
        END;
        """
    )


@migrations(name="0003_vectors")
def create_vectors(db: Database) -> None:
    """One float32 vector for each encoder and passage."""
    db.executescript(
        """
        CREATE TABLE encoders (id INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL UNIQUE, dim INTEGER NOT NULL);
        CREATE TABLE vectors (
            encoder INTEGER NOT NULL REFERENCES encoders(id) ON DELETE CASCADE,
            passage INTEGER NOT NULL REFERENCES passages(id) ON DELETE CASCADE,
            vector BLOB NOT NULL,                 -- little-endian float32
            PRIMARY KEY (encoder, passage)
        ) WITHOUT ROWID;
        CREATE INDEX vectors_by_passage ON vectors(passage);
        """
    )


@migrations(name="0004_questions")
def create_questions(db: Database) -> None:
    """What was asked and answered. Passages come and go, so they are named here without a reference."""
    db.executescript(
        """
        CREATE TABLE questions (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            asked_at TEXT NOT NULL,               -- UTC, ISO 8601, of equal length so that text order is time order
            conversation TEXT NOT NULL,
            language TEXT,
            question TEXT NOT NULL,
            kind TEXT NOT NULL,
            answer TEXT,
            document TEXT,
            passage INTEGER,
            confidence REAL NOT NULL,
            helpful INTEGER,                      -- 1, 0, or nothing said
            feedback_reason TEXT
        );
        CREATE INDEX questions_by_time ON questions(asked_at);
        """
    )


@migrations(name="0005_desk")
def create_desk_columns(db: Database) -> None:
    """What the operators' page shows: when a document changed, how long a reply took, which gaps are closed."""
    db.executescript(
        """
        ALTER TABLE documents ADD COLUMN changed_at TEXT; -- UTC, when it was stored; NULL: before this column
        CREATE TRIGGER documents_inserted AFTER INSERT ON documents BEGIN
            UPDATE documents SET changed_at = strftime('%Y-%m-%dT%H:%M:%SZ', 'now') WHERE id = new.id;
        END;
        CREATE TRIGGER documents_updated AFTER UPDATE OF content_hash ON documents BEGIN
            UPDATE documents SET changed_at = strftime('%Y-%m-%dT%H:%M:%SZ', 'now') WHERE id = new.id;
        END;
        ALTER TABLE questions ADD COLUMN took_ms REAL;
        ALTER TABLE questions ADD COLUMN resolved_by TEXT; -- the document written for it, '' = set aside as no gap
        ALTER TABLE questions ADD COLUMN resolved_at TEXT;
        CREATE INDEX questions_by_document ON questions(document);
        """
    )


@migrations(name="0006_choices")
def create_choices(db: Database) -> None:
    """What operators decide while the program runs."""
    db.executescript("CREATE TABLE choices (name TEXT PRIMARY KEY, value TEXT NOT NULL);")


@migrations(name="0007_asked_person")
def create_asked_person(db: Database) -> None:
    """Which questions were taken on to a person."""
    db.execute("ALTER TABLE questions ADD COLUMN asked_person INTEGER NOT NULL DEFAULT 0")
