import ArgumentParser
import Objects

/// An object as it is typed: its name, or a reference.
enum ObjectArgument {
    /// - Returns: its id; of a reference the type as well.
    /// - Throws: `ValidationError`.
    static func parse(_ text: String) throws -> (object: String, type: String?) {
        if text.hasPrefix(ObjectReference.scheme) {
            guard let reference = ObjectReference(text) else {
                throw ValidationError(
                    "'\(text)' is no reference; they look like \(ObjectReference.scheme)Account/acc-1")
            }
            return (reference.object, reference.type)
        }
        guard ObjectReference.isName(text) else {
            throw ValidationError("'\(text)' is no object's name: letters, digits, '_', '-' and '.' only")
        }
        return (text, nil)
    }
}
