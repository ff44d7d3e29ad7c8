// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

import Martlet

/// The layers once more, as plainly as their formulas say, in double precision.
public enum Reference {
  /// A layer's forward function: input, (rows, inputShape), and all parameters to the output.
  public typealias Forward = @Sendable (_ input: [Double], _ parameters: [Double]) -> [Double]

  public static func linear(_ layer: Linear, rows: Int) -> Forward {
    { input, parameters in
      let (inputs, outputs) = (layer.inputFeatures, layer.outputFeatures)
      return (0..<rows * outputs).map { index in
        let (row, unit) = (index / outputs, index % outputs)
        let sum = (0..<inputs).reduce(0.0) { $0 + input[row * inputs + $1] * parameters[unit * inputs + $1] }
        return sum + (layer.hasBias ? parameters[inputs * outputs + unit] : 0)
      }
    }
  }

  public static func convolution(_ layer: Conv2d, inputShape: Shape, rows: Int) throws -> Forward {
    let outputShape = try layer.outputShape(for: inputShape)
    return { input, parameters in
      let (channels, height, width) = (inputShape[0], inputShape[1], inputShape[2])
      let (outputHeight, outputWidth) = (outputShape[1], outputShape[2])
      let kernel = layer.kernelSize
      let area = kernel.height * kernel.width
      var output: [Double] = []
      for row in 0..<rows {
        for unit in 0..<layer.outputChannels {
          for y in 0..<outputHeight {
            for x in 0..<outputWidth {
              var sum = layer.hasBias ? parameters[layer.outputChannels * channels * area + unit] : 0
              for channel in 0..<channels {
                for kernelY in 0..<kernel.height {
                  for kernelX in 0..<kernel.width {
                    let inputY = y * layer.stride.height + kernelY * layer.dilation.height - layer.padding.height
                    let inputX = x * layer.stride.width + kernelX * layer.dilation.width - layer.padding.width
                    guard inputY >= 0, inputY < height, inputX >= 0, inputX < width else { continue }
                    sum +=
                      input[((row * channels + channel) * height + inputY) * width + inputX]
                      * parameters[((unit * channels + channel) * kernel.height + kernelY) * kernel.width + kernelX]
                  }
                }
              }
              output.append(sum)
            }
          }
        }
      }
      return output
    }
  }

  public static func maxPool(_ layer: MaxPool2d, inputShape: Shape, rows: Int) throws -> Forward {
    let outputShape = try layer.outputShape(for: inputShape)
    return { input, _ in
      let (height, width) = (inputShape[1], inputShape[2])
      var output: [Double] = []
      for plane in 0..<rows * inputShape[0] {
        for y in 0..<outputShape[1] {
          for x in 0..<outputShape[2] {
            var maximum = -Double.infinity
            for windowY in 0..<layer.kernelSize.height {
              for windowX in 0..<layer.kernelSize.width {
                let inputY = y * layer.stride.height + windowY - layer.padding.height
                let inputX = x * layer.stride.width + windowX - layer.padding.width
                guard inputY >= 0, inputY < height, inputX >= 0, inputX < width else { continue }
                maximum = max(maximum, input[(plane * height + inputY) * width + inputX])
              }
            }
            output.append(maximum)
          }
        }
      }
      return output
    }
  }

  public static func relu() -> Forward { { input, _ in input.map { max($0, 0) } } }

  /// Softmax over the first size of each example, or its logarithm.
  public static func softmax(_ shape: Shape, rows: Int, isLogarithm: Bool) -> Forward {
    { input, _ in
      let step = shape.count / shape[0]
      var output = input
      for first in 0..<rows * step {
        let places = (0..<shape[0]).map { first / step * shape.count + first % step + $0 * step }
        let maximum = places.map { input[$0] }.max() ?? 0
        let logSum = maximum + _log(places.reduce(0) { $0 + _exp(input[$1] - maximum) })
        for place in places { output[place] = isLogarithm ? input[place] - logSum : _exp(input[place] - logSum) }
      }
      return output
    }
  }

  /// −Σ t′ log softmax(x) of one row.
  public static func crossEntropy(logits: [Double], distribution: [Double], smoothing: Double) -> Double {
    let maximum = logits.max() ?? 0
    let logSum = maximum + _log(logits.reduce(0) { $0 + _exp($1 - maximum) })
    return zip(logits, distribution).reduce(0) { sum, pair in
      let weight = pair.1 * (1 - smoothing) + smoothing / Double(logits.count)
      return weight == 0 ? sum : sum + weight * (logSum - pair.0)
    }
  }
}
