from __future__ import annotations

import pytest

from foveal.data import has_splits, list_labelled
from foveal.errors import DataError, UsageError


def listed(source, split=None):
    return [(path.name, label) for path, label in list_labelled(source, split)]


def test_without_split_folders_every_photo_counts(pets, write):
    write("cats/cut.png", content=b"no image")  # decoding finds out
    (pets / "owls").mkdir()
    assert len(listed(pets)) == 31
    assert listed(pets)[0] == ("00.png", "cats")


def test_a_split_that_is_asked_for_where_there_are_none_is_refused(pets):
    with pytest.raises(
        UsageError,
        match=r"`split` chooses among the splits of the photos, but .*photos has no split folders "
        r"such as test/: leave it out to measure all of its photos\.$",
    ):
        list_labelled(pets, "test")
    (pets / "table.csv").write_text("path,label\ncats/00.png,cats\n")
    with pytest.raises(UsageError, match=r"table\.csv has no column 'split': leave it out"):
        list_labelled(pets / "table.csv", "train")


def test_split_folders_are_chosen_among_and_test_is_the_first_choice(write):
    root = write("train/a/1.png", "test/a/2.png", "test/b/3.png")
    assert listed(root) == listed(root, "test") == [("2.png", "a"), ("3.png", "b")]
    assert listed(root, "train") == [("1.png", "a")]


def test_whether_there_are_splits_is_known_of_folders_and_tables(pets, write):
    table = pets / "table.csv"
    table.write_text("path,label\ncats/00.png,cats\n")
    assert not has_splits(pets)
    assert not has_splits(table)
    table.write_text("path,label,split\ncats/00.png,cats,test\n")
    assert has_splits(table)


def test_split_folders_are_splits(write):
    assert has_splits(write("train/a/1.png", "test/a/2.png"))


def test_a_split_that_is_not_there_is_refused_with_those_that_are(write):
    root = write("train/a/1.png", "val/a/2.png")
    with pytest.raises(
        DataError, match=r"has no test photos; use --split train or --split validation\.$"
    ):
        list_labelled(root)


def test_a_table_is_listed_as_it_is_with_one_class_or_missing_files(pets):
    (pets / "table.csv").write_text("path,class\ncats/00.png,cats\ngone.png,cats\n")
    assert listed(pets / "table.csv") == [("00.png", "cats"), ("gone.png", "cats")]


def test_a_column_split_is_chosen_from(pets):
    rows = "cats/00.png,cats,train\ncats/01.png,cats,test\ndogs/01.png,dogs,val\n"
    (pets / "table.csv").write_text(f"path,label,split\n{rows}")
    assert listed(pets / "table.csv") == [("01.png", "cats")]
    assert listed(pets / "table.csv", "validation") == [("01.png", "dogs")]
