"""The download of trained weights, against a server on this machine."""

from __future__ import annotations

import hashlib
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from foveal.errors import DiskFullError, ModelError, StorageError
from foveal.images.preprocess import Preprocess
from foveal.models.hub import HubWeights, download
from foveal.models.hub_table import HUB_WEIGHTS
from models.hub_server import COMMIT, Hub, serving

CONTENT = b"weights of a small network " * 4000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    for name in ("HF_TOKEN", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)  # between the tries of a resume
    with serving(Hub(CONTENT)) as server:
        yield server


def tiny(revision: str = "main", sha256: str | None = None) -> HubWeights:
    return HubWeights(
        repo="timm/tiny.test",
        preprocess=Preprocess(),
        top1=50.0,
        top1_source="nobody",
        licence="MIT",
        revision=revision,
        sha256=sha256,
    )


def get(hub: Hub, cache: Path, weights: HubWeights | None = None) -> Path:
    return download(weights or tiny(), cache_dir=cache, endpoint=hub.address)


def test_the_file_is_fetched_through_the_redirect_and_kept_in_the_hubs_own_layout(
    hub: Hub, tmp_path: Path
) -> None:
    file = get(hub, tmp_path)
    assert file.read_bytes() == CONTENT
    assert file == tmp_path / f"models--timm--tiny.test/snapshots/{COMMIT}/model.safetensors"
    assert hub.methods() == ["HEAD timm", "HEAD timm", "GET cdn"]


def test_a_second_call_reads_the_cache_and_asks_nobody(hub: Hub, tmp_path: Path) -> None:
    first = get(hub, tmp_path)
    hub.asked.clear()
    assert get(hub, tmp_path) == first
    assert tiny().file(tmp_path) == first
    assert hub.asked == []


def test_a_pinned_commit_is_found_in_the_cache_without_a_branch(hub: Hub, tmp_path: Path) -> None:
    hub.name = hub.name.replace("main", COMMIT)
    weights = tiny(COMMIT, SHA256)
    assert weights.file(tmp_path) is None
    assert get(hub, tmp_path, weights) == weights.file(tmp_path)
    assert weights.origin == f"timm/tiny.test@{COMMIT[:12]}"


def test_a_connection_that_breaks_is_resumed_at_the_last_whole_chunk(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 1000)
    hub.break_after = [5500]
    assert get(hub, tmp_path).read_bytes() == CONTENT
    ranges = [headers.get("Range") for method, _, headers in hub.asked if method == "GET"]
    assert ranges == [None, "bytes=5000-"]


def test_a_connection_that_always_breaks_is_an_error_and_leaves_no_file(
    hub: Hub, tmp_path: Path
) -> None:
    hub.break_after = [0] * 20
    with pytest.raises(ModelError, match=r"broke off while sending timm/tiny\.test/model\.safe"):
        get(hub, tmp_path)
    assert files(tmp_path) == []


def test_a_body_that_is_cut_short_is_an_error_and_leaves_no_file(hub: Hub, tmp_path: Path) -> None:
    hub.cut = 100
    with pytest.raises(ModelError, match=r"did not send .* whole \(Consistency check failed"):
        get(hub, tmp_path)
    assert files(tmp_path) == []


def test_a_file_with_another_checksum_is_deleted_and_the_message_says_so(
    hub: Hub, tmp_path: Path
) -> None:
    hub.promised = "0" * 64
    with pytest.raises(
        ModelError,
        match=f"not the file that was promised: SHA-256 {SHA256}, expected {'0' * 64}; it was del",
    ):
        get(hub, tmp_path)
    assert files(tmp_path) == []
    hub.promised = None
    assert get(hub, tmp_path).read_bytes() == CONTENT


def test_a_file_that_rotted_in_the_cache_is_deleted_and_fetched_anew_on_the_next_call(
    hub: Hub, tmp_path: Path
) -> None:
    file = get(hub, tmp_path)
    file.resolve().write_bytes(CONTENT[:-1] + b"?")
    with pytest.raises(ModelError, match=r"it was deleted\. Run the same again"):
        get(hub, tmp_path)
    assert get(hub, tmp_path).read_bytes() == CONTENT


def test_a_server_that_offers_another_file_than_the_pinned_one_is_refused_before_the_download(
    hub: Hub, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match=f"offers another file .* SHA-256 {SHA256}, expected 1111"):
        get(hub, tmp_path, tiny(sha256="1" * 64))
    assert hub.methods() == ["HEAD timm"]


@pytest.mark.parametrize("code", ["EntryNotFound", "RevisionNotFound", "RepoNotFound"])
def test_a_missing_file_revision_or_repository_is_named(
    hub: Hub, tmp_path: Path, code: str
) -> None:
    hub.missing = code
    with pytest.raises(
        ModelError,
        match=f"^{re.escape(hub.address)} has no timm/tiny.test/model.safetensors at revision "
        "'main'; load the weights from a local file instead.$",
    ):
        get(hub, tmp_path)


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_any_other_answer_is_told_with_its_status(hub: Hub, tmp_path: Path, status: int) -> None:
    hub.status = status
    with pytest.raises(ModelError, match=rf"(answered {status} when asked|has no timm/tiny)"):
        get(hub, tmp_path)


def test_a_server_that_is_no_hub_is_told(hub: Hub, tmp_path: Path) -> None:
    hub.commit = None
    with pytest.raises(ModelError, match=r"did not send .* whole \(.*X-Repo-Commit"):
        get(hub, tmp_path)


def test_a_refused_connection_is_told_at_once(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    started = time.monotonic()
    with pytest.raises(ModelError, match=rf"^cannot reach {address} for timm/.*refused.*HF_ENDP"):
        download(tiny(), cache_dir=tmp_path, endpoint=address)
    assert time.monotonic() - started < 5


def test_offline_means_the_cache_or_an_error_and_no_request(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match=f"not in the cache {tmp_path} and HF_HUB_OFFLINE is set;"):
        get(hub, tmp_path)
    assert hub.asked == []
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    file = get(hub, tmp_path)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert get(hub, tmp_path) == file


def test_a_full_disk_is_noticed_before_the_download(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("foveal.storage.space.free_bytes", lambda path: 100)
    with pytest.raises(DiskFullError, match=r"disk full: .* needs 0\.1 MB, has 0\.0 MB"):
        get(hub, tmp_path)
    assert "GET cdn" not in hub.methods()


def test_a_cache_that_cannot_be_written_is_a_storage_error(hub: Hub, tmp_path: Path) -> None:
    blocked = tmp_path / "models--timm--tiny.test"
    blocked.write_text("a file where the cache wants a folder")
    with pytest.raises(StorageError, match="cannot write"):
        get(hub, tmp_path)


def test_a_request_says_who_asks_and_nothing_else(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = tmp_path / "token"
    stored.write_text("hf_a_stored_login")
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(stored))
    get(hub, tmp_path / "cache")
    for _, _, headers in hub.asked:
        sent = {name.lower(): value for name, value in headers.items()}
        assert sent["user-agent"] == "foveal"
        assert "authorization" not in sent
        assert "cookie" not in sent


def test_a_token_goes_to_the_hub_and_not_to_the_content_network(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_for_this_call")
    get(hub, tmp_path)
    sent = [(path.split("/")[1], headers.get("authorization")) for _, path, headers in hub.asked]
    assert sent == [("timm", "Bearer hf_for_this_call")] * 2 + [("cdn", None)]


def test_telemetry_and_further_transports_are_off_during_the_call_and_put_back_after_it(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    def switches() -> tuple[bool, bool]:
        return constants.HF_HUB_DISABLE_TELEMETRY, constants.HF_HUB_DISABLE_XET

    monkeypatch.setattr(constants, "HF_HUB_DISABLE_TELEMETRY", False)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", False)
    during: list[tuple[bool, bool]] = []
    monkeypatch.setattr("foveal.models.hub._token", lambda: during.append(switches()) or False)
    get(hub, tmp_path)
    assert set(during) == {(True, True)}
    assert switches() == (False, False)


PROGRAM = """
import socket, sys
reached = set()
def watch(event, arguments):
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        reached.add(arguments[1][0])
    if event == "socket.getaddrinfo":
        reached.add(str(arguments[0]))
sys.addaudithook(watch)
from foveal.images.preprocess import Preprocess
from foveal.models.hub import HubWeights
print(HubWeights("timm/tiny.test", Preprocess(), 50.0, "nobody", "MIT").fetch())
print(sorted(reached - {"127.0.0.1", "::1", "localhost"}), "torch" in sys.modules)
"""


def test_the_environment_names_hub_and_cache_and_no_other_host_is_contacted(
    hub: Hub, tmp_path: Path
) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(sys.path),
        "HF_ENDPOINT": hub.address,
        "HF_HOME": str(tmp_path / "home"),
        "TQDM_POSITION": "-1",  # huggingface_hub draws its bar although this is no terminal
    }
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True
    )
    file, others = done.stdout.splitlines()
    assert Path(file).read_bytes() == CONTENT
    assert Path(file).is_relative_to(tmp_path / "home" / "hub")
    assert others == "[] False"
    assert "100%" in done.stderr  # the progress bar
    offline = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=environment | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "other")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "HF_HUB_OFFLINE is set" in offline.stderr


def test_every_row_of_the_table_is_complete_and_its_pins_are_hashes() -> None:
    for name, row in HUB_WEIGHTS.items():
        assert row.repo.startswith("timm/"), name
        assert row.revision == "main" or re.fullmatch(r"[0-9a-f]{40}", row.revision), name
        assert row.sha256 is None or re.fullmatch(r"[0-9a-f]{64}", row.sha256), name
        assert row.licence in ("Apache-2.0", "BSD-3-Clause"), name
        assert f"{row.preprocess.image_size} px" in row.top1_source, name
        assert 70 < row.top1 < 85, name


def files(folder: Path) -> list[Path]:
    """The weights that lie in the cache, whole or not: not its branch names."""
    return [path for path in folder.rglob("models--*/*/*") if path.parent.name == "blobs"]
