import ClusterModel
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Who recorded a file.
package struct EvidenceSource: Sendable, Hashable {
    package enum Kind: UInt8, Sendable {
        case node = 1
        case link, orchestrator
    }

    package var kind: Kind
    /// The process name of a node; `links` or `orchestrator` otherwise.
    package var name: String
    package var incarnation: UInt32

    package init(kind: Kind, name: String, incarnation: UInt32 = 1) {
        self.kind = kind
        self.name = name
        self.incarnation = incarnation
    }
}

/// Appends events to a file that is mapped into memory: a record costs no system call, and what was recorded is the
/// kernel's as soon as `record` returns, so that a SIGKILL takes nothing away. (A power cut may.)
///
/// Layout: 8 bytes magic, 8 bytes committed length (little endian, stored last, with release ordering), then records:
/// varint length, kind, 8 bytes time, fields. The first record describes the source.
///
/// Not thread-safe: it belongs to one event loop or one lock.
package final class Recorder {
    static let magic: [UInt8] = Array("ORCHEV1\n".utf8)
    static let headerSize = 16
    private static let firstSize = 64 << 10
    private static let largestStep = 16 << 20

    private let path: String
    private var descriptor: Int32
    private var memory: UnsafeMutableRawPointer
    private var capacity: Int
    private var length: Int
    private var writer = EventWriter()
    /// Set when the disk is full: nothing more is recorded, and the run must not end in *pass*.
    package private(set) var failure: OrchError?

    /// Creates the file anew.
    /// - Throws: `OrchError` (`unavailable`) where the file cannot be made or the disk has no room.
    package init(path: String, source: EvidenceSource) throws {
        self.path = path
        descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failed("cannot create \(path)", errno) }
        capacity = Self.firstSize
        let error = FileSpace.reserve(descriptor, capacity)
        guard error == 0, let map = Self.map(descriptor, capacity) else {
            let code = error == 0 ? errno : error
            close(descriptor)
            throw Self.failed("cannot reserve room for \(path)", code)
        }
        memory = map
        length = Self.headerSize
        memory.copyMemory(from: Self.magic, byteCount: Self.magic.count)
        writer.begin()
        writer.byte(0)
        writer.fixed64(UInt64(bitPattern: MonotonicClock.now()))
        writer.byte(source.kind.rawValue)
        writer.varint(UInt64(source.incarnation))
        var name = source.name
        writer.text("name", &name)
        append()
    }

    /// Cuts the file to what was recorded.
    deinit {
        writer.free()
        munmap(memory, capacity)
        _ = ftruncate(descriptor, off_t(length))
        close(descriptor)
    }

    package func record(_ event: Event, at time: Int64 = MonotonicClock.now()) {
        writer.begin()
        writer.byte(event.code)
        writer.fixed64(UInt64(bitPattern: time))
        event.walk(&writer)
        append()
    }

    private func append() {
        let payload = writer.record
        guard failure == nil, makeRoom(for: payload.count + 10) else { return }
        var position = length
        var rest = UInt64(payload.count)
        while rest >= 0x80 {
            memory.storeBytes(of: UInt8(truncatingIfNeeded: rest) | 0x80, toByteOffset: position, as: UInt8.self)
            rest >>= 7
            position += 1
        }
        memory.storeBytes(of: UInt8(rest), toByteOffset: position, as: UInt8.self)
        position += 1
        (memory + position).copyMemory(from: payload.baseAddress!, byteCount: payload.count)
        length = position + payload.count
        // Stored last: a reader never sees half a record, whenever the process dies.
        (memory + 8).assumingMemoryBound(to: Atomic<UInt64>.self).pointee.store(
            UInt64(length).littleEndian, ordering: .releasing)
    }

    private func makeRoom(for count: Int) -> Bool {
        guard length + count > capacity else { return true }
        let larger = capacity + max(min(capacity, Self.largestStep), count)
        let error = FileSpace.reserve(descriptor, larger)
        guard error == 0 else {
            failure = Self.failed("evidence is incomplete: no room to extend \(path)", error)
            return false
        }
        munmap(memory, capacity)
        guard let map = Self.map(descriptor, larger) else {
            failure = Self.failed("evidence is incomplete: cannot map \(path)", errno)
            // The old pages are in the file; keep a private page so that the object stays usable.
            memory = UnsafeMutableRawPointer(
                mmap(nil, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0))!
            return false
        }
        memory = map
        capacity = larger
        return true
    }

    private static func map(_ descriptor: Int32, _ size: Int) -> UnsafeMutableRawPointer? {
        let map = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
        return map == MAP_FAILED ? nil : map
    }

    private static func failed(_ what: String, _ code: Int32) -> OrchError {
        OrchError(
            .unavailable, what, cause: String(cString: strerror(code)),
            advice: "free some disk space, or check the permissions of the run folder")
    }
}
