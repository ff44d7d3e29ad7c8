#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The C library's functions as properties, so that their names stay free for formulas.
extension Double {
  /// eˣ.
  var exponential: Double { exp(self) }
  /// eˣ − 1, also where x is small.
  var exponentialMinusOne: Double { expm1(self) }
  /// The natural logarithm.
  var naturalLogarithm: Double { log(self) }
  /// The cosine, of radians.
  var cosine: Double { cos(self) }
  /// log(1 + x), also where x is small.
  var logOnePlus: Double { log1p(self) }
  /// xᵖ.
  package func raised(to power: Double) -> Double { pow(self, power) }
  /// 1 / (1 + e⁻ˣ), without overflow.
  var logisticSigmoid: Double {
    if self >= 0 { return 1 / (1 + exp(-self)) }
    let exponential = exp(self)
    return exponential / (1 + exponential)
  }
  /// log(1 + eˣ), without overflow, and exact where eˣ is small.
  var softplus: Double { Swift.max(self, 0) + log1p(exp(-abs(self))) }
}
