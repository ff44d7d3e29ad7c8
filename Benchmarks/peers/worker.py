"""One peer: reads requests as JSON lines, trains, and answers with images a second and the last loss.

    worker.py torch|jax THREADS

A request names a network, a batch size and a duration. Networks, batches and the optimizer are those of `bench steps`:
SGD with momentum 0.9 and learning rate 0.001, class indices, 1,024 random examples walked through in order, and a step
is the forward pass, the loss, all gradients and the update.
"""

import json
import os
import sys
import time

framework, threads = sys.argv[1], int(sys.argv[2])
if framework == "jax":
    # JAX takes its number of threads from the processors it finds.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    os.environ["JAX_PLATFORMS"] = "cpu"

import numpy as np

EXAMPLES = 1024
NETWORKS = {
    # Convolutions as (inputs, outputs, kernel, padding, pooled), then the sizes of the linear layers.
    "tutorial": ([(3, 6, 5, 0, True), (6, 16, 5, 0, True)], [400, 120, 84, 10]),
    "mlp": ([], [784, 512, 512, 10]),
    "vgg": ([(3, 32, 3, 1, False), (32, 32, 3, 1, True), (32, 64, 3, 1, False), (64, 64, 3, 1, True)],
            [4096, 256, 10]),
}


def examples(network):
    random = np.random.default_rng(1)
    shape = (EXAMPLES, 784) if network == "mlp" else (EXAMPLES, 3, 32, 32)
    return (random.random(shape, dtype=np.float32) * 2 - 1), random.integers(0, 10, EXAMPLES)


def torch_step(network, batch):
    import torch
    from torch import nn

    torch.set_num_threads(threads)
    torch.manual_seed(1)
    convolutions, sizes = NETWORKS[network]
    layers = []
    for inputs, outputs, kernel, padding, pooled in convolutions:
        layers += [nn.Conv2d(inputs, outputs, kernel, padding=padding), nn.ReLU()]
        layers += [nn.MaxPool2d(2)] if pooled else []
    layers.append(nn.Flatten())
    for index, (inputs, outputs) in enumerate(zip(sizes, sizes[1:])):
        layers += [nn.Linear(inputs, outputs)] + ([nn.ReLU()] if index < len(sizes) - 2 else [])
    model = nn.Sequential(*layers)
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.001, momentum=0.9)
    x, y = (torch.from_numpy(array) for array in examples(network))

    def step(index):
        start = index * batch % (EXAMPLES - batch + 1)
        optimizer.zero_grad()
        loss = criterion(model(x[start:start + batch]), y[start:start + batch])
        loss.backward()
        optimizer.step()
        return loss

    return step, lambda loss: loss.item()


def jax_step(network, batch):
    import jax
    import jax.numpy as jnp

    convolutions, sizes = NETWORKS[network]
    random = np.random.default_rng(1)

    def initial(shape, fan_in):
        return jnp.asarray(random.uniform(-1, 1, shape) / np.sqrt(fan_in), dtype=jnp.float32)

    parameters = []
    for inputs, outputs, kernel, _, _ in convolutions:
        parameters.append((initial((outputs, inputs, kernel, kernel), inputs * kernel**2),
                           initial((outputs,), inputs * kernel**2)))
    for inputs, outputs in zip(sizes, sizes[1:]):
        parameters.append((initial((inputs, outputs), inputs), initial((outputs,), inputs)))

    def loss_of(parameters, x, y):
        for (weight, bias), (_, _, _, padding, pooled) in zip(parameters, convolutions):
            x = jax.lax.conv_general_dilated(x, weight, (1, 1), [(padding, padding)] * 2,
                                             dimension_numbers=("NCHW", "OIHW", "NCHW"))
            x = jax.nn.relu(x + bias[:, None, None])
            if pooled:
                x = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")
        x = x.reshape(len(x), -1)
        linear = parameters[len(convolutions):]
        for index, (weight, bias) in enumerate(linear):
            x = x @ weight + bias
            x = jax.nn.relu(x) if index < len(linear) - 1 else x
        return -jnp.mean(jax.nn.log_softmax(x)[jnp.arange(len(y)), y])

    @jax.jit
    def update(parameters, velocities, x, y):
        loss, gradients = jax.value_and_grad(loss_of)(parameters, x, y)
        velocities = jax.tree.map(lambda v, g: 0.9 * v + g, velocities, gradients)
        return jax.tree.map(lambda p, v: p - 0.001 * v, parameters, velocities), velocities, loss

    x, y = (jnp.asarray(array) for array in examples(network))
    state = [parameters, jax.tree.map(jnp.zeros_like, parameters)]
    batches = [(x[i * batch:(i + 1) * batch], y[i * batch:(i + 1) * batch]) for i in range(EXAMPLES // batch)]

    def step(index):
        state[0], state[1], loss = update(*state, *batches[index % len(batches)])
        return loss

    return step, lambda loss: float(loss)


def measure(request):
    step, read = (torch_step if framework == "torch" else jax_step)(request["network"], request["batch"])
    for index in range(3):
        read(step(index))
    start = time.perf_counter()
    count = 0
    while time.perf_counter() - start < request["seconds"]:
        for _ in range(5):
            loss = step(count)
            count += 1
        # JAX computes in the background: wait for it before looking at the clock.
        value = read(loss)
    elapsed = time.perf_counter() - start
    return {"images_per_second": count * request["batch"] / elapsed, "loss": value, "steps": count}


# Loaded before the first measurement of anybody: this takes both processors for seconds.
__import__(framework)
print("ready", flush=True)
for line in sys.stdin:
    print(json.dumps(measure(json.loads(line))), flush=True)
