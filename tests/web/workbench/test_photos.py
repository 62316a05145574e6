"""Photos of the workbench: kept, listed, shown, checked, and taken out again."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from PIL import Image

from conftest import write_photos
from foveal.web.workbench import shelves
from web.workbench.conftest import SETS, Bench, photo

whole = shelves.Shelf.of
HOSTILE = ['<img src=x onerror="alert(1)">', "\"><script>alert('x')", "a & b's ${x} {{y}}", "né ⚘"]


def test_a_folder_that_does_not_exist_yet_holds_no_sets(bench: Bench):
    answer = bench.get(SETS).json
    assert answer["sets"] == []
    assert set(answer["limits"]) == {"photo_mb", "zip_mb", "photos"}
    assert not bench.photos.exists()


def test_a_set_is_made_filled_listed_and_emptied(bench: Bench):
    key = bench.make_set("pets")
    added = bench.add(key, "cats", "one.jpg", photo())
    assert added.status == 201
    bench.add(key, "dogs", "two.png", photo((20, 30, 200), "PNG"))
    classes = [{"name": "cats", "n": 1}, {"name": "dogs", "n": 1}]
    assert bench.sets()["pets"] == {"id": key, "name": "pets", "n": 2, "classes": classes}
    page = bench.get(f"{SETS}/{key}").json
    (cat,) = page["photos"]["cats"]
    assert (cat["name"], cat["removable"], cat["id"]) == (
        "one.jpg",
        True,
        added.json["photo"]["id"],
    )
    assert (bench.photos / "pets" / "cats" / "one.jpg").read_bytes() == photo()
    assert bench.post(f"{SETS}/{key}/remove", {"photo": cat["id"]}).status == 200
    assert bench.sets()["pets"]["n"] == 1
    assert not (bench.photos / "pets" / "cats" / "one.jpg").exists()


def test_a_name_that_is_taken_gets_a_number_and_the_same_photo_is_there_once(bench: Bench):
    key = bench.make_set()
    one, again, other = (
        bench.add(key, "cats", "one.jpg", data).json["photo"]
        for data in (photo(), photo(), photo((9, 9, 9)))
    )
    assert one == again
    assert other["name"] == "one-2.jpg"
    assert bench.sets()["things"]["n"] == 2


def test_a_photo_without_a_suffix_gets_that_of_its_format(bench: Bench):
    added = bench.add(bench.make_set(), "cats", "image", photo(kind="WEBP")).json["photo"]
    assert added["name"] == "image.webp"


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"", "no photo came"), (b"GIF89a", "GIF"), (photo()[:300], "truncated JPEG")],
)
def test_what_cannot_be_decoded_is_not_kept(bench: Bench, data: bytes, reason: str):
    key = bench.make_set()
    answer = bench.add(key, "cats", "one.jpg", data)
    assert answer.status == 422
    assert reason in answer.error
    assert bench.sets()["things"]["classes"] == []


@pytest.mark.parametrize(
    "name", ["", ".hidden", "a/b", "..", "a\\b", "c:x", "nul.jpg", " a", "a\n"]
)
def test_a_name_that_leads_elsewhere_or_that_no_system_takes_is_refused(bench: Bench, name: str):
    key = bench.make_set()
    for answer in (
        bench.post(SETS, {"name": name}),
        bench.add(key, name, "one.jpg", photo()),
        bench.add(key, "cats", name, photo()),
        bench.send_zip(name, b"x"),
    ):
        assert answer.status == 422
        assert "the name of a" in answer.error
        assert "choose another" in answer.error
    assert [path.name for path in bench.photos.iterdir()] == [".workbench", "things"]


def test_a_class_is_not_called_like_a_split_nor_like_another_in_capitals(bench: Bench):
    key = bench.make_set()
    assert "holds a split" in bench.add(key, "train", "a.jpg", photo()).error
    bench.add(key, "Cats", "a.jpg", photo())
    assert "differs only in case" in bench.add(key, "cats", "a.jpg", photo()).error


def test_a_name_is_used_once(bench: Bench):
    bench.make_set("pets")
    for name in ("pets", "PETS"):
        answer = bench.post(SETS, {"name": name})
        assert (answer.status, answer.error) == (
            409,
            "there is 'pets' already; choose another name.",
        )


@pytest.mark.parametrize("name", HOSTILE)
def test_names_with_markup_come_back_as_the_same_text(bench: Bench, name: str):
    if "/" in name:
        name = name.replace("/", "")
    key = bench.make_set(name)
    bench.add(key, name, f"{name}.jpg", photo())
    answer = bench.get(f"{SETS}/{key}")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.json["name"] == name
    assert answer.json["photos"][name][0]["name"] == f"{name}.jpg"
    finding = bench.get(f"{SETS}/{key}/check").json["findings"][0]
    assert repr(name)[1:-1] in finding["sentence"]


def test_a_thumbnail_is_small_and_without_metadata(bench: Bench):
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (48.0, 8.0, 15.0)
    file = io.BytesIO()
    Image.new("RGB", (900, 600), "teal").save(file, "JPEG", exif=exif, comment=b"SecretComment")
    assert b"SecretCamera" in file.getvalue()  # control: it was in the photo
    key = bench.make_set()
    shown = bench.add(key, "cats", "one.jpg", file.getvalue()).json["photo"]["thumb"]
    answer = bench.ask("GET", shown, X_Foveal_Token=None, Origin=None)
    assert (answer.status, answer.headers["content-type"]) == (200, "image/jpeg")
    assert b"Secret" not in answer.body
    assert b"Exif" not in answer.body
    assert Image.open(io.BytesIO(answer.body)).size == (192, 128)
    assert bench.ask("GET", shown, Sec_Fetch_Site="cross-site").status == 403


def test_photos_that_were_there_before_are_listed_and_left_alone(bench: Bench):
    write_photos(bench.photos / "mine", {"stripes": 2, "spots": 2})
    key = bench.sets()["mine"]["id"]
    (first, _) = bench.get(f"{SETS}/{key}").json["photos"]["spots"]
    assert not first["removable"]
    answer = bench.post(f"{SETS}/{key}/remove", {"photo": first["id"]})
    assert answer.status == 409
    assert "did not come through the workbench" in answer.error
    added = bench.add(key, "spots", "new.jpg", photo()).json["photo"]
    assert bench.post(f"{SETS}/{key}/remove", {"photo": added["id"]}).status == 200
    assert bench.sets()["mine"]["n"] == 4


def test_a_folder_that_is_a_set_itself_is_the_only_one(bench: Bench):
    write_photos(bench.photos, {"stripes": 2, "spots": 2})
    assert list(bench.sets()) == ["photos"]
    answer = bench.post(SETS, {"name": "more"})
    assert answer.status == 409
    assert "look like a class" in answer.error
    bench.add(bench.sets()["photos"]["id"], "spots", "new.jpg", photo())
    assert bench.sets()["photos"]["n"] == 5


def test_new_photos_of_a_set_with_splits_are_to_learn_from(bench: Bench):
    for split in ("train", "val"):
        write_photos(bench.photos / "mine" / split, {"stripes": 2, "spots": 2})
    key = bench.sets()["mine"]["id"]
    assert bench.sets()["mine"]["n"] == 8
    bench.add(key, "spots", "new.jpg", photo())
    bench.add(key, "flat", "new.jpg", photo())
    assert {p.parent.name for p in (bench.photos / "mine" / "train").rglob("new.jpg")} == {
        "spots",
        "flat",
    }


def test_a_link_that_leads_out_is_neither_a_set_nor_a_photo(bench: Bench, tmp_path: Path):
    write_photos(tmp_path / "secret", {"stripes": 2, "spots": 2})
    write_photos(bench.photos / "mine", {"stripes": 2, "spots": 2})
    (bench.photos / "linked").symlink_to(tmp_path / "secret")
    (bench.photos / "mine" / "spots" / "99.jpg").symlink_to(tmp_path / "secret/spots/00.jpg")
    assert list(bench.sets()) == ["mine"]
    key = bench.sets()["mine"]["id"]
    thumbs = [one["thumb"] for one in bench.get(f"{SETS}/{key}").json["photos"]["spots"]]
    assert [bench.get(thumb).status for thumb in thumbs] == [200, 200, 404]


def test_the_check_tells_what_is_wrong_with_the_photos_it_means(bench: Bench):
    write_photos(bench.photos / "mine", {"stripes": 6, "spots": 6, "plain": 6}, seed=1)
    folder = bench.photos / "mine"
    (folder / "spots" / "98.jpg").write_bytes(photo()[:300])
    (folder / "spots" / "99.jpg").write_bytes((folder / "plain" / "00.jpg").read_bytes())
    key = bench.sets()["mine"]["id"]
    found = bench.get(f"{SETS}/{key}/check").json
    assert found["trainable"]
    kinds = {finding["kind"]: finding for finding in found["findings"]}
    assert [one["name"] for one in kinds["unreadable"]["photos"]] == ["98.jpg"]
    assert kinds["unreadable"]["level"] == "error"
    doubled = kinds.get("conflict") or kinds["leak"]
    assert {(one["class"], one["name"]) for one in doubled["photos"]} == {
        ("plain", "00.jpg"),
        ("spots", "99.jpg"),
    }
    assert "20 photos of 3 classes: 2 faults" in found["verdict"]
    assert str(bench.photos) not in json.dumps(found)
    (folder / "spots" / "98.jpg").unlink()
    assert "1 fault" in bench.get(f"{SETS}/{key}/check").json["verdict"]  # no stale answer


def test_the_check_says_why_nothing_can_be_learned_yet(bench: Bench):
    key = bench.make_set()
    found = bench.get(f"{SETS}/{key}/check").json
    assert not found["trainable"]
    assert "things is empty; expected one sub-folder" in found["verdict"]
    bench.add(key, "cats", "one.jpg", photo())
    found = bench.get(f"{SETS}/{key}/check").json
    assert not found["trainable"]
    assert "add images of something else" in found["verdict"]


def test_a_photo_that_is_there_already_is_not_fresh(bench: Bench):
    key = bench.make_set()
    first, again = (bench.add(key, "cats", "one.jpg", photo()) for _ in range(2))
    assert (first.status, first.json["fresh"]) == (201, True)
    assert (again.status, again.json["fresh"]) == (200, False)


def test_photos_that_others_put_into_the_folder_are_seen_and_never_written_over(bench: Bench):
    key = bench.make_set()
    bench.add(key, "cats", "one.jpg", photo())
    bench.add(key, "cats", "two.jpg", photo())
    mine = bench.photos / "things" / "cats" / "Three.jpg"
    mine.write_bytes(photo((1, 2, 3)))
    added = bench.add(key, "cats", "three.jpg", photo()).json["photo"]
    assert added["name"] == "three-2.jpg"
    assert mine.read_bytes() == photo((1, 2, 3))
    assert bench.sets()["things"]["n"] == 4
    mine.unlink()
    assert bench.add(key, "cats", "Three.jpg", photo()).json["photo"]["name"] == "Three.jpg"


def test_adding_photos_does_not_list_the_set_each_time(bench: Bench, monkeypatch):
    listed = []
    monkeypatch.setattr(shelves.Shelf, "of", lambda photos: listed.append(1) or whole(photos))
    key = bench.make_set()
    for number in range(12):
        bench.add(key, "cats", f"{number}.jpg", photo())
    assert len(listed) == 2  # the empty set, and the set with its first folder
    assert len(bench.get(f"{SETS}/{key}").json["photos"]["cats"]) == 12


def test_what_was_noted_last_may_be_half_a_line(bench: Bench):
    key = bench.make_set()
    bench.add(key, "cats", "one.jpg", photo())
    with open(bench.photos / ".workbench" / "things.added", "ab") as file:
        file.write(b'\n"cats/tw')  # where a process was killed
    bench.add(key, "cats", "three.jpg", photo())
    shown = bench.get(f"{SETS}/{key}").json["photos"]["cats"]
    assert [(one["name"], one["removable"]) for one in shown] == [
        ("one.jpg", True),
        ("three.jpg", True),
    ]
    assert bench.post(f"{SETS}/{key}/remove", {"photo": shown[0]["id"]}).status == 200
    assert bench.get(f"{SETS}/{key}").json["photos"]["cats"][0]["removable"]


def test_a_photo_that_cannot_be_decoded_has_no_picture(bench: Bench):
    write_photos(bench.photos / "mine", {"stripes": 3, "spots": 3}, seed=1)
    (bench.photos / "mine" / "spots" / "98.jpg").write_bytes(photo()[:300])
    key = bench.sets()["mine"]["id"]
    found = bench.get(f"{SETS}/{key}/check").json
    (broken,) = (one for one in found["findings"] if one["kind"] == "unreadable")
    assert [one["thumb"] for one in broken["photos"]] == [None]
    (few,) = (one for one in found["findings"] if one["kind"] == "few")
    assert "have fewer than 10 photos, which teach little" in few["sentence"]
    listed = bench.get(f"{SETS}/{key}").json["photos"]["spots"]
    assert [bench.get(one["thumb"]).status for one in listed] == [200, 200, 200, 204]


def filled(bench: Bench, name: str = "things") -> str:
    key = bench.make_set(name)
    for label, colour in (("cat", (200, 30, 30)), ("dog", (30, 30, 200))):
        for number in range(2):
            assert bench.add(key, label, f"{number}.jpg", photo(colour)).status == 201
    return key


def test_a_class_is_removed_with_its_photos_and_can_be_begun_again(bench: Bench):
    key = filled(bench)
    told = bench.post(f"{SETS}/{key}/clear", {"class": "cat"}).json
    assert told == {"removed": 2, "left": 0, "gone": False}
    assert sorted(path.name for path in (bench.photos / "things").iterdir()) == ["dog"]
    assert [one["name"] for one in bench.sets()["things"]["classes"]] == ["dog"]
    again = bench.post(f"{SETS}/{key}/clear", {"class": "cat"})
    assert (again.status, again.error) == (404, "there is no such class; reload the page.")
    assert bench.add(key, "cat", "0.jpg", photo()).status == 201


def test_a_set_that_was_made_here_is_removed_whole(bench: Bench):
    key = filled(bench)
    assert bench.post(f"{SETS}/{key}/clear").json == {"removed": 4, "left": 0, "gone": True}
    assert bench.sets() == {}
    assert not (bench.photos / "things").exists()
    assert bench.get(f"{SETS}/{key}").status == 404
    assert bench.make_set("things") == key  # the name is free again


def test_what_was_there_before_stays_when_a_set_or_a_class_is_removed(bench: Bench):
    mine = bench.photos / "mine"
    write_photos(mine, {"cat": 2, "dog": 2})
    (mine / "dog" / "later").mkdir()
    key = bench.sets()["mine"]["id"]
    bench.add(key, "cat", "new.jpg", photo())
    bench.add(key, "bird", "new.jpg", photo())
    before = {path for path in mine.rglob("*") if "new" not in path.name and path.name != "bird"}
    told = bench.post(f"{SETS}/{key}/clear", {"class": "dog"}).json
    assert told == {"removed": 0, "left": 2, "gone": False}
    assert bench.post(f"{SETS}/{key}/clear").json == {"removed": 2, "left": 4, "gone": False}
    assert set(mine.rglob("*")) == before
