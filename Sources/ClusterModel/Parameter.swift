/// A value of a topology that is chosen when its file is read: `params: { loss: [0%, 10%] }`, used as `${loss}`.
package struct Parameter: Sendable, Equatable, Codable {
    package var name: String
    /// What the file lists; at least one. The first is the default.
    package var values: [String]
    /// What this reading took. It need not be listed.
    package var value: String
    /// Whether it was asked for, and is not the default.
    package var isGiven: Bool

    package init(name: String, values: [String], value: String? = nil) {
        self.name = name
        self.values = values
        self.value = value ?? values.first ?? ""
        isGiven = value != nil
    }

    /// `loss=10%`.
    package var assignment: String { "\(name)=\(value)" }
}
