"""Writes cutmix.json: which region torchvision's CutMix takes from the partner, for given proportions and centres.

    python3 -m venv venv && venv/bin/pip install torch torchvision && venv/bin/python generate-cutmix.py
"""
import json
import pathlib
from unittest import mock

import torch
from torchvision.transforms.v2 import CutMix

HERE = pathlib.Path(__file__).resolve().parent


def region(height, width, proportion, row, column):
    """What torchvision computes if it draws that proportion and that centre; it draws the column first."""
    transform = CutMix(num_classes=2)
    transform._dist = mock.Mock(sample=lambda *_: torch.tensor([proportion], dtype=torch.float64))
    places = [torch.tensor([column]), torch.tensor([row])]
    with mock.patch("torch.randint", side_effect=places):
        parameters = transform.make_params([torch.zeros(2, 1, height, width)])
    x1, y1, x2, y2 = parameters["box"]
    return {
        "height": height, "width": width, "proportion": proportion, "row": row, "column": column,
        "rows": [y1, y2], "columns": [x1, x2], "share": 1 - parameters["lam_adjusted"],
    }


cases = [
    region(height, width, proportion, row, column)
    for height, width in [(32, 32), (8, 12), (5, 5)]
    for proportion in [0.0, 0.3, 0.75, 0.9, 1.0]
    for row, column in [(0, 0), (height // 2, width // 2), (height - 1, 1), (2, width - 1)]
]
path = HERE / "cutmix.json"
path.write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")
print(path.name, len(cases), "cases,", path.stat().st_size, "bytes")
