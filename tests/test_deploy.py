"""`python main.py deploy`: sending a project to a stand-in for the hub, and what can go wrong."""

import base64
import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from huggingface_hub import constants
from small_project import LFS_BYTES, make_project

from ui.deploy import (
    BadSpaceName,
    NoConnection,
    NoToken,
    SpaceRefused,
    check_name,
    deploy,
    files_to_upload,
)

# huggingface_hub sends large files in a way that httpx calls old.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


class HubHandler(BaseHTTPRequestHandler):
    """The part of the hub's HTTP API that makes a Space and takes a commit, large files by git LFS."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        if self.server.refuse_with:
            self.answer({"error": "no"}, self.server.refuse_with)
        else:
            self.answer(self.server.remote_files)  # of the tree

    def do_PUT(self):
        self.server.uploaded[self.path.rpartition("/")[2]] = self.body()
        self.answer({}, self.server.refuse_large_with or 200)

    def do_POST(self):
        hub, body = self.server, self.body()
        hub.authorization.add(self.headers.get("Authorization"))
        if hub.refuse_with:
            self.answer({"error": "no"}, hub.refuse_with)
        elif self.path == "/api/repos/create":
            hub.created = json.loads(body)
            self.answer({"url": f"{hub.address}/spaces/me/help"}, 409 if hub.exists else 200)
        elif "/preupload/" in self.path:
            self.answer({"files": [self.mode(file) for file in json.loads(body)["files"]]})
        elif self.path.endswith("/info/lfs/objects/batch"):
            self.answer({"transfer": "basic", "objects": [self.upload(item) for item in json.loads(body)["objects"]]})
        elif "/commit/" in self.path:
            hub.commit = [json.loads(line) for line in body.splitlines()]
            self.answer({"success": True, "commitOid": "1" * 40, "commitUrl": f"{hub.address}/spaces/me/help/commit/1"})
        else:
            self.answer({})  # the check of the README's front matter

    def mode(self, file):
        return {
            "path": file["path"],
            "uploadMode": "lfs" if file["size"] > LFS_BYTES else "regular",
            "shouldIgnore": False,
            "oid": None,
        }

    def upload(self, item):
        return {**item, "actions": {"upload": {"href": f"{self.server.address}/put/{item['oid']}"}}}

    def body(self):
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def answer(self, content, status=200):
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def hub(monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)  # the stand-in speaks git LFS
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    server = ThreadingHTTPServer(("127.0.0.1", 0), HubHandler)
    server.daemon_threads = True
    server.address = f"http://127.0.0.1:{server.server_port}"
    server.created = server.commit = server.refuse_with = server.refuse_large_with = None
    server.exists, server.remote_files, server.uploaded, server.authorization = False, [], {}, set()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def project(tmp_path):
    return make_project(tmp_path / "project")


def send(hub, project, **more):
    environment = {"HF_TOKEN": "hf_secret", "HF_ENDPOINT": hub.address}
    return deploy("me/help", files_to_upload(project), root=project, environment=environment, **more)


def sent(hub, kind):
    return {line["value"]["path"]: line["value"] for line in hub.commit if line["key"] == kind}


# Names


def test_a_name_without_an_owner_is_refused():
    with pytest.raises(BadSpaceName, match="'help' is not the name of a Space"):
        check_name("help")


def test_an_address_is_no_name():
    with pytest.raises(BadSpaceName):
        check_name("https://huggingface.co/spaces/me/help")


def test_a_name_with_dots_and_dashes_is_accepted():
    check_name("acme-corp/help.centre_2")


# Sending


def test_a_gradio_space_is_made(hub, project):
    send(hub, project)
    assert {name: hub.created[name] for name in ("name", "organization", "type", "sdk")} == {
        "name": "help", "organization": "me", "type": "space", "sdk": "gradio",
    }  # fmt: skip


def test_its_address_is_told(hub, project):
    assert send(hub, project) == f"{hub.address}/spaces/me/help"


def test_a_private_space_is_made_private(hub, project):
    send(hub, project, private=True)
    assert hub.created["visibility"] == "private"


def test_a_space_that_is_there_is_updated(hub, project):
    hub.exists = True
    send(hub, project)
    assert "main.py" in sent(hub, "file")


def test_small_files_travel_inside_the_commit(hub, project):
    send(hub, project)
    assert base64.b64decode(sent(hub, "file")["chatbot/__init__.py"]["content"]) == b"# small\n"


def test_large_files_travel_beside_the_commit(hub, project):
    send(hub, project)
    weights = (project / "retrieval" / "weights" / "packaged" / "model.safetensors").read_bytes()
    oid = sent(hub, "lfsFile")["retrieval/weights/packaged/model.safetensors"]["oid"]
    assert (oid, hub.uploaded[oid]) == (hashlib.sha256(weights).hexdigest(), weights)


def test_everything_listed_is_sent_once_and_nothing_else(hub, project):
    send(hub, project)
    assert sorted([*sent(hub, "file"), *sent(hub, "lfsFile")]) == [file.path for file in files_to_upload(project)]


def test_a_module_that_is_gone_is_deleted_and_the_owners_files_stay(hub, project):
    hub.remote_files = [
        {"type": "file", "path": path, "size": 1, "oid": "2" * 40} for path in ("chatbot/old.py", "my_documents/a.md")
    ]
    send(hub, project)
    assert list(sent(hub, "deletedFile")) == ["chatbot/old.py"]


def test_the_token_signs_in(hub, project):
    send(hub, project)
    assert hub.authorization == {"Bearer hf_secret"}


# What can go wrong


def test_without_a_token_nothing_is_sent(hub, project):
    with pytest.raises(NoToken, match="HF_TOKEN is not set"):
        deploy("me/help", files_to_upload(project), root=project, environment={"HF_ENDPOINT": hub.address})


def test_a_token_that_may_not_write_is_told(hub, project):
    hub.refuse_with = 403
    with pytest.raises(SpaceRefused, match="may not write to me/help"):
        send(hub, project)


def test_a_token_that_is_not_valid_is_told(hub, project):
    hub.refuse_with = 401
    with pytest.raises(SpaceRefused, match="HF_TOKEN is not valid"):
        send(hub, project)


def test_a_large_file_that_is_refused_is_told(hub, project):
    hub.refuse_large_with = 403
    with pytest.raises(SpaceRefused, match="HTTP 403"):
        send(hub, project)


def test_a_hub_that_does_not_answer_is_told(project):
    environment = {"HF_TOKEN": "hf_secret", "HF_ENDPOINT": "http://127.0.0.1:9"}
    with pytest.raises(NoConnection, match="cannot be reached"):
        deploy("me/help", files_to_upload(project), root=project, environment=environment)
