"""The documents of the site: complete, typed, small, and the same numbers as the library's."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from foveal.models import architecture, list_models
from foveal.ops import KERNELS
from foveal.web.documents import MEDIA_TYPES, SEEDS, STATIC, Documents

SCRIPTS = sorted(STATIC.rglob("*.js"))
LONGEST = 300


@pytest.fixture(scope="module")
def documents() -> Documents:
    return Documents()


def data(documents: Documents, name: str):
    return json.loads(documents.get(f"data/{name}.json").content)


def test_scripts_are_javascript_whatever_the_system_says(documents):
    for path in documents.paths():
        if path.endswith(".js"):
            assert documents.get(path).media_type == "text/javascript; charset=utf-8"


def test_every_static_file_is_a_document(documents):
    files = {f.relative_to(STATIC).as_posix() for f in STATIC.rglob("*") if f.is_file()}
    assert files <= set(documents.paths())
    assert {f".{name.rsplit('.', 1)[1]}" for name in files} <= set(MEDIA_TYPES)


@pytest.mark.parametrize("file", SCRIPTS, ids=lambda file: file.name)
def test_a_script_is_short_and_says_what_it_is_for(file):
    lines = file.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= LONGEST
    assert lines[0].startswith("// ")


def test_the_router_is_under_60_lines():
    assert len((STATIC / "router.js").read_text().splitlines()) < 60


@pytest.mark.parametrize("file", sorted((STATIC / "math").glob("*.js")), ids=lambda file: file.name)
def test_math_knows_nothing_of_pages(file):
    text = file.read_text()
    assert not re.search(r"\b(document|fetch|localStorage|location|navigator)\b[.(\[]", text)
    assert set(re.findall(r'from "(.+?)"', text)) <= {
        f"./{one.name}" for one in file.parent.glob("*.js")
    }


def test_only_one_module_asks_the_server():
    asking = [
        f.name for f in SCRIPTS if re.search(r"\bfetch\(", f.read_text()) and f.name != "server.js"
    ]
    # Built-in photos are fetched as files, from addresses that server.js gives.
    assert set(asking) <= {"figure_photos.js", "photo_panel.js"}
    wild = [f.name for f in SCRIPTS if '"data/' in f.read_text() or "`data/" in f.read_text()]
    assert wild == ["server.js"]


def test_nothing_names_another_host():
    for file in STATIC.rglob("*"):
        if file.suffix in (".js", ".css", ".html"):
            text = file.read_text().replace("http://www.w3.org/2000/svg", "")
            assert not re.search(r"https?://", text), file


def test_kernels_are_those_of_the_library(documents):
    assert data(documents, "kernels")["kernels"] == [k.as_dict() for k in KERNELS.values()]


def test_every_registered_network_is_listed_and_can_be_summarised(documents):
    listed = {row["name"]: row for row in data(documents, "models")["models"]}
    assert tuple(listed) == list_models()
    for name in ("lenet5", "resnet18" if "resnet18" in listed else "resnet50"):
        summary = data(documents, f"models/{name}")
        assert summary["trainable"] + summary["frozen"] == architecture(name).parameters
        assert summary["blocks"][-1]["name"] == "head"
        assert summary["blocks"][0]["layers"][0]["explain"]["shape"]


def test_lessons_have_contents_and_questions_have_answers(documents):
    lessons = data(documents, "lessons")["lessons"]
    assert len(lessons) == 4
    for lesson in lessons:
        full = data(documents, f"lessons/{lesson['slug']}")
        assert [s["slug"] for s in full["sections"]] == [s["slug"] for s in lesson["sections"]]
    for seed in (0, SEEDS - 1):
        questions = data(documents, f"check/{seed}")["questions"]
        assert len(questions) == 6
        for question in questions:
            assert sum(choice["correct"] for choice in question["choices"]) == 1
            assert all(choice["reason"] for choice in question["choices"])


def test_there_is_no_document_of_another_name(documents):
    assert documents.get("data/check/20.json") is None
    assert documents.get("../app.py") is None


def test_importing_the_site_imports_no_pytorch():
    code = "import foveal.web.serve, foveal.cli.learn, sys; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
