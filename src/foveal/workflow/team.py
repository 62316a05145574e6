"""The processes that work on one run together."""

from __future__ import annotations

from foveal.features.backbone import available_device
from foveal.training.processes.parallel import Processes, processes
from foveal.workflow.listener import Listener


def found_processes(device: str) -> Processes:
    """Return who works together, as the launcher says.

    Args:
        device: ``"auto"``, ``"cpu"`` or ``"cuda"``.

    Returns:
        This process alone, or those that ``torchrun`` or ``accelerate launch`` started.

    Raises:
        UsageError: there is no such device on this machine.
    """
    return processes(None if device == "auto" else available_device(device))


def wait_for_all(team: Processes) -> None:
    """Go on when every process has come here.

    Args:
        team: the processes.
    """
    team.same(None)


def heard_once(team: Processes, listener: Listener | None) -> Listener:
    """Return a listener of which only the first process makes use.

    Args:
        team: the processes.
        listener: hears what is being done; None for silence.

    Returns:
        The listener, or silence in the other processes.
    """
    return listener if listener is not None and team.rank == 0 else Listener()
