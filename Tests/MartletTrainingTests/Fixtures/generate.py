"""Writes PyTorch's running loss over 2,000 steps of the tutorial on CIFAR-10, from Martlet's initial weights.

    swift run -c release train run --dataset cifar10 --epochs 0 --seed 1 --save initial.safetensors
    venv/bin/pip install torch numpy safetensors
    venv/bin/python generate.py initial.safetensors FOLDER-WITH-data_batch_1.bin

The images come in the order in which they are stored; batch 4, learning rate 0.001, momentum 0.9.
"""
import json
import pathlib
import sys

import numpy as np
import torch
from safetensors.torch import load_file
from torch import nn

HERE = pathlib.Path(__file__).resolve().parent


class Net(nn.Module):
    """The tutorial's network."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 5)
        self.pool = nn.MaxPool2d(2, 2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):
        x = self.pool(torch.relu(self.conv1(x)))
        x = self.pool(torch.relu(self.conv2(x)))
        x = torch.flatten(x, 1)
        x = torch.relu(self.fc1(x))
        x = torch.relu(self.fc2(x))
        return self.fc3(x)


def main(weights, folder):
    torch.set_num_threads(1)
    records = np.fromfile(pathlib.Path(folder) / "data_batch_1.bin", np.uint8).reshape(-1, 3073)
    labels = torch.from_numpy(records[:, 0].astype(np.int64))
    images = torch.from_numpy(records[:, 1:].reshape(-1, 3, 32, 32).astype(np.float32)) / 255
    images = (images - 0.5) / 0.5
    cases = []
    for smoothing in [0.0, 0.1]:
        network = Net()
        network.load_state_dict(load_file(weights))
        criterion = nn.CrossEntropyLoss(label_smoothing=smoothing)
        optimizer = torch.optim.SGD(network.parameters(), lr=0.001, momentum=0.9)
        losses, running = [], 0.0
        for step in range(2000):
            rows = slice(step * 4, step * 4 + 4)
            optimizer.zero_grad()
            loss = criterion(network(images[rows]), labels[rows])
            loss.backward()
            optimizer.step()
            running += loss.item()
            if step % 500 == 499:
                losses.append(running / 500)
                running = 0.0
        print(smoothing, losses)
        cases.append({"seed": 1, "smoothing": smoothing, "steps": 500, "losses": losses})
    (HERE / "tutorial.json").write_text(json.dumps(cases, indent=1) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
