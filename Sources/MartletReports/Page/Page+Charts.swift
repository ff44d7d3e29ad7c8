import Foundation
import MartletTraining

/// The page's charts and pictures.
extension Page {
  var curves: String? {
    guard record.arms.contains(where: { $0.trials.contains { $0.result.curve.count > 1 } }) else { return nil }
    let charts = [
      chart("Training loss", "mean training loss", \.trainingLoss, .number, 0...Double.infinity),
      chart("Test loss", "test NLL (nats)", \.testLoss, .number, 0...Double.infinity),
      chart("Test accuracy", "test accuracy (%)", \.testAccuracy, .percent, 0...1),
    ]
    return section(
      "Curves", "<div class=\"charts\">\n\(charts.joined(separator: "\n"))\n</div>",
      note:
        "Means over seeds; bands are one standard deviation to both sides. Training losses of different losses, or of hard and "
        + "soft labels, are not comparable: those of soft labels cannot fall below the labels’ entropy.")
  }

  /// Whether an epoch is the same work for all arms; otherwise curves are drawn over images.
  private var isInEpochs: Bool {
    let ends = record.arms.flatMap(\.trials).compactMap(\.result.curve.last)
    return Set(ends.map { Double($0.images) / max(1, $0.epoch) }).count <= 1
  }

  private func chart(
    _ title: String, _ yTitle: String, _ value: (CurvePoint) -> Double, _ format: LineChart.Format,
    _ limits: ClosedRange<Double>
  ) -> String {
    let series = record.arms.map { arm in
      // Trials of an arm are tested at the same steps; one that was stopped earlier has fewer points.
      let curves = arm.trials.map(\.result.curve)
      let points = (0..<(curves.map(\.count).max() ?? 0)).map { index in
        let reached = curves.filter { $0.count > index }.map { $0[index] }
        let summary = Summary(reached.map(value))
        let spread = summary.deviation ?? 0
        return LineChart.Point(
          x: isInEpochs ? reached[0].epoch : Double(reached[0].images) / 1000, mean: summary.mean,
          low: summary.mean - spread, high: summary.mean + spread)
      }
      return LineChart.Series(name: arm.name, points: points)
    }
    let chart = LineChart(
      title: title, description: "\(yTitle) over the course of training, a line for each arm",
      xTitle: isInEpochs ? "epochs" : "thousands of images seen", yTitle: yTitle,
      yFormat: format, yLimits: limits, series: series)
    return figure(title, chart.svg)
  }

  var reliability: String? {
    let arms = record.arms.map { arm in
      // Bins of several seeds are put together image by image.
      let bins = arm.trials.map { $0.evaluation.calibration(.equalWidth).bins }
      let together = (bins.first ?? []).indices.map { index in
        let filled = bins.map { $0[index] }.filter { $0.count > 0 }
        let count = filled.reduce(0) { $0 + $1.count }
        func mean(_ value: (Calibration.Bin) -> Double) -> Double {
          filled.reduce(0) { $0 + value($1) * Double($1.count) } / Double(count)
        }
        return ReliabilityDiagram.Bin(confidence: mean(\.confidence), accuracy: mean(\.accuracy), count: count)
      }
      return ReliabilityDiagram.Arm(name: arm.name, bins: together)
    }
    let diagram = ReliabilityDiagram(
      title: "Reliability", description: "Accuracy against confidence, in 15 bins of equal width, over all seeds.",
      arms: arms)
    return section(
      "Reliability", "<div class=\"charts\">\n\(figure("Accuracy against confidence", diagram.svg))\n</div>",
      note:
        "A network that is right as often as it says is on the diagonal. Below it, the network is overconfident.")
  }

  var confusions: String? {
    let charts = record.arms.map { arm in
      let matrices = arm.trials.map(\.evaluation.confusionMatrix)
      let size = record.description.images.classNames.count
      let counts = (0..<size).map { row in
        (0..<size).map { column in
          matrices.reduce(0.0) { $0 + Double($1[row][column]) } / Double(matrices.count)
        }
      }
      let chart = ConfusionChart(
        title: "Confusions of \(arm.name)", description: "How often images of each class were taken for each class.",
        classNames: record.description.images.classNames, counts: counts)
      return figure(arm.name, chart.svg)
    }
    return section(
      "Confusions", "<div class=\"charts\">\n\(charts.joined(separator: "\n"))\n</div>",
      note: "Of the images of a row’s class, how many per cent were taken for a column’s class; means over seeds.")
  }

  var disagreements: String? {
    let names = record.description.images.classNames
    let found = Disagreement.largest(
      ComparisonFolder.disagreementCount, of: record.arms, classCount: names.count
    ) { record.pictures[$0] != nil }
    guard !found.isEmpty else { return nil }
    let figures = found.map { disagreement in
      let image = disagreement.image
      let label = names[Int(record.testLabels[image])]
      let truth = record.testDistributions.map { rows in
        rows[image * names.count..<(image + 1) * names.count].map(Double.init)
      }
      let reference = DistributionBars.Source(
        name: truth == nil ? "label" : "truth",
        probabilities: truth ?? names.indices.map { $0 == Int(record.testLabels[image]) ? 1 : 0 })
      let arms = zip(record.arms, disagreement.distributions).map { arm, distribution in
        DistributionBars.Source(name: arm.name, probabilities: distribution)
      }
      let bars = DistributionBars(
        title: "Test image \(image)", description: "What the label and each arm say about the image.",
        classNames: names,
        reference: reference, arms: arms)
      let data = Data(record.pictures[image] ?? []).base64EncodedString()
      return figure(
        "Test image \(image), labelled \(label)",
        "<img alt=\"Test image \(image), labelled \(escaped(label))\" src=\"data:image/png;base64,\(data)\">\n\(bars.svg)"
      )
    }
    return section(
      "Images on which the arms disagree most", "<div class=\"images\">\n\(figures.joined(separator: "\n"))\n</div>",
      note:
        "By the Jensen–Shannon divergence of the arms’ distributions, which are means over seeds. Classes with less than 2 % "
        + "everywhere are left out.")
  }
}
