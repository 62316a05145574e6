"""Wrong flags get one sentence that names the flag, what it takes and what came."""

from __future__ import annotations

import pytest

from foveal.cli.main import main
from foveal.cli.refusal import typed_flags
from foveal.cli.train import Train


def refused(capsys, *words):
    """Run a command that must be refused; return what it says."""
    with pytest.raises(SystemExit, match=r"^2$"):
        main(list(words))
    told = capsys.readouterr()
    assert not told.out
    assert told.err.count("\n") == 1
    return told.err.strip()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ("train", "p", "--augment", "wild"),
            "foveal: `--augment` must be one of none, light, medium, heavy; got 'wild'.",
        ),
        (("train", "p", "--augment=None"), "one of none, light, medium, heavy; got 'None'."),
        (("predict", "r", "p", "--reject", "maybe"), "`--reject` must be auto; got 'maybe'."),
        (("train", "p", "--epochs", "two"), "`--epochs` must be a whole number; got 'two'."),
        (("train", "p", "--lr", "fast"), "`--lr` must be a number; got 'fast'."),
        (("train", "p", "--unfreeze", "x"), "`--unfreeze` must be a whole number or all; got 'x'."),
        (("train", "p", "--seed"), "`--seed` needs a value: a whole number."),
        (("train", "p", "--epochs", "--json"), "`--epochs` needs a value: a whole number."),
        (("train", "p", "--fine-tun"), "there is no flag --fine-tun; did you mean --fine-tune?"),
        (("explain", "r", "p", "--clas", "a"), "there is no flag --clas; did you mean --class?"),
        (("check", "p", "--xyz"), "there is no flag --xyz; see foveal check --help."),
        (("check", "p", "q"), "there is no place for 'q'; see foveal check --help."),
        (("check",), "PHOTOS is missing; see foveal check --help."),
        (("predict",), "RUN or imagenet is missing; see foveal predict --help."),
        (("predict", "imagenet"), "PHOTO"),
        (
            ("sample", "cats", "x"),
            "NAME must be one of digits, photos, fashion-mnist; got 'cats'.",
        ),
        (("explain", "r", "--top_k", "many"), "`--top-k` must be a whole number; got 'many'."),
    ],
)
def test_a_wrong_word_is_named_with_what_is_right(capsys, words, sentence):
    assert sentence in refused(capsys, *words)


def test_help_is_still_the_parser_s_own(capsys):
    with pytest.raises(SystemExit, match=r"^0$"):
        main(["check", "--help"])
    assert "PHOTOS" in capsys.readouterr().out


def test_a_flag_counts_as_typed_however_it_is_written():
    words = ["PHOTOS", "--seed=0", "--from_scratch", "lenet5", "--name", "epochs", "--fine-tune"]
    assert typed_flags(Train, words) == {"--seed", "--from-scratch", "--name", "--fine-tune"}
