"""ResNet-20, 32 and 56 for CIFAR-10 on a CPU in float32: accuracy, seconds an epoch, GFLOP/s.

    resnet.py FOLDER [--depth 20] [--epochs 164] [--seeds 1,2,3] [--threads 2]
    resnet.py --steps 10 [FOLDER]

FOLDER holds data_batch_1.bin to data_batch_5.bin and test_batch.bin. With --steps only so many steps are timed; random
images will do. A step includes its batch's augmentation.

Architecture and training: Kaiming He and others, 'Deep Residual Learning for Image Recognition' (2015), section 4.2,
https://arxiv.org/abs/1512.03385: shortcuts without parameters (option A), batches of 128, SGD with momentum 0.9, weight
decay 0.0001 for all parameters, a learning rate of 0.1 that is divided by 10 at half and at three quarters of the
training (64,000 steps there, 164 epochs), flips and shifts by up to 4 pixels. Different here: all 50,000 training images
are used, and pixels are normalised by channel, so that what is shifted in is the mean of each channel.
"""

import argparse
import math
import os
import statistics
import time

import torch
import torch.nn.functional as F
from torch import nn

import cifar10
from measurement import operations, parameter_count, timed

LEARNING_RATE = 0.1
MOMENTUM = 0.9
WEIGHT_DECAY = 1e-4


def convolution(inputs, outputs, stride=1):
    layer = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
    nn.init.kaiming_normal_(layer.weight)
    return layer


class Block(nn.Module):
    """Two convolutions and a shortcut, which takes every second pixel and adds channels of zeros where sizes change."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1, self.norm1 = convolution(inputs, outputs, stride), nn.BatchNorm2d(outputs)
        self.conv2, self.norm2 = convolution(outputs, outputs), nn.BatchNorm2d(outputs)
        self.stride, self.more = stride, outputs - inputs

    def forward(self, x):
        y = self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x)))))
        if self.more:
            x = F.pad(x[:, :, ::self.stride, ::self.stride], (0, 0, 0, 0, self.more // 2, self.more - self.more // 2))
        return F.relu(y + x)


class ResNet(nn.Module):
    """(count, 3, 32, 32) → (count, 10), with 3 stages of (depth − 2) / 6 blocks, of `width`, 2 and 4 times `width` channels."""

    def __init__(self, depth=20, width=16):
        super().__init__()
        self.conv, self.norm = convolution(3, width), nn.BatchNorm2d(width)
        channels = width
        blocks = []
        for stage in range(3):
            for index in range((depth - 2) // 6):
                outputs = width << stage
                blocks.append(Block(channels, outputs, 2 if stage > 0 and index == 0 else 1))
                channels = outputs
        self.blocks = nn.Sequential(*blocks)
        self.linear = nn.Linear(channels, 10)

    def forward(self, x):
        x = self.blocks(F.relu(self.norm(self.conv(x))))
        return self.linear(x.mean((2, 3)))


class Training:
    """One network in training, which takes its steps in order."""

    def __init__(self, options, seed, images, labels):
        torch.manual_seed(seed)
        self.random = torch.Generator().manual_seed(seed)
        self.images, self.labels, self.batch = images, labels, options.batch
        self.steps_per_epoch = math.ceil(len(images) / options.batch)
        self.step_count = options.epochs * self.steps_per_epoch
        self.format = torch.channels_last if options.channels_last else torch.contiguous_format
        self.model = ResNet(options.depth, options.width).to(memory_format=self.format)
        self.compiled = torch.compile(self.model) if options.torch_compile else self.model
        self.optimizer = torch.optim.SGD(self.model.parameters(), LEARNING_RATE, MOMENTUM, weight_decay=WEIGHT_DECAY)
        self.epoch = None

    def step(self, index):
        epoch, place = divmod(index, self.steps_per_epoch)
        if epoch != self.epoch:
            self.epoch = epoch
            self.order = torch.randperm(len(self.images), generator=self.random)
            self.model.train()
        chosen = self.order[place * self.batch:(place + 1) * self.batch]
        x = cifar10.flipped(cifar10.normalized(self.images[chosen]),
                            torch.rand(len(chosen), generator=self.random) < 0.5)
        x = cifar10.shifted(x, 4, "constant", self.random)
        progress = index / self.step_count
        self.optimizer.param_groups[0]["lr"] = LEARNING_RATE * (1 if progress < 0.5 else 0.1 if progress < 0.75 else 0.01)
        self.optimizer.zero_grad()
        loss = F.cross_entropy(self.compiled(x.contiguous(memory_format=self.format)), self.labels[chosen])
        loss.backward()
        self.optimizer.step()
        return loss.detach(), len(chosen)

    def operations(self):
        return operations(self.model, torch.zeros(2, 3, 32, 32).contiguous(memory_format=self.format))

    @torch.inference_mode()
    def accuracy(self, images, labels):
        self.model.eval()
        right = 0
        for chunk, answers in zip(images.split(1000), labels.split(1000)):
            logits = self.model(cifar10.normalized(chunk).contiguous(memory_format=self.format))
            right += (logits.argmax(1) == answers).sum().item()
        return right / len(images)


def measure_steps(options, images, labels):
    training = Training(options, options.seeds[0], images, labels)
    products, cost = training.operations()
    print(f"{parameter_count(training.model):,} parameters, {products / 1e6:.1f} M multiply-adds forward")
    speed, loss = timed(training.step, 0, options.steps, options.warmup)
    print(f"{speed:,.1f} images/s, {speed * cost / 1e9:.1f} GFLOP/s ({cost / 1e6:.1f} MFLOP an image), loss {loss:.4f}")


def train(options, seed, examples, tests):
    training = Training(options, seed, *examples)
    products, cost = training.operations()
    print(f"seed {seed}: {parameter_count(training.model):,} parameters, {products / 1e6:.1f} M multiply-adds forward")
    total = 0
    for epoch in range(options.epochs):
        start = time.perf_counter()
        losses = [training.step(index)[0] for index in
                  range(epoch * training.steps_per_epoch, (epoch + 1) * training.steps_per_epoch)]
        loss = torch.stack(losses).mean().item()
        elapsed = time.perf_counter() - start
        total += elapsed
        speed = len(examples[0]) / elapsed
        print(f"epoch {epoch + 1:3}: loss {loss:.4f}, {elapsed:.1f} s, {speed:,.1f} images/s, "
              f"{speed * cost / 1e9:.1f} GFLOP/s", flush=True)
    start = time.perf_counter()
    accuracy = training.accuracy(*tests)
    print(f"accuracy {accuracy:.2%}; {total:.1f} s of training, {total / options.epochs:.1f} s an epoch, "
          f"{time.perf_counter() - start:.1f} s for the test images", flush=True)
    return accuracy


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", help="the folder with CIFAR-10's binary files")
    parser.add_argument("--depth", type=int, default=20, choices=[8, 14, 20, 32, 44, 56])
    parser.add_argument("--width", type=int, default=16, help="channels of the first stage")
    parser.add_argument("--epochs", type=int, default=164)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--seeds", type=lambda text: [int(seed) for seed in text.split(",")], default=[1])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--images", type=int, help="only the first of the training and of the test images")
    parser.add_argument("--steps", type=int, help="time so many steps instead of training")
    parser.add_argument("--warmup", type=int, default=2, help="steps before those that are timed")
    parser.add_argument("--channels-last", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--torch-compile", action="store_true", help="needs a C++ compiler")
    options = parser.parse_args()
    if not options.folder and not options.steps:
        parser.error("without --steps a folder is needed")

    torch.set_num_threads(options.threads)
    # Kernels are compiled in this process: others that do it would outlive the measurement.
    os.environ.setdefault("TORCHINDUCTOR_COMPILE_THREADS", "1")
    if options.folder:
        examples, tests = cifar10.load(options.folder, options.images)
    else:
        examples = cifar10.random_examples(options.images or 8 * options.batch)
    if options.steps:
        measure_steps(options, *examples)
        return
    results = [train(options, seed, examples, tests) for seed in options.seeds]
    if len(results) > 1:
        print(f"mean {statistics.mean(results):.2%}, standard deviation {statistics.stdev(results):.2%}")


if __name__ == "__main__":
    main()
