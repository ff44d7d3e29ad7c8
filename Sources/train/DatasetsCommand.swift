import ArgumentParser
import MartletData
import MartletReports

/// `train datasets`: what there is, and the built-in set as files.
struct DatasetsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "datasets", abstract: "List the data sets, or write the built-in one as files.",
    subcommands: [List.self, Write.self], defaultSubcommand: List.self)

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the data sets, and where each one is.")

    func run() throws {
      for dataset in DatasetCatalog.allCases {
        print("\(dataset.rawValue): \(dataset.summary)")
        if dataset == .shapes {
          print("    built in: \(Shapes.trainCount) training and \(Shapes.testCount) test images")
        } else if let folder = dataset.folder(holding: .train) {
          print("    found in \(folder)")
        } else {
          print("    not found. \(dataset.advice)")
        }
      }
    }
  }

  struct Write: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Write the built-in data set as gzipped CIFAR-10 files, with its distributions as .npy.")

    enum Name: String, ExpressibleByArgument, CaseIterable { case shapes }

    @Argument(help: "The data set.")
    var dataset: Name

    @Argument(help: ArgumentHelp("The folder to write to; it is made if it is not there.", valueName: "dir"))
    var folder: String

    @Option(parsing: .unconditional, help: ArgumentHelp("Write the first N images of each part only.", valueName: "n"))
    var limit: Int?

    func validate() throws {
      // The training images fill five files, none of which may be empty.
      if let limit, limit < 5 { throw ValidationError("--limit must be at least 5, not \(limit).") }
    }

    func run() throws {
      try reportingFailures {
        for split in DatasetCatalog.Split.allCases {
          let part = Shapes.make(split, count: limit.map { min($0, Shapes.count(of: split)) })
          for path in try Shapes.write(part, to: folder) { print(path) }
          if split == .train {
            let path = "\(folder)/contact-sheet.png"
            let sheet = ContactSheet.png(of: part, indices: Array(0..<min(96, part.count)), columns: 16)
            try FileWriting.write(sheet, to: path)
            print(path)
          }
        }
      }
    }
  }
}
