"""What `python main.py doctor` says of a machine; on invented machines, since this one has no say in the facts."""

import argparse
import json
import re
import shutil

import pytest

from chatbot import model_choice
from chatbot.settings import Settings
from knowledge_base.chunking import cut_passages
from knowledge_base.documents import Document
from knowledge_base.store import KnowledgeBase
from retrieval.devices import Gpu, Machine
from retrieval.quantization import Device
from ui import commands, doctor, doctor_view

GIB = 1 << 30
GPU = Gpu("A GPU", (9, 0), 80 * GIB, 79 * GIB)


def machine(free=8 * GIB, gpu=None):
    return Machine("Linux", "A processor", 4, 16 * GIB, free, gpu, "3.12.1", {"torch": "2.11.0", "gradio": None})


@pytest.fixture
def on(monkeypatch, tmp_path):
    """Put the doctor on an invented machine without a hub."""

    def put(found, *, reachable=False, offline="1"):
        kind = Device("cuda", found.gpu.capability, found.gpu.free_bytes) if found.gpu else Device("cpu")
        monkeypatch.setenv("HF_HUB_OFFLINE", offline)
        monkeypatch.setattr(doctor, "this_machine", lambda: found)
        monkeypatch.setattr(doctor, "current_device", lambda: kind)
        monkeypatch.setattr(doctor, "hub_reachable", lambda: reachable)
        monkeypatch.setattr(model_choice, "current_gpu", lambda: found.gpu)
        monkeypatch.setattr(model_choice, "obtainable", lambda ids: reachable)

    monkeypatch.chdir(tmp_path)
    return put


def text(settings=Settings()):  # noqa: B008 (frozen)
    return "\n".join(doctor_view.describe(doctor.examine(settings)))


def test_without_a_gpu_auto_picks_packaged_and_says_why(on):
    on(machine())
    expected = "auto picks          packaged: there is no CUDA GPU, and the packaged models are made for a processor"
    assert expected in text()


def test_on_a_gpu_with_a_hub_auto_picks_large(on):
    on(machine(gpu=GPU), reachable=True, offline="0")
    assert doctor.examine(Settings())["models"]["auto_picks"] == "large"


def test_a_reranker_is_told_with_its_licence_and_size(on):
    on(machine(gpu=GPU))
    expected = "reranker            BAAI/bge-reranker-v2-m3 (Apache-2.0): 1133 MB"
    assert expected in text(Settings(models="large", reranker="auto", quantization="none"))


def test_without_a_reranker_that_is_told(on):
    on(machine())
    assert "reranker            none" in text()


def test_a_lent_gpu_is_told(on, monkeypatch):
    on(machine(gpu=GPU))
    monkeypatch.setattr(doctor, "on_zero_gpu", lambda: True)
    assert "ZeroGPU             lends a GPU for up to 10 s a pass" in text()


def test_the_gpu_is_shown_with_its_memory(on):
    on(machine(gpu=GPU))
    assert "A GPU, compute capability 9.0, 79.0 of 80.0 GiB free" in text()


def test_large_in_half_precision_takes_two_times_1118_megabytes(on):
    on(machine(gpu=GPU))
    need = doctor.examine(Settings())["profiles"]["large"]["needs"]["none"]
    assert round(need["held_bytes"] / 1e6) == 2235
    assert (need["compute"], need["fits"]) == ("bfloat16", True)


def test_a_small_machine_cannot_hold_the_large_models_in_float32(on):
    on(machine(free=4 * GIB))
    assert doctor.examine(Settings())["profiles"]["large"]["needs"]["none"]["fits"] is False


def test_a_small_machine_holds_the_packaged_models(on):
    on(machine(free=1 * GIB))
    assert doctor.examine(Settings())["profiles"]["packaged"]["needs"]["auto"]["fits"] is True


def test_packaged_models_have_no_nf4(on):
    on(machine())
    assert doctor.examine(Settings())["profiles"]["packaged"]["needs"]["nf4"] is None


def test_a_forbidden_hub_is_called_switched_off(on):
    on(machine())
    assert "switched off; cached: none of the profiles" in text()


def test_a_pair_of_ones_own_is_examined_too(on):
    on(machine())
    found = doctor.examine(Settings(models="BAAI/bge-m3,packaged"))["profiles"]["BAAI/bge-m3,packaged"]
    assert (found["dim"], found["encoder_licence"]) == (1024, "MIT")


def test_a_pair_of_unknown_size_is_said_to_be_unknown(on):
    on(machine())
    assert "its size is not known before it is loaded" in text(Settings(models="me/encoder,me/reader"))


def test_a_reader_trained_on_a_test_set_is_warned_of(on):
    on(machine())
    assert "warning             me/some-xquad was trained on other languages" in text(
        Settings(models="packaged,me/some-xquad")
    )


def test_an_unknown_profile_is_told_and_does_not_stop_the_doctor(on):
    on(machine())
    assert "set to run          There are no models named 'huge'" in text(Settings(models="huge"))


OLD_GPU = Gpu("An old GPU", (5, 2), 8 * GIB, 7 * GIB)


def test_number_types_that_a_gpu_is_too_old_for_are_said_to_be_missing(on):
    on(machine(gpu=OLD_GPU))
    said = text()
    assert "no int8: this GPU is too old for int8 (capability (5, 2))" in said
    assert "no nf4: this GPU is too old for nf4 (capability (5, 2))" in said
    assert not re.search(r"(int8|nf4) \d+ MB", said)


def test_why_auto_runs_a_number_type_is_told(on):
    on(machine())
    assert "auto runs it in int8 weights, computing in float32: int8 is the fastest type on a processor" in text()


def test_packaged_models_on_a_gpu_compute_in_float32(on):
    on(machine(gpu=GPU))
    need = doctor.examine(Settings())["profiles"]["packaged"]["needs"]["auto"]
    assert (need["weights"], need["compute"]) == ("none", "float32")


def test_what_fits_counts_the_reranker(on):
    on(machine(free=4_400_000_000))

    def fits(reranker):
        return doctor.examine(Settings(reranker=reranker))["profiles"]["large"]["needs"]["int8"]["fits"]

    with_one = doctor.examine(Settings(models="large", reranker="auto"))["profiles"]
    assert (fits("none"), fits("auto")) == (True, False)
    assert (with_one["large"]["reranker"], with_one["base"]["reranker"]) == ("BAAI/bge-reranker-v2-m3", None)


# Settings that nothing can be loaded with


def test_a_folder_is_a_reranker_too(on, tmp_path):
    on(machine())
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "config.json").write_text(json.dumps({"vocab_size": 9}))
    found = doctor.examine(Settings(reranker=str(tmp_path / "mine")))["reranker"]
    assert (found["cached"], found["error"]) == (True, None)


def test_a_reranker_that_is_nowhere_is_told(on):
    on(machine())
    said = text(Settings(reranker="/no/such/folder"))
    assert "/no/such/folder is neither a folder nor a hub id" in said
    assert "none 4471 MB" in said  # large, without it


def test_a_folder_with_a_broken_config_is_told_and_does_not_stop_the_doctor(on, tmp_path):
    on(machine())
    (tmp_path / "config.json").write_text("{")
    for settings in (
        Settings(models=f"{tmp_path},packaged"),
        Settings(models=f"packaged,{tmp_path}"),
        Settings(reranker=str(tmp_path)),
    ):
        assert "config.json is not readable JSON" in text(settings)


def test_models_in_folders_that_are_not_there_are_told(on):
    on(machine())
    said = text(Settings(models="./no_encoder,./no_reader"))
    assert "set to run          ./no_encoder is neither a folder nor a hub id" in said


def test_an_id_that_nothing_can_come_of_is_told(on):
    on(machine())
    said = text(Settings(models="large"))
    assert "set to run          intfloat/multilingual-e5-large is not cached and the hub cannot be reached" in said


def test_a_number_type_that_does_not_exist_is_told_and_does_not_stop_the_doctor(on):
    on(machine())
    expected = "set to run          quantization 'foo' is unknown: choose one of"
    assert expected in text(Settings(quantization="foo"))
    assert expected in text(Settings(quantization="foo", reranker="me/mine"))


# The files


def test_packaged_weights_are_intact(on):
    on(machine())
    assert doctor.examine(Settings())["packaged"]["encoder"]["intact"] is True


def test_cut_weights_are_found(on, monkeypatch, tmp_path):
    on(machine())
    shutil.copytree(model_choice.PACKAGED_ENCODER, tmp_path / "cut")
    weights = tmp_path / "cut" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    monkeypatch.setattr(doctor, "PACKAGED_ENCODER", tmp_path / "cut")
    assert "is not a whole safetensors file" in text()


def test_the_knowledge_base_is_counted(on, tmp_path):
    on(machine())
    document = Document("a.md", "Returns", "You may return a lamp within 30 days.")
    with KnowledgeBase(tmp_path / "kb.db") as knowledge_base:
        knowledge_base.add_document(document, cut_passages(document))
    assert "kb.db: 1 documents, 1 passages" in text(Settings(kb=tmp_path / "kb.db"))


def test_a_missing_knowledge_base_is_not_made(on, tmp_path):
    on(machine())
    doctor.examine(Settings(kb=tmp_path / "none.db"))
    assert not (tmp_path / "none.db").exists()


def test_a_file_that_is_no_knowledge_base_is_told(on, tmp_path):
    on(machine())
    (tmp_path / "kb.db").write_text("hello, this is certainly no database at all" * 20)
    assert doctor.examine(Settings(kb=tmp_path / "kb.db"))["knowledge_base"]["error"] is not None


def test_json_is_one_object_with_everything(on, capsys):
    on(machine())
    commands.doctor(argparse.Namespace(json=True), Settings())
    assert list(json.loads(capsys.readouterr().out)) == [
        "machine", "zero_gpu", "hub", "quantized_copies", "models", "reranker", "profiles", "packaged",
        "knowledge_base",
    ]  # fmt: skip
