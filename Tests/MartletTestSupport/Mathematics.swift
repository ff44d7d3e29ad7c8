import Foundation

/// The C library's functions under names that no member of `Reference` hides.
func _exp(_ x: Double) -> Double { exp(x) }
func _log(_ x: Double) -> Double { log(x) }
