"""Writes the PyTorch reference values of activations, of batch normalisation with its options and an activation behind it, and of
layer normalisation. Same environment as generate.py:

    venv/bin/python generate-activations.py

All of it is in double precision.
"""
import torch
from torch import nn

from generate import eighths, numbers, operation_case, short, write


class Scale(nn.Module):
    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def forward(self, x):
        return x * self.factor


ACTIVATIONS = [
    ({"kind": "LeakyReLU", "negativeSlope": 0.125}, nn.LeakyReLU(0.125)),
    ({"kind": "GELU", "approximate": "none"}, nn.GELU()),
    ({"kind": "GELU", "approximate": "tanh"}, nn.GELU(approximate="tanh")),
    ({"kind": "SiLU"}, nn.SiLU()),
    ({"kind": "Tanh"}, nn.Tanh()),
    ({"kind": "Sigmoid"}, nn.Sigmoid()),
    ({"kind": "Softplus", "beta": 1, "threshold": 20}, nn.Softplus()),
    ({"kind": "Softplus", "beta": 2.5, "threshold": 3}, nn.Softplus(beta=2.5, threshold=3)),
    ({"kind": "Scale", "factor": 0.375}, Scale(0.375)),
]


def title(description):
    options = ", ".join(f"{key} {value}" for key, value in description.items() if key != "kind")
    return f"{description['kind']}({options})"


def with_activation(base, activation):
    """A normalisation whose parameters have their own names, with an activation behind it."""

    class Absorbing(base):
        def forward(self, x):
            return activation(super().forward(x))

    return Absorbing


def activations():
    generator = torch.Generator().manual_seed(11)
    cases = []
    for description, layer in ACTIVATIONS:
        for rows, shape in [(2, (3, 3, 3)), (3, (13,))]:
            name = f"{title(description)} of {rows} rows {shape}"
            cases.append(operation_case(name, description, layer, eighths(generator, rows, *shape), generator))
    for index, (description, layer) in enumerate([*ACTIVATIONS, ({"kind": "ReLU"}, nn.ReLU())]):
        rows, shape = [(3, (10, 1, 2)), (4, (3, 2, 3)), (6, (9,))][index % 3]
        base, kind = (nn.BatchNorm2d, "BatchNorm2d") if len(shape) == 3 else (nn.BatchNorm1d, "BatchNorm1d")
        normalization = {
            "kind": kind, "numFeatures": shape[0], "eps": 1e-5, "momentum": 0.1, "absorbed": [description]}
        cases.append(
            operation_case(
                f"{kind}({shape[0]}) + {title(description)} of {rows} rows {shape}", normalization,
                with_activation(base, layer)(shape[0]), eighths(generator, rows, *shape), generator))
    write("activations.json", cases)


def extremes():
    """Values and slopes far from 0 and close to it, each to be compared by itself."""
    cases = []
    points = [1e4, 1e3, 100, 50, 25, 20.5, 19.5, 12, 9.5, 7, 5, 3, 1.5, 0.75, 0.5, 0.1, 1e-2, 1e-3, 1e-4, 1e-6, 1e-20, 1e-30]
    for description, layer in ACTIVATIONS:
        x = torch.tensor([*points, *(-point for point in points), 0.0], dtype=torch.float32).double().requires_grad_()
        y = layer(x)
        y.sum().backward()
        cases.append({
            "layer": description, "input": numbers(x), "output": short(y), "slope": short(x.grad),
        })
    write("activation-extremes.json", cases)


def normalisations():
    generator = torch.Generator().manual_seed(12)
    cases = []
    batches = [
        # rows, shape, whether there is a scale, a shift, ε
        (3, (4, 2, 3), True, False, 1e-5), (3, (4, 2, 3), False, True, 1e-5), (3, (3, 2, 2), False, False, 1e-12),
        (4, (5, 2, 2), True, True, 1e-12), (5, (6,), True, False, 1e-12), (5, (7,), False, True, 1e-5),
    ]
    for rows, shape, scale, shift, epsilon in batches:
        make, kind = (nn.BatchNorm2d, "BatchNorm2d") if len(shape) == 3 else (nn.BatchNorm1d, "BatchNorm1d")
        layer = make(shape[0], eps=epsilon)
        if not scale:
            layer.register_parameter("weight", None)
        if not shift:
            layer.register_parameter("bias", None)
        description = {
            "kind": kind, "numFeatures": shape[0], "eps": epsilon, "momentum": 0.1, "scale": scale, "shift": shift}
        name = f"{kind}({shape[0]}, scale {scale}, shift {shift}, ε {epsilon}) of {rows} rows {shape}"
        cases.append(operation_case(name, description, layer, eighths(generator, rows, *shape), generator))
    layers = [
        # normalised shape, rows, shape, added to the input, what differs from PyTorch's defaults
        ((7,), 3, (7,), 0, {}), ((16,), 2, (16,), 100, {}), ((33,), 4, (33,), 0, {"eps": 1e-3}),
        ((3, 3, 4), 2, (3, 3, 4), 0, {}), ((4,), 2, (2, 3, 4), 0, {}), ((3, 4), 2, (2, 3, 4), 0, {"bias": False}),
        ((5,), 4, (5,), 0, {"elementwise_affine": False}),
    ]
    for normalized, rows, shape, offset, options in layers:
        layer = nn.LayerNorm(normalized, **options)
        description = {
            "kind": "LayerNorm", "normalizedShape": list(normalized), "eps": layer.eps,
            "scale": layer.weight is not None, "shift": layer.bias is not None}
        name = f"LayerNorm{normalized} of {rows} rows {shape}" + "".join(f", {k} {v}" for k, v in options.items())
        name += f", mean {offset}" if offset else ""
        cases.append(operation_case(name, description, layer, eighths(generator, rows, *shape) + offset, generator))
    write("normalisations.json", cases)


if __name__ == "__main__":
    activations()
    extremes()
    normalisations()
