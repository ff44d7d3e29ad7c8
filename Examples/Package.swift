// swift-tools-version: 6.2
import PackageDescription

// Programs that import Martlet as any other package would.
let package = Package(
  name: "MartletExamples",
  platforms: [.macOS("26.0")],
  dependencies: [.package(name: "Martlet", path: "..")],
  targets: ["custom-loss", "home-made-loss", "compare-own-model", "predict"].map { name in
    .executableTarget(
      name: name,
      dependencies: [
        .product(name: "Martlet", package: "Martlet"), .product(name: "MartletData", package: "Martlet"),
        .product(name: "MartletTraining", package: "Martlet"),
      ])
  },
  swiftLanguageModes: [.v6]
)
