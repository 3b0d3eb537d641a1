/// What was found about the operations on one object; they are named by their index.
package struct Linearization: Sendable, Equatable {
    package enum Verdict: Sendable, Equatable {
        /// With one order: of all that returned, and of those open ones that it takes.
        case legal([Int])
        case illegal(Contradiction)
        /// Why.
        case unknown(String)
    }

    package var verdict: Verdict
    /// How many different ways to get to a moment of the history were looked at.
    package var configurations: Int
}

/// The shortest prefix of a history that no order explains: everything until one operation's return.
package struct Contradiction: Sendable, Equatable {
    /// The operation that returns at its end.
    package var operation: Int
    /// What had been called by then, in the order of calls; of open operations that change nothing, none.
    package var prefix: [Int]
    /// Those of the prefix that ran at some time while `operation` did.
    package var concurrent: [Int]
    /// One order that explains everything that had returned before; `nil`: the search for it was ended.
    package var order: [Int]?
    /// `false`: the search for the shortest was ended, and `operation` is one that no order explains in view of all
    /// results, those that came later too.
    package var isShortest: Bool
}
