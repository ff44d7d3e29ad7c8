/// Which parts of the way back there are, given what is trained.
struct BackwardNeeds: Sendable {
  /// For each value, whether it depends on anything that is trained.
  let gradient: [Bool]
  /// For each operation, whether its backward pass has anything to do.
  let backward: [Bool]

  /// - Parameter isTrained: for each of the network's parameters, whether it is trained.
  init(_ list: OperationList, isTrained: [Bool]) {
    var gradient = Array(repeating: false, count: list.valueCounts.count)
    var backward: [Bool] = []
    for operation in list.operations {
      let hasTrained = isTrained[operation.parameters].contains(true)
      let hasTrainedBefore = operation.inputs.contains { gradient[$0] }
      gradient[operation.output] = hasTrained || hasTrainedBefore
      backward.append(hasTrainedBefore || hasTrained && operation.memory.gradientFollowsBackward)
    }
    self.gradient = gradient
    self.backward = backward
  }
}
