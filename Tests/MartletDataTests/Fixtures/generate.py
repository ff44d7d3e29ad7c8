"""Writes small files with other people's tools, for the readers to prove themselves on.

    venv/bin/pip install torch numpy safetensors && venv/bin/python generate.py

The numbers are 0, 1, 2, … throughout, minus 3.
"""
import gzip
import pathlib

import numpy as np
import torch
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).resolve().parent

values = np.arange(12).reshape(3, 4) - 3
for version, kind in [((1, 0), "<f4"), ((2, 0), "<f8"), ((3, 0), "<i4"), ((1, 0), "<i8")]:
    with open(HERE / f"numpy-{kind[1:]}-{version[0]}.npy", "wb") as file:
        np.lib.format.write_array(file, values.astype(kind), version)

with open(HERE / "numpy-f4-fortran.npy", "wb") as file:
    np.lib.format.write_array(file, np.asfortranarray(values.astype("<f4")), (1, 0))

# Two members, the first with a name and a time in its header.
with open(HERE / "two-members.gz", "wb") as file:
    with gzip.GzipFile("first.txt", "wb", 9, file, 1_700_000_000) as member:
        member.write(b"hello, ")
    file.write(gzip.compress(b"world", 1, mtime=0))

save_file(
    {
        "a.weight": torch.arange(6, dtype=torch.float32).reshape(2, 3) - 3,
        "a.bias": torch.arange(2, dtype=torch.float64) - 3,
        "b.weight": torch.arange(4, dtype=torch.bfloat16).reshape(2, 2) - 3,
    },
    HERE / "pytorch.safetensors",
)

# A batch normalisation as PyTorch saves it: running statistics, and a counter of type I64.
normalization = torch.nn.Sequential(torch.nn.BatchNorm1d(2))
normalization[0].weight.data = torch.tensor([-3.0, -2.0])
normalization[0].bias.data = torch.tensor([-1.0, 0.0])
normalization[0].running_mean.data = torch.tensor([1.0, 2.0])
normalization[0].running_var.data = torch.tensor([3.0, 4.0])
save_file(normalization.state_dict(), HERE / "batch-norm.safetensors")
