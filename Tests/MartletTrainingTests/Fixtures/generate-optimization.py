"""Writes what PyTorch makes of optimizers, groups, schedules, clipping and averages: optimization.json.

    python3 -m venv venv && venv/bin/pip install torch && venv/bin/python generate-optimization.py

All cases train one small network with batch normalization for ten steps, in double precision, on the same inputs. Lookahead
is by the formula of Zhang et al. (2019), and with the falling share of airbench94.py (Keller Jordan, 2024); the warm-up of the
exponential average by that of timm's ModelEmaV3.
"""
import copy
import json
import pathlib

import torch
from torch import nn
from torch.optim import lr_scheduler as lr
from torch.optim import swa_utils

HERE = pathlib.Path(__file__).resolve().parent
STEPS = 10


def network():
    """As in generate.py: no parameter's gradient is nothing but rounding error."""
    generator = torch.Generator().manual_seed(22)
    layers = nn.Sequential(
        nn.Conv2d(1, 3, 3, bias=False), nn.BatchNorm2d(3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(27, 6, bias=False), nn.BatchNorm1d(6), nn.ReLU(), nn.Linear(6, 3),
    ).double()
    ranges = {"1.weight": (0.5, 1.5), "1.bias": (-1, -0.5), "6.weight": (0.5, 1.5)}
    for name, parameter in layers.named_parameters():
        low, high = ranges.get(name, (-0.5, 0.5))
        parameter.data = fractions(generator, *parameter.shape, low=low, high=high)
    return layers


def fractions(generator, *shape, low, high, parts=256):
    return torch.randint(int(low * parts), int(high * parts), shape, generator=generator).double() / parts


def state(model):
    return {
        name: [float(f"{value:.9g}") for value in tensor.detach().flatten().tolist()]
        for name, tensor in model.state_dict().items() if not name.endswith("num_batches_tracked")
    }


INPUTS = fractions(torch.Generator().manual_seed(5), 40, 1, 8, 8, low=-2, high=2, parts=64)
TARGETS = torch.randint(3, (40,), generator=torch.Generator().manual_seed(6))


def rows(step):
    return slice(step * 4, step * 4 + 4)


def train(make, schedule=None, before=None, after=None, until={}):
    """Ten steps; `until` names parameters that are trained for so many steps only."""
    model = network()
    optimizer = make(model)
    following = schedule(optimizer) if schedule else None
    losses = []
    for step in range(STEPS):
        for name, parameter in model.named_parameters():
            parameter.requires_grad_(step < until.get(name, STEPS))
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(INPUTS[rows(step)]), TARGETS[rows(step)], label_smoothing=0.1)
        loss.backward()
        if before:
            before(model)
        optimizer.step()
        if following:
            following.step()
        losses.append(loss.item())
        if after:
            after(model, step)
    return model, losses


def groups(model, rule, **common):
    return [{"params": [value], **common, **rule(name)} for name, value in model.named_parameters()]


def plain(kind, **settings):
    return lambda model: kind(model.parameters(), **settings)


def lookahead(every, share):
    slow = {}

    def after(model, step):
        if not slow:
            slow.update({name: value.clone() for name, value in network().state_dict().items()})
        made = step + 1
        own = model.state_dict()
        for name, value in own.items():
            if not value.dtype.is_floating_point:
                continue
            if made % every == 0:
                slow[name].lerp_(value, share(made))
            if made % every == 0 or made == STEPS:
                value.copy_(slow[name])

    return after


def averaged(first=0, every=1, renew=False, **settings):
    """The averaged model, of the weights after each `every`th step behind `first`."""
    holder = {}

    def after(model, step):
        if "model" not in holder:
            holder["model"] = swa_utils.AveragedModel(model, **settings)
        if step + 1 > first and (step + 1) % every == 0:
            holder["model"].update_parameters(model)

    return holder, after


def timm_warmup(decay):
    """The decay of each update, by timm's ModelEmaV3 with its default power of 2/3."""
    def average(mean, value, count):
        kept = min(decay, 1 - (1 + float(count)) ** (-2 / 3))
        return mean + (1 - kept) * (value - mean)

    return average


class Muon(torch.optim.Optimizer):
    """The rule of airbench94_muon (Keller Jordan, 2024), in the precision of the weights."""

    def __init__(self, parameters, lr, momentum, nesterov, steps):
        super().__init__(parameters, dict(lr=lr, momentum=momentum, nesterov=nesterov, steps=steps))

    @staticmethod
    def orthogonal(matrix, steps):
        a, b, c = 3.4445, -4.7750, 2.0315
        x = matrix / (matrix.norm() + 1e-7)
        tall = x.shape[0] > x.shape[1]
        x = x.T if tall else x
        for _ in range(steps):
            gram = x @ x.T
            x = a * x + (b * gram + c * gram @ gram) @ x
        return x.T if tall else x

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for value in group["params"]:
                speed = self.state[value].setdefault("speed", torch.zeros_like(value))
                speed.mul_(group["momentum"]).add_(value.grad)
                direction = value.grad + group["momentum"] * speed if group["nesterov"] else speed
                value.mul_(len(value) ** 0.5 / value.norm())
                update = self.orthogonal(direction.reshape(len(value), -1), group["steps"])
                value.sub_(group["lr"] * update.reshape(value.shape))


class Both:
    """Muon for some parameters, and SGD for the others."""

    def __init__(self, model, matrices, muon, descent):
        named = list(model.named_parameters())
        self.parts = [
            Muon([value for name, value in named if name in matrices], **muon),
            torch.optim.SGD([value for name, value in named if name not in matrices], **descent),
        ]

    def zero_grad(self):
        for part in self.parts:
            part.zero_grad()

    def step(self):
        for part in self.parts:
            part.step()


def max_norm(limit):
    def after(model, step):
        with torch.no_grad():
            for name, value in model.named_parameters():
                if name in ("0.weight", "5.weight"):
                    value.copy_(torch.renorm(value, 2, 0, limit))

    return after


def main():
    adam, descent, rms = torch.optim.Adam, torch.optim.SGD, torch.optim.RMSprop
    cases = {}

    def add(name, *arguments, **settings):
        model, losses = train(*arguments, **settings)
        cases[name] = {"losses": losses, "final": state(model)}

    add("Adam", plain(adam, lr=0.01))
    add("Adam with decay", plain(adam, lr=0.02, betas=(0.8, 0.95), eps=1e-4, weight_decay=0.1))
    add("AMSGrad", plain(adam, lr=0.02, betas=(0.8, 0.9), weight_decay=0.05, amsgrad=True))
    add("RMSprop", plain(rms, lr=0.003))
    add("RMSprop with momentum", plain(rms, lr=0.002, alpha=0.9, eps=1e-4, weight_decay=0.1, momentum=0.8))
    add("RMSprop, centered", plain(rms, lr=0.003, alpha=0.9, centered=True))
    add("RMSprop, centered, with momentum", plain(rms, lr=0.002, alpha=0.8, momentum=0.5, centered=True))

    def biases(name):
        return {"lr": 0.32, "weight_decay": 0.0125} if name.endswith("bias") else {}

    base = dict(lr=0.05, momentum=0.85, nesterov=True, weight_decay=0.08)
    triangle = lambda step: 0.2 + 0.8 * step / 2 if step < 2 else 1 - 0.93 * (step - 2) / 8
    add("groups and a triangle", lambda model: descent(groups(model, biases, **base), **base),
        schedule=lambda optimizer: lr.LambdaLR(optimizer, triangle), until={"6.bias": 6})
    add("Adam with a cosine", plain(adam, lr=0.02, weight_decay=0.1),
        schedule=lambda optimizer: lr.CosineAnnealingLR(optimizer, STEPS, eta_min=0.002))

    clip = lambda model: nn.utils.clip_grad_value_(model.parameters(), 0.05)
    add("clipped values", plain(descent, lr=0.1, momentum=0.9), before=clip)

    def both(model):
        clip(model)
        nn.utils.clip_grad_norm_(model.parameters(), 0.2)

    add("clipped values and norm", plain(descent, lr=0.1, momentum=0.9), before=both)
    add("max-norm", plain(descent, lr=0.1, momentum=0.9), after=max_norm(0.75))

    others = dict(lr=0.1, momentum=0.9)
    add("Muon", lambda model: Both(
        model, ["0.weight", "5.weight", "8.weight"], dict(lr=0.05, momentum=0.6, nesterov=True, steps=3), others))
    add("Muon without Nesterov's momentum", lambda model: Both(
        model, ["5.weight"], dict(lr=0.02, momentum=0.9, nesterov=False, steps=5), others))

    sgd = plain(descent, lr=0.1, momentum=0.9)
    add("lookahead", sgd, after=lookahead(3, lambda made: 0.5))
    add("lookahead, falling", sgd, after=lookahead(3, lambda made: 1 - 0.774 * (made / STEPS) ** 3))

    def add_average(name, renew=False, **settings):
        holder, after = averaged(**settings)
        train(sgd, after=after)
        model = holder["model"]
        if renew:
            swa_utils.update_bn([INPUTS[rows(step)] for step in range(STEPS)], model)
        cases[name] = {"losses": [], "final": state(model.module)}

    add_average("exponential average", multi_avg_fn=swa_utils.get_ema_multi_avg_fn(0.9), use_buffers=True)
    add_average("exponential average with warm-up", avg_fn=timm_warmup(0.7), use_buffers=True)
    add_average("equal average", first=3, every=2, renew=True)
    add_average("equal average, of statistics too", first=0, every=5, use_buffers=True)

    path = HERE / "optimization.json"
    fixture = {"initial": state(network()), "input": INPUTS.flatten().tolist(), "targets": TARGETS.tolist(), "cases": cases}
    path.write_text(json.dumps(fixture) + "\n")
    print(path.name, len(cases), "cases,", path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
