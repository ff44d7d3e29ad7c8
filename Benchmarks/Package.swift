// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that whoever uses Martlet builds none of this.

#if arch(x86_64)
  let advancedVectorFlags: [SwiftSetting] = [.unsafeFlags(["-Ounchecked", "-Xcc", "-mavx2", "-Xcc", "-mfma"])]
#else
  let advancedVectorFlags: [SwiftSetting] = [.unsafeFlags(["-Ounchecked"])]
#endif

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
        "FMAPeak",
        .product(name: "Martlet", package: "martlet"),
        .product(name: "MartletData", package: "martlet"),
        .product(name: "_MartletKernels", package: "martlet"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      // Spans of an arena, as in Martlet itself.
      swiftSettings: [.enableExperimentalFeature("Lifetimes")]),
    // How fast this processor can multiply and add at all: what everything else is compared with.
    .target(name: "FMAPeak", swiftSettings: advancedVectorFlags),
  ],
  swiftLanguageModes: [.v6]
)
