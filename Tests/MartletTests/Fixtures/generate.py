"""Writes the PyTorch reference values that the tests compare with.

    python3 -m venv venv && venv/bin/pip install torch numpy && venv/bin/python generate.py

Inputs, parameters and output gradients of the layers are small whole numbers, so that every sum is exact in single
precision and the tests can ask for equality. Losses, optimizer and training runs, normalization and average pooling are
computed in double precision.
"""
import json
import math
import pathlib

import torch
from torch import nn

HERE = pathlib.Path(__file__).resolve().parent


def numbers(tensor):
    """The elements, with whole numbers written as such, and what JSON has no word for as text."""
    values = []
    for value in tensor.detach().double().flatten().tolist():
        if value != value:
            values.append("nan")
        elif value in (float("inf"), float("-inf")):
            values.append("inf" if value > 0 else "-inf")
        else:
            values.append(int(value) if value == int(value) and abs(value) < 2**40 else value)
    return values


def write(name, cases):
    path = HERE / name
    path.write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")
    print(path.name, len(cases), "cases,", path.stat().st_size, "bytes")


def integers(generator, *shape, low=-3, high=4):
    return torch.randint(low, high, shape, generator=generator).float()


def layer_case(name, description, layer, input, generator):
    """Forward and all gradients of `layer`, for a random whole-number output gradient."""
    input = input.clone().requires_grad_()
    for parameter in layer.parameters():
        parameter.data = integers(generator, *parameter.shape)
    output = layer(input)
    output_gradient = integers(generator, *output.shape)
    output.backward(output_gradient)
    return {
        "name": name,
        "layer": description,
        "rows": input.shape[0],
        "inputShape": list(input.shape[1:]),
        "outputShape": list(output.shape[1:]),
        "input": numbers(input),
        "parameters": {key: numbers(value) for key, value in layer.named_parameters()},
        "output": numbers(output),
        "outputGradient": numbers(output_gradient),
        "inputGradient": numbers(input.grad),
        "gradients": {key: numbers(value.grad) for key, value in layer.named_parameters()},
    }


def pair(value):
    return list(value) if isinstance(value, tuple) else [value, value]


def layers():
    generator = torch.Generator().manual_seed(1)
    cases = []
    convolutions = [
        # inputs, outputs, kernel, stride, padding, dilation, bias, rows, height, width
        (3, 6, 5, 1, 0, 1, True, 1, 8, 9),
        (1, 1, 1, 1, 0, 1, True, 2, 3, 3),
        (2, 5, 3, 1, 1, 1, False, 2, 5, 6),
        (2, 7, 3, 2, 1, 1, True, 2, 7, 8),
        (1, 2, 7, 1, 3, 1, True, 1, 9, 5),
        (3, 4, (1, 3), (2, 1), (0, 1), 1, True, 2, 5, 4),
        (2, 3, (3, 2), (1, 3), (2, 0), (2, 1), True, 2, 6, 9),
        (2, 2, 3, 2, 2, 2, False, 1, 9, 9),
        (1, 8, 4, 3, 0, 1, True, 2, 10, 11),
        (4, 6, 2, 2, 0, 1, True, 3, 4, 20),
        (1, 3, 3, 1, 0, 1, True, 2, 3, 19),
        (2, 2, 5, 4, 2, 1, True, 1, 6, 7),
    ]
    for inputs, outputs, kernel, stride, padding, dilation, bias, rows, height, width in convolutions:
        layer = nn.Conv2d(inputs, outputs, kernel, stride, padding, dilation, bias=bias)
        description = {
            "kind": "Conv2d", "inputChannels": inputs, "outputChannels": outputs, "kernelSize": pair(kernel),
            "stride": pair(stride), "padding": pair(padding), "dilation": pair(dilation), "bias": bias,
        }
        name = f"Conv2d({inputs}, {outputs}, {kernel}, stride {stride}, padding {padding}, dilation {dilation})"
        cases.append(layer_case(name, description, layer, integers(generator, rows, inputs, height, width), generator))
    for inputs, outputs, bias, rows in [(5, 3, True, 2), (1, 1, True, 1), (17, 9, True, 5), (40, 13, False, 7)]:
        layer = nn.Linear(inputs, outputs, bias=bias)
        description = {"kind": "Linear", "inputFeatures": inputs, "outputFeatures": outputs, "bias": bias}
        cases.append(
            layer_case(
                f"Linear({inputs}, {outputs})", description, layer, integers(generator, rows, inputs), generator))
    pools = [
        # kernel, stride, padding, channels, rows, height, width; values -3...3 make ties common
        (2, 2, 0, 3, 2, 6, 8), (2, 2, 0, 1, 1, 5, 7), (3, 2, 1, 2, 2, 7, 7), (3, 1, 1, 1, 2, 4, 5),
        ((2, 3), (1, 2), (1, 0), 2, 1, 5, 6), (1, 1, 0, 1, 1, 2, 2), (4, 4, 2, 1, 1, 9, 9),
    ]
    for kernel, stride, padding, channels, rows, height, width in pools:
        layer = nn.MaxPool2d(kernel, stride, padding)
        description = {
            "kind": "MaxPool2d", "kernelSize": pair(kernel), "stride": pair(stride), "padding": pair(padding)}
        cases.append(
            layer_case(
                f"MaxPool2d({kernel}, stride {stride}, padding {padding})", description, layer,
                integers(generator, rows, channels, height, width), generator))
    nan = torch.tensor([[[[1.0, float("nan"), 2.0, 3.0], [float("nan"), 5.0, 3.0, 3.0]]]])
    cases.append(
        layer_case(
            "MaxPool2d(2) with NaN", {"kind": "MaxPool2d", "kernelSize": [2, 2], "stride": [2, 2], "padding": [0, 0]},
            nn.MaxPool2d(2), nan, generator))
    low = torch.full((1, 1, 2, 2), float("-inf"))
    cases.append(
        layer_case(
            "MaxPool2d(2, padding 1) of minus infinity",
            {"kind": "MaxPool2d", "kernelSize": [2, 2], "stride": [2, 2], "padding": [1, 1]},
            nn.MaxPool2d(2, padding=1), low, generator))
    cases.append(layer_case("ReLU", {"kind": "ReLU"}, nn.ReLU(), integers(generator, 3, 2, 3, 5), generator))
    special = torch.tensor([[0.0, -0.0, float("nan"), float("inf"), float("-inf"), 1e-40, -1e-40]])
    cases.append(layer_case("ReLU of special values", {"kind": "ReLU"}, nn.ReLU(), special, generator))
    write("layers.json", cases)


def eighths(generator, *shape, scale=2.0):
    """Logits that single precision holds exactly, and JSON shortly."""
    return (torch.randn(*shape, generator=generator, dtype=torch.float64) * scale * 8).round() / 8


def distributions(generator, rows, classes, shape=()):
    """(rows, classes, *shape), each row in 64ths, so that it sums to 1 exactly; some elements are 0."""
    count = rows * math.prod(shape)
    cuts = torch.randint(0, 65, (count, classes - 1), generator=generator).sort(1).values.double()
    edges = torch.cat([torch.zeros(count, 1), cuts, torch.full((count, 1), 64.0)], 1)
    table = (edges[:, 1:] - edges[:, :-1]) / 64
    return table.reshape(rows, *shape, classes).movedim(-1, 1).contiguous()


def gradient_of(value, x):
    (gradient,) = torch.autograd.grad(value, x)
    return gradient


def short(tensor, digits=12):
    """Twelve digits are more than the tests ask for."""
    return [value if isinstance(value, str) else float(f"{value:.{digits}g}") for value in numbers(tensor)]


class LossCases:
    """Collects cases. A case's row function gives the unreduced value of each row, (rows, *shape)."""

    def __init__(self):
        self.generator = torch.Generator().manual_seed(2)
        self.cases = []

    def add(self, loss, options, encoding, x, target, reduction, rows, *, whole=None, denominator=None, labels=None,
            ignored=None, ignore_index=None):
        """`rows(x)` are the rows' values; `whole(x)` is PyTorch's own reduced value where it has one, else the mean is
        the sum over `denominator`. `ignored` are rows to leave out where there is no `ignore_index`."""
        x = x.clone().requires_grad_()
        values = rows(x)
        if ignored is not None:
            values = values.masked_fill(ignored, 0)
        case = {
            "loss": loss, "options": options, "encoding": encoding, "reduction": reduction, "rows": x.shape[0],
            "classes": x.shape[1], "positions": list(x.shape[2:]), "logits": short(x), "targets": short(target),
        }
        if labels is not None:
            case["labels"] = numbers(labels)
        if ignore_index is not None:
            case["ignoreIndex"] = ignore_index
        if ignored is not None:
            case["ignored"] = [index for index, flag in enumerate(ignored.flatten().tolist()) if flag]
        if reduction == "none":
            upstream = integers(self.generator, *values.shape).double()
            case["values"], case["upstream"] = short(values), short(upstream)
            case["gradient"] = short(gradient_of((values * upstream).sum(), x))
        else:
            if whole is not None:
                value = whole(x)
            elif reduction == "sum":
                value = values.sum()
            else:
                value = values.sum() / denominator
            case["values"] = [float(f"{value.item():.12g}")]
            case["gradient"] = short(gradient_of(value, x))
        self.cases.append(case)

    def cross_entropies(self):
        """Everything that CrossEntropyLoss takes, as PyTorch itself reduces it."""
        for shape in [(), (2,), (2, 2)]:
            for weighted in [False, True]:
                for smoothing in [0.0, 0.125, 1.0]:
                    for encoding in ["classIndices", "ignored", "probabilities"]:
                        for reduction in ["none", "sum", "mean"]:
                            self.cross_entropy(shape, weighted, smoothing, encoding, reduction)
        for encoding in ["classIndices", "ignored", "probabilities", "oneHot"]:
            for smoothing in [0.0, 0.25]:
                self.cross_entropy((), True, smoothing, encoding, "mean", effective=True)
        for scale in [10, 300]:
            for encoding in ["classIndices", "probabilities"]:
                for smoothing in [0.0, 0.125]:
                    self.cross_entropy((), True, smoothing, encoding, "mean", scale=scale, classes=10)

    def cross_entropy(self, shape, weighted, smoothing, encoding, reduction, effective=False, scale=2, classes=4):
        generator, rows = self.generator, 3 if len(shape) < 2 else 2
        x = eighths(generator, rows, classes, *shape, scale=scale)
        weights = torch.randint(1, 9, (classes,), generator=generator).double() / 4 if weighted else None
        options = {"labelSmoothing": smoothing, "denominator": "effective-weight" if effective else "matching-pytorch"}
        if weighted:
            options["classWeights"] = numbers(weights)
        ignore_index = None
        if encoding in ("classIndices", "ignored"):
            target = torch.randint(classes, (rows, *shape), generator=generator)
            if encoding == "ignored":
                # A class of its own or one of the classes, in turn.
                ignore_index = -100 if len(self.cases) % 2 else 1
                target.flatten()[0] = ignore_index
                target.flatten()[-1] = ignore_index
                target.flatten()[1] = 2
            share = torch.where(target == ignore_index, 0, 1).double() if ignore_index is not None else 1
            index = target.clamp(min=0)
            denominator = ((weights[index] if weighted else torch.ones(index.shape)) * share).sum()
            encoding = "classIndices"
        else:
            target = distributions(generator, rows, classes, shape)
            if encoding == "oneHot":
                target = nn.functional.one_hot(target.argmax(1), classes).double()
            denominator = (target.movedim(1, -1) * (weights if weighted else 1)).sum()
            encoding = "probabilities"

        def call(x, how):
            extra = {} if ignore_index is None else {"ignore_index": ignore_index}
            return nn.functional.cross_entropy(
                x, target, weight=weights, reduction=how, label_smoothing=smoothing, **extra)

        self.add(
            "cross-entropy", options, encoding, x, target, reduction, lambda x: call(x, "none"),
            whole=None if effective else lambda x: call(x, reduction), denominator=denominator,
            ignore_index=ignore_index)

    def negative_log_likelihoods(self):
        for shape in [(), (2,), (2, 2)]:
            for weighted in [False, True]:
                for ignore_index in [None, -100, 1]:
                    for reduction in ["none", "sum", "mean"]:
                        generator = self.generator
                        x = eighths(generator, 3, 4, *shape)
                        target = torch.randint(4, (3, *shape), generator=generator)
                        target.flatten()[1] = 2
                        if ignore_index is not None:
                            target.flatten()[0] = ignore_index
                        weights = torch.randint(1, 9, (4,), generator=generator).double() / 4 if weighted else None
                        extra = {} if ignore_index is None else {"ignore_index": ignore_index}

                        def call(x, how):
                            return nn.functional.nll_loss(x, target, weight=weights, reduction=how, **extra)

                        options = {"classWeights": numbers(weights)} if weighted else {}
                        self.add(
                            "negative-log-likelihood", options, "classIndices", x, target, reduction,
                            lambda x: call(x, "none"), whole=lambda x: call(x, reduction), ignore_index=ignore_index)

    def divergences(self):
        for shape in [(), (2, 2)]:
            for log_target in [False, True]:
                for how in ["none", "sum", "batchmean", "mean"]:
                    x = eighths(self.generator, 3, 4, *shape)
                    target = distributions(self.generator, 3, 4, shape)
                    if log_target:
                        # What single precision makes of the logarithms is the target. PyTorch gives NaN for a logarithm
                        # of 0 here, so there is none.
                        target = eighths(self.generator, 3, 4, *shape).log_softmax(1).float().double()
                    rows_and_positions = 3 * math.prod(shape)

                    def rows(x):
                        return nn.functional.kl_div(x, target, reduction="none", log_target=log_target).sum(1)

                    def whole(x):
                        # PyTorch's batchmean divides by examples alone; positions are rows here.
                        value = nn.functional.kl_div(x, target, reduction=how, log_target=log_target)
                        return value * 3 / rows_and_positions if how == "batchmean" else value

                    self.add(
                        "kl-divergence",
                        {"input": "log-probabilities", "mean": "element-mean" if how == "mean" else "batch-mean"},
                        "logProbabilities" if log_target else "probabilities", x, target,
                        "mean" if how.endswith("mean") else how, rows, whole=None if how == "none" else whole)
            for how in ["none", "sum", "mean"]:
                for ignoring in [False, True]:
                    x = eighths(self.generator, 3, 4, *shape)
                    target = distributions(self.generator, 3, 4, shape)
                    self.rowwise(
                        "kl-divergence", {"input": "logits"}, "probabilities", x, target, how,
                        lambda x: nn.functional.kl_div(x.log_softmax(1), target, reduction="none").sum(1), ignoring)

    def rowwise(self, loss, options, encoding, x, target, reduction, rows, ignoring, per_row=1, labels=None, weight=None):
        """A case of a loss whose mean is over rows, or over rows times something, without the ignored ones."""
        shape = (x.shape[0], *x.shape[2:])
        ignored = None
        if ignoring:
            ignored = torch.zeros(shape, dtype=torch.bool)
            ignored.flatten()[0] = True
        share = torch.ones(shape) if weight is None else weight
        if ignored is not None:
            share = share.masked_fill(ignored, 0)
        self.add(
            loss, options, encoding, x, target, reduction, rows, denominator=share.sum() * per_row, labels=labels,
            ignored=ignored)

    def binary(self):
        for shape in [(), (2,), (2, 2)]:
            for kind in ["plain", "positive", "weighted", "both"]:
                for reduction in ["none", "sum", "mean"]:
                    generator = self.generator
                    classes = 1 if len(self.cases) % 5 == 0 else 4
                    x = eighths(generator, 3, classes, *shape)
                    target = torch.randint(0, 9, x.shape, generator=generator).double() / 8
                    options = {}
                    column = [1, classes] + [1] * len(shape)
                    positive = weights = None
                    if kind in ("positive", "both"):
                        positive = torch.randint(1, 9, (classes,), generator=generator).double() / 4
                        options["positiveWeights"] = numbers(positive)
                    if kind in ("weighted", "both"):
                        weights = torch.randint(1, 9, (classes,), generator=generator).double() / 4
                        options["classWeights"] = numbers(weights)

                    def call(x, how):
                        return nn.functional.binary_cross_entropy_with_logits(
                            x, target, weight=None if weights is None else weights.reshape(column),
                            pos_weight=None if positive is None else positive.reshape(column[1:]), reduction=how)

                    self.add(
                        "binary-cross-entropy", options, "independentProbabilities", x, target, reduction,
                        lambda x: call(x, "none").sum(1), whole=lambda x: call(x, reduction))

    def squares(self):
        for shape in [(), (2, 2)]:
            for softmax in [False, True]:
                for reduction in ["none", "sum", "mean"]:
                    x = eighths(self.generator, 3, 4, *shape)
                    target = distributions(self.generator, 3, 4, shape)

                    def call(x, how):
                        return nn.functional.mse_loss(x.softmax(1) if softmax else x, target, reduction=how)

                    self.add(
                        "mean-squared-error", {"appliesSoftmax": softmax}, "probabilities", x, target, reduction,
                        lambda x: call(x, "none").sum(1), whole=lambda x: call(x, reduction))

    def distillations(self):
        for shape in [(), (2, 2)]:
            for temperature in [0.5, 1.0, 4.0]:
                for alpha, scales in [(0.0, True), (0.5, True), (0.75, False), (1.0, True)]:
                    for reduction, ignoring in [("none", False), ("mean", False), ("mean", True)]:
                        generator = self.generator
                        x = eighths(generator, 3, 4, *shape)
                        target = distributions(generator, 3, 4, shape)
                        labels = torch.randint(4, (3, *shape), generator=generator)

                        def rows(x):
                            soft = nn.functional.kl_div(
                                (x / temperature).log_softmax(1), target, reduction="none").sum(1)
                            hard = nn.functional.cross_entropy(x, labels, reduction="none")
                            return alpha * soft * (temperature**2 if scales else 1) + (1 - alpha) * hard

                        self.rowwise(
                            "distillation",
                            {"temperature": temperature, "alpha": alpha, "scalesByTemperatureSquared": scales},
                            "labelledProbabilities", x, target, reduction, rows, ignoring, labels=labels)

    def classification(self, loss, options, rows_of, weights=None):
        """A loss on indices and on distributions, with each reduction, with ignored rows, with positions."""
        for encoding in ["classIndices", "probabilities"]:
            for shape, reduction, ignoring in [
                ((), "none", False), ((), "sum", False), ((), "mean", False), ((), "mean", True), ((2,), "mean", True),
                ((2, 2), "none", True), ((2, 2), "mean", False),
            ]:
                x = eighths(self.generator, 3 if len(shape) < 2 else 2, 4, *shape)
                target = table = distributions(self.generator, x.shape[0], 4, shape)
                weight = None
                if encoding == "classIndices":
                    target = table.argmax(1)
                    table = nn.functional.one_hot(target, 4).movedim(-1, 1).double()
                    weight = None if weights is None else weights[target]
                self.rowwise(
                    loss, options, encoding, x, target, reduction,
                    lambda x: rows_of(x, table), ignoring, weight=weight)

    def robust(self):
        for gamma in [0.0, 0.5, 2.0]:
            for weights in [None, torch.tensor([0.5, 2.0, 1.0, 0.25]).double()]:
                def focal(x, t):
                    log_p = x.log_softmax(1)
                    terms = -t * (1 - log_p.exp()) ** gamma * log_p
                    if weights is not None:
                        terms = terms * weights.reshape([1, 4] + [1] * (x.dim() - 2))
                    return terms.sum(1)

                options = {"gamma": gamma}
                if weights is not None:
                    options["classWeights"] = numbers(weights)
                self.classification("focal", options, focal, weights)
        for q in [0.125, 0.75, 1.0]:
            self.classification(
                "generalized-cross-entropy", {"q": q}, lambda x, t: (t * (1 - x.softmax(1) ** q) / q).sum(1))
        for alpha, beta, log_zero in [(0.125, 1.0, -4.0), (1.0, 0.5, -9.25)]:
            self.classification(
                "symmetric-cross-entropy", {"alpha": alpha, "beta": beta, "logZero": log_zero},
                lambda x, t: (
                    -alpha * t * x.log_softmax(1) - beta * x.softmax(1) * t.log().clamp(min=log_zero)).sum(1))
        for kind in ["soft", "hard"]:
            for detaches in [False, True]:
                for beta in [0.75, 0.0] if kind == "soft" and not detaches else [0.75]:
                    def bootstrapping(x, t):
                        p = x.softmax(1)
                        z = p if kind == "soft" else nn.functional.one_hot(x.argmax(1), 4).movedim(-1, 1).double()
                        z = z.detach() if detaches else z
                        return (-(beta * t + (1 - beta) * z) * x.log_softmax(1)).sum(1)

                    self.classification(
                        "bootstrapping", {"beta": beta, "prediction": kind, "detachesPrediction": detaches},
                        bootstrapping)


def losses():
    cases = LossCases()
    cases.cross_entropies()
    cases.negative_log_likelihoods()
    cases.divergences()
    cases.binary()
    cases.squares()
    cases.distillations()
    cases.robust()
    write("losses.json", cases.cases)


def optimizers():
    """Ten steps of a small convolutional network under each kind of SGD."""
    generator = torch.Generator().manual_seed(3)
    settings = [
        dict(lr=0.05), dict(lr=0.05, momentum=0.9), dict(lr=0.05, momentum=0.9, dampening=0.5),
        dict(lr=0.05, momentum=0.9, nesterov=True), dict(lr=0.05, weight_decay=0.1),
        dict(lr=0.05, momentum=0.5, dampening=0.25, weight_decay=0.01),
        dict(lr=0.02, momentum=0.9, weight_decay=0.05, nesterov=True),
    ]
    cases = []
    for setting in settings:
        network = nn.Sequential(
            nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(18, 5), nn.ReLU(), nn.Linear(5, 3)
        ).double()
        for parameter in network.parameters():
            parameter.data = integers(generator, *parameter.shape).double() / 8
        initial = {key: numbers(value) for key, value in network.named_parameters()}
        input = integers(generator, 30, 1, 8, 8).double() / 2
        targets = torch.randint(3, (30,), generator=generator)
        optimizer = torch.optim.SGD(network.parameters(), **setting)
        losses = []
        for step in range(10):
            optimizer.zero_grad()
            rows = slice(step * 3, step * 3 + 3)
            loss = nn.functional.cross_entropy(network(input[rows]), targets[rows], label_smoothing=0.1)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        cases.append({
            "learningRate": setting["lr"], "momentum": setting.get("momentum", 0), "dampening":
            setting.get("dampening", 0), "weightDecay": setting.get("weight_decay", 0),
            "nesterov": setting.get("nesterov", False), "initial": initial, "input": numbers(input),
            "targets": numbers(targets), "losses": losses,
            "final": {key: numbers(value) for key, value in network.named_parameters()},
        })
    write("optimizers.json", cases)


def residual():
    """A residual block between two linear layers: forward, loss and all gradients."""
    generator = torch.Generator().manual_seed(4)

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.Linear(4, 6)
            self.body = nn.Linear(6, 6)
            self.last = nn.Linear(6, 3)

        def forward(self, x):
            h = self.first(x)
            h = h + torch.relu(self.body(h))
            h = h + h
            return self.last(h)

    network = Block().double()
    for parameter in network.parameters():
        parameter.data = integers(generator, *parameter.shape).double() / 4
    input = integers(generator, 5, 4).double()
    targets = torch.randint(3, (5,), generator=generator)
    initial = {key: numbers(value) for key, value in network.named_parameters()}
    loss = nn.functional.cross_entropy(network(input), targets)
    loss.backward()
    write("residual.json", [{
        "initial": initial, "input": numbers(input), "targets": numbers(targets), "loss": loss.item(),
        "gradients": {key: numbers(value.grad) for key, value in network.named_parameters()},
    }])


def odd_eighths(generator, *shape, low=-8, high=8):
    """Odd numbers of eighths from low / 4 up to high / 4, so that none is 0."""
    return (2 * torch.randint(low, high, shape, generator=generator).double() + 1) / 8


def running_statistics(layer):
    return {
        name: value for name, value in layer.named_buffers() if name.split(".")[-1] in ("running_mean", "running_var")}


def operation_case(name, description, layer, input, generator):
    """Output in both modes, gradients and statistics of `layer`, in double precision; nine digits or more of each."""
    layer = layer.double()
    for parameter in layer.parameters():
        parameter.data = odd_eighths(generator, *parameter.shape)
    for key, value in running_statistics(layer).items():
        value.copy_(odd_eighths(generator, *value.shape, low=0 if key.endswith("running_var") else -8))
    initial = {
        key: numbers(value)
        for key, value in [*layer.named_parameters(), *running_statistics(layer).items()]
    }
    with torch.no_grad():
        evaluation_output = layer.eval()(input)
    input = input.clone().requires_grad_()
    output = layer.train()(input)
    output_gradient = integers(generator, *output.shape).double()
    output.backward(output_gradient)
    return {
        "name": name,
        "layer": description,
        "rows": input.shape[0],
        "inputShape": list(input.shape[1:]),
        "outputShape": list(output.shape[1:]),
        "input": numbers(input),
        "parameters": initial,
        "output": short(output, 9),
        "outputGradient": numbers(output_gradient),
        "inputGradient": short(input.grad, 9),
        "gradients": {key: short(value.grad) for key, value in layer.named_parameters()},
        "statistics": {key: short(value) for key, value in running_statistics(layer).items()},
        "evaluationOutput": short(evaluation_output, 9),
    }


def operations():
    """Normalization and average pooling."""
    generator = torch.Generator().manual_seed(5)
    cases = []
    normalizations = [
        # rows, shape, added to the input, what differs from PyTorch's defaults
        (4, (3, 5, 6), 0, {}), (2, (8, 3, 3), 0, {}), (7, (16, 4, 4), 0, {}), (3, (1, 2, 2), 0, {}),
        (6, (5, 4, 3), 100, {}), (5, (3, 3, 4), 0, dict(momentum=0.6, eps=1e-3)), (4, (3, 4, 2), 0, dict(affine=False)),
        (65, (4, 2, 2), 0, {}), (130, (3, 2, 2), 0, {}),
        (2, (3,), 0, {}), (5, (17,), 0, {}), (64, (10,), 0, {}), (70, (4,), 0, {}), (6, (5,), 0, dict(affine=False)),
        (3, (4, 5), 0, {}),
    ]
    for rows, shape, offset, options in normalizations:
        make, kind = (nn.BatchNorm2d, "BatchNorm2d") if len(shape) == 3 else (nn.BatchNorm1d, "BatchNorm1d")
        settings = {"eps": 1e-5, "momentum": 0.1, "affine": True, **options}
        name = f"{kind}({shape[0]}) of {rows} rows {shape}"
        name += "".join(f", {key} {value}" for key, value in options.items())
        name += f", mean {offset}" if offset else ""
        cases.append(
            operation_case(
                name, {"kind": kind, "numFeatures": shape[0], **settings}, make(shape[0], **settings),
                eighths(generator, rows, *shape) + offset, generator))
    groups = [
        # groups, rows, shape, affine
        (4, 3, (8, 3, 4), True), (1, 2, (6, 5, 5), True), (5, 2, (5, 4, 4), True), (2, 4, (6,), True),
        (3, 2, (6, 3, 3), False),
    ]
    for count, rows, shape, affine in groups:
        settings = {"eps": 1e-5, "affine": affine}
        name = f"GroupNorm({count}, {shape[0]}) of {rows} rows {shape}" + ("" if affine else ", affine False")
        cases.append(
            operation_case(
                name, {"kind": "GroupNorm", "numGroups": count, "numChannels": shape[0], **settings},
                nn.GroupNorm(count, shape[0], **settings), eighths(generator, rows, *shape), generator))
    pools = [
        # kernel, stride, padding, whether padding counts, rows, shape
        (2, 2, 0, True, 2, (3, 6, 5)), (3, 2, 1, True, 2, (2, 7, 8)), (3, 2, 1, False, 2, (2, 7, 8)),
        ((2, 3), (1, 2), 0, True, 3, (2, 5, 7)),
    ]
    for kernel, stride, padding, counts, rows, shape in pools:
        name = f"AvgPool2d({kernel}, stride {stride}, padding {padding}, padding counts {counts})"
        description = {
            "kind": "AvgPool2d", "kernelSize": pair(kernel), "stride": pair(stride), "padding": pair(padding),
            "countIncludePad": counts,
        }
        cases.append(
            operation_case(
                name, description, nn.AvgPool2d(kernel, stride, padding, count_include_pad=counts),
                eighths(generator, rows, *shape), generator))
    for size, rows, shape in [(1, 2, (3, 5, 7)), ((2, 3), 2, (2, 7, 8)), (3, 2, (2, 4, 5))]:
        cases.append(
            operation_case(
                f"AdaptiveAvgPool2d({size}) of {shape}", {"kind": "AdaptiveAvgPool2d", "outputSize": pair(size)},
                nn.AdaptiveAvgPool2d(size), eighths(generator, rows, *shape), generator))
    write("operations.json", cases)


def concatenation():
    """Two convolutions of one input, their channels side by side: forward, loss and all gradients."""
    generator = torch.Generator().manual_seed(6)

    class Branches(nn.Module):
        def __init__(self):
            super().__init__()
            self.left = nn.Conv2d(2, 3, 3, padding=1)
            self.right = nn.Conv2d(2, 4, 1)
            self.join = nn.Conv2d(7, 2, 3)
            self.last = nn.Linear(32, 3)

        def forward(self, x):
            h = torch.cat([torch.relu(self.left(x)), self.right(x)], dim=1)
            return self.last(self.join(h).flatten(1))

    network = Branches().double()
    for parameter in network.parameters():
        parameter.data = integers(generator, *parameter.shape).double() / 16
    input = integers(generator, 5, 2, 6, 6).double() / 2
    targets = torch.randint(3, (5,), generator=generator)
    initial = {key: numbers(value) for key, value in network.named_parameters()}
    loss = nn.functional.cross_entropy(network(input), targets)
    loss.backward()
    write("concatenation.json", [{
        "initial": initial, "input": numbers(input), "targets": numbers(targets), "loss": loss.item(),
        "gradients": {key: numbers(value.grad) for key, value in network.named_parameters()},
    }])


def fractions(generator, *shape, low=-1, high=1, parts=1024):
    """Evenly distributed from low to high, in whole numbers of parts, which single precision holds exactly."""
    return torch.randint(round(low * parts), round(high * parts) + 1, shape, generator=generator).double() / parts


def training_network(generator):
    """No parameter's gradient is nothing but rounding error, of which AdamW would make a whole step: there is no bias
    directly before a batch normalization, and the first normalization shifts so far down that many of its rectified
    maxima are 0. (Were they all positive, the second normalization would take its shift away again.)"""
    network = nn.Sequential(
        nn.Conv2d(1, 3, 3, bias=False), nn.BatchNorm2d(3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(27, 6, bias=False), nn.BatchNorm1d(6), nn.ReLU(), nn.Linear(6, 3),
    ).double()
    ranges = {"1.weight": (0.5, 1.5), "1.bias": (-1, -0.5), "6.weight": (0.5, 1.5)}
    for name, parameter in network.named_parameters():
        low, high = ranges.get(name, (-0.5, 0.5))
        parameter.data = fractions(generator, *parameter.shape, low=low, high=high)
    return network


def training_optimizer(network, optimizer):
    """PyTorch's optimizer for the description, with one group for each parameter that is trained."""
    groups = []
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(name not in optimizer["frozen"])
        if not parameter.requires_grad:
            continue
        bias = name.endswith("bias")
        plain = optimizer["noDecayOnBiasesAndNorms"] and (bias or name.startswith(("1.", "6.")))
        groups.append({
            "params": [parameter],
            "lr": optimizer["learningRate"] * (optimizer["biasLearningRateFactor"] if bias else 1),
            "weight_decay": 0 if plain else optimizer["weightDecay"],
        })
    if optimizer["kind"] == "AdamW":
        return torch.optim.AdamW(groups, betas=optimizer["betas"], eps=optimizer["eps"])
    return torch.optim.SGD(groups, lr=0, momentum=optimizer["momentum"], nesterov=optimizer["nesterov"])


def training():
    """Ten steps of a small network with batch normalization in training mode, under AdamW, frozen layers, settings for
    some parameters only, and clipped gradients.

    The seed is such that nowhere two values of a pooling window, or a rectifier's input and 0, are so close that
    rounding in single precision decides between them."""
    generator = torch.Generator().manual_seed(22)
    common = {
        "weightDecay": 0, "noDecayOnBiasesAndNorms": False, "frozen": [], "biasLearningRateFactor": 1,
        "maximumNorm": None,
    }
    adam = {
        "kind": "AdamW", "learningRate": 0.01, "betas": [0.9, 0.999], "eps": 1e-8, **common, "weightDecay": 0.01}
    other = {
        **adam, "learningRate": 0.02, "betas": [0.8, 0.95], "eps": 1e-4, "weightDecay": 0.1,
        "noDecayOnBiasesAndNorms": True,
    }
    descent = {"kind": "SGD", "learningRate": 0.1, "momentum": 0.9, "nesterov": False, **common}
    settings = [
        ("AdamW", adam),
        ("AdamW without decay of biases and norms", other),
        ("AdamW with the first convolution frozen", {**other, "frozen": ["0.weight"]}),
        ("AdamW with the first linear layer frozen", {**adam, "frozen": ["5.weight"]}),
        ("AdamW with slow biases", {**adam, "biasLearningRateFactor": 0.1}),
        ("SGD, clipped at 0.5", {**descent, "maximumNorm": 0.5}),
        ("SGD, never clipped", {**descent, "maximumNorm": 100}),
        ("AdamW, clipped at 0.3", {**adam, "maximumNorm": 0.3}),
        ("SGD with Nesterov's momentum, without decay of biases and norms",
         {**descent, "nesterov": True, "weightDecay": 0.05, "noDecayOnBiasesAndNorms": True}),
    ]
    cases = []
    for name, setting in settings:
        network = training_network(generator)
        initial = {key: numbers(value) for key, value in network.named_parameters()}
        input = fractions(generator, 40, 1, 8, 8, low=-2, high=2, parts=64)
        targets = torch.randint(3, (40,), generator=generator)
        optimizer = training_optimizer(network, setting)
        trained = [value for value in network.parameters() if value.requires_grad]
        losses, norms = [], []
        for step in range(10):
            optimizer.zero_grad()
            rows = slice(step * 4, step * 4 + 4)
            loss = nn.functional.cross_entropy(network(input[rows]), targets[rows], label_smoothing=0.1)
            loss.backward()
            if setting["maximumNorm"] is not None:
                norms.append(nn.utils.clip_grad_norm_(trained, setting["maximumNorm"]).item())
            optimizer.step()
            losses.append(loss.item())
        cases.append({
            "name": name, "optimizer": setting, "initial": initial, "input": numbers(input),
            "targets": numbers(targets), "losses": losses, "norms": norms,
            "final": {
                key: numbers(value)
                for key, value in [*network.named_parameters(), *running_statistics(network).items()]
            },
        })
    write("training.json", cases)


if __name__ == "__main__":
    layers()
    losses()
    optimizers()
    residual()
    operations()
    concatenation()
    training()
