"""``foveal demo``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from foveal.cli.output import console
from foveal.cli.predict import Predict
from foveal.cli.train import Train


@dataclass(frozen=True)
class Demo:
    """Run the main job end to end on built-in real data."""

    out: Path = Path("foveal-demo")
    """The folder for the demo's photos and runs."""

    def run(self) -> int:
        """Name two photos, train on handwritten digits, and name some of those.

        Returns:
            0.
        """
        from foveal.data import write_sample

        photos, digits = self.out / "photos", self.out / "digits"
        for name, folder in (("photos", photos), ("digits", digits)):
            if not folder.exists():
                write_sample(name, folder)
        self._say("1  Name two photos with the built-in network", f"predict imagenet {photos}")
        Predict("imagenet", (photos,), top_k=3).run()
        runs = self.out / "runs"
        train = Train(folder=digits, backbone="efficientnet_lite0", views=1, out=runs)
        self._say(
            "2  Train a classifier on 1,797 handwritten digits",
            train.settings(digits).command()[7:],
        )
        train.run()
        newest = max(runs.iterdir(), key=lambda folder: folder.stat().st_mtime)
        some = tuple(sorted(digits.glob("*/*.png"))[100::600])
        self._say("3  Name digits with it", f"predict {newest} PHOTO")
        return Predict(str(newest), some, top_k=2).run()

    def _say(self, title: str, command: str) -> None:
        screen = console()
        screen.print(f"\n{title}", style="bold cyan")
        screen.print(f"   foveal {command}\n", style="dim", markup=False, soft_wrap=True)
