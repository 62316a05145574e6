"""A15: zips that are taken whole, and 44 that are refused whole, with nothing written."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from collections.abc import Callable

import pytest

from web.workbench.conftest import SETS, Bench, photo

JPEG = photo()
Files = dict[str, bytes]
PETS: Files = {"cats/1.jpg": JPEG, "cats/2.jpg": JPEG + b"2", "dogs/1.jpg": JPEG + b"3"}


def zipped(files: Files, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return file.getvalue()


def with_entry(change: Callable[[zipfile.ZipInfo], None], data: bytes = JPEG) -> bytes:
    """A good zip with one more member, which is changed before it is written."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in PETS.items():
            archive.writestr(name, content)
        info = zipfile.ZipInfo("cats/9.jpg")
        info.compress_type = zipfile.ZIP_DEFLATED
        change(info)
        archive.writestr(info, data)
    return file.getvalue()


def named(name: str) -> bytes:
    return zipped(PETS | {name: JPEG})


def of_kind(kind: int) -> bytes:
    def change(info: zipfile.ZipInfo) -> None:
        info.create_system = 3
        info.external_attr = (kind | 0o644) << 16

    return with_entry(change, b"/etc/passwd")


def patched(name: str, at: int, layout: str, value: int) -> bytes:
    """A good zip with one number of a member's line in the table of contents overwritten."""
    data = bytearray(zipped(PETS))
    end = data.index(b"PK\x01\x02")
    while data[end + 46 : end + 46 + len(name)] != name.encode():
        end = data.index(b"PK\x01\x02", end + 4)
    struct.pack_into(layout, data, end + at, value)
    return bytes(data)


def twice(name: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, JPEG)
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr(name, JPEG)
    return file.getvalue()


def renamed_inside() -> bytes:
    """The name before the bytes is another one than that in the table of contents."""
    data = zipped(PETS)
    return data.replace(b"cats/1.jpg", b"/etc/a.jpg", 1)


def overlapping() -> bytes:
    """Two names for the same bytes, as zip bombs that need no nesting have them."""
    data = bytearray(zipped({"cats/1.jpg": JPEG, "cats/2.jpg": JPEG}))
    second = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 4)
    struct.pack_into("<L", data, second + 42, 0)
    return bytes(data)


def many_promised() -> bytes:
    """A table of contents that says it is 3 GB long."""
    data = bytearray(zipped(PETS))
    end = data.rindex(b"PK\x05\x06")
    struct.pack_into("<L", data, end + 12, 3 * 2**30)
    return bytes(data)


ZEROS = bytes(40 * 2**20)
HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "up and out": (lambda: named("../evil.jpg"), "leads out of the folder"),
    "up in the middle": (lambda: named("cats/../../evil.jpg"), "leads out"),
    "up at the end": (lambda: named("cats/.."), "leads out"),
    "absolute": (lambda: named("/etc/evil.jpg"), "leads out"),
    "drive": (lambda: named("C:/evil.jpg"), "drive letter"),
    "drive without a slash": (lambda: named("c:evil.jpg"), "drive letter"),
    "backslashes": (lambda: named("cats\\..\\..\\evil.jpg"), "backslash"),
    "network share": (lambda: named("\\\\host\\share\\evil.jpg"), "backslash"),
    "hidden and out": (lambda: named("__MACOSX/../../evil.jpg"), "leads out"),
    "folder that leads out": (lambda: named("../evil/"), "leads out"),
    "line break": (lambda: named("cats/a\nb.jpg"), "cannot be printed"),
    "right to left": (lambda: named("cats/\u202egpj.exe.jpg"), "cannot be printed"),
    "empty part": (lambda: named("cats//evil.jpg"), "empty part"),
    "this folder": (lambda: named("cats/./evil.jpg"), "empty part"),
    "long part": (lambda: named(f"cats/{'a' * 250}.jpg"), "too long"),
    "deep": (lambda: named("a/" * 20 + "1.jpg"), "too deep"),
    "link": (lambda: of_kind(stat.S_IFLNK), "is a link"),
    "device": (lambda: of_kind(stat.S_IFCHR), "no plain file"),
    "pipe": (lambda: of_kind(stat.S_IFIFO), "no plain file"),
    "file that says it is a folder": (lambda: of_kind(stat.S_IFDIR), "a folder and a file"),
    "encrypted": (lambda: patched("cats/1.jpg", 8, "<H", 1), "is encrypted"),
    "unusual": (lambda: zipped(PETS, zipfile.ZIP_LZMA), "unusual way"),
    "archive inside": (lambda: named("cats/more.zip"), "another archive"),
    "twice": (lambda: twice("cats/1.jpg"), "in it twice"),
    "case": (lambda: named("cats/1.JPG"), "differ only in case"),
    "case of a folder": (lambda: named("CATS/7.jpg"), "differ only in case"),
    "file and folder": (lambda: named("cats/1.jpg/2.jpg"), "a file and a folder"),
    "folder and file": (lambda: named("dogs"), "a file and a folder"),
    "bomb": (lambda: named("x") and zipped(PETS | {"cats/b.bmp": ZEROS}), "grow more than 100"),
    "bomb of many": (
        lambda: zipped({f"cats/{n}.bmp": bytes(2**20) for n in range(40)}),
        "grow more than 100",
    ),
    "overlap": (overlapping, "Overlapped entries|shares its bytes|differ"),
    "lying size": (lambda: patched("cats/1.jpg", 24, "<L", 90_000), "is damaged|not as long"),
    "small lying size": (lambda: patched("cats/1.jpg", 24, "<L", 9), "damaged"),
    "lying checksum": (lambda: patched("cats/1.jpg", 16, "<L", 7), "damaged"),
    "lying name": (renamed_inside, "damaged"),
    "lying table": (many_promised, "damaged"),
    "huge file": (lambda: patched("cats/1.jpg", 24, "<L", 2**30), "the limit is 128 MB"),
    "cut": (lambda: zipped(PETS)[:-30], "damaged"),
    "no zip": (lambda: b"Rar!\x1a\x07\x00" + bytes(100), "no zip at all"),
    "empty": (lambda: zipped({}), "no photos in it"),
    "no photos": (lambda: zipped({"cats/readme.txt": b"hello"}), "no photos in it"),
    "no classes": (lambda: zipped({"1.jpg": JPEG, "2.jpg": JPEG}), "lies in no class folder"),
    "one outside": (lambda: zipped(PETS | {"3.jpg": JPEG}), "'3.jpg' lies in no class folder"),
    "splits without train": (lambda: zipped({"val/a/1.jpg": JPEG, "x/1.jpg": JPEG}), "'train'"),
}


def test_there_are_at_least_30_zips():
    assert len(HOSTILE) >= 30


@pytest.fixture(scope="module")
def module_bench(tmp_path_factory):
    from web.workbench.conftest import served

    home = tmp_path_factory.mktemp("zips")
    with served(home / "photos", home / "runs") as made:
        yield made


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_zip_is_refused_whole(module_bench: Bench, kind: str):
    make, reason = HOSTILE[kind]
    answer = module_bench.send_zip("pets", make())
    assert answer.status == 422, answer.body
    assert any(words in answer.error for words in reason.split("|")), answer.error
    assert answer.error.endswith(".")
    left = {path.name for path in module_bench.photos.iterdir()}
    assert left == {".workbench"}
    assert not list((module_bench.photos / ".workbench").glob("*.json"))
    assert [path.name for path in module_bench.photos.parent.iterdir()] == ["photos"]


def test_control_the_same_zip_without_the_evil_is_taken(bench: Bench):
    answer = bench.send_zip("pets", zipped(PETS))
    assert answer.status == 201
    classes = [{"name": "cats", "n": 2}, {"name": "dogs", "n": 1}]
    assert answer.json["classes"] == classes
    assert answer.json["left_out"] is None
    for name, data in PETS.items():
        assert (bench.photos / "pets" / name).read_bytes() == data
    again = bench.send_zip("pets", zipped(PETS))
    assert (again.status, again.error) == (409, "there is 'pets' already; choose another name.")
    (one, _) = bench.get(f"{SETS}/{answer.json['id']}").json["photos"]["cats"]
    assert one["removable"]


def below(folder: str, files: Files = PETS) -> Files:
    return {f"{folder}/{name}": data for name, data in files.items()}


@pytest.mark.parametrize(
    ("files", "places"),
    [
        (below("pets"), set(PETS)),
        (below("a/b"), set(PETS)),
        (below("train") | below("val"), set(below("train")) | set(below("val"))),
        (below("all/train") | below("all/Test"), set(below("train")) | set(below("Test"))),
        (below("train"), set(below("train"))),
        ({"cats/indoors/1.jpg": JPEG, "dogs/1.jpg": JPEG}, {"cats/indoors/1.jpg", "dogs/1.jpg"}),
        ({"Äpfel/é.jpg": JPEG, "b/<i>'\"&.jpg": JPEG}, {"Äpfel/é.jpg", "b/<i>'\"&.jpg"}),
    ],
)
def test_photos_get_their_places(bench: Bench, files: Files, places: set[str]):
    assert bench.send_zip("set", zipped(files)).status == 201
    folder = bench.photos / "set"
    found = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert found == places


def test_what_systems_add_is_left_out_and_said(bench: Bench):
    junk = ["__MACOSX/cats/._1.jpg", "cats/.DS_Store", "cats/Thumbs.db", "notes.txt"]
    answer = bench.send_zip("pets", zipped(PETS | dict.fromkeys(junk, b"junk")))
    assert answer.json["left_out"] == "4 files that are no photos were left out of the zip."
    assert len([path for path in (bench.photos / "pets").rglob("*") if path.is_file()]) == 3


def test_names_in_utf8_that_do_not_say_so_are_read_as_they_are_meant(bench: Bench):
    data = zipped({"cats/AAA.jpg": JPEG, "dogs/1.jpg": JPEG}).replace(b"AAA", "é1".encode())
    assert bench.send_zip("pets", data).status == 201
    assert (bench.photos / "pets" / "cats" / "é1.jpg").is_file()


def test_a_zip_that_is_too_large_is_refused_from_its_header(bench: Bench, monkeypatch):
    monkeypatch.setattr("foveal.web.workbench.photo_routes.MOST_ZIP_BYTES", 2000)
    answer = bench.send_zip("pets", zipped({"cats/1.jpg": bytes(range(256)) * 20}, 0))
    assert answer.status == 413
    assert not (bench.photos / "pets").exists()
