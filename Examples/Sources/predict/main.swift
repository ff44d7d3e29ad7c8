import Martlet

// The example of `InferencePlan`, as a program.
let network = try Network(Models.mlp(hidden: [8], inputShape: [4], classCount: 3), inputShape: [4])
var plan = InferencePlan(network, batchSize: 2, parameters: Parameters(of: network, seed: 1))
print(plan.logits(for: DenseInputs([1, 2, 3, 4], shape: [4]), at: [0]).count)  // 3
