"""Writes PyTorch's results for adaptive max-pooling, padding layers, shortcuts, and convolutions with groups and padding modes.

    python3 -m venv venv && venv/bin/pip install torch numpy && venv/bin/python generate-convolutions.py
"""
import torch
from torch import nn

from generate import integers, layer_case, numbers, pair, write


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


class Subsampling(nn.Module):
    def __init__(self, channels, stride):
        super().__init__()
        self.channels, self.stride = channels, stride

    def forward(self, x):
        missing = self.channels - x.shape[1]
        picked = x[:, :, ::self.stride[0], ::self.stride[1]]
        return nn.functional.pad(picked, (0, 0, 0, 0, missing // 2, missing - missing // 2))


def shortcuts(generator):
    cases = []
    for inputs, outputs, stride, rows, height, width in [
        (4, 8, (2, 2), 2, 6, 6), (3, 6, (2, 3), 2, 5, 8), (5, 5, (2, 1), 1, 3, 4)]:
        cases.append(layer_case(
            f"SubsamplingShortcut({outputs}, stride {stride}) of {(inputs, height, width)}",
            {"kind": "SubsamplingShortcut", "outputChannels": outputs, "stride": list(stride)},
            Subsampling(outputs, stride), integers(generator, rows, inputs, height, width), generator))
    return cases


def convolutions(generator):
    cases = []
    settings = [
        # inputs, outputs, kernel, stride, padding, dilation, groups, mode, bias, rows, height, width
        (4, 6, 3, 1, 1, 1, 2, "zeros", True, 2, 5, 6),
        (6, 4, (1, 3), (2, 1), (0, 1), 1, 2, "zeros", False, 2, 5, 4),
        (3, 6, 3, 2, 1, 1, 3, "zeros", True, 1, 6, 7),
        (5, 5, 3, 1, 1, 1, 5, "zeros", True, 3, 5, 6),
        (17, 17, 3, 2, 1, 1, 17, "zeros", True, 1, 4, 3),
        (3, 3, (2, 3), 1, 0, (2, 1), 3, "zeros", False, 2, 5, 8),
        (16, 16, (2, 3), 1, 2, 1, 16, "zeros", True, 1, 2, 5),
        (2, 2, 1, 2, 0, 1, 2, "zeros", True, 2, 3, 4),
        (3, 4, 3, 1, (1, 2), 1, 1, "reflect", True, 2, 4, 5),
        (2, 3, 3, 2, 2, 1, 1, "replicate", False, 2, 5, 4),
        (2, 3, (3, 4), 1, (2, 3), 1, 1, "circular", True, 2, 4, 5),
        (4, 4, 3, 1, 1, 1, 4, "reflect", True, 2, 4, 5),
        (4, 8, 3, 1, 1, 1, 2, "circular", True, 1, 5, 4),
        (3, 5, 2, 1, "same", 1, 1, "zeros", True, 2, 5, 6),
        (2, 3, (4, 3), 1, "same", (1, 2), 1, "reflect", True, 1, 6, 7),
        (6, 6, 2, 1, "same", 1, 6, "zeros", True, 2, 4, 5),
        (2, 3, 3, 1, "same", 1, 1, "zeros", True, 1, 4, 4),
    ]
    for inputs, outputs, kernel, stride, padding, dilation, groups, mode, bias, rows, height, width in settings:
        layer = nn.Conv2d(
            inputs, outputs, kernel, stride, padding, dilation, groups, bias, padding_mode=mode)
        description = {
            "kind": "Conv2d", "inputChannels": inputs, "outputChannels": outputs, "kernelSize": pair(kernel),
            "stride": pair(stride), "padding": None if padding == "same" else pair(padding),
            "dilation": pair(dilation), "groups": groups, "paddingMode": mode, "bias": bias,
        }
        name = (
            f"Conv2d({inputs}, {outputs}, {kernel}, stride {stride}, padding {padding}, dilation {dilation}, "
            f"groups {groups}, {mode})")
        cases.append(layer_case(name, description, layer, integers(generator, rows, inputs, height, width), generator))
    return cases


def paddings(generator):
    cases = []
    # left, right, top, bottom
    for kind, edges, rows, shape in [
        ("ZeroPad2d", (1, 2, 0, 3), 2, (3, 4, 5)), ("ReflectionPad2d", (2, 3, 1, 2), 2, (2, 4, 5)),
        ("ReplicationPad2d", (4, 1, 0, 3), 1, (3, 2, 3)), ("CircularPad2d", (5, 2, 1, 4), 2, (9, 4, 5))]:
        cases.append(layer_case(
            f"{kind}{edges} of {shape}", {"kind": kind, "edges": list(edges)}, getattr(nn, kind)(edges),
            integers(generator, rows, *shape), generator))
    return cases


def residuals():
    """A residual network with a projection, and one with SubsamplingShortcut: loss and all gradients of a step."""
    generator = torch.Generator().manual_seed(9)

    class Block(nn.Module):
        def __init__(self, body, shortcut):
            super().__init__()
            self.body, self.shortcut = body, shortcut

        def forward(self, x):
            return self.shortcut(x) + self.body(x)

    network = nn.Sequential(
        nn.Conv2d(2, 3, 3, padding=1),
        Block(
            nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 4, 1)),
            nn.Sequential(nn.Conv2d(3, 4, 1, 2, bias=False), nn.BatchNorm2d(4))),
        nn.ReLU(),
        Block(nn.Sequential(nn.Conv2d(4, 7, 3, 2, 1)), Subsampling(7, (2, 2))),
        nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(7, 3)).double()
    for parameter in network.parameters():
        parameter.data = integers(generator, *parameter.shape).double() / 8 + 1 / 16
    input = integers(generator, 4, 2, 6, 6).double() / 2
    targets = torch.randint(3, (4,), generator=generator)
    plain = lambda name: name.replace("body.", "")
    initial = {plain(key): numbers(value) for key, value in network.named_parameters()}
    loss = nn.functional.cross_entropy(network(input), targets)
    loss.backward()
    write("shortcuts.json", [{
        "initial": initial, "input": numbers(input), "targets": numbers(targets), "loss": loss.item(),
        "gradients": {plain(key): numbers(value.grad) for key, value in network.named_parameters()},
    }])


if __name__ == "__main__":
    generator = torch.Generator().manual_seed(8)
    residuals()
    write("convolutions.json", convolutions(generator))
    write("windows.json", pooling(generator) + shortcuts(generator) + paddings(generator))
