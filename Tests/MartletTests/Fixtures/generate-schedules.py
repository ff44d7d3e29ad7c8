"""Writes the factors of PyTorch's learning-rate schedules, step by step: schedules.json.

    python3 -m venv venv && venv/bin/pip install torch && venv/bin/python generate-schedules.py

A training has 40 steps, 8 an epoch. The triangle, which PyTorch does not have, is by the formula of airbench94.py
(Keller Jordan, 2024) in a LambdaLR.
"""
import json
import pathlib
import warnings

import torch
from torch.optim import lr_scheduler as lr

HERE = pathlib.Path(__file__).resolve().parent
STEPS, EPOCH = 40, 8


def factors(make, every=1):
    """The rate at each step, as a share of the optimizer's; the schedule moves once in `every` steps."""
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0, momentum=0.9)
    schedule = make(optimizer)
    found = []
    for step in range(STEPS):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if (step + 1) % every == 0:
            schedule.step()
    return found


def triangle(start, peak, end):
    rising = int(STEPS * peak)

    def factor(step):
        if step < rising:
            share = step / rising
            return start * (1 - share) + share
        share = (step - rising) / (STEPS - rising)
        return 1 - share + end * share

    return lambda optimizer: lr.LambdaLR(optimizer, factor)


def warm(steps, start, following):
    def make(optimizer):
        return lr.SequentialLR(
            optimizer, [lr.LinearLR(optimizer, start_factor=start, total_iters=steps), following(optimizer)], [steps])

    return make


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    cases = {
        "step": factors(lambda o: lr.StepLR(o, 2), every=EPOCH),
        "step, in steps": factors(lambda o: lr.StepLR(o, 7, gamma=0.5)),
        "milestones": factors(lambda o: lr.MultiStepLR(o, [1, 3], gamma=0.2), every=EPOCH),
        "exponential": factors(lambda o: lr.ExponentialLR(o, 0.9)),
        "polynomial": factors(lambda o: lr.PolynomialLR(o, total_iters=STEPS, power=1.7)),
        "line": factors(lambda o: lr.LinearLR(o, 1, 0.25, total_iters=STEPS)),
        "cosine": factors(lambda o: lr.CosineAnnealingLR(o, STEPS)),
        "cosine with an end": factors(lambda o: lr.CosineAnnealingLR(o, STEPS, eta_min=0.1)),
    }

    def cycle(**settings):
        # PyTorch refuses the step after the last one.
        optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0, momentum=0.9)
        schedule = lr.OneCycleLR(optimizer, 1.0, total_steps=STEPS, cycle_momentum=False, **settings)
        found = [optimizer.param_groups[0]["lr"]]
        for _ in range(STEPS - 1):
            optimizer.step()
            schedule.step()
            found.append(optimizer.param_groups[0]["lr"])
        return found

    cases["one cycle"] = cycle()
    cases["one cycle, of lines"] = cycle(pct_start=0.23, anneal_strategy="linear", div_factor=5.0, final_div_factor=3.0)
    cases["one cycle, in three phases"] = cycle(three_phase=True)
    cases["triangle"] = factors(triangle(0.2, 0.23, 0.07))
    cases["warm-up"] = factors(warm(EPOCH, 0.1, lambda o: lr.CosineAnnealingLR(o, STEPS - EPOCH, eta_min=0.05)))
    cases["warm-up before steps"] = factors(warm(5, 0.01, lambda o: lr.StepLR(o, 10)))
    path = HERE / "schedules.json"
    path.write_text(json.dumps([{"name": name, "factors": values} for name, values in cases.items()], indent=0) + "\n")
    print(path.name, len(cases), "cases,", path.stat().st_size, "bytes")
