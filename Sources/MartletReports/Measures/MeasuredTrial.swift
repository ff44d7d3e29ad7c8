public import MartletTraining

/// A trial's result together with what takes time to compute from it.
public struct MeasuredTrial: Sendable {
  /// The result.
  public let result: TrialResult
  /// What a temperature does; nil if there are too few test images to tell, or nobody asked.
  public let temperature: TemperatureTrial?

  /// How well it does on the test images.
  public var evaluation: Evaluation { result.evaluation }

  /// A trial without a temperature.
  public init(_ result: TrialResult, temperature: TemperatureTrial? = nil) {
    self.result = result
    self.temperature = temperature
  }
}
