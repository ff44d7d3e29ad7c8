import Foundation

/// `value` with a fixed number of decimals; NaN is `nan`, without the sign that C may print.
func fixed(_ value: Double, _ decimals: Int) -> String {
  value.isNaN ? "nan" : String(format: "%.\(decimals)f", value)
}

/// `value` with a comma between thousands: `12,345`.
func grouped(_ value: Int) -> String {
  var digits = String(value)
  var groups: [String] = []
  while digits.count > 3 {
    groups.insert(String(digits.suffix(3)), at: 0)
    digits.removeLast(3)
  }
  return ([digits] + groups).joined(separator: ",")
}
