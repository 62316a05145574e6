"""The engine of the visualizer against the reference operators: one truth."""

from __future__ import annotations

import json
import random
import shutil
import subprocess

import numpy as np
import pytest

from foveal.errors import UsageError
from foveal.ops import KERNELS, max_pool2d_with_indices, trace_convolution
from foveal.ops.gradients import conv2d_gradients
from foveal.web.documents import STATIC

CASES = 200
ROUTINE = """
cases => cases.map(one => {
  try {
    const {stride, padding, dilation, mode} = one;
    const options = {stride, padding, dilation, mode};
    const grid = gridFor(one.image, one.kernel, options);
    const settings = {divisor: one.divisor, bias: one.bias, relu: one.relu};
    const [row, column] = [one.row % grid.output[0], one.column % grid.output[1]];
    const kernel = one.flip ? flipped(one.kernel) : one.kernel;
    return {
      output: convolve(one.image, one.kernel, {...settings, flip: one.flip, grid}),
      formulas: grid.formulas, unused: grid.unused, padding: grid.padding,
      sentence: explain(step(one.image, kernel, grid, row, column, settings)),
      cells: windowCells(grid, row, column),
      feeds: outputsOf(grid, one.row % grid.size[0], one.column % grid.size[1]),
      touches: inputsOfWeight(grid, one.row % grid.kernel[0], one.column % grid.kernel[1]),
    };
  } catch (error) {
    return {error: error.constructor.name};
  }
})
"""
IMPORTS = {
    "convolution.js": "convolve, explain, flipped, gridFor, step",
    "grid.js": "inputsOfWeight, outputsOf, windowCells",
}


def cases() -> list[dict[str, object]]:
    chance = random.Random(5)
    made = []
    for index in range(CASES):
        whole = index % 2 == 0
        number = (lambda: chance.randint(-9, 9)) if whole else (lambda: chance.uniform(-2, 2))
        height, width = chance.randint(1, 12), chance.randint(1, 12)
        tall, wide = chance.randint(1, 5), chance.randint(1, 5)
        amounts = [[chance.randint(0, 3), chance.randint(0, 3)] for _ in range(2)]
        made.append(
            {
                "image": [[number() for _ in range(width)] for _ in range(height)],
                "kernel": [[number() for _ in range(wide)] for _ in range(tall)],
                "padding": chance.choice(["valid", "same", chance.randint(0, 3), amounts]),
                "stride": [chance.randint(1, 3), chance.randint(1, 3)],
                "dilation": [chance.randint(1, 3), chance.randint(1, 3)],
                "mode": chance.choice(["zero", "reflect", "replicate"]),
                "divisor": chance.choice([1, 1, 4, 9]),
                "bias": chance.choice([0, number()]),
                "relu": chance.random() < 0.3,
                "flip": chance.random() < 0.3,
                "row": chance.randint(0, 99),
                "column": chance.randint(0, 99),
            }
        )
    return made


def expected(case: dict[str, object]):
    trace = trace_convolution(
        np.array(case["image"]),
        np.array(case["kernel"]),
        bias=case["bias"],
        stride=tuple(case["stride"]),
        padding=case["padding"],
        dilation=tuple(case["dilation"]),
        divisor=case["divisor"],
        padding_mode=case["mode"],
        relu=case["relu"],
        flip_kernel=case["flip"],
    )
    grid = trace.grid
    row, column = case["row"], case["column"]
    at = (row % grid.output[0], column % grid.output[1])
    feeds = grid.outputs_of(row % grid.size[0], column % grid.size[1])
    touches = grid.inputs_of_weight(row % grid.kernel[0], column % grid.kernel[1])
    return (
        trace,
        {
            "formulas": [side.explain() for side in grid.output],
            "unused": list(grid.unused),
            "padding": [list(side) for side in grid.padding],
            "cells": json.loads(json.dumps(grid.window_cells(*at))),
            "feeds": [list(cell) for cell in feeds],
            "touches": [list(cell) for cell in touches],
        },
        trace.at(*at),
    )


def compare(found: list[dict[str, object]]) -> int:
    possible = 0
    for case, got in zip(cases(), found, strict=True):
        try:
            trace, facts, step = expected(case)
        except UsageError:
            assert got == {"error": "GeometryError"}
            continue
        possible += 1
        output = np.array(got["output"], float).reshape(trace.output.shape)
        if trace.output.dtype.kind == "i":
            assert (output == trace.output).all()
            assert got["sentence"] == step.explain()
        np.testing.assert_allclose(output, trace.output, atol=1e-6, rtol=0)
        assert {name: got[name] for name in facts} == facts
    return possible


def test_the_engine_agrees_with_the_operators_on_200_cases_in_the_browser(open_page):
    page = open_page()
    imports = "".join(
        f"const {{{names}}} = await import('./math/{file}');" for file, names in IMPORTS.items()
    )
    found = page.evaluate(f"async cases => {{ {imports} return ({ROUTINE})(cases); }}", cases())
    possible = compare(found)
    assert 100 < possible < CASES, "both kinds of cases, possible and impossible, must occur"


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_the_engine_agrees_with_the_operators_on_200_cases_in_node(tmp_path):
    shutil.copytree(STATIC / "math", tmp_path / "math")
    (tmp_path / "package.json").write_text('{"type": "module"}')
    imports = "\n".join(
        f"import {{{names}}} from './math/{file}';" for file, names in IMPORTS.items()
    )
    script = f"""{imports}
import {{readFileSync}} from 'node:fs';
const cases = JSON.parse(readFileSync('cases.json', 'utf8'));
console.log(JSON.stringify(({ROUTINE})(cases)));"""
    (tmp_path / "cases.json").write_text(json.dumps(cases()))
    (tmp_path / "run.js").write_text(script)
    done = subprocess.run(
        ["node", "run.js"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert compare(json.loads(done.stdout)) > 100


def test_control_a_wrong_output_is_noticed():
    wrong = []
    for case in cases():
        try:
            trace, facts, step = expected(case)
        except UsageError:
            wrong.append({"error": "GeometryError"})
            continue
        output = trace.output.astype(float) + 1e-5
        wrong.append(facts | {"output": output.tolist(), "sentence": step.explain()})
    with pytest.raises(AssertionError, match="assert"):
        compare(wrong)


def test_filtering_a_photo_repeats_its_border(open_page):
    page = open_page()
    chance = np.random.default_rng(0)
    for height, width in [(3, 3), (1, 50), (50, 1), (7, 9), (2, 2)]:
        plane = chance.integers(0, 256, (height, width)).astype(float)
        for kernel in (KERNELS["sobel_x"], KERNELS["emboss"], KERNELS["gaussian_blur"]):
            found = page.evaluate(
                """async ([plane, width, height, kernel, divisor]) => {
                const {filterPlane} = await import('./math/convolution.js');
                return [...filterPlane(Float32Array.from(plane), width, height, kernel, divisor)];
                }""",
                [plane.ravel().tolist(), width, height, kernel.weights, kernel.divisor],
            )
            trace = trace_convolution(plane, kernel, padding=1, padding_mode="replicate")
            np.testing.assert_allclose(
                np.array(found).reshape(height, width), trace.output, atol=1e-3
            )


def test_pooling_finds_the_first_of_equal_maxima(open_page):
    page = open_page()
    chance = np.random.default_rng(1)
    image = chance.integers(0, 4, (8, 8))
    found = page.evaluate(
        """async image => {
        const {pool} = await import('./math/pooling.js');
        return pool(image, {op: "max", size: 3, stride: 2}).rows.map(row => row.map(
            one => [one.value, one.at[0] * 8 + one.at[1]]));
        }""",
        image.tolist(),
    )
    wanted = max_pool2d_with_indices(image, 3, 2)
    assert np.array(found)[..., 0].tolist() == wanted.values.tolist()
    assert np.array(found)[..., 1].tolist() == wanted.indices.tolist()


def test_the_gradient_of_a_kernel_is_that_of_the_operators(open_page):
    page = open_page()
    chance = np.random.default_rng(2)
    image, slope = chance.normal(size=(8, 8)), chance.normal(size=(6, 6))
    found = page.evaluate(
        """async ([image, slope]) => (await import('./math/gradient.js'))
            .kernelGradient(image, slope, 3)""",
        [image.tolist(), slope.tolist()],
    )
    wanted = conv2d_gradients(image, np.zeros((1, 1, 3, 3)), slope).kernel[0, 0]
    np.testing.assert_allclose(found, wanted, atol=1e-12)
