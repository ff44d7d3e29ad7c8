// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that whoever uses Martlet builds none of this.

#if arch(x86_64)
  let avx2 = ["-mavx2", "-mfma"]
  let avx512 = ["-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mfma", "-mprefer-vector-width=512"]
#else
  let (avx2, avx512): ([String], [String]) = ([], [])
#endif

/// Settings for a target that is compiled for one instruction set.
func vectorSettings(_ flags: [String]) -> [SwiftSetting] {
  [.unsafeFlags(["-Ounchecked"] + flags.flatMap { ["-Xcc", $0] })]
}

let package = Package(
  name: "Benchmarks",
  platforms: [.macOS("26.0")],
  dependencies: [
    .package(name: "martlet", path: ".."),
    // Parses the flags of `bench`; `train` uses it too.
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.6.0"),
  ],
  targets: [
    .executableTarget(
      name: "bench",
      dependencies: [
        "FMAPeak", "FMAPeak512",
        .product(name: "Martlet", package: "martlet"),
        .product(name: "MartletData", package: "martlet"),
        .product(name: "_MartletKernels", package: "martlet"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      // Spans of an arena, as in Martlet itself.
      swiftSettings: [.enableExperimentalFeature("Lifetimes")]),
    // How fast this processor can multiply and add at all: what everything else is compared with.
    .target(name: "FMAPeak", swiftSettings: vectorSettings(avx2)),
    .target(name: "FMAPeak512", swiftSettings: vectorSettings(avx512)),
  ],
  swiftLanguageModes: [.v6]
)
