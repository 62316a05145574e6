"""Channels, pooling and gradient labs, the explorer and the feature maps."""

from __future__ import annotations

import io
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from foveal.models import list_models
from foveal.ops import KERNELS, average_pool2d, max_pool2d
from foveal.runtime.model_folder import CONFIG
from foveal.web.networks import find_runs
from web.conftest import go
from web.test_photos import noise

EXAMPLE = [[1, 3, 2, 4], [5, 6, 1, 2], [3, 2, 8, 1], [4, 7, 3, 9]]


def grid(page, name: str) -> np.ndarray:
    cells = page.eval_on_selector_all(
        f'[role=grid][aria-label^="{name}"] td[data-row]',
        "all => all.map(td => [+td.dataset.row, +td.dataset.col, +td.dataset.value])",
    )
    made = np.zeros((cells[-1][0] + 1, cells[-1][1] + 1))
    for row, column, value in cells:
        made[row, column] = value
    return made


def test_the_maps_of_the_channels_and_the_bias_add_up_to_the_output(open_page):
    page = open_page("#/channels")
    scenes = page.locator("fieldset").nth(0).get_by_role("radio").all()
    filters = page.locator("fieldset").nth(1).get_by_role("radio").all()
    page.locator("[data-field=bias]").fill("-3")
    page.keyboard.press("Enter")
    for scene in scenes:
        scene.check(force=True)
        for kind in filters:
            kind.check(force=True)
            maps = [grid(page, f"{name}: map") for name in ("Red", "Green", "Blue")]
            assert (sum(maps) - 3 == grid(page, "Output")).all()
    page.get_by_role("button", name="Next cell").click()
    total = page.locator(".total-line").text_content()
    assert total.count("+") == 3
    assert total.endswith(f"= {int(grid(page, 'Output')[0, 1])}".replace("-", "−"))


def test_a_weight_of_one_channel_changes_only_its_map(open_page):
    page = open_page("#/channels")
    before = [grid(page, f"{name}: map") for name in ("Red", "Green", "Blue")]
    page.locator("[data-field=weight-green]").fill("4")
    page.keyboard.press("Enter")
    after = [grid(page, f"{name}: map") for name in ("Red", "Green", "Blue")]
    assert [(a == b).all() for a, b in zip(before, after, strict=True)] == [True, False, True]


def test_max_pooling_keeps_the_place_of_every_maximum_visible(open_page):
    page = open_page("#/pooling")
    assert grid(page, "Output").tolist() == max_pool2d(EXAMPLE).tolist() == [[6, 4], [7, 9]]
    won = page.eval_on_selector_all(
        "td.won", "all => all.map(td => [+td.dataset.row, +td.dataset.col])"
    )
    assert won == [[0, 3], [1, 1], [3, 1], [3, 3]]
    assert page.locator(".total-line").text_content() == "max(1, 3, 5, 6) = 6"
    page.get_by_role("radio", name="The average").check(force=True)
    assert grid(page, "Output").tolist() == average_pool2d(EXAMPLE).tolist()
    assert page.locator(".total-line").text_content() == "(1 + 3 + 5 + 6) / 4 = 3.75"
    assert page.locator("td.won").count() == 0


def test_the_pooling_lab_is_shareable_and_says_what_does_not_fit(open_page):
    page = open_page("#/pooling?v=1&op=average&size=3&stride=1&x=1,2,3.4,5,6.7,8,9")
    assert grid(page, "Output").tolist() == [[5]]
    page.locator("[data-field=size]").fill("4")
    page.keyboard.press("Enter")
    assert page.get_by_text("The window spans 4 cells").is_visible()
    page.go_back()
    assert grid(page, "Output").tolist() == [[5]]


@pytest.mark.parametrize(
    "name", [n for n, k in KERNELS.items() if k.divisor == 1 and n != "identity"]
)
def test_gradient_descent_finds_every_hidden_filter(open_page, name: str):
    page = open_page("#/gradient")
    page.get_by_role("radio", name=KERNELS[name].title).check(force=True)
    assert (grid(page, "Kernel so far") == 0).all()
    step = page.get_by_role("button", name="One step")
    step.evaluate(
        """one => { for (let i = 0; i < 400 && !document.body.textContent.includes("Found after");
            i += 1) one.click(); }"""
    )
    assert page.get_by_text("Found after").first.is_visible()
    assert np.abs(grid(page, "Kernel so far") - np.array(KERNELS[name].weights)).max() < 0.02


def test_the_shares_of_all_windows_add_up_to_the_gradient(open_page):
    page = open_page("#/gradient")
    page.get_by_role("button", name="One step").click()
    gradient = grid(page, "Gradient ∂L/∂K")
    page.get_by_role("button", name="Last cell").click()
    np.testing.assert_allclose(grid(page, "Gradient so far"), gradient, atol=1e-9)
    page.get_by_role("button", name="First cell").click()
    np.testing.assert_allclose(grid(page, "Gradient so far"), grid(page, "This window"))


def test_learning_can_be_watched_and_paused(open_page):
    page = open_page("#/gradient")
    page.get_by_role("button", name="Learn").click()
    page.get_by_text("Found after").first.wait_for()
    path = page.locator(".chart path.series").get_attribute("d")
    assert path.count("L") > 10
    page.get_by_role("button", name="Show as a table").click()
    losses = page.locator(".chart tbody td").all_text_contents()
    assert float(losses[-1]) < 1e-4 < float(losses[0])
    assert page.locator(".chart desc").text_content().startswith("loss: from ")


def test_the_explorer_shows_every_registered_network(open_page):
    page = open_page("#/explorer?model=vgg11&compare=resnet18")
    page.get_by_role("table").first.wait_for()
    names = page.locator("#explorer-model option").all_text_contents()
    assert tuple(names) == list_models()
    assert page.get_by_text("132,863,336").first.is_visible()
    fold = page.locator(".fold").first
    fold.click()
    assert fold.get_attribute("aria-expanded") == "true"
    page.get_by_label("Show the formulas").first.check()
    assert page.get_by_text("shape: ⌊(224 + 2·1 − 3) / 1⌋ + 1 = 224").first.is_visible()
    page.get_by_role("button", name="Unfold all").first.click()
    assert page.locator("tr.layer").count() > 20
    page.locator("#explorer-compare").select_option("")
    page.locator("[aria-label=Comparison]").wait_for(state="detached")
    assert page.url.endswith("#/explorer?model=vgg11")
    page.go_back()
    page.locator("[aria-label=Comparison]").wait_for()


def test_the_explorer_names_a_network_that_does_not_exist(open_page):
    page = open_page("#/explorer?model=resnet5000")
    page.get_by_text("There is no network called “resnet5000”").wait_for()


@pytest.fixture
def run_folder(site):
    """A run as `foveal train` leaves it, as far as the explorer reads it."""
    import safetensors.numpy

    from foveal.images import Preprocess
    from foveal.runtime.model_folder import ModelConfig, write_model

    config = ModelConfig(
        architecture="lenet5",
        classes=("cat", "dog"),
        preprocess=Preprocess(image_size=32, channels=1),
        head_widths=(400, 2),
    )
    folder = site.runs / "pets <b>1"
    weights = safetensors.numpy.save({"w": np.zeros(1, np.float32)})
    write_model(
        folder / "model",
        config,
        lambda path: path.write_bytes(weights),
        lambda path: (path.write_bytes(b"x"), path.with_suffix(".bin").write_bytes(b"x")),
        "0",
    )
    yield folder
    shutil.rmtree(folder)


def test_the_explorer_shows_trained_runs(open_page, run_folder: Path):
    page = open_page("#/explorer")
    page.locator("#explorer-model optgroup[label='Your runs']").wait_for(state="attached")
    page.locator("#explorer-model").select_option(label=run_folder.name)
    page.get_by_role("heading", name=run_folder.name).wait_for()
    assert str(run_folder.parent) not in page.content()
    head = page.locator(".block-table tbody tr").last.text_content()
    assert head.startswith("head2")


def test_feature_maps_of_a_photo_of_ones_own_come_from_the_server(open_page, tmp_path):
    page = open_page("#/features")
    page.get_by_text("palace").wait_for()
    blocks = page.locator(".feature-block").count()
    assert blocks == 18
    file = tmp_path / "mine.png"
    noise(60, 40).save(file)
    page.locator("main input[type=file]").set_input_files(str(file))
    page.get_by_text("mine.png, 224 × 224").wait_for()
    assert page.locator(".feature-block").count() == blocks
    label = page.locator(".feature-maps canvas").first.get_attribute("aria-label")
    assert "min " in label
    assert "mean " in label
    file.write_bytes(b"broken")
    page.locator("main input[type=file]").set_input_files(str(file))
    page.get_by_text("not a JPEG, PNG").wait_for()
    # The browser itself reports the refusal; nothing else is allowed.
    assert [text for text in page.said if "422" not in text] == []
    page.said.clear()


def test_feature_maps_are_those_of_the_network():
    import torch

    from foveal.models import architecture, create_model
    from foveal.web.feature_maps import NETWORK, feature_maps

    file = io.BytesIO()
    noise(300, 260).save(file, "PNG")
    found = feature_maps(file.getvalue(), "x")
    network = create_model(NETWORK, pretrained=True)
    preprocess = architecture(NETWORK).trained()[0].preprocess
    pixels = preprocess.apply(np.asarray(Image.open(file).convert("RGB")))
    with torch.inference_mode():
        x = torch.from_numpy(preprocess.normalize(pixels)).float().permute(2, 0, 1)[None]
        expected = network.blocks[0](x)[0].numpy()
        likeliest = torch.softmax(network(x), 1).max().item()
    first = found["blocks"][0]
    for one in first["maps"]:
        assert one["most"] == pytest.approx(expected[one["channel"]].max(), abs=1e-5)
        assert one["mean"] == pytest.approx(expected[one["channel"]].mean(), abs=1e-5)
    assert [block["name"] for block in found["blocks"]] == list(network.block_names)
    assert found["classes"][0]["probability"] == pytest.approx(likeliest, abs=1e-5)
    assert json.dumps(found)


def test_the_formulas_unfold_the_blocks_they_stand_in(open_page):
    page = open_page("#/explorer")
    page.get_by_label("Show the formulas").check()
    assert page.locator(".block-table .why").count() > 0
    assert page.locator(".fold[aria-expanded=false]").count() == 0


def test_the_comparison_counts_blocks_as_the_lessons_do_and_fits(open_page):
    page = open_page("#/explorer?model=efficientnet_lite0&compare=efficientnet_b0")
    row = page.get_by_role("row", name="Blocks, without pool and head")
    assert row.locator("td").first.text_content() == "18"
    wraps = page.locator(".columns .table-wrap")
    assert wraps.count() == 2
    for i in range(2):
        hidden = wraps.nth(i).evaluate("(wrap) => wrap.scrollWidth - wrap.clientWidth")
        assert hidden <= 0, f"{hidden} pixels of table {i} stand over the edge"


def test_words_about_blocks_fit_what_their_cells_see(open_page):
    page = open_page("#/features")
    page.locator(".feature-block").last.wait_for()
    section = page.locator("section[aria-label=Blocks]")
    deep = False
    for line in section.locator("p.lead, h3 small").all_text_contents():
        if "channels of" in line:
            sees = int(line.split("sees ")[1].split(" ")[0])
            assert (sees >= 0.9 * 224) == deep, line
        deep = deep or line.startswith("Deep")
    assert deep


def test_a_dialog_closes_when_the_page_changes(open_page):
    page = open_page("#/glossary")
    go(page, "#/visualizer")
    page.get_by_role("button", name="Copy as Python").click()
    page.locator("dialog[open]").wait_for()
    page.go_back()
    page.get_by_role("heading", name="Glossary").wait_for()
    assert page.locator("dialog").count() == 0


def test_runs_are_listed_by_when_they_were_trained(tmp_path):
    for name, trained in (("old", 1_000), ("newest", 3_000), ("middle", 2_000)):
        config = tmp_path / name / "model" / CONFIG
        config.parent.mkdir(parents=True)
        config.write_text("{}")
        os.utime(config, (trained, trained))
    os.utime(tmp_path / "old", (9_000, 9_000))  # a report was written into it later
    assert [path.name for path in find_runs(tmp_path).values()] == ["newest", "middle", "old"]
