"""The networks of resnet.py and speedrun.py in JAX, channels last, in training: batch normalisation uses the batch.

A network is its parameters, a state that is not trained by gradients, and a function
`(parameters, state, inputs) -> (logits, new state)`. Inputs are (count, height, width, channels).
"""

import jax
import jax.numpy as jnp
import numpy as np


def uniform(random, shape, fan_in):
    return jnp.asarray(random.uniform(-1, 1, shape) / np.sqrt(fan_in), dtype=jnp.float32)


def filters(random, inputs, outputs, kernel=3):
    return uniform(random, (kernel, kernel, inputs, outputs), inputs * kernel**2)


def convolved(x, weight, stride=1, padding=1):
    return jax.lax.conv_general_dilated(x, weight, (stride, stride), [(padding, padding)] * 2,
                                        dimension_numbers=("NHWC", "HWIO", "NHWC"))


def pooled(x, size):
    return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, size, size, 1), (1, size, size, 1), "VALID")


def normalized(x, statistics, momentum, epsilon):
    """`x` with mean 0 and variance 1 in each channel, and the running mean and variance."""
    mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
    count = x.size // x.shape[-1]
    updated = [(1 - momentum) * old + momentum * new
               for old, new in zip(statistics, (mean, variance * (count / (count - 1))))]
    return (x - mean) * jax.lax.rsqrt(variance + epsilon), updated


def initial_statistics(channels):
    return [jnp.zeros(channels), jnp.ones(channels)]


def resnet(depth=20, width=16):
    random = np.random.default_rng(1)
    convolutions = [(3, width, 1)]
    for stage in range(3):
        for index in range((depth - 2) // 6):
            inputs = width << stage if index or not stage else width << (stage - 1)
            convolutions += [(inputs, width << stage, 2 if stage and not index else 1), (width << stage,) * 2 + (1,)]
    parameters = {
        "convolutions": [filters(random, inputs, outputs) for inputs, outputs, _ in convolutions],
        "norms": [[jnp.ones(outputs), jnp.zeros(outputs)] for _, outputs, _ in convolutions],
        "linear": [uniform(random, (width * 4, 10), width * 4), uniform(random, (10,), width * 4)],
    }
    state = [initial_statistics(outputs) for _, outputs, _ in convolutions]

    def apply(parameters, state, x):
        updated = []

        def layer(index, x):
            x = convolved(x, parameters["convolutions"][index], convolutions[index][2])
            x, statistics = normalized(x, state[index], 0.1, 1e-5)
            updated.append(statistics)
            scale, shift = parameters["norms"][index]
            return x * scale + shift

        x = jax.nn.relu(layer(0, x))
        for index in range(1, len(convolutions), 2):
            y = layer(index + 1, jax.nn.relu(layer(index, x)))
            inputs, outputs, stride = convolutions[index]
            more = outputs - inputs
            shortcut = jnp.pad(x[:, ::stride, ::stride], [(0, 0)] * 3 + [(more // 2, more - more // 2)]) if more else x
            x = jax.nn.relu(y + shortcut)
        weight, bias = parameters["linear"]
        return x.mean((1, 2)) @ weight + bias, updated

    return parameters, state, apply


def speedrun(widths=(64, 256, 256)):
    random = np.random.default_rng(1)
    convolutions = [pair for inputs, outputs in zip((24, *widths), widths)
                    for pair in ((inputs, outputs), (outputs, outputs))]
    parameters = {
        "whitening": jnp.zeros(24),
        "convolutions": [filters(random, inputs, outputs) for inputs, outputs in convolutions],
        "norms": [jnp.zeros(outputs) for _, outputs in convolutions],
        "linear": uniform(random, (widths[-1], 10), widths[-1]),
    }
    state = {"whitening": filters(random, 3, 24, kernel=2),
             "norms": [initial_statistics(outputs) for _, outputs in convolutions]}

    def apply(parameters, state, x):
        updated = []
        x = gelu(convolved(x, state["whitening"], padding=0) + parameters["whitening"])
        for index, weight in enumerate(parameters["convolutions"]):
            x = convolved(x, weight)
            x = pooled(x, 2) if index % 2 == 0 else x
            x, statistics = normalized(x, state["norms"][index], 0.4, 1e-12)
            updated.append(statistics)
            x = gelu(x + parameters["norms"][index])
        x = pooled(x, 3).reshape(len(x), -1)
        return x @ parameters["linear"] / 9, {**state, "norms": updated}

    return parameters, state, apply


def gelu(x):
    return jax.nn.gelu(x, approximate=False)
