"""The six questions of the knowledge check, with a reason for every choice.

The numbers come from `foveal.ops.shapes`.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from foveal.ops.shapes import conv_output_size, conv_parameters, dense_parameters, pool_output_size

Link = tuple[str, str]


@dataclass(frozen=True)
class Choice:
    """One answer to choose; the texts are Markdown."""

    text: str
    """The answer."""

    reason: str
    """Why it is right, or what is wrong with it."""


@dataclass(frozen=True)
class Question:
    """One question; its first choice is the right one until they are shuffled."""

    identity: str
    """Its name, the same for every seed."""

    prompt: str
    """The question, in Markdown."""

    choices: tuple[Choice, ...]
    """The answers, the right one first."""

    links: tuple[Link, ...]
    """Where to see it: (label, target)."""


def _dense_or_convolution(chance: random.Random, first: bool) -> Question:
    size = 224 if first else chance.choice([32, 64, 96, 128, 224])
    dense = dense_parameters(size * size * 3, 1000, bias=False)
    small = conv_parameters(3, 64, 3)
    return Question(
        "dense-or-convolution",
        f"A photo of {size} × {size} × 3 goes into a first layer. A fully connected one with 1,000 "
        f"neurons has {dense:,} weights, a convolution with 64 filters of 3 × 3 has {small:,} "
        "parameters. What is the *main* reason that the convolution gets by with so few?",
        (
            Choice(
                "It looks at neighbours only and uses the same weights at every position.",
                "Right: local connections and shared weights. Each filter has "
                f"{conv_parameters(3, 1, 3)} parameters, however large the photo.",
            ),
            Choice(
                "It makes the photo smaller first, so that there is less left to connect.",
                "The layer works on the full photo; only padding and stride change the size, "
                "and neither changes the number of weights.",
            ),
            Choice(
                "It stores each of its weights with fewer bits than a fully connected layer does.",
                "Weights of both kinds of layer are stored alike; there are simply fewer.",
            ),
            Choice(
                "It leaves out two of the three colour channels, which look alike anyway.",
                "Every filter has a table of weights for each of the three channels.",
            ),
        ),
        (
            ("See one filter work everywhere", "visualizer:kernel=vertical_edge"),
            (
                "Read: why not just connect everything?",
                "lesson:convolution-and-pooling#why-not-just-connect-everything",
            ),
        ),
    )


def _purpose_of_pooling(chance: random.Random, first: bool) -> Question:
    size = 28 if first else chance.choice([16, 24, 28, 32, 56])
    half = pool_output_size(size, 2)
    return Question(
        "purpose-of-pooling",
        f"Max pooling 2 × 2 with stride 2 turns maps of {size} × {size} into maps of {half} × "
        f"{half}. What is it for?",
        (
            Choice(
                "It shrinks maps, keeps the strongest answers, and forgives small shifts.",
                f"Right. A quarter of the values is left ({size}·{size} to {half}·{half}), the "
                "largest of each window, and where exactly in the window it was no longer "
                "matters.",
            ),
            Choice(
                "It learns which filters are useful and removes the others from the network.",
                "Pooling has no weights, so it cannot learn anything.",
            ),
            Choice(
                "It makes the number of channels smaller, so that later layers have less to do.",
                "Each channel is pooled by itself and their number stays. A 1 × 1 convolution "
                "changes the number of channels.",
            ),
            Choice(
                "It bends the function, so that two layers in a row do not collapse into one.",
                "That is what an activation such as ReLU is for. (The maximum is not linear "
                "either, but nobody pools for that reason.)",
            ),
        ),
        (
            (
                "See it in the pooling lab",
                "pooling:op=max&size=2&stride=2&x=1,3,2,4.5,6,1,2.3,2,8,1.4,7,3,9",
            ),
            ("Read: pooling", "lesson:convolution-and-pooling#pooling-smaller-maps"),
        ),
    )


def _output_size(chance: random.Random, first: bool) -> Question:
    size, kernel = 32, 3
    if not first:
        size, kernel = chance.choice([16, 28, 32, 64, 96, 128, 224]), chance.choice([3, 5, 7])
    output = conv_output_size(size, kernel)
    smaller, larger = output - 1, size + kernel - 1
    return Question(
        "output-size",
        f"A {kernel} × {kernel} filter slides over a {size} × {size} image with stride 1 and "
        "without padding. How large is the output?",
        (
            Choice(f"{output} × {output}", f"Right: {output.explain()}."),
            Choice(
                f"{size} × {size}",
                f"That needs padding of {kernel // 2} on every side. Without it the filter's "
                f"middle cannot stand on the outer {kernel // 2} rows and columns.",
            ),
            Choice(
                f"{smaller} × {smaller}",
                f"One too few: the first and the last position both count. {output.explain()}.",
            ),
            Choice(
                f"{larger} × {larger}",
                "A valid convolution never makes an image larger; this would be the size with "
                f"padding of {kernel - 1} on every side.",
            ),
        ),
        (
            ("Slide a filter yourself", "visualizer:n=8&kernel=vertical_edge&pad=valid"),
            (
                "Read: size, stride and padding",
                "lesson:convolution-and-pooling#size-stride-and-padding",
            ),
        ),
    )


def _resnet(chance: random.Random, first: bool) -> Question:
    return Question(
        "resnet-innovation",
        "What did ResNet add that made networks of 50 and 150 layers trainable?",
        (
            Choice(
                "Skip connections: each block adds its result to its input.",
                "Right. A block learns a change, and “no change” is easy: weights of zero. Very "
                "deep plain networks had a higher *training* error than shallower ones.",
            ),
            Choice(
                "Small filters: only 3 × 3 convolutions, many of them in a row.",
                "That was VGG's idea, a year earlier. ResNet uses them too, but they do not make "
                "152 layers trainable.",
            ),
            Choice(
                "Parallel branches: filters of several sizes work side by side.",
                "That is Inception.",
            ),
            Choice(
                "Depthwise convolutions: each filter looks at a single channel.",
                "That is MobileNet: it makes networks cheap, not deep.",
            ),
        ),
        (
            ("Walk through ResNet-50", "explorer:resnet50"),
            (
                "Read: skip connections",
                "lesson:architectures#the-degradation-problem-and-skip-connections",
            ),
        ),
    )


def _freezing(chance: random.Random, first: bool) -> Question:
    classes = 5 if first else chance.choice([2, 3, 8, 10, 20])
    trained = dense_parameters(1280, classes)
    return Question(
        "freezing",
        f"You freeze a pre-trained backbone and train a new last layer ({trained:,} parameters "
        f"for {classes} classes). What does freezing mean?",
        (
            Choice(
                "The backbone still computes, but training does not change its weights.",
                f"Right. The optimiser only sees the {trained:,} new parameters; the photo still "
                "runs through the whole backbone.",
            ),
            Choice(
                "The backbone is skipped, so that the last layer sees the photo itself.",
                "It is needed: what the last layer gets are the backbone's features.",
            ),
            Choice(
                "The backbone's weights are set to zero before the new layer is trained.",
                "Then every photo would give the same features. They stay as they were trained.",
            ),
            Choice(
                "The backbone goes on learning, with a much smaller learning rate.",
                "That is fine-tuning. Frozen means no change at all.",
            ),
        ),
        (
            (
                "Read: freeze and add a head",
                "lesson:transfer-learning#feature-extraction-freeze-and-add-a-head",
            ),
            ("See the frozen blocks", "explorer:efficientnet_lite0"),
        ),
    )


def _last_layer(chance: random.Random, first: bool) -> Question:
    classes = 10 if first else chance.choice([3, 5, 7, 12, 37, 102])
    return Question(
        "last-layer",
        f"Each photo belongs to exactly one of {classes} classes. How does the network end?",
        (
            Choice(
                f"A dense layer with {classes} outputs, turned into probabilities by softmax.",
                "Right: one number for each class, and softmax makes them positive with a sum of "
                "1. (In PyTorch the softmax is inside the loss.)",
            ),
            Choice(
                f"A dense layer with {classes} outputs, cut off below zero by ReLU.",
                "ReLU turns every negative answer into 0 and the outputs do not add up to 1: they "
                "are no probabilities.",
            ),
            Choice(
                "A dense layer with one output, rounded to the number of the class.",
                "That would say that class 3 lies between 2 and 4. Classes have no order.",
            ),
            Choice(
                f"A dense layer with {classes} outputs, each squeezed by a sigmoid of its own.",
                "That suits photos that may have several labels at once: each is decided by "
                "itself, and the values need not add up to 1.",
            ),
        ),
        (
            (
                "Read: features, then a classifier",
                "lesson:architectures#the-pattern-features-then-a-classifier",
            ),
            ("See the last layer of LeNet-5", "explorer:lenet5"),
        ),
    )


QUESTIONS: tuple[Callable[[random.Random, bool], Question], ...] = (
    _dense_or_convolution,
    _purpose_of_pooling,
    _output_size,
    _resnet,
    _freezing,
    _last_layer,
)
