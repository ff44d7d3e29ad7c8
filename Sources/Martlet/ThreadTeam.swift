public import Kernels

/// The threads that plans share their work among; see `Kernels.ThreadTeam`.
public typealias ThreadTeam = Kernels.ThreadTeam

extension ThreadTeam {
  /// The calling thread alone: what plans use unless they are given more.
  public static var single: ThreadTeam { ThreadTeam(threadCount: 1) }
}
