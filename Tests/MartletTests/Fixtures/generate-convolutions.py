"""Writes PyTorch's results for adaptive max-pooling, padding layers, shortcuts, and convolutions with groups and padding modes.

    python3 -m venv venv && venv/bin/pip install torch numpy && venv/bin/python generate-convolutions.py
"""
import torch
from torch import nn

from generate import integers, layer_case, pair, write


def pooling(generator):
    cases = []
    # output, channels, rows, height, width; values -3...3 make ties common
    for size, channels, rows, height, width in [
        (1, 9, 2, 3, 3), (1, 5, 1, 4, 7), (2, 3, 2, 5, 5), ((3, 2), 10, 2, 4, 5), (4, 1, 1, 3, 6)]:
        cases.append(layer_case(
            f"AdaptiveMaxPool2d({size}) of {(channels, height, width)}",
            {"kind": "AdaptiveMaxPool2d", "outputSize": pair(size)}, nn.AdaptiveMaxPool2d(size),
            integers(generator, rows, channels, height, width), generator))
    # More channels than a register has lanes, for pooling with the channels last.
    for kernel, stride, padding, channels, rows, height, width in [(3, 2, 1, 11, 2, 6, 7), (2, 2, 0, 9, 1, 5, 6)]:
        description = {
            "kind": "MaxPool2d", "kernelSize": pair(kernel), "stride": pair(stride), "padding": pair(padding)}
        cases.append(layer_case(
            f"MaxPool2d({kernel}, stride {stride}, padding {padding}) of {channels} channels", description,
            nn.MaxPool2d(kernel, stride, padding), integers(generator, rows, channels, height, width), generator))
    nan = integers(generator, 1, 9, 3, 3)
    nan[0, ::2, 1, 1] = float("nan")
    nan[0, 4, 2, 0] = float("nan")
    cases.append(layer_case(
        "AdaptiveMaxPool2d(1) with NaN", {"kind": "AdaptiveMaxPool2d", "outputSize": [1, 1]}, nn.AdaptiveMaxPool2d(1),
        nan, generator))
    return cases


if __name__ == "__main__":
    write("convolutions.json", pooling(torch.Generator().manual_seed(8)))
