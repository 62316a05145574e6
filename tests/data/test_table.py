from __future__ import annotations

import pytest

from foveal.data import ImageData
from foveal.errors import DataError

HEADER = "path,label\n"


@pytest.fixture
def table(pets):
    """Write a table beside the photos and return its path."""

    def write_table(text: str | bytes):
        file = pets / "table.csv"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file

    return write_table


def rows(numbers=range(4)) -> str:
    return "".join(f"{label}/{n:02d}.png,{label}\n" for label in ("cats", "dogs") for n in numbers)


def test_a_table_is_listed_and_split(pets, table):
    data = ImageData.from_csv(table(HEADER + rows()), val=0.25, test=0.25)
    assert data.root == pets
    assert data.split_source == "seeded"
    assert data.counts()["train"] == {"cats": 2, "dogs": 2}


def test_a_table_gives_the_same_split_as_the_folder(pets, table):
    text = HEADER + rows(range(10)) + "".join(f"dogs/{n}.png,dogs\n" for n in range(10, 20))
    assert ImageData.from_csv(table(text)).samples == ImageData.from_folder(pets).samples


def test_splits_and_groups_are_read_in_any_column_order(table):
    text = "group,Split,path,LABEL\np1,train,cats/00.png,cat\n,Val,cats/01.png, cat \n"
    text += "p2,TRAIN,dogs/00.png,dog\np3,test,dogs/01.png,dog\n"
    data = ImageData.from_csv(table(text))
    assert [(s.label, s.split, s.group) for s in data.samples] == [
        ("cat", "train", "p1"),
        ("cat", "validation", None),
        ("dog", "train", "p2"),
        ("dog", "test", "p3"),
    ]
    assert data.split_source == "table"


def test_groups_of_a_table_are_kept_together(table):
    text = "path,label,group\n" + "".join(
        f"dogs/{n:02d}.png,{'a' if n % 2 else 'b'},g{n // 4}\n" for n in range(20)
    )
    data = ImageData.from_csv(table(text), val=0.2, test=0.2)
    groups = {split: {s.group for s in data.subset(split)} for split in ("train", "test")}
    assert len(groups["test"]) == 1
    assert not groups["train"] & groups["test"]


@pytest.mark.parametrize(
    "text",
    [
        b"\xef\xbb\xbf" + (HEADER + rows()).encode(),
        (HEADER + rows()).replace("\n", "\r\n"),
        (HEADER + rows()).replace("\n", "\r"),
        "\n" + HEADER + "\n" + rows() + "\n\n",
        HEADER + rows().replace("cats/00.png", '"cats/00.png"').rstrip("\n"),
        HEADER + rows().replace("cats/00.png", "./dogs/../cats/00.png"),
    ],
)
def test_byte_order_marks_line_endings_blank_lines_and_quotes_make_no_difference(table, text):
    data = ImageData.from_csv(table(text))
    expected = ImageData.from_csv(table(HEADER + rows()))
    assert data.fingerprint() == expected.fingerprint()


def test_quoted_cells_may_hold_commas_quotes_and_line_breaks(write, table):
    write('cats/a, "b".png')
    text = HEADER + rows() + '"cats/a, ""b"".png","cats"\n'
    assert len(ImageData.from_csv(table(text)).samples) == 9
    text = HEADER + rows().replace(",cats", ',"cats\nand kittens"')
    assert ImageData.from_csv(table(text)).classes == ("cats\nand kittens", "dogs")


def test_paths_may_be_absolute_or_start_from_another_root_or_lead_out_of_it(pets, table, tmp_path):
    absolute = HEADER + "".join(
        f"{pets / line.split(',')[0]},{line.split(',')[1]}\n" for line in rows().splitlines()
    )
    expected = ImageData.from_csv(table(HEADER + rows())).fingerprint()
    assert ImageData.from_csv(table(absolute)).fingerprint() == expected
    elsewhere = tmp_path / "tables" / "t.csv"
    elsewhere.parent.mkdir()
    elsewhere.write_text(HEADER + rows())
    assert ImageData.from_csv(elsewhere, root=pets).fingerprint() == expected
    elsewhere.write_text(HEADER + rows().replace("cats/", "../photos/cats/"))
    outside = ImageData.from_csv(elsewhere, root=pets)
    assert outside.fingerprint() == expected


def test_columns_that_are_not_used_are_named(table):
    data = ImageData.from_csv(
        table("path,label,width\ncats/00.png,a,1\ndogs/00.png,b,2\n"), val=0, test=0
    )
    assert data.warnings == ("columns of the table that are not used: 'width'.",)


def test_a_file_that_is_no_image_is_listed(table, write):
    write("cats/notes.txt", content=b"x")
    data = ImageData.from_csv(table(HEADER + rows() + "cats/notes.txt,cats\n"))
    assert [(r.path.name, r.reason) for r in data.rejected] == [("notes.txt", "not an image file")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "table.csv is empty; expected a first line of column names"),
        (HEADER, "table.csv names no images; expected one row for each"),
        ("file,label\na,b\n", "'path,label' .* found the columns 'file', 'label'"),
        ("cats/00.png,cats\n", "found the columns 'cats/00.png', 'cats'"),
        ("path;label\na;b\n", "separated by commas, not semicolons .* found .* 'path;label'"),
        ("path,label,path\na,b,c\n", "each once; found the columns 'path', 'label', 'path'"),
        ("path,label,split\na.png,x,dev\n", "line 2: unknown split 'dev'; expected train, valid"),
        ("path,label,split\na.png,x,\n", "line 2: unknown split ''; expected train"),
        (HEADER + "a.png,x,y\n", r"line 2: expected 2 cells \(path, label\); got 3: put a cell"),
        (HEADER + "a.png\n", "line 2: expected 2 cells .* got 1"),
        (HEADER + rows() + "cats/01.png, \n,dogs\n", "every row must have a path; .* in line 11"),
        (HEADER + rows() + "cats/01.png, \n", "every row must have a label; .* blank in line 10"),
        (HEADER + rows() + "dogs/../cats/01.png,cats\n", "line 10 repeats line 3"),
        (HEADER + rows() + "cats/01.png,dogs\n", r"line 10 repeats line 3 \(cats/01.png\)"),
        (HEADER + rows() + "no.png,owls\n", r"'owls' has no usable images \(no.png: does not exi"),
        (HEADER + 'cats/00.png,"cats\n', "line 2: not valid CSV .* correct the quotes there"),
        ("path,label\ncats/00.png,c\u00e4t\n".encode("latin-1"), r"not UTF-8 text \(byte 24\)"),
        ((HEADER + rows()).encode("utf-16"), r"is not UTF-8 text \(byte 0\); save it as 'CSV UTF"),
        (HEADER + "cats/00.png,a\ncats/01.png,a\n", "has one class, 'a'; a classifier needs"),
        (HEADER + rows() + "cats/05.png,Cats\n", "'Cats' and 'cats' differ only in case"),
        (HEADER + rows() + "cats/05.png,one\n", "class 'one' has 1 image; at least 2"),
        (
            "path,label,split\ncats/00.png,a,train\ncats/01.png,b,test\n",
            "the test split has images of 'b' but the train split has none",
        ),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_with_a_reason(table, text, message):
    file = table(text)
    with pytest.raises(DataError, match=message):
        ImageData.from_csv(file)


def test_missing_files_are_listed_and_the_others_are_used(pets, table):
    data = ImageData.from_csv(table(HEADER + rows() + "gone/1.png,cats\ncats,dogs\n"))
    assert len(data.samples) == 8
    assert [(r.path.relative_to(pets).as_posix(), r.reason, r.remedy) for r in data.rejected] == [
        ("cats", "is a folder (table.csv, line 11)", "correct its path, or remove its row"),
        (
            "gone/1.png",
            "does not exist (table.csv, line 10)",
            "correct its path, or remove its row",
        ),
    ]
    assert data.warnings == (
        "2 files are empty or cannot be opened and are left out: 1.png, cats.",
    )


def test_a_table_of_which_nothing_exists_is_refused_with_the_first_ten(pets, table):
    text = HEADER + "".join(f"gone/{n}.png,{n % 2}\n" for n in range(14))
    with pytest.raises(
        DataError,
        match=r"none of its 14 files exists, looked for from .*photos: line 2: gone/0.png, .*"
        r"line 11: gone/9.png and 4 more; correct the paths, which start from the folder of the "
        r"table, or in Python give another `root`",
    ):
        ImageData.from_csv(table(text))


def test_a_missing_table_and_a_folder_are_refused(pets):
    with pytest.raises(DataError, match=r"no\.csv does not exist; expected a CSV file"):
        ImageData.from_csv(pets / "no.csv")
    with pytest.raises(DataError, match="photos is a folder, not a file; expected a CSV file"):
        ImageData.from_csv(pets)


def test_an_empty_image_file_is_listed(table, write):
    write("cats/none.png", content=b"")
    data = ImageData.from_csv(table(HEADER + rows() + "cats/none.png,cats\n"))
    assert [r.reason for r in data.rejected] == ["the file is empty"]
    assert data.warnings == ("1 file is empty or cannot be opened and is left out: none.png.",)
