/// A register block of `rows` × `columns` accumulators, chosen when the program is compiled.
public struct Tile<let rows: Int, let columns: Int> {}
