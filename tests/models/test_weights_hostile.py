"""Hostile and damaged files of weights: each is refused by name, and nothing in it runs."""

from __future__ import annotations

import io
import json
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save

from foveal.errors import ModelError
from foveal.models.weight_files import read_state
from foveal.models.weights import load_weights
from models.small_networks import small_network

F32 = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


def headed(header: Any, body: bytes = bytes(8), length: int | None = None) -> bytes:
    """A safetensors file with this header, which may be bytes that are no JSON."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + body


def tensor(**changes: Any) -> bytes:
    return headed({"a": F32 | changes})


SAFETENSORS = {
    "header longer than the file": headed({"a": F32}, length=10_000),
    "header of 2^63 bytes": headed({"a": F32}, length=2**63),
    "header of 2^64 - 1 bytes": headed({"a": F32}, length=2**64 - 1),
    "header over the limit": headed({"a": F32}, length=100_000_001),
    "header shorter than its text": headed({"a": F32}, length=10),
    "header is empty": headed(b"", length=0),
    "header is no JSON": headed(b"{not json at all!"),
    "header is a list": headed([F32]),
    "header is a list in braces": headed(b"{[1, 2]}"),
    "header is not UTF-8": headed(b'{"\xff\xfe": {}}'),
    "header is deep": headed(b'{"a":' * 20_000 + b"1" + b"}" * 20_000),
    "header has a tensor of null": headed({"a": None}),
    "metadata is a number": headed({"__metadata__": 3, "a": F32}),
    "metadata holds a number": headed({"__metadata__": {"k": 3}, "a": F32}),
    "dtype unknown": tensor(dtype="F31"),
    "dtype is a number": tensor(dtype=32),
    "dtype missing": headed({"a": {"shape": [2], "data_offsets": [0, 8]}}),
    "dtype wider than the data": tensor(dtype="F64"),
    "shape missing": headed({"a": {"dtype": "F32", "data_offsets": [0, 8]}}),
    "shape negative": tensor(shape=[-2]),
    "shape a fraction": tensor(shape=[2.5]),
    "shape a text": tensor(shape="2"),
    "shape larger than the data": tensor(shape=[3]),
    "shape that overflows": tensor(shape=[2**63, 2**63]),
    "shape whose product wraps to 2": tensor(shape=[2**63, 2, 2]),
    "offsets missing": headed({"a": {"dtype": "F32", "shape": [2]}}),
    "offsets negative": tensor(data_offsets=[-8, 0]),
    "offsets reversed": tensor(data_offsets=[8, 0]),
    "offsets beyond the end": tensor(data_offsets=[8, 16]),
    "offsets of 2^64": tensor(data_offsets=[0, 2**64]),
    "offsets of one number": tensor(data_offsets=[0]),
    "offsets overlap": headed({"a": F32, "b": F32}),
    "offsets overlap in part": headed(
        {"a": F32, "b": F32 | {"data_offsets": [4, 12]}}, body=bytes(12)
    ),
    "a hole between tensors": headed(
        {"a": F32, "b": F32 | {"data_offsets": [12, 20]}}, body=bytes(20)
    ),
    "data before the first tensor": headed({"a": F32 | {"data_offsets": [8, 16]}}, bytes(16)),
    "data after the last tensor": headed({"a": F32}, body=bytes(9)),
    "data cut off": headed({"a": F32}, body=bytes(7)),
    "no data": headed({"a": F32}, body=b""),
}

OTHER = {
    "an empty file": b"",
    "eight zero bytes": bytes(8),
    "a text": b"these are not the weights that you are looking for",
    "a photo": b"\xff\xd8\xff\xe0" + bytes(100),
    "HDF5": b"\x89HDF\r\n\x1a\n" + bytes(100),
    "an ONNX model": b"\x08\x07\x12\x07pytorch" + bytes(100),
    "XML that nests": b"<?xml version='1.0'?>" + b"<a>" * 1000,
    "a zip of nothing": b"PK\x05\x06" + bytes(18),
}


class Bomb:
    """Writes a file where it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return (Path.write_text, (self.marker, "it ran"))


def write(tmp_path: Path, content: bytes) -> Path:
    file = tmp_path / "hostile.safetensors"
    file.write_bytes(content)
    return file


def in_torch_zip(pickled: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("archive/data.pkl", pickled)
        archive.writestr("archive/version", "3\n")
    return stream.getvalue()


def refuse(file: Path) -> str:
    with pytest.raises(ModelError, match=file.name) as caught:
        read_state(file)
    return str(caught.value)


@pytest.mark.parametrize("fault", SAFETENSORS)
def test_a_fault_in_a_safetensors_header_is_refused(tmp_path: Path, fault: str) -> None:
    refuse(write(tmp_path, SAFETENSORS[fault]))


@pytest.mark.parametrize("kind", OTHER)
def test_a_file_of_another_kind_is_refused(tmp_path: Path, kind: str) -> None:
    assert "expected safetensors or a PyTorch state dict" in refuse(write(tmp_path, OTHER[kind]))


def test_the_control_a_file_without_a_fault_is_read(tmp_path: Path) -> None:
    assert read_state(write(tmp_path, tensor()))["a"].tolist() == [0.0, 0.0]


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_bare_pickle_is_refused_and_does_not_run(tmp_path: Path, protocol: int) -> None:
    marker = tmp_path / "ran"
    file = write(tmp_path, pickle.dumps(Bomb(marker), protocol))
    assert "could run code when opened, and was refused" in refuse(file)
    assert not marker.exists()
    pickle.loads(file.read_bytes())  # the control: this bomb does go off
    assert marker.exists()


@pytest.mark.parametrize("inside", ["value", "list", "key"])
def test_a_pickle_in_an_archive_of_pytorch_is_refused_and_does_not_run(
    tmp_path: Path, inside: str
) -> None:
    marker = tmp_path / "ran"
    bomb = Bomb(marker)
    held = {"value": {"a": bomb}, "list": {"a": [bomb]}, "key": {(bomb, 1): 2}}[inside]
    file = write(tmp_path, in_torch_zip(pickle.dumps(held, 2)))
    refuse(file)
    assert not marker.exists()
    torch.load(io.BytesIO(file.read_bytes()), weights_only=False)  # the control
    assert marker.exists()


def test_a_whole_saved_module_is_refused_with_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "model.pt"
    torch.save(small_network(), file)
    assert "Save its state_dict() as safetensors" in refuse(file)


@pytest.mark.parametrize(
    ("held", "reason"),
    [
        ([torch.ones(1)], "it holds a list"),
        ({"epoch": 3, "state_dict": {"a": torch.ones(1)}}, r"got also ['epoch', 'state_dict']"),
        ({1: torch.ones(1)}, "named tensors and nothing else"),
    ],
)
def test_a_checkpoint_that_holds_more_than_named_tensors_is_refused(
    tmp_path: Path, held: Any, reason: str
) -> None:
    file = tmp_path / "checkpoint.pth"
    torch.save(held, file)
    assert reason in refuse(file)


@pytest.mark.parametrize("kept", [0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 0.999])
@pytest.mark.parametrize("kind", ["zip", "safetensors"])
def test_a_truncated_file_is_refused(tmp_path: Path, kind: str, kept: float) -> None:
    state = small_network().state_dict()
    stream = io.BytesIO()
    torch.save(state, stream)
    whole = save(state) if kind == "safetensors" else stream.getvalue()
    refuse(write(tmp_path, whole[: int(kept * len(whole))]))


@pytest.mark.parametrize("seed", range(20))
def test_a_flipped_bit_in_a_header_never_gives_another_error(tmp_path: Path, seed: int) -> None:
    whole = bytearray(save(small_network().state_dict()))
    end = 8 + struct.unpack("<Q", whole[:8])[0]
    place = (seed * 7919) % end
    whole[place] ^= 1 << seed % 8
    try:
        load_weights(small_network(), write(tmp_path, bytes(whole)))
    except ModelError as error:
        assert "hostile.safetensors" in str(error)  # noqa: PT017  # a flip may also be harmless
