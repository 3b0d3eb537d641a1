/// proto3's JSON mapping. Source: https://protobuf.dev/programming-guides/json/
extension Message {
    /// As JSON. What has no JSON form of its own (a timestamp after the year 9999, an Any of a type that is not in the
    /// schema) is shown by its fields; unknown fields are not shown.
    ///
    /// - Parameter defaults: whether fields without presence are shown when they are zero or empty.
    package func json(indented: Bool = false, defaults: Bool = false) -> String {
        MessageRenderer(isJSON: true, showsDefaults: defaults).untyped(self, depth: 0).json(indented: indented)
    }

    /// Reads JSON. A field may have either of its names; fields that the type does not have are an error.
    ///
    /// - Throws: `ValueError`; its path is empty where the text is not JSON at all.
    package init(_ type: MessageType, json: String, root: String = "") throws(ValueError) {
        let value: Untyped
        do throws(JSONError) {
            value = try Untyped(json: json)
        } catch {
            throw ValueError(problem: error.description)
        }
        try self.init(type, value, rules: .json, root: root)
    }
}
