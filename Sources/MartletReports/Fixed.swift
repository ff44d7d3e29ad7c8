import Foundation

/// `value` with a fixed number of decimals; what is no number is `nan`, without the sign that C may print.
func fixed(_ value: Double, _ decimals: Int) -> String {
  value.isNaN ? "nan" : String(format: "%.\(decimals)f", value)
}
