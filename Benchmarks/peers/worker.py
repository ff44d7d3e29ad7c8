"""One peer: reads requests as JSON lines, trains, and answers with images a second, the last loss, and peak memory.

    worker.py torch|jax THREADS

A request names a network, a batch size and a duration. Networks, batches and the optimizer are those of `bench steps`:
SGD with momentum 0.9 and learning rate 0.001, class indices, 1,024 random examples walked through in order, and a step
is the forward pass, the loss, all gradients and the update. The speedrun network's whitening weights are frozen, and its
bias is trained. Networks with batch normalisation have their channels last: PyTorch is faster so, and in JAX it is usual.

Peak memory is in MB: what is resident during the steps that are timed, less what was resident before the network and
the examples were made. For JAX that includes the compiled program.
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

from measurement import PeakMemory

EXAMPLES = 1024
NETWORKS = {
    # Convolutions as (inputs, outputs, kernel, padding, pooled), then the sizes of the linear layers.
    "tutorial": ([(3, 6, 5, 0, True), (6, 16, 5, 0, True)], [400, 120, 84, 10]),
    "mlp": ([], [784, 512, 512, 10]),
    "vgg": ([(3, 32, 3, 1, False), (32, 32, 3, 1, True), (32, 64, 3, 1, False), (64, 64, 3, 1, True)],
            [4096, 256, 10]),
}
# Networks of resnet.py and speedrun.py, and of jax_networks.py.
NORMALIZED_NETWORKS = ["resnet20", "speedrun"]


def examples(network):
    random = np.random.default_rng(1)
    shape = (EXAMPLES, 784) if network == "mlp" else (EXAMPLES, 3, 32, 32)
    return (random.random(shape, dtype=np.float32) * 2 - 1), random.integers(0, 10, EXAMPLES)


def torch_step(network, batch):
    import torch
    from torch import nn

    torch.set_num_threads(threads)
    torch.manual_seed(1)
    x, y = (torch.from_numpy(array) for array in examples(network))
    if network in NORMALIZED_NETWORKS:
        from resnet import ResNet
        from speedrun import SpeedrunNetwork

        model = ResNet(20) if network == "resnet20" else SpeedrunNetwork()
        model, x = model.to(memory_format=torch.channels_last), x.contiguous(memory_format=torch.channels_last)
    else:
        model = torch_model(*NETWORKS[network])
    criterion = nn.CrossEntropyLoss()
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.SGD(parameters, lr=0.001, momentum=0.9)

    def step(index):
        start = index * batch % (EXAMPLES - batch + 1)
        optimizer.zero_grad()
        loss = criterion(model(x[start:start + batch]), y[start:start + batch])
        loss.backward()
        optimizer.step()
        return loss

    return step, lambda loss: loss.item()


def torch_model(convolutions, sizes):
    from torch import nn

    layers = []
    for inputs, outputs, kernel, padding, pooled in convolutions:
        layers += [nn.Conv2d(inputs, outputs, kernel, padding=padding), nn.ReLU()]
        layers += [nn.MaxPool2d(2)] if pooled else []
    layers.append(nn.Flatten())
    for index, (inputs, outputs) in enumerate(zip(sizes, sizes[1:])):
        layers += [nn.Linear(inputs, outputs)] + ([nn.ReLU()] if index < len(sizes) - 2 else [])
    return nn.Sequential(*layers)


def jax_step(network, batch):
    import jax
    import jax.numpy as jnp

    inputs, labels = examples(network)
    if network in NORMALIZED_NETWORKS:
        import jax_networks

        inputs = np.ascontiguousarray(inputs.transpose(0, 2, 3, 1))
        make = {"resnet20": jax_networks.resnet, "speedrun": jax_networks.speedrun}[network]
    else:
        make = lambda: jax_model(*NETWORKS[network])
    parameters, state, apply = make()

    def loss_of(parameters, state, x, y):
        logits, state = apply(parameters, state, x)
        return -jnp.mean(jax.nn.log_softmax(logits)[jnp.arange(len(y)), y]), state

    @jax.jit
    def update(parameters, velocities, state, x, y):
        (loss, state), gradients = jax.value_and_grad(loss_of, has_aux=True)(parameters, state, x, y)
        velocities = jax.tree.map(lambda v, g: 0.9 * v + g, velocities, gradients)
        return jax.tree.map(lambda p, v: p - 0.001 * v, parameters, velocities), velocities, state, loss

    x, y = jnp.asarray(inputs), jnp.asarray(labels)
    current = [parameters, jax.tree.map(jnp.zeros_like, parameters), state]
    batches = [(x[i * batch:(i + 1) * batch], y[i * batch:(i + 1) * batch]) for i in range(EXAMPLES // batch)]

    def step(index):
        *current[:], loss = update(*current, *batches[index % len(batches)])
        return loss

    return step, lambda loss: float(loss)


def jax_model(convolutions, sizes):
    """Parameters, no state, and the function of jax_networks.py."""
    import jax
    import jax.numpy as jnp

    random = np.random.default_rng(1)

    def initial(shape, fan_in):
        return jnp.asarray(random.uniform(-1, 1, shape) / np.sqrt(fan_in), dtype=jnp.float32)

    parameters = []
    for inputs, outputs, kernel, _, _ in convolutions:
        parameters.append((initial((outputs, inputs, kernel, kernel), inputs * kernel**2),
                           initial((outputs,), inputs * kernel**2)))
    for inputs, outputs in zip(sizes, sizes[1:]):
        parameters.append((initial((inputs, outputs), inputs), initial((outputs,), inputs)))

    def apply(parameters, state, x):
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
        return x, state

    return parameters, (), apply


def measure(request):
    memory = PeakMemory()
    step, read = (torch_step if framework == "torch" else jax_step)(request["network"], request["batch"])
    seconds = request["seconds"]
    # The first step is for compilation and for memory. A second one is enough where steps are long.
    read(step(0))
    start = time.perf_counter()
    read(step(1))
    group = 5 if time.perf_counter() - start < seconds / 5 else 1
    if group > 1:
        read(step(2))
    memory.forget()
    start = time.perf_counter()
    count = 0
    while time.perf_counter() - start < seconds:
        for _ in range(group):
            loss = step(count)
            count += 1
        # JAX computes in the background: wait for it before looking at the clock.
        value = read(loss)
    elapsed = time.perf_counter() - start
    return {"images_per_second": count * request["batch"] / elapsed, "loss": value, "steps": count,
            "peak_memory": round(memory.megabytes(), 1)}


# Loaded before the first measurement of anybody: this takes both processors for seconds.
__import__(framework)
print("ready", flush=True)
for line in sys.stdin:
    print(json.dumps(measure(json.loads(line))), flush=True)
