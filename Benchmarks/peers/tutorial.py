"""PyTorch's tutorial 'Training a Classifier' on CIFAR-10's binary files: two epochs, then the test images.

    tutorial.py FOLDER

The network, the loader (batches of 4, two workers), the loss and the optimizer are the tutorial's. Only the data set is
read from the binary files instead of Python pickles, so that nothing but PyTorch is needed. Prints the seconds of the
whole program and the accuracy.
"""

import sys
import time

start = time.perf_counter()
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn, optim


class CIFAR10(torch.utils.data.Dataset):
    def __init__(self, paths):
        records = np.concatenate([np.fromfile(path, dtype=np.uint8).reshape(-1, 3073) for path in paths])
        self.labels = records[:, 0].astype(np.int64)
        self.images = records[:, 1:].reshape(-1, 3, 32, 32)

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        # What ToTensor and Normalize((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)) do.
        image = torch.from_numpy(self.images[index]).float().div_(255)
        return image.sub_(0.5).div_(0.5), int(self.labels[index])


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 5)
        self.pool = nn.MaxPool2d(2, 2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = self.pool(F.relu(self.conv2(x)))
        x = torch.flatten(x, 1)
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return self.fc3(x)


folder = sys.argv[1]
trainset = CIFAR10([f"{folder}/data_batch_{index}.bin" for index in range(1, 6)])
testset = CIFAR10([f"{folder}/test_batch.bin"])
trainloader = torch.utils.data.DataLoader(trainset, batch_size=4, shuffle=True, num_workers=2)
testloader = torch.utils.data.DataLoader(testset, batch_size=4, shuffle=False, num_workers=2)
net = Net()
criterion = nn.CrossEntropyLoss()
optimizer = optim.SGD(net.parameters(), lr=0.001, momentum=0.9)
for epoch in range(2):
    running_loss = 0.0
    for i, (inputs, labels) in enumerate(trainloader):
        optimizer.zero_grad()
        loss = criterion(net(inputs), labels)
        loss.backward()
        optimizer.step()
        running_loss += loss.item()
        if i % 2000 == 1999:
            print(f"[{epoch + 1}, {i + 1:5d}] loss: {running_loss / 2000:.3f}", flush=True)
            running_loss = 0.0
correct = 0
with torch.no_grad():
    for images, labels in testloader:
        correct += (net(images).argmax(1) == labels).sum().item()
print(f"accuracy {100 * correct / len(testset):.2f} %, {time.perf_counter() - start:.1f} s")
