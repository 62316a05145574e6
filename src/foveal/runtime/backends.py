"""The one seam where the engine is swapped: a backend turns uint8 images into outputs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from foveal.errors import ModelError
from foveal.runtime.cores import usable_cores
from foveal.runtime.reasons import plain_reason, said_by_openvino

if TYPE_CHECKING:
    from torch import nn

Images = NDArray[np.uint8]
Outputs = NDArray[np.float32]
Tag = TypeVar("Tag")


class Backend(Protocol):
    """Anything that runs a network on raw pixels."""

    name: str
    """The engine and its precision, such as ``"openvino-f32"``."""
    batch: int | None
    """Images a request that suit it best, or None where any number does."""

    def run(self, images_NHWC: Images) -> Outputs:
        """Return the network's outputs.

        Args:
            images_NHWC: uint8 (N, H, W, C), N from 1 to whatever memory holds.

        Returns:
            float32, (N, K) logits or (N, D) features.
        """

    def stream(self, batches: Iterable[tuple[Tag, Images]]) -> Iterator[tuple[Tag, Outputs]]:
        """Run many batches, as many at a time as the engine likes.

        Args:
            batches: pairs of anything and uint8 images (N, H, W, C).

        Yields:
            The same tags with their outputs, in any order.
        """


@cache
def openvino() -> Any:
    """Import OpenVINO with its telemetry switched off for this process.

    Returns:
        The ``openvino`` module.
    """
    import sys

    if sys.modules.get("openvino_telemetry") is None:
        # openvino falls back to a stub that sends nothing when this import fails.
        sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    else:  # the program has imported OpenVINO before
        sender: Any = sys.modules["openvino_telemetry.utils.sender"]
        sender.TelemetrySender.send = lambda *message, **settings: None
    import openvino as module

    return module


@cache
def _core() -> Any:
    return openvino().Core()


def best_precision() -> str:
    """Return the fastest precision that this CPU computes natively.

    Returns:
        ``"bf16"`` where the CPU has it, else ``"f32"``.
    """
    capabilities = _core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return "bf16" if "BF16" in capabilities else "f32"


def batch_for_many() -> int:
    """Return the images a request that suit the CPU when there are many.

    Returns:
        8 in bf16; 4 in f32, where 8 images no longer fit in the caches next to the cores (Lite2:
        65 images/s against 58 on two AVX2 cores).
    """
    return 8 if best_precision() == "bf16" else 4


class OpenVinoBackend:
    """OpenVINO on the CPU.

    Args:
        model: an ``openvino.Model``, or the path of an ``.xml`` file.
        precision: ``"auto"`` (bf16 where the CPU has it), ``"f32"`` or ``"bf16"``.
        batch: a fixed number of images a request, or None for any number. A fixed number is
            faster for many images; the last request is filled up with copies.
        throughput: arrange the cores for many requests at once rather than for one quick answer.

    Raises:
        ModelError: the model cannot be read or compiled.
    """

    def __init__(
        self,
        model: Any,
        *,
        precision: str = "auto",
        batch: int | None = None,
        throughput: bool = False,
    ) -> None:
        self.precision = best_precision() if precision == "auto" else precision
        self.name = f"openvino-{self.precision}"
        self.batch = batch
        hint = "THROUGHPUT" if throughput else "LATENCY"
        try:
            network = _core().read_model(str(model)) if isinstance(model, str | Path) else model
            if batch is not None:
                shape = network.input(0).partial_shape
                network.reshape([batch, *(shape[axis] for axis in range(1, len(shape)))])
            self._compiled = _core().compile_model(
                network,
                "CPU",
                {
                    "PERFORMANCE_HINT": hint,
                    "INFERENCE_PRECISION_HINT": self.precision,
                    "INFERENCE_NUM_THREADS": usable_cores(),
                },
            )
        except RuntimeError as error:
            raise ModelError(
                f"OpenVINO cannot use {_named(model)}: {plain_reason(error)}"
            ) from error

    def run(self, images_NHWC: Images) -> Outputs:
        """Return the network's outputs; see `Backend.run`.

        Args:
            images_NHWC: uint8 (N, H, W, C).

        Returns:
            float32 (N, K).
        """
        if self.batch is None:
            with said_by_openvino():
                return np.array(self._compiled(images_NHWC)[0], dtype=np.float32)
        size = self.batch
        chunks = [(at, images_NHWC[at : at + size]) for at in range(0, len(images_NHWC), size)]
        return np.concatenate([output for _, output in sorted(self.stream(chunks))])

    def stream(self, batches: Iterable[tuple[Tag, Images]]) -> Iterator[tuple[Tag, Outputs]]:
        """Run many batches asynchronously; see `Backend.stream`.

        Args:
            batches: pairs of anything and uint8 images (N, H, W, C).

        Yields:
            The same tags with their outputs, in the order in which they were done.
        """
        queue = openvino().AsyncInferQueue(self._compiled)
        jobs: dict[int, tuple[Tag, int]] = {}

        # Results are fetched here, and not in a callback of the queue: its threads hold on to a
        # callback a little longer than they need it, and one that lets go of it while Python ends
        # takes the process with it.
        def fetched(place: int) -> tuple[Tag, Outputs]:
            tag, count = jobs.pop(place)
            return tag, np.array(queue[place].get_output_tensor(0).data[:count], np.float32)

        try:
            for tag, images in batches:
                with said_by_openvino():
                    place = queue.get_idle_request_id()  # waits for one
                    ready = [fetched(place)] if place in jobs else []
                    queue.start_async({0: self._filled(images)})
                jobs[place] = (tag, len(images))
                yield from ready
        finally:
            with said_by_openvino():
                queue.wait_all()  # a queue that dies while it works takes the process with it
        yield from [fetched(place) for place in list(jobs)]

    def runners(self) -> list[Callable[[Images], Outputs]]:
        """Return as many ways to run the network side by side as suit the CPU.

        Returns:
            Functions from uint8 (N, H, W, C) to float32 (N, K), each for one thread at a time; N
            is `batch` where that is fixed.
        """
        count = int(self._compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))
        return [_runner(self._compiled.create_infer_request()) for _ in range(count)]

    def _filled(self, images_NHWC: Images) -> Images:
        if self.batch is None or len(images_NHWC) == self.batch:
            return images_NHWC
        missing = self.batch - len(images_NHWC)
        return np.concatenate([images_NHWC, np.repeat(images_NHWC[-1:], missing, axis=0)])


class InTurn(ABC):
    """A backend without a queue of its own."""

    @abstractmethod
    def run(self, images_NHWC: Images) -> Outputs:
        """Run one batch; see `Backend.run`.

        Args:
            images_NHWC: uint8 (N, H, W, C).

        Returns:
            float32 (N, K).
        """

    def stream(self, batches: Iterable[tuple[Tag, Images]]) -> Iterator[tuple[Tag, Outputs]]:
        """Run many batches, one after the other; see `Backend.stream`.

        Args:
            batches: pairs of anything and uint8 images (N, H, W, C).

        Yields:
            The same tags with their outputs, in order.
        """
        for tag, images in batches:
            yield tag, self.run(images)


class TorchBackend(InTurn):
    """PyTorch, for an accelerator, or as the reference of other backends.

    Args:
        module: takes uint8 images (N, H, W, C); see `foveal.runtime.convert.RawPixels`.
        device: a PyTorch device, ``"cpu"`` or ``"cuda"``.
    """

    def __init__(self, module: nn.Module, *, device: str = "cpu") -> None:
        import torch

        self.device = torch.device(device)
        self.half = self.device.type == "cuda"
        self.name = f"torch-{self.device.type}-{'bf16' if self.half else 'f32'}"
        self.batch: int | None = 64 if self.half else 8
        self._module = module.eval().to(self.device)

    def run(self, images_NHWC: Images) -> Outputs:
        """Return the network's outputs; see `Backend.run`.

        Args:
            images_NHWC: uint8 (N, H, W, C).

        Returns:
            float32 (N, K).
        """
        import torch

        mixed = torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.half)
        with torch.inference_mode(), mixed:
            images = torch.from_numpy(np.ascontiguousarray(images_NHWC)).to(self.device)
            outputs: Outputs = self._module(images).float().cpu().numpy()
        return outputs


def _runner(request: Any) -> Callable[[Images], Outputs]:
    def run(images_NHWC: Images) -> Outputs:
        with said_by_openvino():
            request.infer({0: images_NHWC})
        return np.array(request.get_output_tensor(0).data, np.float32)

    return run


def _named(model: Any) -> str:
    return str(model) if isinstance(model, str | Path) else "the network"
