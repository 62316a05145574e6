from __future__ import annotations

import gzip
import struct

import numpy as np
import pytest

from foveal.data.idx import read_idx
from foveal.errors import DataError, StorageError

TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def idx(values: np.ndarray, kind: int) -> bytes:
    head = bytes([0, 0, kind, values.ndim]) + struct.pack(f">{values.ndim}I", *values.shape)
    return head + values.astype(TYPES[kind]).tobytes()


PICTURES = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
GOOD = idx(PICTURES, 0x08)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "some-idx3-ubyte"


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("shape", [(7,), (2, 5), (2, 3, 4), (1, 1, 1, 2), (0, 28, 28)])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_every_type_and_number_of_dimensions_is_read_back(file, kind, shape, pack):
    values = np.arange(np.prod(shape), dtype=TYPES[kind]).reshape(shape) - (3 if kind > 8 else 0)
    file.write_bytes(pack(idx(values, kind)))
    read = read_idx(file)
    np.testing.assert_array_equal(read, values)
    assert read.shape == shape
    assert read.dtype.isnative


def test_what_is_read_may_be_written_to(file):
    file.write_bytes(GOOD)
    read_idx(file)[0] = 1


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", r"no IDX file: expected 0, 0, .*; got an empty file"),
        (b"\0\0\x08", r"no IDX file: .*; got 0, 0, 8: name a file such as train-images"),
        (b"\x89PNG\r\n", r"no IDX file: .*; got 137, 80, 78, 71"),
        (b"\0\0\x0a\x01\0\0\0\0", r"has values of type 0A; IDX knows 08, 09, 0B, 0C, 0D, 0E"),
        (b"\0\0\x08\0", r"has 0 dimensions; expected 1 to 8"),
        (b"\0\0\x08\x09" + bytes(36), r"has 9 dimensions; expected 1 to 8"),
        (GOOD[:13], r"ends within the sizes of its dimensions; copy"),
        (GOOD[:-1], r"cut off: expected 2 × 3 × 4 values of 1 bytes, 24 bytes; got 23: copy"),
        (GOOD + b"\0", r"goes on after its 2 × 3 × 4 values of 1 bytes; copy"),
        (b"\0\0\x0e\x02" + b"\xff" * 8, r"claims 4,294,967,295 × .*; the limit is 1,073,741,824"),
    ],
)
def test_damage_is_named(file, data, sentence):
    file.write_bytes(data)
    with pytest.raises(DataError, match=sentence):
        read_idx(file)


@pytest.mark.parametrize("place", range(2, len(gzip.compress(GOOD, mtime=0)), 3))
def test_a_packed_file_with_one_wrong_byte_is_refused_or_read_right(file, place):
    packed = bytearray(gzip.compress(GOOD, mtime=0))
    packed[place] ^= 0x55
    file.write_bytes(packed)
    try:
        np.testing.assert_array_equal(read_idx(file), PICTURES)  # the header has idle bytes
        assert place < 10
    except DataError as error:
        assert str(file) in str(error)  # noqa: PT017  # either outcome is right


def test_a_packed_file_that_is_cut_off_is_refused(file):
    packed = gzip.compress(GOOD)
    for length in range(2, len(packed), 5):
        file.write_bytes(packed[:length])
        with pytest.raises(DataError, match=r"is damaged: its gzip data (is cut off|makes no)"):
            read_idx(file)


def test_a_packed_bomb_is_refused_by_what_its_header_claims(file):
    packed = gzip.compress(b"\0\0\x08\x01\0\0\0\x05" + bytes(50_000_000))
    file.write_bytes(packed)
    with pytest.raises(DataError, match=r"goes on after its 5 values of 1 bytes"):
        read_idx(file)


def test_a_file_that_is_not_there_is_named(file):
    with pytest.raises(StorageError, match="some-idx3-ubyte"):
        read_idx(file)
