"""What a training step costs: floating-point operations, seconds, and memory."""

import ctypes
import gc
import resource
import sys
import time


def operations(model, inputs):
    """The multiply-adds of a forward pass for one image, and the floating-point operations of its training step.

    Dense convolutions and linear layers are counted: two operations for each multiply-add, forward, for the weight's
    gradient unless the weight is frozen, and for the input's gradient where something before it is trained.
    """
    import torch
    from torch import nn

    counts = []

    def count(layer, arguments, output):
        products = output.numel() * layer.weight[0].numel()
        passes = 1 + layer.weight.requires_grad + arguments[0].requires_grad
        counts.append((products, 2 * products * passes))

    handles = [layer.register_forward_hook(count) for layer in model.modules()
               if isinstance(layer, (nn.Conv2d, nn.Linear))]
    training = model.training
    model.eval()  # Leaves the statistics of batch normalisation as they are.
    with torch.enable_grad():
        model(inputs)
    model.train(training)
    for handle in handles:
        handle.remove()
    return tuple(sum(column) / len(inputs) for column in zip(*counts))


def parameter_count(model):
    return sum(parameter.numel() for parameter in model.parameters())


def timed(step, first, count, warmup):
    """Images a second of `count` steps from step `first` on, after `warmup` steps before them, and the last loss.

    `step(index)` returns the loss and the number of images.
    """
    for index in range(first, first + warmup):
        step(index)
    start = time.perf_counter()
    images = 0
    for index in range(first + warmup, first + warmup + count):
        loss, size = step(index)
        images += size
    value = loss.item()
    return images / (time.perf_counter() - start), value


class PeakMemory:
    """How much memory this process takes at most beyond what it has when this is made, in MB.

    It is the resident memory as the system counts it. Linux forgets the highest value when asked to. Elsewhere the
    highest value of the process's whole life is taken, before and after, and so only growth beyond it is seen.
    """

    def __init__(self):
        gc.collect()
        if sys.platform == "linux":
            # Memory that was freed, but kept by the C library, would be missing from the difference.
            getattr(ctypes.CDLL(None), "malloc_trim", lambda _: None)(0)
        self.forget()
        self.start = self.highest()

    def forget(self):
        """Counts the highest value from here on."""
        try:
            with open("/proc/self/clear_refs", "w") as file:
                file.write("5")
        except OSError:
            pass

    def highest(self):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)

    def megabytes(self):
        return max(0, self.highest() - self.start)
