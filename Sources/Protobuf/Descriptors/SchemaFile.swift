import ClusterModel

/// The definitions of a schema that make up one `.proto` file, for whoever writes such a file as text or as a
/// descriptor.
struct SchemaFile {
    let name: String
    let package: String
    let syntax: ImportedFile.Syntax
    let messages: [MessageDefinition]
    let enums: [EnumDefinition]
    let services: [ServiceDefinition]
    /// What it must import, in alphabetical order.
    let imports: [String]

    /// All files of a schema, dependencies first, the well-known ones that they need included.
    ///
    /// - Parameter name: of the file that holds what was not imported.
    static func all(of schema: ProtoSchema, name: String) -> [SchemaFile] {
        let ownFile = { (file: String?) in file ?? name }
        let fileOfType = Dictionary(
            schema.messages.map { ($0.name, ownFile($0.file)) } + schema.enums.map { ($0.name, ownFile($0.file)) }
        ) { one, _ in one }
        func file(_ file: String?, _ fileName: String, _ package: String, _ syntax: ImportedFile.Syntax) -> SchemaFile {
            SchemaFile(
                name: fileName, package: package, syntax: syntax,
                messages: schema.messages.filter { $0.file == file && !WellKnownFile.declares($0.name) },
                enums: schema.enums.filter { $0.file == file && !WellKnownFile.declares($0.name) },
                services: schema.services.filter { $0.file == file }, fileOfType: fileOfType)
        }
        var files = schema.files.map { file($0.name, $0.name, $0.package, $0.syntax) }
        let own = file(nil, name, schema.package, .proto3)
        if files.isEmpty || !own.isEmpty { files.append(own) }
        let needed = closure(files.flatMap(\.imports))
        return wellKnown.filter { needed.contains($0.name) } + files
    }

    /// The well-known files. What one of them imports comes before it.
    static let wellKnown = WellKnownFile.all.map { file in
        SchemaFile(
            name: file.name, package: file.package, syntax: .proto3, messages: file.messages, enums: file.enums,
            services: [], fileOfType: [:])
    }

    /// With what the well-known files import themselves.
    private static func closure(_ imports: [String]) -> Set<String> {
        var all = Set(imports)
        for file in wellKnown.reversed() where all.contains(file.name) { all.formUnion(file.imports) }
        return all
    }

    private init(
        name: String, package: String, syntax: ImportedFile.Syntax, messages: [MessageDefinition],
        enums: [EnumDefinition], services: [ServiceDefinition], fileOfType: [String: String]
    ) {
        self.name = name
        self.package = package
        self.syntax = syntax
        self.messages = messages
        self.enums = enums
        self.services = services
        let types =
            messages.flatMap { $0.fields.compactMap { $0.type.element.reference } }
            + services.flatMap { $0.methods.flatMap { [$0.input, $0.output] } }
        let files = Set(types.compactMap { WellKnownFile.name(declaring: $0) ?? fileOfType[$0] })
        imports = files.subtracting([name]).sorted()
    }

    private var isEmpty: Bool { messages.isEmpty && enums.isEmpty && services.isEmpty }

    /// Full names of everything that it declares.
    var symbols: [String] { messages.flatMap(\.symbols) + enums.flatMap(\.symbols) + services.flatMap(\.symbols) }

    /// The messages and enums directly inside a scope: the package, or a message.
    func messages(in scope: String) -> [MessageDefinition] { messages.filter { $0.name.parent == scope } }
    func enums(in scope: String) -> [EnumDefinition] { enums.filter { $0.name.parent == scope } }
}

extension FieldType {
    /// Of a map, its value's type.
    var element: FieldType { if case .map(_, let value) = self { value } else { self } }
}

extension EnumDefinition {
    /// Its values are names of what is around it.
    var symbols: [String] {
        let scope = name.parent
        return [name] + values.map { scope.isEmpty ? $0.name : "\(scope).\($0.name)" }
    }
}

extension ServiceDefinition {
    var symbols: [String] { [name] + methods.map { "\(name).\($0.name)" } }
}

extension MessageDefinition {
    var symbols: [String] { [name] + (fields.map(\.name) + oneofs).map { "\(name).\($0)" } }

    /// The fields, those of one oneof next to each other (where its first one stands), as a `.proto` file has them.
    var fieldsInBlocks: [[FieldDefinition]] {
        var blocks: [[FieldDefinition]] = []
        var started: Set<Int> = []
        for field in fields {
            guard let oneof = field.oneof else {
                blocks.append([field])
                continue
            }
            if started.insert(oneof).inserted { blocks.append(fields.filter { $0.oneof == oneof }) }
        }
        return blocks
    }
}
