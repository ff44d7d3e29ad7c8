import Foundation
import MartletTestSupport
import Testing

@Suite("train describe, and flags of the optimizer and of augmentation")
struct DescribeTests {
  private func output(_ arguments: String) throws -> String {
    let outcome = try Program.run(arguments.split(separator: " ").map(String.init), in: try TemporaryFolder())
    #expect(outcome.status == 0, "\(arguments): \(outcome.errors)")
    return outcome.output
  }

  @Test("layers, shapes, parameters, cost, memory and phases, within 80 columns")
  func describe() throws {
    let text = try output("describe")
    #expect(text.contains("conv1  Conv2d + ReLU + MaxPool2d  (6, 14, 14) *         456     705,600"))
    #expect(text.contains("62,006 parameters, 1,303,440 floating-point operations forward for one image."))
    #expect(text.contains("  1. rows: read, forward conv1, forward conv2\n"))
    #expect(text.contains("  9. parameters: gradient, update\n"))
    #expect(text.split(separator: "\n").allSatisfy { $0.count <= 80 })
    let clipped = try output("describe --model mlp --hidden 8,8 --dataset mnist --batch-size 128 --clip-norm 1")
    #expect(clipped.contains("  2. parameters: gradient, square\n  3. parameters: update\n"))
    let long = try output("describe --model mlp --hidden 65,66,67,68 --batch-size 512")
    #expect(long.split(separator: "\n").allSatisfy { $0.count <= 80 })
  }

  @Test("each flag changes the result, and the same flags give the same")
  func flags() throws {
    func metrics(_ flags: String) throws -> String {
      let folder = try TemporaryFolder()
      let arguments = "run --limit 60 --epochs 1 --log-every 5 --quiet --metrics m.jsonl \(flags)"
      let outcome = try Program.run(arguments.split(separator: " ").map(String.init), in: folder)
      #expect(outcome.status == 0, "\(flags): \(outcome.errors)")
      return try String(contentsOfFile: "\(folder.path)/m.jsonl", encoding: .utf8)
    }
    let changes = [
      "", "--optimizer adamw", "--optimizer adamw --weight-decay 0.5", "--clip-norm 0.1", "--augment flip",
      "--augment crop:2", "--mixup 0.5", "--cutmix 1", "--augment crop:2:reflect", "--augment cutout:4",
      "--augment erase:1", "--augment jitter", "--schedule cosine", "--groups weights:rate=2",
      "--lookahead constant:every=2", "--ema 0.5", "--clip-value 0.001", "--max-norm 0.5", "--tta flip",
      "--tta flip-and-shift", "--validation 0.2", "--optimizer adam", "--optimizer rmsprop", "--optimizer muon",
      "--optimizer muon:matrices=conv*", "--optimizer muon --momentum 0.5", "--optimizer muon --nesterov",
    ]
    let outputs = try changes.map(metrics)
    #expect(Set(outputs).count == changes.count)
    #expect(try metrics("--epochs 2 --swa 0") != metrics("--epochs 2"))
    let index = try #require(changes.firstIndex(of: "--mixup 0.5"))
    #expect(try metrics("--mixup 0.5 --threads 2") == outputs[index])
  }

  @Test(
    "flags that do not go together, or are out of range, end with 64 and a sentence",
    arguments: [
      ("run --optimizer adamw --momentum 0.5", "--momentum is for --optimizer sgd or muon."),
      ("run --optimizer adamw --nesterov", "--nesterov is for --optimizer sgd or muon."),
      ("run --clip-norm 0", "--clip-norm must be a finite number above 0, not 0.0."),
      ("run --augment crop:0", "--augment: crop: padding must be a number that is whole, from 1 to 65536, not '0'."),
      ("run --mixup -1", "--mixup must be from 0.001 to 1000, not -1.0."),
      ("run --mixup 1 --loss distillation --labels soft", "--mixup makes soft labels out of two, which"),
      ("describe --batch-size 0", "--batch-size must be from 1 to 65536, not 0."),
      ("run --mixup 1 --batch-size 1", "it needs a --batch-size of 2 or more."),
      ("run --clip-norm inf", "--clip-norm must be a finite number above 0, not inf."),
      ("describe --clip-norm nan", "--clip-norm must be a finite number above 0, not nan."),
      ("describe --threads 0", "--threads must be from 1 to 1024, not 0."),
    ])
  func mistakes(arguments: String, sentence: String) throws {
    let outcome = try Program.run(arguments.split(separator: " ").map(String.init), in: try TemporaryFolder())
    #expect(outcome.status == 64)
    #expect(outcome.errors.contains(sentence), "\(outcome.errors)")
  }
}
