"""CIFAR-10 from its binary files, and what happens to a batch of its images. Images stay bytes until they are in a batch."""

import numpy as np
import torch
import torch.nn.functional as F

MEAN = torch.tensor([0.4914, 0.4822, 0.4465]).view(1, 3, 1, 1)
DEVIATION = torch.tensor([0.2470, 0.2435, 0.2616]).view(1, 3, 1, 1)


def load(folder, limit=None):
    """The training and the test examples: each (count, 3, 32, 32) bytes and (count) labels, at most `limit` of each."""
    return tuple(read([f"{folder}/{name}.bin" for name in names], limit)
                 for names in ([f"data_batch_{index}" for index in range(1, 6)], ["test_batch"]))


def read(paths, limit):
    """A record is one byte for the label and 3,072 for the image: channels, rows, columns."""
    records = np.concatenate([np.fromfile(path, dtype=np.uint8).reshape(-1, 3073) for path in paths])[:limit]
    images, labels = records[:, 1:].reshape(-1, 3, 32, 32), records[:, 0].astype(np.int64)
    return torch.from_numpy(np.ascontiguousarray(images)), torch.from_numpy(labels)


def random_examples(count):
    """As many random examples, for measurements without the data set."""
    random = np.random.default_rng(1)
    return (torch.from_numpy(random.integers(0, 256, (count, 3, 32, 32), dtype=np.uint8)),
            torch.from_numpy(random.integers(0, 10, count)))


def normalized(images):
    """Bytes as numbers with mean 0 and standard deviation 1 for each channel."""
    return images.float().div_(255).sub_(MEAN).div_(DEVIATION)


def shifted(images, pixels, mode, generator):
    """Each image moved by up to `pixels` up or down, left or right, after padding as `F.pad` does in `mode`."""
    padded = F.pad(images, (pixels,) * 4, mode)
    # (count, 3, 2·pixels + 1, 2·pixels + 1, 32, 32), a view: one window for every shift.
    windows = padded.unfold(2, images.shape[2], 1).unfold(3, images.shape[3], 1)
    down, right = torch.randint(0, 2 * pixels + 1, (2, len(images)), generator=generator)
    return windows[torch.arange(len(images)), :, down, right]


def flipped(images, which):
    """The images of which `which`, (count), is true as in a mirror, and the others as they are."""
    return torch.where(which.view(-1, 1, 1, 1), images.flip(-1), images)
