// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// Functions that processors have no instruction for, as polynomials. A NaN stays a NaN, nothing overflows on the way, and a lane
/// does not depend on its neighbours.
///
/// Coefficients are minimax ones, computed with the algorithm of Remez (1934). Errors are relative, measured against double
/// precision with fused multiplication and addition; without them they are about half as large again.
extension KernelVector {
  /// Σ cᵢ·selfⁱ, with the coefficients in rising order.
  @inlinable @inline(__always)
  func polynomial(_ c0: Float, _ c1: Float, _ c2: Float, _ c3: Float, _ c4: Float) -> Self {
    var sum = Self(repeating: c3).addingProduct(self, Self(repeating: c4))
    sum = Self(repeating: c2).addingProduct(self, sum)
    sum = Self(repeating: c1).addingProduct(self, sum)
    return Self(repeating: c0).addingProduct(self, sum)
  }

  /// Each lane, or `low` where it is below that.
  @inlinable @inline(__always)
  func atLeast(_ low: Float) -> Self {
    let low = Self(repeating: low)
    return Self.select(low, self, where: self, isBelow: low)
  }

  /// Each lane, or `high` where it is above that.
  @inlinable @inline(__always)
  func atMost(_ high: Float) -> Self {
    let high = Self(repeating: high)
    return Self.select(high, self, where: high, isBelow: self)
  }

  /// Each lane from `low` to `high`.
  @inlinable @inline(__always)
  func clamped(_ low: Float, _ high: Float) -> Self { atLeast(low).atMost(high) }

  @inlinable var negated: Self { @inline(__always) get { Self.zero.subtracting(self) } }

  @inlinable var magnitude: Self {
    @inline(__always) get { Self.select(negated, self, where: self, isBelow: Self.zero) }
  }

  /// eˣ = 2ⁿ · (1 + d) with x = n·log 2 + r and d = eʳ − 1, for x from −87 to 87.
  ///
  /// - Parameter rest: what is to be added to x, and too small for the sum: up to 0.1.
  @inlinable @inline(__always)
  func exponentialParts(rest: Self = Self.zero) -> (scale: Self, difference: Self) {
    let n = multiplied(by: Self(repeating: 1.442_695_04)).rounded
    // log 2 in two parts: n times the first, 355 / 512, is exact.
    var r = addingProduct(n, Self(repeating: -0.693_359_375))
    r = r.addingProduct(n, Self(repeating: 2.121_944_4e-4)).adding(rest)
    let q = r.polynomial(0.5, 0.166_665_12, 0.041_666_187, 0.008_369_599, 0.001_395_171_9)
    return (n.powerOfTwo, r.addingProduct(r.multiplied(by: r), q))
  }

  /// eˣ for x up to 87, to 1.5e-7; 0 below −87, where it is hardly a float any more.
  @inlinable var exponential: Self {
    @inline(__always) get { exponential(rest: Self.zero) }
  }

  /// eˣ⁺ʳ, with r a rest that is too small for the sum.
  @inlinable @inline(__always)
  func exponential(rest: Self) -> Self {
    let (scale, difference) = clamped(-87, 87).exponentialParts(rest: rest)
    return Self.select(
      Self.zero, scale.addingProduct(scale, difference), where: self, isBelow: Self(repeating: -87))
  }

  /// The hyperbolic tangent, to 3e-7.
  @inlinable var hyperbolicTangent: Self {
    @inline(__always) get {
      // With e = e²ˣ − 1, it is e / (e + 2). Beyond 9.1 it is 1 to the last bit.
      let (scale, difference) = adding(self).clamped(-18.2, 18.2).exponentialParts()
      let e = scale.subtracting(Self(repeating: 1)).addingProduct(scale, difference)
      let quotient = e.divided(by: e.adding(Self(repeating: 2)))
      // Below 1e-4 it is x to the last bit, also for −0.
      return Self.select(self, quotient, where: multiplied(by: self), isBelow: Self(repeating: 1e-8))
    }
  }

  /// 1 / (1 + e⁻ˣ), to 3e-7; 0 below −87.
  @inlinable var logisticSigmoid: Self {
    @inline(__always) get { logisticSigmoidAndSlope.value }
  }

  /// The logistic function and its derivative, each to 4e-7.
  @inlinable var logisticSigmoidAndSlope: (value: Self, slope: Self) {
    @inline(__always) get {
      // With e⁻|ˣ|, nothing overflows, and small results keep their digits.
      let e = magnitude.negated.exponential
      let upper = Self(repeating: 1).divided(by: e.adding(Self(repeating: 1)))
      let lower = e.multiplied(by: upper)
      return (Self.select(lower, upper, where: self, isBelow: Self.zero), lower.multiplied(by: upper))
    }
  }

  /// log(1 + eˣ), to 3e-7; 0 below −87.
  @inlinable var softplus: Self {
    @inline(__always) get {
      // max(x, 0) + log(1 + e) with e = e⁻|ˣ|, and log(1 + e) = 2 artanh(s) with s = e / (2 + e), which is at most 1/3.
      let e = magnitude.negated.exponential
      let s = e.divided(by: e.adding(Self(repeating: 2)))
      let square = s.multiplied(by: s)
      let series = square.polynomial(0.333_333_37, 0.199_994_39, 0.143_084_42, 0.107_138_29, 0.121_504_665)
      let double = s.adding(s)
      let logarithm = double.addingProduct(double.multiplied(by: square), series)
      return logarithm.adding(rectified)
    }
  }

  /// The standard normal distribution's Φ(x), to 5e-7 where it is a normal number, and its density, to 3e-7.
  ///
  /// Φ(−a) = e^(−a²/2) · Q(a), and Q is a polynomial in 1 / (1 + a/4): the form of Hastings, "Approximations for Digital Computers"
  /// (1955), so that small results keep their digits.
  @inlinable var normalDistribution: (value: Self, density: Self) {
    @inline(__always) get {
      let a = magnitude.atMost(15)
      // a² in two parts: the square of a multiple of 1/128 is exact, and what is left goes past the rounding of a² to where it counts.
      let offset = Self(repeating: roundingOffset / 128)
      let coarse = a.adding(offset).subtracting(offset)
      let half = Self(repeating: -0.5)
      let rest = a.subtracting(coarse).multiplied(by: a.adding(coarse)).multiplied(by: half)
      let e = coarse.multiplied(by: coarse).multiplied(by: half).exponential(rest: rest)
      let t = Self(repeating: 4).divided(by: a.adding(Self(repeating: 4)))
      let upper = t.polynomial(0.207_725_14, -0.214_192_03, 0.303_305_66, -0.156_218_17, 0.026_412_79)
      let power = t.multiplied(by: t)
      let low = Self(repeating: 0.099_803_76).addingProduct(t, Self(repeating: 0.098_414_98))
      let high = Self(repeating: 0.104_442_91).addingProduct(t, Self(repeating: 0.030_304_944))
      let q = low.addingProduct(power, high.addingProduct(power, upper)).multiplied(by: t)
      let tail = e.multiplied(by: q)
      let value = Self.select(
        tail, Self(repeating: 1).subtracting(tail), where: self, isBelow: Self.zero)
      return (value, e.multiplied(by: Self(repeating: 0.398_942_28)))
    }
  }
}
