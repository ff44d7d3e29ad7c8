// swift-tools-version: 6.2
import PackageDescription

// The target graph is the architecture: data goes through it one way, from the kernels up to the command line.
// Sources/Martlet/Martlet.docc/Design.md says why each arrow is there.

/// Numerical targets are optimised in debug builds too: an unoptimised training step is some hundred times slower.
let optimized: [SwiftSetting] = [
  .unsafeFlags(["-O"], .when(configuration: .debug)),
  // Lifetime annotations let the arena hand out spans, so that no layer, loss or optimizer needs a pointer.
  .enableExperimentalFeature("Lifetimes"),
]

/// Whole modules in debug builds too, at the price of compiling them anew after each change: what a step calls is spread over many
/// files, and calls between them would not be inlined.
let wholeModule: SwiftSetting = .unsafeFlags(
  ["-wmo", "-num-threads", "1", "-disable-batch-mode"], .when(configuration: .debug))

/// Kernels check nothing themselves: `Kernels` checks each call at its entry.
let unchecked: [SwiftSetting] = [
  .unsafeFlags(["-Ounchecked"]),
  // Kernel bodies are inlined across targets, too. Incremental builds would not see that one has changed; whole modules do.
  wholeModule,
]

#if arch(x86_64)
  let avx2: [SwiftSetting] = [.unsafeFlags(["-Xcc", "-mavx2", "-Xcc", "-mfma"])]
  // Without the last flag, LLVM would cut registers of 512 bits in two for some processors.
  let avx512: [SwiftSetting] = [
    .unsafeFlags(
      ["f", "bw", "dq", "vl"].flatMap { ["-Xcc", "-mavx512\($0)"] } + [
        "-Xcc", "-mfma", "-Xcc", "-mprefer-vector-width=512",
      ])
  ]
#else
  let avx2: [SwiftSetting] = []
  let avx512: [SwiftSetting] = []
#endif

let package = Package(
  name: "Martlet",
  platforms: [.macOS("26.0")],
  products: [
    .library(name: "Martlet", targets: ["Martlet"]),
    .library(name: "MartletData", targets: ["MartletData"]),
    .library(name: "MartletTraining", targets: ["MartletTraining"]),
    .library(name: "MartletReports", targets: ["MartletReports"]),
    .executable(name: "train", targets: ["train"]),
    // For Benchmarks alone: it may change with any version.
    .library(name: "_MartletKernels", targets: ["Kernels"]),
  ],
  dependencies: [
    // Parses the flags of `train` and writes its help: a command line is not what Martlet exists for.
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.6.0"),
    // Reads and writes the configuration files of `train compare`: YAML is not what Martlet exists for either.
    .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
  ],
  targets: [
    // What users import.
    .target(
      name: "Martlet", dependencies: ["Kernels", "Requirements"], swiftSettings: optimized + [wholeModule]),
    .target(name: "MartletData", dependencies: ["Martlet", "CZlib", "Requirements"], swiftSettings: optimized),
    .target(
      name: "MartletTraining", dependencies: ["Martlet", "MartletData", "Requirements"], swiftSettings: optimized),
    .target(name: "MartletReports", dependencies: ["Martlet", "MartletData", "MartletTraining", "Requirements"]),

    // The command line, and nothing else.
    .executableTarget(
      name: "train",
      dependencies: [
        "Martlet", "MartletData", "MartletTraining", "MartletReports",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Yams", package: "Yams"),
      ]),

    // Implementation details. Unsafe code lives in these targets alone, but for zlib's calls in MartletData.
    .target(
      name: "Kernels",
      dependencies: ["KernelsBaseline", "KernelsAVX2", "KernelsAVX512", "CPUFeatures", "Requirements"],
      swiftSettings: optimized),
    .target(name: "KernelsBaseline", dependencies: ["KernelCore"], swiftSettings: unchecked),
    .target(name: "KernelsAVX2", dependencies: ["KernelCore"], swiftSettings: unchecked + avx2),
    .target(name: "KernelsAVX512", dependencies: ["KernelCore"], swiftSettings: unchecked + avx512),
    .target(name: "KernelCore", swiftSettings: unchecked),
    .target(name: "CPUFeatures"),
    .target(name: "Requirements"),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),

    // Tests.
    .target(name: "MartletTestSupport", dependencies: ["Martlet"], path: "Tests/MartletTestSupport"),
    .target(name: "CAllocationCounter", path: "Tests/CAllocationCounter"),
    .testTarget(
      name: "MartletTests", dependencies: ["Martlet", "Kernels", "MartletTestSupport", "CAllocationCounter"],
      exclude: [
        "Fixtures/generate.py",
        "Fixtures/generate-activations.py",
        "Fixtures/generate-augmentations.py",
        "Fixtures/generate-convolutions.py",
        "Fixtures/generate-initializers.py",
        "Fixtures/generate-schedules.py",
      ], resources: [.copy("Fixtures")]),
    .testTarget(
      name: "MartletDataTests", dependencies: ["Martlet", "MartletData", "MartletTestSupport"],
      exclude: ["Fixtures/generate.py"], resources: [.copy("Fixtures")]),
    .testTarget(
      name: "MartletTrainingTests",
      dependencies: ["Martlet", "MartletData", "MartletTraining", "MartletTestSupport"],
      exclude: [
        "Fixtures/generate.py",
        "Fixtures/generate-cutmix.py",
        "Fixtures/generate-measures.py",
        "Fixtures/generate-optimization.py",
      ], resources: [.copy("Fixtures")]),
    .testTarget(
      name: "MartletReportsTests",
      dependencies: ["Martlet", "MartletData", "MartletTraining", "MartletReports", "MartletTestSupport"],
      exclude: ["Fixtures/check-page.py", "Fixtures/read-events.py"], resources: [.copy("Fixtures")]),
    .testTarget(name: "KernelsTests", dependencies: ["KernelCore", "Kernels", "Martlet", "MartletTestSupport"]),
    .testTarget(
      name: "DocumentationTests", dependencies: ["Martlet", "MartletData", "MartletTraining", "MartletReports"]),
    .testTarget(
      name: "TrainTests",
      dependencies: [
        "Martlet", "MartletData", "MartletTraining", "train", "MartletTestSupport",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
  ],
  swiftLanguageModes: [.v6]
)
