"""The airbench94_muon recipe for CIFAR-10 on a CPU in float32: accuracy, seconds an epoch, GFLOP/s.

    speedrun.py FOLDER [--widths 64-256-256] [--epochs 10] [--seeds 1,2,3] [--threads 2]
    speedrun.py --steps 10 [FOLDER]

FOLDER holds data_batch_1.bin to data_batch_5.bin and test_batch.bin. With --steps only so many steps are timed, first with
the whitening layer's bias in training and then without; random images will do. A step includes its batch's augmentation.

Architecture, hyperparameters and augmentation: Keller Jordan, '94% on CIFAR-10 in 3.29 Seconds on a Single GPU' (2024),
https://arxiv.org/abs/2404.00498, and airbench94_muon.py of https://github.com/KellerJordan/cifar10-airbench; 64-128-128 are
the widths of its 93 % network. Different here: float32 instead of half precision, 10 epochs instead of 8, the last, smaller
batch of an epoch is kept, the loss is the mean over the batch, the last layer starts as PyTorch has it and is divided by 9,
and the whitening's bias follows the schedule of all others until it rests.
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

LABEL_SMOOTHING = 0.2
WHITENING_BIAS_EPOCHS = 3
MUON_LEARNING_RATE, MUON_MOMENTUM, MUON_STEPS = 0.24, 0.6, 3
# Of the linear layer. The source has 0.67 for a sum over the batch and outputs divided by 256; here it is a mean over 2,000
# examples, and outputs are divided by 9.
LEARNING_RATE = 0.67 * 2000 * 9**2 / 256**2
MOMENTUM = 0.85
WEIGHT_DECAY = 2e-6 * 2000 / LEARNING_RATE
# Biases: 0.053 for the sum.
BIAS_FACTOR = 64


def convolution(inputs, outputs):
    """3×3 without a bias. The first filters pass their channel on unchanged, the others are PyTorch's own."""
    layer = nn.Conv2d(inputs, outputs, 3, padding="same", bias=False)
    nn.init.dirac_(layer.weight.data[:inputs])
    return layer


def normalization(channels):
    layer = nn.BatchNorm2d(channels, eps=1e-12, momentum=0.4)
    layer.weight.requires_grad_(False)
    return layer


class Block(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv1, self.norm1 = convolution(inputs, outputs), normalization(outputs)
        self.conv2, self.norm2 = convolution(outputs, outputs), normalization(outputs)

    def forward(self, x):
        x = F.gelu(self.norm1(F.max_pool2d(self.conv1(x), 2)))
        return F.gelu(self.norm2(self.conv2(x)))


class SpeedrunNetwork(nn.Module):
    """(count, 3, 32, 32) → (count, 10): a frozen whitening layer, three blocks, a linear layer."""

    def __init__(self, widths=(64, 256, 256)):
        super().__init__()
        self.whitening = nn.Conv2d(3, 24, 2)
        self.whitening.weight.requires_grad_(False)
        nn.init.zeros_(self.whitening.bias)
        self.blocks = nn.Sequential(*(Block(*pair) for pair in zip((24, *widths), widths)))
        self.linear = nn.Linear(widths[-1], 10, bias=False)

    def forward(self, x):
        x = self.blocks(F.gelu(self.whitening(x)))
        return self.linear(F.max_pool2d(x, 3).flatten(1)) / 9


def whiten(layer, images):
    """Makes `layer` give independent outputs of variance 1 for 2×2 patches of `images`, and the same with minus signs."""
    moments = torch.zeros(12, 12, dtype=torch.double)
    patch_count = 0
    for chunk in images.split(500):
        patches = F.unfold(chunk, 2).transpose(0, 1).reshape(12, -1)
        moments += (patches @ patches.T).double()
        patch_count += patches.shape[1]
    values, vectors = torch.linalg.eigh(moments / patch_count)
    filters = (vectors / (values + 5e-4).sqrt()).T.reshape(12, 3, 2, 2)
    layer.weight.data.copy_(torch.cat([filters, -filters]))


class Muon(torch.optim.Optimizer):
    """Momentum whose direction is orthogonalised, for weights that keep their norm.

    Keller Jordan and others, 'Muon: An optimizer for hidden layers in neural networks' (2024),
    https://kellerjordan.github.io/posts/muon/.
    """

    def __init__(self, weights):
        super().__init__(weights, {"lr": MUON_LEARNING_RATE})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for weight in group["params"]:
                velocity = self.state[weight].setdefault("velocity", torch.zeros_like(weight))
                velocity.mul_(MUON_MOMENTUM).add_(weight.grad)
                direction = torch.add(weight.grad, velocity, alpha=MUON_MOMENTUM)
                weight.mul_(len(weight) ** 0.5 / weight.norm())
                weight.sub_(orthogonal(direction.flatten(1)).view_as(weight), alpha=group["lr"])


def orthogonal(matrix):
    """Newton–Schulz iterations, which bring singular values near 1."""
    x = matrix / (matrix.norm() + 1e-7)
    if len(x) > x.shape[1]:
        return orthogonal(matrix.T).T
    for _ in range(MUON_STEPS):
        a = x @ x.T
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
    return x


class Training:
    """One network in training, which takes its steps in order."""

    def __init__(self, options, seed, images, labels):
        torch.manual_seed(seed)
        self.random = torch.Generator().manual_seed(seed)
        self.images, self.labels, self.batch = images, labels, options.batch
        self.steps_per_epoch = math.ceil(len(images) / options.batch)
        self.step_count = options.epochs * self.steps_per_epoch
        self.format = torch.channels_last if options.channels_last else torch.contiguous_format
        self.model = SpeedrunNetwork(options.widths).to(memory_format=self.format)
        whiten(self.model.whitening, cifar10.normalized(images[:5000]))
        self.compiled = torch.compile(self.model) if options.torch_compile else self.model
        trained = [parameter for parameter in self.model.parameters() if parameter.requires_grad]
        biases = [parameter for parameter in trained if parameter.dim() == 1]
        self.optimizers = [
            Muon([parameter for parameter in trained if parameter.dim() == 4]),
            torch.optim.SGD([
                {"params": biases, "lr": LEARNING_RATE * BIAS_FACTOR, "weight_decay": WEIGHT_DECAY / BIAS_FACTOR},
                {"params": [self.model.linear.weight], "lr": LEARNING_RATE, "weight_decay": WEIGHT_DECAY},
            ], momentum=MOMENTUM, nesterov=True),
        ]
        self.groups = [group for optimizer in self.optimizers for group in optimizer.param_groups]
        self.rates = [group["lr"] for group in self.groups]
        self.are_flipped_first = torch.rand(len(images), generator=self.random) < 0.5
        self.epoch = None

    def step(self, index):
        epoch, place = divmod(index, self.steps_per_epoch)
        if epoch != self.epoch:
            self.begin(epoch)
        chosen = self.order[place * self.batch:(place + 1) * self.batch]
        x = cifar10.normalized(self.images[chosen])
        x = cifar10.shifted(cifar10.flipped(x, self.are_flipped[chosen]), 2, "reflect", self.random)
        for group, rate in zip(self.groups, self.rates):
            group["lr"] = rate * (1 - index / self.step_count)
        for optimizer in self.optimizers:
            optimizer.zero_grad()
        logits = self.compiled(x.contiguous(memory_format=self.format))
        loss = F.cross_entropy(logits, self.labels[chosen], label_smoothing=LABEL_SMOOTHING)
        loss.backward()
        for optimizer in self.optimizers:
            optimizer.step()
        return loss.detach(), len(chosen)

    def begin(self, epoch):
        # Chance decides about the first epoch; then each image is flipped in every other epoch.
        self.are_flipped = self.are_flipped_first ^ (epoch % 2 == 1)
        self.epoch = epoch
        self.order = torch.randperm(len(self.images), generator=self.random)
        self.model.whitening.bias.requires_grad_(epoch < WHITENING_BIAS_EPOCHS)
        self.model.train()

    def operations(self):
        return operations(self.model, torch.zeros(2, 3, 32, 32).contiguous(memory_format=self.format))

    @torch.inference_mode()
    def accuracies(self, images, labels):
        """The share of right answers from the image alone, and from six views of it."""
        self.model.eval()
        right = torch.zeros(2)
        for chunk, answers in zip(images.split(1000), labels.split(1000)):
            x = cifar10.normalized(chunk)
            padded = F.pad(x, (1,) * 4, "reflect")
            # Moved by one pixel along the diagonal, both ways.
            views = [(x, 0.5), (padded[:, :, :32, :32], 0.25), (padded[:, :, 2:, 2:], 0.25)]
            plain, views = self.logits(x), [(self.logits(view) + self.logits(view.flip(-1)), weight)
                                            for view, weight in views]
            for index, logits in enumerate([plain, sum(weight * pair for pair, weight in views)]):
                right[index] += (logits.argmax(1) == answers).sum()
        return (right / len(images)).tolist()

    def logits(self, x):
        return self.model(x.contiguous(memory_format=self.format))


def measure_steps(options, images, labels):
    training = Training(options, options.seeds[0], images, labels)
    print(f"{parameter_count(training.model):,} parameters, {training.operations()[0] / 1e6:.1f} M multiply-adds forward")
    for first, name in [(0, "with the whitening bias"), (WHITENING_BIAS_EPOCHS * training.steps_per_epoch, "without it")]:
        speed, loss = timed(training.step, first, options.steps, options.warmup)
        cost = training.operations()[1]
        print(f"{name}: {speed:,.1f} images/s, {speed * cost / 1e9:.1f} GFLOP/s ({cost / 1e6:.1f} MFLOP an image), "
              f"loss {loss:.4f}", flush=True)


def train(options, seed, examples, tests):
    start = time.perf_counter()
    training = Training(options, seed, *examples)
    print(f"seed {seed}: {parameter_count(training.model):,} parameters, "
          f"{training.operations()[0] / 1e6:.1f} M multiply-adds forward, prepared in {time.perf_counter() - start:.1f} s")
    total = time.perf_counter() - start
    for epoch in range(options.epochs):
        start = time.perf_counter()
        losses = [training.step(index)[0] for index in
                  range(epoch * training.steps_per_epoch, (epoch + 1) * training.steps_per_epoch)]
        loss = torch.stack(losses).mean().item()
        elapsed = time.perf_counter() - start
        total += elapsed
        speed = len(examples[0]) / elapsed
        print(f"epoch {epoch + 1:2}: loss {loss:.4f}, {elapsed:.1f} s, {speed:,.1f} images/s, "
              f"{speed * training.operations()[1] / 1e9:.1f} GFLOP/s", flush=True)
    start = time.perf_counter()
    plain, augmented = training.accuracies(*tests)
    print(f"accuracy {plain:.2%}, {augmented:.2%} with six views; {total:.1f} s of training, "
          f"{total / options.epochs:.1f} s an epoch, {time.perf_counter() - start:.1f} s for the test images", flush=True)
    return plain, augmented


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", help="the folder with CIFAR-10's binary files")
    parser.add_argument("--widths", type=lambda text: tuple(int(width) for width in text.split("-")),
                        default=(64, 256, 256), help="the blocks' channels: 64-256-256 or 64-128-128")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch", type=int, default=2000)
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
        for name, values in zip(("the image alone", "six views"), zip(*results)):
            print(f"{name}: mean {statistics.mean(values):.2%}, standard deviation {statistics.stdev(values):.2%}")


if __name__ == "__main__":
    main()
