"""Writes the PyTorch reference values that the tests compare with.

    python3 -m venv venv && venv/bin/pip install torch numpy && venv/bin/python generate.py

Inputs, parameters and output gradients of the layers are small whole numbers, so that every sum is exact in single
precision and the tests can ask for equality. Losses and optimizer runs are computed in double precision.
"""
import json
import pathlib

import torch
from torch import nn

HERE = pathlib.Path(__file__).resolve().parent


def numbers(tensor):
    """The elements, with whole numbers written as such, and what JSON has no word for as text."""
    values = []
    for value in tensor.detach().double().flatten().tolist():
        if value != value:
            values.append("nan")
        elif value in (float("inf"), float("-inf")):
            values.append("inf" if value > 0 else "-inf")
        else:
            values.append(int(value) if value == int(value) and abs(value) < 2**40 else value)
    return values


def write(name, cases):
    path = HERE / name
    path.write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")
    print(path.name, len(cases), "cases,", path.stat().st_size, "bytes")


def integers(generator, *shape, low=-3, high=4):
    return torch.randint(low, high, shape, generator=generator).float()


def layer_case(name, description, layer, input, generator):
    """Forward and all gradients of `layer`, for a random whole-number output gradient."""
    input = input.clone().requires_grad_()
    for parameter in layer.parameters():
        parameter.data = integers(generator, *parameter.shape)
    output = layer(input)
    output_gradient = integers(generator, *output.shape)
    output.backward(output_gradient)
    return {
        "name": name,
        "layer": description,
        "rows": input.shape[0],
        "inputShape": list(input.shape[1:]),
        "outputShape": list(output.shape[1:]),
        "input": numbers(input),
        "parameters": {key: numbers(value) for key, value in layer.named_parameters()},
        "output": numbers(output),
        "outputGradient": numbers(output_gradient),
        "inputGradient": numbers(input.grad),
        "gradients": {key: numbers(value.grad) for key, value in layer.named_parameters()},
    }


def pair(value):
    return list(value) if isinstance(value, tuple) else [value, value]


def layers():
    generator = torch.Generator().manual_seed(1)
    cases = []
    convolutions = [
        # inputs, outputs, kernel, stride, padding, dilation, bias, rows, height, width
        (3, 6, 5, 1, 0, 1, True, 1, 8, 9),
        (1, 1, 1, 1, 0, 1, True, 2, 3, 3),
        (2, 5, 3, 1, 1, 1, False, 2, 5, 6),
        (2, 7, 3, 2, 1, 1, True, 2, 7, 8),
        (1, 2, 7, 1, 3, 1, True, 1, 9, 5),
        (3, 4, (1, 3), (2, 1), (0, 1), 1, True, 2, 5, 4),
        (2, 3, (3, 2), (1, 3), (2, 0), (2, 1), True, 2, 6, 9),
        (2, 2, 3, 2, 2, 2, False, 1, 9, 9),
        (1, 8, 4, 3, 0, 1, True, 2, 10, 11),
        (4, 6, 2, 2, 0, 1, True, 3, 4, 20),
        (1, 3, 3, 1, 0, 1, True, 2, 3, 19),
        (2, 2, 5, 4, 2, 1, True, 1, 6, 7),
    ]
    for inputs, outputs, kernel, stride, padding, dilation, bias, rows, height, width in convolutions:
        layer = nn.Conv2d(inputs, outputs, kernel, stride, padding, dilation, bias=bias)
        description = {
            "kind": "Conv2d", "inputChannels": inputs, "outputChannels": outputs, "kernelSize": pair(kernel),
            "stride": pair(stride), "padding": pair(padding), "dilation": pair(dilation), "bias": bias,
        }
        name = f"Conv2d({inputs}, {outputs}, {kernel}, stride {stride}, padding {padding}, dilation {dilation})"
        cases.append(layer_case(name, description, layer, integers(generator, rows, inputs, height, width), generator))
    for inputs, outputs, bias, rows in [(5, 3, True, 2), (1, 1, True, 1), (17, 9, True, 5), (40, 13, False, 7)]:
        layer = nn.Linear(inputs, outputs, bias=bias)
        description = {"kind": "Linear", "inputFeatures": inputs, "outputFeatures": outputs, "bias": bias}
        cases.append(
            layer_case(
                f"Linear({inputs}, {outputs})", description, layer, integers(generator, rows, inputs), generator))
    pools = [
        # kernel, stride, padding, channels, rows, height, width; values -3...3 make ties common
        (2, 2, 0, 3, 2, 6, 8), (2, 2, 0, 1, 1, 5, 7), (3, 2, 1, 2, 2, 7, 7), (3, 1, 1, 1, 2, 4, 5),
        ((2, 3), (1, 2), (1, 0), 2, 1, 5, 6), (1, 1, 0, 1, 1, 2, 2), (4, 4, 2, 1, 1, 9, 9),
    ]
    for kernel, stride, padding, channels, rows, height, width in pools:
        layer = nn.MaxPool2d(kernel, stride, padding)
        description = {
            "kind": "MaxPool2d", "kernelSize": pair(kernel), "stride": pair(stride), "padding": pair(padding)}
        cases.append(
            layer_case(
                f"MaxPool2d({kernel}, stride {stride}, padding {padding})", description, layer,
                integers(generator, rows, channels, height, width), generator))
    nan = torch.tensor([[[[1.0, float("nan"), 2.0, 3.0], [float("nan"), 5.0, 3.0, 3.0]]]])
    cases.append(
        layer_case(
            "MaxPool2d(2) with NaN", {"kind": "MaxPool2d", "kernelSize": [2, 2], "stride": [2, 2], "padding": [0, 0]},
            nn.MaxPool2d(2), nan, generator))
    low = torch.full((1, 1, 2, 2), float("-inf"))
    cases.append(
        layer_case(
            "MaxPool2d(2, padding 1) of minus infinity",
            {"kind": "MaxPool2d", "kernelSize": [2, 2], "stride": [2, 2], "padding": [1, 1]},
            nn.MaxPool2d(2, padding=1), low, generator))
    cases.append(layer_case("ReLU", {"kind": "ReLU"}, nn.ReLU(), integers(generator, 3, 2, 3, 5), generator))
    special = torch.tensor([[0.0, -0.0, float("nan"), float("inf"), float("-inf"), 1e-40, -1e-40]])
    cases.append(layer_case("ReLU of special values", {"kind": "ReLU"}, nn.ReLU(), special, generator))
    write("layers.json", cases)


def losses():
    generator = torch.Generator().manual_seed(2)
    cases = []
    for rows, classes, scale in [(1, 2, 1), (3, 5, 3), (4, 10, 10), (2, 100, 5), (2, 10, 1000)]:
        logits = torch.randn(rows, classes, generator=generator, dtype=torch.float32) * scale
        indices = torch.randint(classes, (rows,), generator=generator)
        soft = torch.softmax(torch.randn(rows, classes, generator=generator, dtype=torch.float64) * 2, 1).float()
        one_hot = nn.functional.one_hot(indices, classes).float()
        for smoothing in [0.0, 0.1, 0.5, 1.0]:
            for kind, target in [("classIndices", indices), ("probabilities", soft), ("probabilities", one_hot)]:
                x = logits.double().requires_grad_()
                double_target = target if kind == "classIndices" else target.double()
                value = nn.functional.cross_entropy(x, double_target, label_smoothing=smoothing)
                value.backward()
                cases.append({
                    "rows": rows, "classes": classes, "smoothing": smoothing, "encoding": kind,
                    "logits": numbers(logits), "targets": numbers(target), "loss": value.item(),
                    "gradient": numbers(x.grad),
                })
    write("losses.json", cases)


def optimizers():
    """Ten steps of a small convolutional network under each kind of SGD."""
    generator = torch.Generator().manual_seed(3)
    settings = [
        dict(lr=0.05), dict(lr=0.05, momentum=0.9), dict(lr=0.05, momentum=0.9, dampening=0.5),
        dict(lr=0.05, momentum=0.9, nesterov=True), dict(lr=0.05, weight_decay=0.1),
        dict(lr=0.05, momentum=0.5, dampening=0.25, weight_decay=0.01),
        dict(lr=0.02, momentum=0.9, weight_decay=0.05, nesterov=True),
    ]
    cases = []
    for setting in settings:
        network = nn.Sequential(
            nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(18, 5), nn.ReLU(), nn.Linear(5, 3)
        ).double()
        for parameter in network.parameters():
            parameter.data = integers(generator, *parameter.shape).double() / 8
        initial = {key: numbers(value) for key, value in network.named_parameters()}
        input = integers(generator, 30, 1, 8, 8).double() / 2
        targets = torch.randint(3, (30,), generator=generator)
        optimizer = torch.optim.SGD(network.parameters(), **setting)
        losses = []
        for step in range(10):
            optimizer.zero_grad()
            rows = slice(step * 3, step * 3 + 3)
            loss = nn.functional.cross_entropy(network(input[rows]), targets[rows], label_smoothing=0.1)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        cases.append({
            "learningRate": setting["lr"], "momentum": setting.get("momentum", 0), "dampening":
            setting.get("dampening", 0), "weightDecay": setting.get("weight_decay", 0),
            "nesterov": setting.get("nesterov", False), "initial": initial, "input": numbers(input),
            "targets": numbers(targets), "losses": losses,
            "final": {key: numbers(value) for key, value in network.named_parameters()},
        })
    write("optimizers.json", cases)


def residual():
    """A residual block between two linear layers: forward, loss and all gradients."""
    generator = torch.Generator().manual_seed(4)

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.Linear(4, 6)
            self.body = nn.Linear(6, 6)
            self.last = nn.Linear(6, 3)

        def forward(self, x):
            h = self.first(x)
            h = h + torch.relu(self.body(h))
            h = h + h
            return self.last(h)

    network = Block().double()
    for parameter in network.parameters():
        parameter.data = integers(generator, *parameter.shape).double() / 4
    input = integers(generator, 5, 4).double()
    targets = torch.randint(3, (5,), generator=generator)
    initial = {key: numbers(value) for key, value in network.named_parameters()}
    loss = nn.functional.cross_entropy(network(input), targets)
    loss.backward()
    write("residual.json", [{
        "initial": initial, "input": numbers(input), "targets": numbers(targets), "loss": loss.item(),
        "gradients": {key: numbers(value.grad) for key, value in network.named_parameters()},
    }])


if __name__ == "__main__":
    layers()
    losses()
    optimizers()
    residual()
