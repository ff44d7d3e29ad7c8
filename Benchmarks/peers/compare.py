"""Martlet, PyTorch and JAX in turn, cell by cell and round by round: medians, and the median of each round's ratio."""

import argparse
import json
import os
import statistics
import subprocess
import sys

BATCHES = {"tutorial": [4, 32, 128, 512], "mlp": [4, 64, 256], "vgg": [8, 64],
           "resnet20": [128, 1024], "speedrun": [128, 1024]}
HERE = os.path.dirname(os.path.abspath(__file__))


class Worker:
    """A peer in a process of its own, which stays between measurements."""

    def __init__(self, framework, threads):
        environment = dict(os.environ, OMP_NUM_THREADS=str(threads))
        self.process = subprocess.Popen(
            [sys.executable, os.path.join(HERE, "worker.py"), framework, str(threads)], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, env=environment)
        assert self.process.stdout.readline() == "ready\n"

    def measure(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


def martlet(network, batch, threads, seconds):
    command = [os.path.join(HERE, "../.build/release/bench"), "steps", "--raw", "--rounds", "1", "--network", network,
               "--batch", str(batch), "--threads", str(threads), "--seconds", str(seconds)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    # All of a process that does nothing else; and never less than the process that started it.
    memory = usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    return {**json.loads(output), "peak_memory": round(memory, 1)}


def peak(threads):
    command = [os.path.join(HERE, "../.build/release/bench"), "peak", "--threads", str(threads)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1)
    parser.add_argument("--network", default="tutorial,mlp,vgg")
    parser.add_argument("--batch", default="", help="batch sizes with commas, instead of each network's own")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--without-jax", action="store_true")
    parser.add_argument("--memory", action="store_true", help="a second table, for peak memory")
    parser.add_argument("--raw", help="a file for every single measurement")
    options = parser.parse_args()

    thread_counts = [int(count) for count in options.threads.split(",")]
    frameworks = ["torch"] + ([] if options.without_jax else ["jax"])
    workers = {(name, count): Worker(name, count) for name in frameworks for count in thread_counts}
    cells = [(network, batch, count) for network in options.network.split(",")
             for batch in ([int(size) for size in options.batch.split(",")] if options.batch else BATCHES[network])
             for count in thread_counts]
    results = {cell: {name: [] for name in ["martlet"] + frameworks} for cell in cells}
    memory = {cell: {name: [] for name in ["martlet"] + frameworks} for cell in cells}
    peaks = {count: [] for count in thread_counts}
    operations = {}
    raw = open(options.raw, "w") if options.raw else None
    for current in range(options.rounds):
        for count in thread_counts:
            peaks[count].append(peak(count))
        for network, batch, count in cells:
            for name in ["martlet"] + frameworks:
                if name == "martlet":
                    result = martlet(network, batch, count, options.seconds)
                else:
                    result = workers[name, count].measure(network=network, batch=batch, seconds=options.seconds)
                results[network, batch, count][name].append(result["images_per_second"])
                memory[network, batch, count][name].append(result["peak_memory"])
                operations[network] = result.get("operations_per_image", operations.get(network))
                if raw:
                    raw.write(json.dumps({
                        "round": current, "framework": name, "network": network, "batch": batch, "threads": count,
                        "images_per_second": round(result["images_per_second"], 1), "loss": round(result["loss"], 4),
                        "steps": result["steps"], "peak_memory": result["peak_memory"]}) + "\n")
                    raw.flush()
        print(f"round {current + 1} of {options.rounds}", file=sys.stderr)

    for count in thread_counts:
        print(f"multiply-add peak with {count} threads: {statistics.median(peaks[count]) / 1e9:.1f} GFLOP/s")
    header = f"{'network':>8}  {'batch':>5}  {'threads':>7}  {'Martlet':>9}  {'of peak':>7}  {'PyTorch':>9}  {'ratio':>6}"
    print(header + ("" if options.without_jax else f"  {'JAX':>9}  {'ratio':>6}"))
    for network, batch, count in cells:
        speeds = results[network, batch, count]
        own = statistics.median(speeds["martlet"])
        line = f"{network:>8}  {batch:>5}  {count:>7}  {own:>9,.0f}"
        line += f"  {own * operations[network] / statistics.median(peaks[count]):>7.0%}"
        for name in frameworks:
            ratio = statistics.median(a / b for a, b in zip(speeds["martlet"], speeds[name]))
            line += f"  {statistics.median(speeds[name]):>9,.0f}  {ratio:>5.1f}×"
        print(line)
    if options.memory:
        print("peak memory in MB: of the whole process for Martlet, beyond the framework itself for the others")
        print(f"{'network':>8}  {'batch':>5}  {'threads':>7}  {'Martlet':>9}  {'PyTorch':>9}"
              + ("" if options.without_jax else f"  {'JAX':>9}"))
        for network, batch, count in cells:
            values = [statistics.median(values) for values in memory[network, batch, count].values()]
            print(f"{network:>8}  {batch:>5}  {count:>7}" + "".join(f"  {value:>9,.0f}" for value in values))


if __name__ == "__main__":
    main()
