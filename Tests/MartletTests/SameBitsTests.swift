import Kernels
import Martlet
import Testing

/// Networks that could be trained before the plan became a schedule of phases, and what their weights were then.
///
/// Checksums of the weights, by instruction set: FNV-1a over their bit patterns.
struct TrainedBefore: Sendable, CustomTestStringConvertible {
  enum Kind: String, Sendable { case tutorial, mlp, residual }

  let kind: Kind
  let batchSize: Int
  let avx512: UInt64
  let avx2: UInt64
  let baseline: UInt64

  var testDescription: String { "\(kind.rawValue), batches of \(batchSize)" }

  init(_ kind: Kind, _ batchSize: Int, avx512: UInt64, avx2: UInt64, baseline: UInt64) {
    (self.kind, self.batchSize) = (kind, batchSize)
    (self.avx512, self.avx2, self.baseline) = (avx512, avx2, baseline)
  }

  static let all = [
    TrainedBefore(
      .tutorial, 4, avx512: 0x64f9_e5a8_0555_6993, avx2: 0xdb5d_b6c3_5c98_8e23,
      baseline: 0x6d49_2323_802c_7593),
    TrainedBefore(
      .mlp, 4, avx512: 0x2f2b_dc65_ef59_5b53, avx2: 0xf33f_2701_08fe_9d93,
      baseline: 0x1a99_cf05_7d00_b03d),
    TrainedBefore(
      .residual, 4, avx512: 0x6ada_d2f4_d369_5ad0, avx2: 0x4b6a_f8ce_bed4_4907,
      baseline: 0x261b_b72a_13a0_9d26),
    TrainedBefore(
      .tutorial, 20, avx512: 0x2f9c_5d4b_baa3_0156, avx2: 0xb067_8bdf_af69_169d,
      baseline: 0x86f2_57a4_deb6_089b),
    TrainedBefore(
      .mlp, 20, avx512: 0x020f_54f0_3817_bcad, avx2: 0xfe84_c359_0390_5b74,
      baseline: 0x8c0f_1632_21aa_2592),
    TrainedBefore(
      .residual, 20, avx512: 0x4f87_4213_f3f1_d891, avx2: 0xd179_7416_495e_ed5c,
      baseline: 0xdbef_0f0e_8ce7_4543),
    TrainedBefore(
      .tutorial, 200, avx512: 0xfbee_bdd1_c231_58b7, avx2: 0x0bb0_582c_b2ca_0123,
      baseline: 0x5d98_ae92_ce4c_3a5f),
    TrainedBefore(
      .mlp, 200, avx512: 0xba7c_7507_9602_f132, avx2: 0x9308_d61d_98e3_7043,
      baseline: 0x17f8_2002_5f95_2ca6),
    TrainedBefore(
      .residual, 200, avx512: 0x302a_598b_7cf9_b2d8, avx2: 0x7194_3b07_5621_cb11,
      baseline: 0x8ca2_7426_9002_281f),
  ]

  private var inputShape: Shape { kind == .mlp ? [1, 28, 28] : [3, 32, 32] }

  private var model: Sequential {
    switch kind {
    case .tutorial: Models.tutorial()
    case .mlp: Models.mlp(hidden: [256, 256], inputShape: inputShape)
    case .residual:
      Sequential {
        Conv2d(3, 8, kernelSize: 3, stride: 2, padding: 1)
        ReLU()
        Residual {
          Conv2d(8, 8, kernelSize: 3, padding: 1)
          ReLU()
          Conv2d(8, 8, kernelSize: 3, padding: 1)
        }
        MaxPool2d(3, stride: 2, padding: 1)
        Conv2d(8, 12, kernelSize: 3)
        ReLU()
        MaxPool2d(2)
        Flatten()
        Linear(108, 128)
        ReLU()
        Linear(128, 10)
      }
    }
  }

  /// The checksum after 200 steps; after 20 of those with several parts.
  func checksum() throws -> UInt64 {
    let (shape, source) = (inputShape, RandomSource(seed: 11))
    let inputs = DenseInputs((0..<64 * shape.count).map { source.uniform(at: $0) * 2 - 1 }, shape: shape)
    let labels = (0..<64).map { source.stream("labels").integer(below: 10, at: $0) }
    let targets = try Targets.classIndices(labels, classCount: 10)
    var plan = try TrainingPlan(
      Network(model, inputShape: shape), batchSize: batchSize, loss: CrossEntropy(labelSmoothing: 0.1),
      optimizer: SGD(learningRate: 0.01, momentum: 0.9, weightDecay: 1e-4, nesterov: true), seed: 1,
      team: ThreadTeam(threadCount: 2))
    for step in 0..<(batchSize > 64 ? 20 : 200) {
      let start = step * batchSize % 64
      let indices =
        batchSize > 64
        ? (0..<batchSize).map { ($0 * 7 + step) % 64 } : Array(start..<min(start + batchSize, 64))
      plan.step(Batch(inputs: inputs, targets: targets, indices: indices[...]))
    }
    return plan.parameters.values.reduce(0xCBF2_9CE4_8422_2325) { hash, value in
      (hash ^ UInt64(value.bitPattern)) &* 0x0000_0100_0000_01B3
    }
  }
}

@Suite("Networks train bit-identically to earlier versions")
struct SameBitsTests {
  @Test("weights of three networks, in small and large batches, and in several parts", arguments: TrainedBefore.all)
  func sameBits(network: TrainedBefore) throws {
    let found = try network.checksum()
    switch InstructionSet.current {
    case .avx512: #expect(found == network.avx512)
    case .avx2: #expect(found == network.avx2)
    // Four lanes round differently where another processor fuses multiplication and addition.
    case .baseline:
      #if arch(x86_64)
        #expect(found == network.baseline)
      #endif
    }
  }
}
