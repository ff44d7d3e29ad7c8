public import MartletData

/// A flag's name, without its dashes, and its value.
public struct Setting: Sendable, Hashable, Codable {
  /// The flag: `learning-rate`.
  public let name: String
  /// What it is set to.
  public let value: String

  /// A setting.
  public init(name: String, value: String) {
    self.name = name
    self.value = value
  }
}

/// What was compared, on what, and by which program: everything about a comparison that is known before it starts.
public struct ComparisonDescription: Sendable, Hashable, Codable {
  /// An arm and its settings.
  public struct Arm: Sendable, Hashable, Codable {
    /// What it is called.
    public var name: String
    /// The word for its labels: `hard`, `smooth` or `soft`.
    public let labels: String
    /// What was decided, flag by flag.
    public let settings: [Setting]
    /// For each setting that names a file, CRC-32 of what was in it.
    public let files: [String: UInt32]

    /// An arm.
    public init(name: String, labels: String, settings: [Setting], files: [String: UInt32] = [:]) {
      self.name = name
      self.labels = labels
      self.settings = settings
      self.files = files
    }
  }

  /// The images.
  public struct Images: Sendable, Hashable, Codable {
    /// The data set's name.
    public let name: String
    /// The number of training images.
    public let trainingCount: Int
    /// The number of test images.
    public let testCount: Int
    /// The classes' names.
    public let classNames: [String]
    /// CRC-32 of pixels, labels and distributions, first of training and then of test images.
    public let checksums: [UInt32]

    /// A description of two parts of a data set.
    public init(training: Dataset, test: Dataset) {
      name = training.name
      trainingCount = training.count
      testCount = test.count
      classNames = test.classNames
      checksums = [training, test].map(\.checksum)
    }
  }

  /// The program and the machine.
  public struct Platform: Sendable, Hashable, Codable {
    /// The version of Martlet.
    public let martlet: String
    /// The instruction set of its kernels: results depend on it in their last digits.
    public let instructionSet: String
    /// The operating system.
    public let system: String
    /// The processor's name, as far as the system tells.
    public let processor: String
    /// The number of processors.
    public let processorCount: Int

    /// A program on a machine.
    public init(martlet: String, instructionSet: String, system: String, processor: String, processorCount: Int) {
      self.martlet = martlet
      self.instructionSet = instructionSet
      self.system = system
      self.processor = processor
      self.processorCount = processorCount
    }
  }

  /// The images.
  public let images: Images
  /// The program and the machine.
  public let platform: Platform
  /// The arms; the first is what the others are compared with.
  public var arms: [Arm]
  /// The seeds.
  public let seeds: [UInt64]
  /// When the comparison was started for the first time, in seconds since 1970.
  public var startTime: Double

  /// A description.
  public init(images: Images, platform: Platform, arms: [Arm], seeds: [UInt64], startTime: Double) {
    self.images = images
    self.platform = platform
    self.arms = arms
    self.seeds = seeds
    self.startTime = startTime
  }

  /// What the results of an arm depend on.
  func origin(of arm: Arm) -> TrialOrigin {
    var settings = Dictionary(arm.settings.map { ($0.name, $0.value) }) { $1 }
    settings["labels"] = arm.labels
    // Where the images lie and how many were asked for does not matter: what there is of them is compared itself.
    settings["data"] = nil
    settings["limit"] = nil
    return TrialOrigin(
      images: images, martlet: platform.martlet, instructionSet: platform.instructionSet, settings: settings,
      files: arm.files)
  }
}

extension Dataset {
  /// CRC-32 of the pixels, the labels behind them, and the distributions behind these, where there are any.
  var checksum: UInt32 {
    let images = Deflater.checksum(labels, after: Deflater.checksum(pixels))
    guard let distributions else { return images }
    return Deflater.checksum(NPYArray(sizes: [distributions.count], floats: distributions).fileBytes, after: images)
  }
}
