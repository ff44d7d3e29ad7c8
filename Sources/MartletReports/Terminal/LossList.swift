public import MartletTraining

/// The losses that can be asked for by name, as text.
public enum LossList {
  /// A paragraph for each loss: what it is, its formula, its parameters, where it comes from.
  public static func text(_ losses: [LossDescription]) -> String {
    let paragraphs = losses.map { loss in
      var lines = ["\(loss.name): \(loss.summary)", "    \(loss.formula)"]
      lines += ChoiceList.lines(loss.parameters)
      if loss.takesClassWeights { lines.append("    takes --class-weights, w") }
      return (lines + (loss.notes + [loss.reference]).map { "    \($0)" }).joined(separator: "\n")
    }
    return """
      A loss is its name, and parameters behind a colon: --loss focal:gamma=2, --loss bootstrap:hard.
      In the formulas, x are a row's logits, p = softmax(x), t the target (one-hot for a class index),
      w the class weights. The value of a batch is the mean over its rows. With class weights, the mean
      divides by the labels' weights; for soft labels by the number of rows, as in PyTorch, or by the
      effective weight. Of several words, the first is the default.

      \(paragraphs.joined(separator: "\n\n"))
      """
  }
}
