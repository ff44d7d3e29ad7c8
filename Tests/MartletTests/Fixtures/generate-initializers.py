"""Writes what PyTorch's initialisers draw from, its dirac weights, and numpy's whitening of some patches.

    python3 -m venv venv && venv/bin/pip install torch numpy && venv/bin/python generate-initializers.py
"""
import json
import pathlib
from unittest import mock

import numpy
import torch
from torch.nn import init

HERE = pathlib.Path(__file__).resolve().parent


def ranges():
    """The bound of uniform numbers or the deviation of normal ones, as each initialiser hands it to the tensor."""
    cases = []
    settings = [("kaiming", mode, function, slope) for mode in ("fan_in", "fan_out") for function, slope in [
        ("linear", 0), ("sigmoid", 0), ("tanh", 0), ("relu", 0), ("leaky_relu", 0.2), ("selu", 0)]]
    settings += [("xavier", None, "linear", 0), ("xavier", None, "tanh", 0)]
    for shape in [(8, 6, 3, 2), (20, 30)]:
        for kind, mode, function, slope in settings:
            numbers = {}
            for distribution in ("uniform", "normal"):
                tensor = torch.empty(shape)
                make = getattr(init, f"{kind}_{distribution}_")
                with mock.patch.object(torch.Tensor, f"{distribution}_") as draw:
                    if kind == "kaiming":
                        make(tensor, a=slope, mode=mode, nonlinearity=function)
                    else:
                        make(tensor, gain=init.calculate_gain(function))
                numbers[distribution] = draw.call_args.args[-1]
            cases.append({
                "kind": kind, "mode": mode, "function": function, "slope": slope, "shape": shape,
                "gain": init.calculate_gain(function, slope if function == "leaky_relu" else None), **numbers})
    return cases


def diracs():
    cases = []
    for shape, groups in [((4, 2, 3, 3), 1), ((2, 5, 2, 4), 1), ((6, 2, 1, 3), 3), ((4, 3, 5), 2)]:
        weight = init.dirac_(torch.empty(shape), groups=groups)
        cases.append({"shape": shape, "groups": groups, "ones": weight.flatten().nonzero().flatten().tolist()})
    return cases


def whitening():
    """Eigenvectors over the roots of their eigenvalues, in descending order; their signs are numpy's."""
    random = numpy.random.default_rng(7)
    images = numpy.round(random.normal(size=(5, 2, 5, 6)) * 16) / 16
    images[:, :, 1:] += images[:, :, :-1]
    patches = numpy.lib.stride_tricks.sliding_window_view(images, (2, 3), axis=(2, 3))
    patches = patches.transpose(0, 2, 3, 1, 4, 5).reshape(-1, 12)
    values, vectors = numpy.linalg.eigh(patches.T @ patches / len(patches))
    weight = (vectors / numpy.sqrt(values + 5e-4)).T[::-1]
    return {
        "shape": [2, 5, 6], "kernel": [2, 3], "images": images.flatten().tolist(),
        "weight": [float(f"{value:.9g}") for value in weight.flatten()]}


if __name__ == "__main__":
    text = json.dumps({"ranges": ranges(), "diracs": diracs(), "whitening": whitening()})
    (HERE / "initializers.json").write_text(text.replace("}, {", "},\n{") + "\n")
