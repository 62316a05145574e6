"""``foveal summary``: what a network consists of, from its name or from a model folder."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from foveal.cli.summary import Summary
from foveal.errors import ModelError, UnknownNameError, UsageError
from foveal.images import Preprocess
from foveal.models import list_models
from foveal.runtime.model_folder import ModelConfig, write_model
from foveal.workflow.describe import describe


def shown(capsys: pytest.CaptureFixture[str], command: Summary) -> str:
    assert command.run() == 0
    return capsys.readouterr().out


def model_folder(tmp_path: Path, head_widths: tuple[int, ...]) -> Path:
    folder = tmp_path / "run" / "model"
    folder.parent.mkdir()
    config = ModelConfig(
        architecture="efficientnet_lite0",
        classes=tuple("abc"),
        preprocess=Preprocess(image_size=160),
        head_widths=head_widths,
    )

    def write(path: Path) -> None:
        path.write_bytes(b"any")

    write_model(folder, config, write, write, "0")
    return folder.parent


def test_the_table_has_a_row_for_each_block_and_totals_below(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = shown(capsys, Summary("resnet18"))
    assert re.search(r"stage4_2 +Residual +512×7×7 +4,720,640 +40\.4 % +231,211,008 +435×435", text)
    assert "parameters: 11,689,512 (11,689,512 trainable, 0 frozen)" in text
    assert "moving statistics: 9,600" in text
    assert "multiplications for one image: 1,814,073,344" in text
    assert "resnet18 for images of 224×224×3" in text
    assert "memory: 46.8 MB weights," in text


def test_layers_shows_what_is_inside_the_blocks(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, Summary("lenet5", layers=True))
    assert re.search(r"blocks\.c1\S* +Conv2d +6×28×28 +156", text)


def test_json_holds_every_layer_with_its_formulas(capsys: pytest.CaptureFixture[str]) -> None:
    values = json.loads(shown(capsys, Summary("lenet5", json=True)))
    assert values["parameters"] == 61_706
    first = values["blocks"][0]["layers"][0]
    assert first["explain"]["parameters"] == "(5·5·1 + 1)·6 = 156"
    assert first["receptive_field"] == [5, 5]


def test_another_image_size_also_fits_networks_with_dense_layers() -> None:
    assert describe("vgg16", 64).blocks[-2].output_shape == (512 * 2 * 2,)
    assert describe("resnet50", 320).blocks[-3].output_shape == (2048, 10, 10)


def test_a_run_folder_is_described_with_its_own_head_and_image_size(tmp_path: Path) -> None:
    result = describe(str(model_folder(tmp_path, (1280, 64, 3))))
    assert (result.name, result.image_size) == ("efficientnet_lite0", 160)
    assert [item.output_shape for item in result.blocks[-1].layers if item.kind == "Linear"] == [
        (64,),
        (3,),
    ]


def test_of_a_run_with_a_trained_head_the_blocks_are_frozen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = str(model_folder(tmp_path, (1280, 3)))
    facts = describe(run)
    assert (facts.trainable, facts.frozen) == (1280 * 3 + 3, facts.parameters - 3843)
    text = shown(capsys, Summary(run))
    assert re.search(r"stem +ConvBN +frozen +32×80×80", text)
    assert re.search(r"head +Sequential +trainable +3 +3,843", text)
    assert re.search(r"3,843 trainable, 3,371,008 frozen, 99\.9 % of them", text)


def test_a_file_that_describes_a_network_is_summarised(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "small.toml"
    file.write_text("layers = [{ conv = 8 }, { global_average_pool = true }]", encoding="utf-8")
    assert re.search(r"conv1 +Sequential +8×32×32 +224", shown(capsys, Summary(str(file))))


def test_in_a_narrow_terminal_no_line_is_wider_and_no_number_is_cut(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("foveal.cli.summary.console", lambda: Console(width=80, highlight=False))
    for command in (Summary("resnet50"), Summary("efficientnet_b0", layers=True)):
        text = shown(capsys, command)
        assert max(map(len, text.splitlines())) <= 80
        assert "…" not in text
    assert "Not shown for lack of width: kind" in text


def test_a_name_that_is_nothing_gets_a_hint() -> None:
    with pytest.raises(UnknownNameError, match="unknown network or folder 'resnet5'; did you mean"):
        describe("resnet5")


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="holds no model"):
        describe(str(tmp_path))


def test_an_image_too_small_is_refused() -> None:
    with pytest.raises(UsageError, match=r"`image_size` must be at least \d+ for 'inception_v3'"):
        describe("inception_v3", 20)


def test_the_command_needs_no_weights_and_no_network(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "def watch(event, arguments):\n"
        "    if event in ('socket.connect', 'socket.getaddrinfo'): raise SystemExit(9)\n"
        "sys.addaudithook(watch)\n"
        "from foveal.cli.summary import Summary\n"
        "assert 'torch' not in sys.modules\n"
        "sys.exit(Summary('efficientnet_b0', json=True).run())\n"
    )
    environment = {"PYTHONPATH": ":".join(sys.path), "HF_HOME": str(tmp_path), "PATH": "/usr/bin"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    assert list(tmp_path.iterdir()) == []


def test_every_listed_network_can_be_described() -> None:
    assert {describe(name).name for name in ("lenet5", "vgg11")} <= set(list_models())
