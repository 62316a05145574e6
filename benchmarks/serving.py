"""Load test of ``foveal serve`` against the same model without HTTP, on the same photos, in turn.

``python -m benchmarks.serving RUN PHOTOS [PHOTOS …]``: for each folder, `--repeats` times in turn,
(a) offline: `foveal.load(RUN, many=True)` names all photos from their files, decoding ahead, and
(b) served: 32 clients, each with a connection of its own that stays open, send the same photos as
raw bodies. Clients are bare sockets in two processes, since they share the processor with the
server; the server is a process of its own. Seconds are those of the wall; the processor's are told
beside, because other work slows the wall and not the processor.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import selectors
import socket
import statistics
import subprocess
import sys
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.machine import conditions

SUFFIXES = (".jpg", ".jpeg", ".png")


def photos_in(folder: Path, count: int) -> list[Path]:
    """Return so many photos of a folder: evenly spread, or repeated where there are fewer."""
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    if not found:
        sys.exit(f"no photos in {folder}")
    return [found[at * len(found) // count] for at in range(count)]


# --- offline ------------------------------------------------------------------------------------


def offline(channel: Any, run: str) -> None:
    """Name photos again and again, in a process that has the model loaded."""
    from foveal.runtime.loading import load

    predictor = load(run, many=True)
    while True:
        paths: list[Path] | None = channel.recv()
        if paths is None:
            return
        wall, cpu = time.perf_counter(), time.process_time()
        labels = [prediction.label for prediction in predictor.stream(paths, 1)]
        channel.send((time.perf_counter() - wall, time.process_time() - cpu, labels))


# --- clients ------------------------------------------------------------------------------------


def clients(port: int, requests: list[bytes], count: int, channel: Any) -> None:
    """Send requests over `count` connections, one at a time on each; report every answer."""
    chooser = selectors.DefaultSelector()
    waiting = deque(enumerate(requests))
    answers: list[tuple[int, int, float, str]] = []
    for _ in range(count):
        opened = socket.create_connection(("127.0.0.1", port))
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        chooser.register(opened, selectors.EVENT_READ, [0, 0.0, b""])
    channel.send("ready")
    channel.recv()
    cpu = time.process_time()
    for key in list(chooser.get_map().values()):
        send_next(key, waiting)
    while len(answers) < len(requests):
        for key, _ in chooser.select():
            key.data[2] += key.fileobj.recv(65536)
            status, label = parsed(key.data[2])
            if status:
                answers.append((key.data[0], status, time.perf_counter() - key.data[1], label))
                send_next(key, waiting)
    channel.send((answers, time.process_time() - cpu))


def send_next(key: selectors.SelectorKey, waiting: deque[tuple[int, bytes]]) -> None:
    if waiting:
        number, request = waiting.popleft()
        key.data[:] = [number, time.perf_counter(), b""]
        key.fileobj.sendall(request)


def parsed(data: bytes) -> tuple[int, str]:
    """Return the status and the first label of a whole answer, or 0."""
    head, found, body = data.partition(b"\r\n\r\n")
    if not found:
        return 0, ""
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    if len(body) < length:
        return 0, ""
    return int(head[9:12]), body.partition(b'"label":"')[2].partition(b'"')[0].decode()


def request_of(path: Path) -> bytes:
    data = path.read_bytes()
    head = (
        "POST /v1/predict?top_k=1 HTTP/1.1\r\nHost: localhost\r\n"
        f"Content-Type: application/octet-stream\r\nContent-Length: {len(data)}\r\n\r\n"
    )
    return head.encode() + data


def served(
    port: int, pids: Sequence[int], requests: list[bytes], connections: int, processes: int
) -> dict[str, Any]:
    """Send all requests, and return what came of it."""
    shares = [requests[start::processes] for start in range(processes)]
    started = []
    for share in shares:
        ours, theirs = multiprocessing.Pipe()
        words = (port, share, connections // processes, theirs)
        process = multiprocessing.Process(target=clients, args=words)
        process.start()
        started.append((process, ours))
    for _, ours in started:
        ours.recv()
    before, wall = cpu_of(pids), time.perf_counter()
    for _, ours in started:
        ours.send("go")
    found = [ours.recv() for _, ours in started]
    wall, after = time.perf_counter() - wall, cpu_of(pids)
    for process, _ in started:
        process.join()
    labels = [""] * len(requests)
    for start, (answers, _) in enumerate(found):
        for number, _, _, label in answers:
            labels[start + number * processes] = label
    each = [answer for answers, _ in found for answer in answers]
    seconds = sorted(answer[2] for answer in each)
    return {
        "wall": wall,
        "cpu_server": after - before,
        "cpu_clients": sum(cpu for _, cpu in found),
        "failed": sum(status != 200 for _, status, _, _ in each),
        "p50": seconds[len(seconds) // 2],
        "p99": seconds[int(len(seconds) * 0.99)],
        "labels": labels,
    }


# --- the server ---------------------------------------------------------------------------------


def start_server(run: str) -> tuple[subprocess.Popen[str], int, list[int]]:
    """Start ``foveal serve``; return it, its port, and the ids of its processes."""
    words = [sys.executable, "-m", "foveal", "serve", run, "--port", "0", "--json"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    told = json.loads(process.stdout.readline())
    children = Path(f"/proc/{process.pid}/task").glob("*/children")
    found = [int(pid) for file in children for pid in file.read_text().split()]
    return process, told["port"], [process.pid, *found]


def cpu_of(pids: Sequence[int]) -> float:
    """Return the seconds of the processor that processes have used."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def compare(run: str, paths: list[Path], given: argparse.Namespace) -> dict[str, Any]:
    """Measure both ways in turn, and return the medians and the ratio of each turn."""
    requests = [request_of(path) for path in paths]
    ours, theirs = multiprocessing.Pipe()
    alone = multiprocessing.Process(target=offline, args=(theirs, run), daemon=True)
    alone.start()
    server, port, pids = start_server(run)
    turns = []
    try:
        for turn in range(given.repeats + 1):
            ours.send(paths)
            wall, cpu, labels = ours.recv()
            found = served(port, pids, requests, given.clients, given.processes)
            same = sum(a == b for a, b in zip(labels, found.pop("labels"), strict=True))
            if turn:  # the first one warms both up
                turns.append({"offline": wall, "cpu_offline": cpu, "same": same, **found})
    finally:
        ours.send(None)
        alone.join(10)
        server.terminate()
        code = server.wait(30)
    middle = {name: statistics.median(turn[name] for turn in turns) for name in turns[0]}
    count = len(paths)
    return {
        "photos": count,
        "mean_kb": sum(map(len, requests)) / count / 1000,
        "offline_best_per_s": count / min(turn["offline"] for turn in turns),
        "served_best_per_s": count / min(turn["wall"] for turn in turns),
        "ratio_of_best": min(t["offline"] for t in turns) / min(t["wall"] for t in turns),
        "ratio_median": statistics.median(turn["offline"] / turn["wall"] for turn in turns),
        "ratios": [round(turn["offline"] / turn["wall"], 3) for turn in turns],
        "cpu_ms_offline": 1000 * middle["cpu_offline"] / count,
        "cpu_ms_server": 1000 * middle["cpu_server"] / count,
        "cpu_ms_clients": 1000 * middle["cpu_clients"] / count,
        "cpu_ratio": middle["cpu_offline"] / (middle["cpu_server"] + middle["cpu_clients"]),
        "p50_ms": 1000 * middle["p50"],
        "p99_ms": 1000 * middle["p99"],
        "failed": sum(turn["failed"] for turn in turns),
        "same_label": min(turn["same"] for turn in turns),
        "exit_code": code,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", help="a run or model folder")
    parser.add_argument("photos", type=Path, nargs="+", help="folders of photos")
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--processes", type=int, default=2, help="that hold the clients")
    parser.add_argument("--repeats", type=int, default=3, help="in turn, after one to warm up")
    parser.add_argument("--photos-each", type=int, default=400, help="photos of a repeat")
    given = parser.parse_args()
    multiprocessing.set_start_method("spawn")
    print(json.dumps(conditions()))
    for folder in given.photos:
        measured = compare(given.run, photos_in(folder, given.photos_each), given)
        print(folder.name, f"(load {os.getloadavg()[0]:.1f})")
        for name, value in measured.items():
            print(f"  {name:<20} {f'{value:.3f}' if isinstance(value, float) else value}")


if __name__ == "__main__":
    main()
