import Martlet
import MartletData
import MartletTraining

/// A convolution beside a look at the whole image, added up: a network that no list of layers can say.
struct TwoViews: Model {
  func record(_ input: Graph.Node, in graph: inout Graph) throws(ModelError) -> Graph.Node {
    let details = Sequential {
      Conv2d(3, 8, kernelSize: 5).named("conv")
      ReLU()
      MaxPool2d(4)
      Flatten()
      Linear(8 * 7 * 7, 10).named("details")
    }
    let whole = Sequential {
      Flatten()
      Linear(3 * 32 * 32, 10).named("whole")
    }
    return try graph.add(details.record(input, in: &graph), whole.record(input, in: &graph))
  }
}

let shape: Shape = [3, 32, 32]
let recipes = [
  Recipe("tutorial", network: try Network(Models.tutorial(), inputShape: shape)),
  Recipe("two views", network: try Network(TwoViews(), inputShape: shape)),
]
let comparison = Comparison(
  recipes, training: Shapes.make(.train), test: Shapes.make(.test), seeds: [0, 1])
for result in try comparison.run() {
  print("\(result.trial.recipe), seed \(result.trial.seed): accuracy \(result.evaluation.accuracy)")
}
