"""Checkpoints from a hub that refuses, breaks off or fills the disk; the hub is a stand-in that speaks HTTP."""

import json
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from huggingface_hub import hf_hub_download
from tiny_checkpoints import save_checkpoint

from chatbot.assemble import build_reader
from chatbot.settings import Settings
from retrieval.fetching import HubUnreachable, PickleCheckpoint
from retrieval.packaged import CheckpointFileMissing
from retrieval.pretrained import resolve_checkpoint
from retrieval.transformer import load_encoder_network

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class StandIn(ThreadingHTTPServer):
    """A hub with one repository; `breaks` cuts every weight file in the middle."""

    daemon_threads = True

    def __init__(self, folder):
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder = folder
        self.breaks = False
        self.asked = []

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: StandIn
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def do_HEAD(self):
        self.answer(with_body=False)

    def do_GET(self):
        self.answer(with_body=True)

    def answer(self, with_body):
        self.server.asked.append((self.command, self.path))
        if "/gated" in self.path:
            return self.refuse(403, "GatedRepo", with_body)
        if "/me/model" not in self.path:
            return self.refuse(404, "RepoNotFound", with_body)
        if self.path.startswith("/api/models/me/model/tree"):
            files = sorted(self.server.folder.iterdir())
            tree = [{"type": "file", "path": f.name, "size": f.stat().st_size, "oid": f.name} for f in files]
            return self.send(json.dumps(tree).encode(), {}, with_body)
        if self.path.startswith("/api/"):
            siblings = [{"rfilename": path.name} for path in sorted(self.server.folder.iterdir())]
            about = {"id": "me/model", "sha": COMMIT, "siblings": siblings}
            return self.send(json.dumps(about).encode(), {}, with_body)
        path = self.server.folder / self.path.rpartition("/")[2]
        if not path.is_file():
            return self.refuse(404, "EntryNotFound", with_body)
        return self.send(path.read_bytes(), {"ETag": f'"{path.name}"', "X-Repo-Commit": COMMIT}, with_body)

    def refuse(self, status, code, with_body):
        self.send(b"{}", {"X-Error-Code": code, "X-Error-Message": "no"}, with_body, status)

    def send(self, content, headers, with_body, status=200):
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        if with_body and self.server.breaks and self.path.endswith(".safetensors"):
            self.wfile.write(content[: len(content) // 2])
            self.wfile.flush()
            self.close_connection = True
        elif with_body:
            self.wfile.write(content)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoint")
    save_checkpoint(folder, "BertModel")
    return folder


@pytest.fixture
def hub(checkpoint, tmp_path, monkeypatch):
    folder = tmp_path / "served"
    shutil.copytree(checkpoint, folder)
    server = StandIn(folder)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("HF_ENDPOINT", server.address)
    for variable in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):  # as a machine without a network sets them
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "home" / "hub"))
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda seconds: None)  # between its retries
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_checkpoint_is_fetched_and_runs(hub):
    source = resolve_checkpoint("me/model")
    assert (source.hub_id, source.commit) == ("me/model", COMMIT)
    assert load_encoder_network("me/model", "none").dim == 64


def test_a_checkpoint_that_was_fetched_needs_no_hub_any_more(hub, monkeypatch):
    resolve_checkpoint("me/model")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert resolve_checkpoint("me/model").commit == COMMIT


def test_a_fetched_reader_whose_card_says_english_is_not_warned_of(hub, caplog):
    save_checkpoint(hub.folder, "BertForQuestionAnswering")
    (hub.folder / "README.md").write_text("---\nlanguage: en\n---\n")
    build_reader(Settings(models="packaged,me/model"))
    assert "trained on English alone" not in caplog.text


def test_a_checkpoint_fetched_without_its_card_needs_no_hub_either(hub, monkeypatch):
    (hub.folder / "README.md").write_text("---\nlanguage: en\n---\n")
    folder = resolve_checkpoint("me/model").folder
    (folder / "README.md").unlink()
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert resolve_checkpoint("me/model").folder == folder


def test_an_id_that_the_hub_does_not_know_is_told_apart_from_a_lost_network(hub):
    with pytest.raises(HubUnreachable, match=r"There is no me/nothing at http.*check the id"):
        resolve_checkpoint("me/nothing")


def test_a_gated_repository_says_to_accept_its_terms(hub):
    with pytest.raises(HubUnreachable, match=r"me/gated is gated: accept its terms .* HF_TOKEN"):
        resolve_checkpoint("me/gated")


def test_a_hub_that_goes_away_in_the_middle_says_to_run_again(hub):
    hub.breaks = True
    with pytest.raises(HubUnreachable, match=r"could not be fetched to its end .*run again"):
        resolve_checkpoint("me/model")


def test_after_a_broken_download_the_next_run_finishes_it(hub):
    hub.breaks = True
    with pytest.raises(HubUnreachable):
        resolve_checkpoint("me/model")
    hub.breaks = False
    hub.asked.clear()
    assert load_encoder_network("me/model", "none").dim == 64
    assert ("GET", f"/me/model/resolve/{COMMIT}/config.json") not in hub.asked  # had arrived


def test_half_a_download_is_not_taken_for_a_whole_one_without_a_hub(hub, monkeypatch):
    hub.breaks = True
    with pytest.raises(HubUnreachable):
        resolve_checkpoint("me/model")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(HubUnreachable, match="not whole in the local cache"):
        resolve_checkpoint("me/model")


def test_a_config_without_weights_in_the_cache_says_that_the_cache_is_not_whole(hub, monkeypatch):
    hf_hub_download("me/model", "config.json", endpoint=hub.address)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(HubUnreachable, match=r"not whole in the local cache \(no \*\.safetensors weights"):
        resolve_checkpoint("me/model")


def test_a_repository_without_a_tokenizer_is_refused_with_what_it_lacks(hub):
    (hub.folder / "tokenizer.json").unlink()
    with pytest.raises(CheckpointFileMissing, match=r"me/model came from the hub with no vocabulary of a tokenizer"):
        resolve_checkpoint("me/model")


def test_a_repository_with_pickle_alone_is_refused_and_the_pickle_not_fetched(hub):
    (hub.folder / "model.safetensors").rename(hub.folder / "pytorch_model.bin")
    with pytest.raises(PickleCheckpoint, match=r"me/model has no \*\.safetensors at the hub: weights as pickle"):
        resolve_checkpoint("me/model")
    assert not any("pytorch_model.bin" in path for _, path in hub.asked)


@pytest.mark.parametrize(
    "error",
    [
        OSError(28, "No space left on device"),
        OSError(122, "Disk quota exceeded"),
        RuntimeError("Data processing error: File reconstruction error: No space left on device (os error 28)"),
    ],
)
def test_a_full_disk_is_told_with_the_folder_and_what_to_do(hub, monkeypatch, error):
    def full(*arguments, **settings):
        raise error

    monkeypatch.setattr("huggingface_hub.snapshot_download", full)
    with pytest.raises(HubUnreachable, match=r"disk is full, so me/model .*home/hub: free some space, or set HF_HOME"):
        resolve_checkpoint("me/model")
