"""Writes augmentations.json: what torchvision makes of images whose random numbers are given.

    python3 -m venv venv && venv/bin/pip install torch torchvision && venv/bin/python generate-augmentations.py

All is computed in double precision, on pixels of 0...1, and normalised afterwards where the real order is that one.
"""
import json
import pathlib

import torch
from torchvision.transforms import functional as F

HERE = pathlib.Path(__file__).resolve().parent
generator = torch.Generator().manual_seed(7)


def rounded(tensor):
    return [round(value, 6) for value in tensor.double().flatten().tolist()]


def statistics(channels):
    return [0.4914, 0.4822, 0.4465][:channels], [0.247, 0.2435, 0.2616][:channels]


def normalized(pixels):
    return F.normalize(pixels, *statistics(pixels.shape[0]))


def case(kind, pixels, output, **values):
    mean, deviation = statistics(pixels.shape[0])
    return {
        "kind": kind, "shape": list(pixels.shape), "mean": mean, "deviation": deviation,
        "pixels": rounded(pixels), "output": rounded(output), **values,
    }


cases = []
for channels, height, width in [(3, 4, 5), (1, 4, 6), (2, 4, 4)]:
    pixels = torch.rand(channels, height, width, generator=generator, dtype=torch.float64).round(decimals=3)
    cases.append(case("mirror", pixels, normalized(F.hflip(pixels))))
    for padding, top, left in [(1, 0, 2), (1, 2, 1), (1, 1, 0), (1, 0, 0), (1, 1, 1)]:
        for mode in ["constant", "reflect"]:
            padded = F.pad(pixels, [padding] * 4, fill=0, padding_mode=mode)
            cases.append(case(mode, pixels, normalized(F.crop(padded, top, left, height, width)),
                              padding=padding, top=top, left=left))
    # Further than half of the image, and all of it.
    for padding, top, left in [(8, 0, 5), (8, 12, 16), (3, 6, 0), (3, 1, 5)]:
        padded = F.pad(pixels, [padding] * 4, fill=0)
        cases.append(case("constant", pixels, normalized(F.crop(padded, top, left, height, width)),
                          padding=padding, top=top, left=left))
    # torchvision's brightness and contrast take one channel or three.
    if channels != 2:
        for factor in [0.0, 0.6, 1.0, 1.7]:
            cases.append(case("brightness", pixels, normalized(F.adjust_brightness(pixels, factor)), factor=factor))
            cases.append(case("contrast", pixels, normalized(F.adjust_contrast(pixels, factor)), factor=factor))
    erased = F.erase(normalized(pixels), 1, 2, 2, 1, torch.zeros(1, dtype=torch.float64))
    cases.append(case("erase", pixels, erased, rows=[1, 3], columns=[2, 3]))
pixels = torch.rand(3, 7, 8, generator=generator, dtype=torch.float64).round(decimals=3)
for padding, top, left in [(2, 4, 1), (3, 0, 6)]:
    padded = F.pad(pixels, [padding] * 4, padding_mode="reflect")
    cases.append(case("reflect", pixels, normalized(F.crop(padded, top, left, 7, 8)), padding=padding, top=top, left=left))

path = HERE / "augmentations.json"
path.write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")
print(path.name, len(cases), "cases,", path.stat().st_size, "bytes")
