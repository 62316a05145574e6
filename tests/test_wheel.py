"""The wheel, installed into a fresh environment, does the main job."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    words = ["-m", "build", "--wheel", "--outdir", str(folder), str(REPOSITORY)]
    subprocess.run([sys.executable, *words], check=True, capture_output=True, timeout=280)
    return next(folder.glob("*.whl"))


@pytest.mark.long
def test_the_wheel_carries_every_file_of_the_package(wheel):
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if name.startswith("foveal/")}
    package = REPOSITORY / "src" / "foveal"
    files = (file for file in package.rglob("*") if file.is_file())
    expected = {f"foveal/{f.relative_to(package)}" for f in files if "__pycache__" not in f.parts}
    assert packed == expected
    assert {"foveal/py.typed", "foveal/evaluation/report.css"} <= packed


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_fresh_environment_trains_and_predicts(wheel, tmp_path, photos):
    environment = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    pip = [environment / "bin" / "pip", "install", "--quiet", wheel]
    subprocess.run(pip, check=True, timeout=800)
    foveal = environment / "bin" / "foveal"
    train = [foveal, "train", photos, "--backbone", "efficientnet_lite0", "--out", "runs"]
    subprocess.run(train, check=True, cwd=tmp_path, timeout=280)
    predict = [foveal, "predict", "runs/photos-001", photos / "spots" / "00.jpg"]
    result = subprocess.run(predict, check=True, cwd=tmp_path, capture_output=True, text=True)
    assert "spots" in result.stdout
