/// Why a convolution cannot be whitened: what was found and what was expected, as a sentence.
public struct WhiteningError: Error, Hashable, CustomStringConvertible {
  /// The sentence.
  public let description: String
}

extension Parameters {
  /// Sets a convolution's weight so that its outputs are uncorrelated, and of variance 1, on patches of some images.
  ///
  /// With C = Σ p·pᵀ / n over all patches p of the kernel's size, as vectors, and C = Σ λᵢ·vᵢ·vᵢᵀ, the first half of the output
  /// channels is vᵢ / √(λᵢ + ε), in descending order of λᵢ, and the second half the same with the other sign. C is not centred, and
  /// patches overlap, one for each position of the kernel inside the image. A kernel of 2×2 on 3 channels has 12 vectors, and 24
  /// output channels for all of them; with fewer, those of the smallest λᵢ are left out. The element of the largest magnitude of each
  /// vᵢ is positive.
  ///
  /// The layer is mostly frozen, but for its bias. Page, "How to Train Your ResNet" (2019); Jordan, "94% on CIFAR-10 in 3.29 Seconds
  /// on a Single GPU" (2024).
  ///
  /// ```swift
  /// let network = try Network(Conv2d(1, 8, kernelSize: 2).named("whitening"), inputShape: [1, 4, 4])
  /// let random = RandomSource(seed: 1)
  /// let images = DenseInputs((0..<160).map { random.uniform(at: $0) - 0.5 }, shape: [1, 4, 4])
  /// var parameters = Parameters(of: network, seed: 1)
  /// try parameters.whiten("whitening.weight", with: images)
  /// ```
  ///
  /// - Parameters:
  ///   - name: the weight, (output channels, channels, kernel height, kernel width).
  ///   - images: (channels, height, width) each, normalised as in training.
  ///   - examples: the places of the images that are used; by default the first 5,000, or all if there are fewer.
  ///   - epsilon: ε, above 0, what keeps directions that hardly occur from being blown up.
  /// - Throws: ``WhiteningError`` if weight and images do not fit.
  public mutating func whiten(
    _ name: String, with images: some InputSource, examples: Range<Int>? = nil, epsilon: Double = 5e-4
  ) throws(WhiteningError) {
    guard let entry = entry(name) else { throw WhiteningError(description: "There is no parameter '\(name)'.") }
    let (weight, image) = (entry.shape, images.inputShape)
    guard weight.rank == 4, image.rank == 3, weight[1] == image[0], weight[2] <= image[1], weight[3] <= image[2] else {
      throw WhiteningError(description: "\(name) has shape \(weight), and cannot be whitened by images \(image).")
    }
    let size = weight[1] * weight[2] * weight[3]
    guard weight[0] <= 2 * size else {
      throw WhiteningError(
        description:
          "\(name) has \(weight[0]) output channels, but patches of \(size) elements whiten \(2 * size) at most.")
    }
    let examples = examples ?? 0..<min(5000, images.count)
    guard !examples.isEmpty, examples.lowerBound >= 0, examples.upperBound <= images.count else {
      throw WhiteningError(description: "Examples \(examples) of \(images.count) cannot whiten anything.")
    }
    guard epsilon > 0 else {
      throw WhiteningError(description: "The ε of a whitening must be above 0, not \(epsilon).")
    }
    let covariance = patchCovariance(of: images, examples, kernel: Size2d(height: weight[2], width: weight[3]))
    guard covariance.allSatisfy(\.isFinite) else {
      throw WhiteningError(description: "The images have elements that are not finite.")
    }
    let eigen = SymmetricEigenvectors(of: covariance, size: size)
    let half = (weight[0] + 1) / 2
    self[name] = (0..<weight.count).map { index in
      let (unit, element) = (index / size, index % size)
      let vector = unit % half
      let scale = 1 / (max(0, eigen.values[vector]) + epsilon).squareRoot()
      return Float((unit < half ? scale : -scale) * eigen.vectors[vector * size + element])
    }
  }
}

/// Σ p·pᵀ / n over all patches of `kernel`'s size, (size, size), in the order of the weights' elements.
private func patchCovariance(of images: some InputSource, _ examples: Range<Int>, kernel: Size2d) -> [Double] {
  let shape = images.inputShape
  let (channels, height, width) = (shape[0], shape[1], shape[2])
  let size = channels * kernel.height * kernel.width
  var image = [Float](repeating: 0, count: shape.count)
  var patch = [Double](repeating: 0, count: size)
  var sums = [Double](repeating: 0, count: size * size)
  for example in examples {
    var row = image.mutableSpan
    images.read(example, as: .plain, into: &row)
    for y in 0...height - kernel.height {
      for x in 0...width - kernel.width {
        var next = 0
        for channel in 0..<channels {
          for kernelY in 0..<kernel.height {
            let first = (channel * height + y + kernelY) * width + x
            for kernelX in 0..<kernel.width {
              patch[next] = Double(image[first + kernelX])
              next += 1
            }
          }
        }
        // The lower half alone: the matrix is symmetric.
        for i in 0..<size {
          let value = patch[i]
          for j in 0...i { sums[i * size + j] += value * patch[j] }
        }
      }
    }
  }
  let count = Double(examples.count * (height - kernel.height + 1) * (width - kernel.width + 1))
  return (0..<size * size).map { index in
    let (i, j) = (index / size, index % size)
    return sums[max(i, j) * size + min(i, j)] / count
  }
}
