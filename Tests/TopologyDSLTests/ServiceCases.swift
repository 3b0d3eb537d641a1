/// The cases of `DiagnosticTests` that are about services and calls, written as those of `diagnosticCases`. `++` after
/// the title appends a sound cluster of a service `Calculator`, a `server` and a `client`.
let serviceCases = #"""
    === sound ++
    === types: everything that may be said
    services:
      S:
        package: shop.v1
        messages:
          Point: { x: double, y: float }
          Line: { from: Point, to: shop.v1.Point, tags: [string], colour: Colour }
        enums: { Colour: [RED, GREEN], Mode: { A: 0, B: 5 } }
        methods:
          m:
            request:
              a: int64
              list: repeated string
              table: "map<string, Point>"
              maybe: optional int32
              when: Timestamp
              dur: google.protobuf.Duration
              inner: { b: bool, deeper: { c: bytes } }
              items: [{ sku: string, count: uint32 }]
              kind: { enum: [NONE, SOME] }
              mode: { enum: { OFF: 0, ON: 3 } }
              choice: { oneof: { p: Point, q: { z: sint64 }, r: string } }
              pinned: { type: fixed64, number: 2 }
              pinnedEnum: { enum: [ONE], number: 40 }
              type: { type: string }
            response: Line
            handler: return {}
          n: { request: Empty, response: google.protobuf.Empty, stream: both, handler: "return {}" }
          o: { handler: "return {}" }
    nodes:
      server: { serve: S }
    === types: wrong
    services:
      S:
        messages:
          A: { x: int, y: Pont, z: "map<double, int64>", w: "map<string, map<string, int64>>", v: map<string, int64> }
          B: { a: required int64, b: repeated optional int64, c: "int64[]", d: [string, int64], e: [], f: 5x, g: }
          1C: { a: int64 }
          D: { 1a: int64, a-b: int64, end: int64 }
          Point: { x: double }
          E: { a: { type: int64, number: 0 }, b: { type: int64, number: 19500 }, c: { type: int64, number: 600000000 } }
          F: { a: { oneof: {} }, b: { oneof: { x: repeated int64, y: "map<string, int64>" } } }
          G: text
          H: { d: optional map<string, int64>, e: { type: optional string, number: 3 }, f: [[string]] }
        enums:
          I: []
          J: { A: x }
          K: { A: 99999999999 }
          L: 5
          M: [1a]
        methods:
          m: { request: int64, response: A.B.C, handler: "return {}" }
          n: { request: I, response: [x], stream: sideways, handler: "" }
          "o-p": {}
    nodes:
      server: { serve: S }
    ! 4:15: error: there is no type 'int', did you mean 'int64'?
    ! 4:23: error: there is no type 'Pont', did you mean 'Point'?
    ! 4:32: error: 'double' cannot be a map's key: expected string, bool or a type of whole numbers
    ! 4:57: error: a map cannot hold maps: put one into a message
    ! 4:95: error: this map is cut off at its comma: quote it | write "map<string, int64>", with the quotes
    ! 5:15: error: proto3 has no required fields: write 'int64'
    ! 5:34: error: expected a type, as in int64, repeated string, map<string, int64>, a message's name or { a: int64 }, found 'optional int64'
    ! 5:62: error: 'int64[]' is no type, did you mean 'repeated int64'?
    ! 5:76: error: expected one type in brackets, as in [string], which is repeated string
    ! 5:96: error: expected one type in brackets, as in [string], which is repeated string
    ! 5:103: error: expected a type, as in int64, repeated string, map<string, int64>, a message's name or { a: int64 }, found '5x'
    ! 5:110: error: expected a type, as in int64, repeated string, map<string, int64>, a message's name or { a: int64 }, found nothing
    ! 6:7: error: '1C' cannot be a name here: expected letters, digits and _, a letter first
    ! 7:12: error: '1a' cannot be a name here: expected letters, digits and _, a letter first
    ! 7:23: error: 'a-b' cannot be a name here: expected letters, digits and _, a letter first
    ! 7:35: warning: 'end' is a word of Lua: a handler has to write ["end"]
    ! 9:38: error: expected a field number from 1 to 536870911, found 0
    ! 9:69: error: the field numbers 19000 to 19999 belong to protocol buffers itself
    ! 9:104: error: expected a field number from 1 to 536870911, found 600000000
    ! 10:24: error: a oneof needs at least one field
    ! 10:47: error: a field of a oneof is there or not: it cannot be repeated, optional or a map
    ! 10:66: error: a field of a oneof is there or not: it cannot be repeated, optional or a map
    ! 11:10: error: expected fields and their types, as in { a: int64, b: string }, found 'text'
    ! 12:15: error: this map is cut off at its comma: quote it | write "map<string, int64>", with the quotes
    ! 12:89: error: expected a type, as in int64, repeated string, map<string, int64>, a message's name or { a: int64 }, found a list
    ! 14:10: error: an enum needs at least one value
    ! 15:15: error: expected a whole number, found 'x'
    ! 16:15: error: an enum's number has 32 bits, and 99999999999 does not fit
    ! 17:10: error: expected an enum's values, as in [RED, GREEN] or { RED: 0, GREEN: 5 }, found '5'
    ! 18:11: error: '1a' cannot be a name here: expected letters, digits and _, a letter first
    ! 20:21: error: 'int64' is no message: expected a message's name, or fields and their types, as in { a: int64, b: string } | write { value: int64 }
    ! 20:38: error: there is no type 'A.B.C' | its own types stand under 'messages' and 'enums': A, B, D, E, F, H, MRequest, NResponse, O-pRequest, O-pResponse and Point
    ! 21:34: error: expected fields and their types, as in { a: int64, b: string }, found a list
    ! 21:47: error: 'sideways' is not a side that streams: expected none, client, server or both
    ! 21:66: error: expected Lua, as in return { total = request.a + request.b }, found an empty text
    ! 22:7: error: 'o-p' cannot be a name here: expected letters, digits and _, a letter first
    === types: what protocol buffers refuse
    services:
      S:
        messages:
          A: { x: { type: int64, number: 5 }, y: { type: int64, number: 5 } }
          B: { foo_bar: int64, fooBar: int64 }
          C: { Address: { a: int64 } }
          D: { c: Colour }
          SumaRequest: { a: int64 }
        enums:
          Colour: { RED: 1, GREEN: 2 }
          Other: [GREEN, BLUE]
          Same: { P: 0, Q: 0 }
          A: [X]
        methods:
          suma: { handler: "return {}" }
          get_it: { handler: "return {}" }
          getIt: { handler: "return {}" }
    nodes:
      server: { serve: S }
    ! 4:43: error: 'A.y' has number 5, which is x's
    ! 5:28: error: 'B.fooBar' is fooBar in JSON, as foo_bar is
    ! 6:12: error: 'C.Address' is declared twice | the type of a field is called after it, in CamelCase: write the field in lower case
    ! 10:17: error: 'Colour.RED' is 1; the first value must be 0
    ! 11:15: error: 'GREEN' is declared twice (10:25 the first is here) | in protocol buffers an enum's values are names beside it: put the enum's name in front
    ! 12:21: error: 'Same.Q' has number 0, which is P's
    ! 13:7: error: 'A' is declared twice (4:7 the first is here)
    ! 15:7: error: 'SumaRequest' is declared twice (8:7 the first is here) | the messages of a method are called after it; one under 'messages' may be named: request: NAME
    ! 17:7: error: 'GetItRequest' is declared twice (16:7 the first is here) | the messages of a method are called after it; one under 'messages' may be named: request: NAME
    ! 17:7: error: 'GetItResponse' is declared twice (16:7 the first is here) | the messages of a method are called after it; one under 'messages' may be named: request: NAME
    === enums are no requests
    services:
      S:
        enums: { E: [A] }
        methods: { m: { request: E, handler: "return {}" } }
    nodes:
      server: { serve: S }
    ! 4:30: error: 'E' is an enum: a request or a response is a message | put it into one: { value: E }
    === service keys
    services:
      a b: { methods: { m: { handler: "return {}" } } }
      grpc.x: { methods: { m: { handler: "return {}" } } }
      A: {}
      B: { package: a-b, methods: { m: { handler: "return {}" } } }
      a.C: { package: b, methods: { m: { handler: "return {}" } } }
      D: { proto_path: x, service: y, methods: { m: { handler: "return {}" } } }
      E: { methods: { m: { handler: "return {}" } }, semantics: exactly-once, retry: { timeout: 0s, attempts: 0, backoff: 5s..1s, deadline: never }, duplicates: { on: ignore, keep: 0s, capacity: 0 }, limits: { instructions: 0, memory: 1KB, time: 0 } }
      F: { methods: { m: { handler: "return {}" } }, retry: { timeout: 5s, deadline: 1s, backoff: none } }
      G: { methods: { m: { handlr: x } }, handlers: { n: "return {}" } }
      H: { methods: { m: { handler: "return {}" } }, handlers: { m: "return {}" } }
    nodes:
      server: { serve: [A, B, a.C, D, E, F, G, H] }
    ! 2:3: error: 'a b' cannot be a service's name: expected letters, digits and _, a letter first
    ! 3:3: error: 'grpc.x': this package is taken
    ! 4:6: error: a service without methods: expected 'methods', or 'proto' and a file that has them
    ! 5:17: error: 'a-b' cannot be a package: expected names with dots, as in shop.v1
    ! 6:19: error: 'a.C' is in package 'a', not in 'b'
    ! 7:8: error: 'proto_path' belongs to a service with 'proto'
    ! 7:23: error: 'service' belongs to a service with 'proto'
    ! 8:61: error: 'exactly-once' is not call semantics: expected maybe, at-least-once or at-most-once
    ! 8:93: error: expected a time of more than 0
    ! 8:107: error: expected a whole number from 1 to 1000000, found 0
    ! 8:119: error: '5s..1s' goes backwards: the shorter time comes first
    ! 8:137: error: expected a time such as 200ms, 1.5s or 2m, found 'never'
    ! 8:164: error: 'ignore' is not an answer to a duplicate: expected execute or resend-reply
    ! 8:178: error: expected a time of more than 0
    ! 8:192: error: expected a whole number from 1 to 10000000, found 0
    ! 8:221: error: expected a whole number of at least 1, found 0
    ! 8:232: error: expected at least 64KiB
    ! 8:243: error: expected a time of more than 0
    ! 9:59: warning: 'timeout: 5s' is longer than 'deadline: 1s': the call ends before an attempt can
    ! 10:24: error: unknown key 'handlr' in method, did you mean 'handler'?
    ! 10:51: error: 'G' has no method 'n' | it has m
    ! 11:62: error: a second handler for 'm' (11:19 the first is here)
    === collisions
    services:
      A: { methods: { get: { handler: "return {}" } } }
      B: { methods: { get: { handler: "return {}" } } }
      B2: { methods: { get: { request: { a: int64 }, handler: "return {}" } } }
      C: { package: c, methods: { get: { handler: "return {}" } } }
      c.D: { enums: { E: [GetRequest] }, methods: { put: { handler: "return {}" } } }
    nodes:
      server: { serve: [A, B, B2, C, D] }
    ! 4:3: error: 'GetRequest' of 'B2' is not what it is in 'A': two things with one name (2:3 'A' is here) | give one of the services a 'package'
    ! 6:3: error: 'c.GetRequest' of 'c.D' is not what it is in 'c.C': two things with one name (5:3 'c.C' is here) | give one of the services a 'package'
    === who serves
    services:
      a.S: { methods: { m: { handler: "return {}" } } }
      b.S: { methods: { m: { handler: "return {}" }, n: } }
      T: { methods: { m: } }
      U: { methods: { m: { handler: "return {}" } } }
      V: { methods: { m: } }
    nodes:
      one: { serve: S }
      two: { serve: [a.S, b.S, a.S, Tt] }
      three: { serve: T }
      four: { command: [x, "$(port)"], serve: U }
      five: { command: [x], serve: { service: V, listen: 65535, work: 1s, concurrency: 5, max_message: 1KB, via: queue }, replicas: 2 }
      six: { command: [x, "$(port)", "$(four.address)", "$(seven.url)"], env: { A: $(five-2.port), B: $(one.host) } }
      seven: { call: { method: V.m } }
    ! 3:50: warning: 'n' has no handler: 'two' will answer UNIMPLEMENTED
    ! 4:19: error: no method of 'T' has a handler, and 'three' has no program that answers | handler: return { … }
    ! 5:24: error: a handler, and only 'four' serves 'U': its program answers | leave the handler out, or add a node without 'command'
    ! 8:17: error: 'S' could be a.S or b.S: expected the full name
    ! 9:28: error: 'a.S' twice
    ! 9:33: error: there is no service 'Tt' | there are a.S, b.S, T, U and V
    ! 12:46: error: 'listen' does not go with a queue: nobody connects to the node itself
    ! 12:46: error: the ports of 2 replicas end beyond 65535
    ! 12:61: error: 'work' with 'command': the program decides that itself
    ! 12:71: error: 'concurrency' with 'command': the program decides that itself
    ! 12:87: error: 'max_message' with 'command': the program decides that itself
    ! 12:105: error: 'via: queue' with 'command': a program of yours takes messages from its queue by itself | leave out 'serve'
    ! 12:110: error: 'via: queue' needs a broker, and no node is one | add a node with a broker: nodes: { broker: { broker: {} } }
    ! 13:23: error: $(port) has no value here: it is where a program with 'serve' or 'protocol' listens
    ! 13:53: error: $(seven.url): 'seven' is no broker and no server, and only they have endpoints
    === serve keys
    services:
      S: { methods: { m: { handler: "return {}" } } }
      T: { methods: { m: { handler: "return {}" } } }
    queues: { here: }
    nodes:
      broker: { broker: {} }
      a: { serve: { service: S, services: T } }
      b: { serve: {} }
      c: { serve: { service: S, port: 0, listen: 5, concurrency: 0, work: -1s, max_message: big, tls: { certificate: a } }, replicas: 2 }
      d: { serve: { service: [S, T], via: queue, port: 5, tls: { certificate: a, key: b } } }
      e: { serve: { service: S, via: { queue: amq.x } } }
      f: { serve: { service: S, via: { queue: here, broker: nobody } } }
      g: { serve: { service: S, via: pigeon } }
      h: { serve: { service: S, port: 80 }, replicas: 2 }
      i: { serve: [] }
      j: { serve: 5 }
    ! 7:29: error: 'service' and 'services' in one serve: expected one of them (7:17 'service' is here)
    ! 8:15: error: expected one of service or services in serve
    ! 9:35: error: expected a whole number from 1 to 65535, found 0
    ! 9:38: error: 'listen' belongs to a node with 'command'
    ! 9:62: error: expected a whole number from 1 to 100000, found 0
    ! 9:71: error: a time cannot be negative: '-1s'
    ! 9:89: error: expected a size such as 512, 64KB or 1MiB, found 'big'
    ! 9:99: error: 'key' is missing in tls: expected text
    ! 10:34: error: 2 services and one queue: expected its name | via: { queue: rpc_queue }
    ! 10:46: error: 'port' does not go with a queue: nobody connects to the node itself
    ! 10:55: error: 'tls' does not go with a queue: nobody connects to the node itself
    ! 11:43: error: 'amq.x': names that start with amq. belong to the broker
    ! 12:57: error: there is no broker 'nobody' | there is broker
    ! 12:57: error: queue 'here' is on broker 'broker', not on 'nobody'
    ! 13:34: error: 'pigeon' is not a way for calls: expected grpc or queue
    ! 14:29: error: one 'port' for 2 replicas
    ! 15:15: error: no service: expected at least one
    ! 16:15: error: there is no service '5' | there are S and T
    === via queue without a broker
    services:
      S: { methods: { m: { handler: "return {}" } } }
    nodes:
      a: { serve: { service: S, via: queue } }
    ! 4:34: error: 'via: queue' needs a broker, and no node is one | add a node with a broker: nodes: { broker: { broker: {} } }
    === calls
    services:
      Calculator:
        messages: { P: { x: double } }
        methods:
          suma: { request: { a: int64, b: int32, s: string, f: bool, p: P, l: [uint32], m: "map<int32, string>", e: { enum: [RED, GREEN] }, c: { oneof: { x: int64, y: bytes } }, u: uint64, d: Duration, long_name: string }, response: { total: int64 }, handler: "return {}" }
          up: { request: P, stream: client, handler: "return {}" }
          down: { response: P, stream: server, handler: "return {}" }
    nodes:
      server: { serve: Calculator, replicas: 2 }
      a: { call: { method: Calculator.sum } }
      b: { call: { method: suma } }
      c: { call: { method: Calculator/suma } }
      d: { call: { method: Calculatr.suma } }
      e: { call: {} }
      f: { call: { method: Calculator.suma, with: { a: x, b: 5000000000, s: 5, f: "true", p: { y: 1 }, l: [1, -1], m: { a: b }, e: REDD, x: 1, y: abc, u: 18446744073709551616, d: 5, longName: x } } }
      g: { call: { method: Calculator.suma, with: { a: $(seq), b: "$(random 1 5)", s: "$(port)", f: $(node), p: 5, l: 5, m: [a], e: 7, u: "18446744073709551615", d: 1.5s, long_name: x, tottal: 5 } } }
      h: { call: { method: Calculator.suma, with: [{ a: 1 }, { a: 2 }], messages: 5, expect: [{ total: 1 }, { totl: x }] } }
      i: { call: { method: Calculator.up, with: [{ x: 1 }, { x: 2 }, { z: 2 }], messages: 2 } }
      j: { call: { method: Calculator.down, with: 5, expect: [{ x: 1 }, { x: "a" }] } }
      k: { call: { method: Calculator.suma, to: nobody, replica: 3 } }
      l: { call: { method: Calculator.suma, to: server-2 } }
      m: { call: { method: Calculator.suma, to: server, replica: 3, loop: open, concurrency: 0, count: 0, rate: 5 } }
      n: { call: { method: Calculator.suma, to: a, expect: { total: 1.5 }, expect_status: NOT_FOND } }
      o: { call: { method: Calculator.suma, expect: { total: 1 }, expect_status: not-found } }
      p: { call: { method: Calculator.suma, metadata: { Name: x, grpc-x: y, a: "$(seq)", b: "$(oops)" }, retry: { attempts: 1000001 }, semantics: mabe } }
      q: { call: { method: Calculator.suma, via: queue, with: { c: 1 } } }
      r: { call: { method: Calculator.up, with: [], messages: 2 } }
    ! 10:24: error: 'Calculator' has no method 'sum', did you mean 'suma'?
    ! 11:24: error: expected a service and its method, as in Calculator.suma, found 'suma', did you mean 'Calculator.suma'?
    ! 12:24: error: expected a service and its method, as in Calculator.suma, found 'Calculator/suma', did you mean 'Calculator.suma'?
    ! 13:24: error: there is no service 'Calculatr', did you mean 'Calculator'?
    ! 14:14: error: 'method' is missing in call: expected a method such as Calculator.suma
    ! 15:52: error: 'a': expected a whole number, found 'x'
    ! 15:58: error: 'b': expected a whole number from -2147483648 to 2147483647, found 5000000000
    ! 15:73: error: 's': expected text, found 5 | quote it: "5"
    ! 15:79: error: 'f': expected true or false, found 'true' | without quotes
    ! 15:92: error: 'y' is no field of P | there is x
    ! 15:107: error: 'l': expected a whole number from 0 to 4294967295, found -1
    ! 15:117: error: 'a' is no key of 'm', whose keys are int32
    ! 15:128: error: 'REDD' is no value of 'e': expected RED or GREEN, did you mean 'RED'?
    ! 15:140: error: 'x' and 'y' exclude one another: they are in the oneof 'c'
    ! 15:151: error: 'u': expected a whole number from 0 to 18446744073709551615, found 18446744073709551616 | quote numbers of more than 63 bits
    ! 15:176: error: 'd': expected a time in seconds such as 1.5s, found 5
    ! 16:83: error: $(port) has no value in a call: it is where a program with 'serve' or 'protocol' listens
    ! 16:109: error: 'p': expected a mapping of P's fields, found 5
    ! 16:115: error: 'l': expected a list, found 5
    ! 16:121: error: 'm': expected a mapping, found a list
    ! 16:182: error: 'tottal' is no field of SumaRequest | there are a, b, s, f, p, l, m, e, x, y, u and d
    ! 17:47: error: 2 requests: 'Calculator.suma' takes one, a mapping
    ! 17:69: error: 'messages' of 'Calculator.suma': it takes one request | in the service, stream: client or both
    ! 17:90: error: 2 replies: 'Calculator.suma' has one, a mapping
    ! 17:107: error: 'totl' is no field of SumaResponse, did you mean 'total'?
    ! 18:68: error: 'z' is no field of P | there is x
    ! 18:87: error: 2 messages of the 3 requests under 'with'
    ! 19:47: error: expected a mapping of DownRequest's fields, found 5
    ! 19:74: error: 'x': expected a number, found 'a'
    ! 20:45: error: there is no node 'nobody' | there is server
    ! 21:45: error: 'server-2' is one replica: expected a node | write to: server, and replica: 2
    ! 22:62: error: replica 3 of 'server': it has only 2 processes
    ! 22:90: error: expected a whole number from 1 to 100000, found 0
    ! 22:100: error: expected a whole number of at least 1, found 0
    ! 22:109: error: '5' has no period: expected a rate such as 500/s or 30/m, did you mean 5/s?
    ! 23:45: error: 'a' does not serve 'Calculator' | to: server
    ! 23:65: error: 'total': expected a whole number, found 1.5
    ! 23:87: error: 'NOT_FOND' is not a gRPC status, did you mean 'NOT_FOUND'?
    ! 24:41: error: 'expect' beside 'expect_status: NOT_FOUND': a call that fails has no reply
    ! 25:53: error: 'Name' cannot be metadata: expected lower-case letters, digits, _, - and .
    ! 25:62: error: 'grpc-x' belongs to gRPC or to orch, and cannot be set
    ! 25:89: error: there is no $(oops) | there are $(seq), $(node), $(replica), $(uuid), $(now) and $(random 1 10); $$(oops) stays as it is
    ! 25:121: error: expected a whole number from 1 to 1000000, found 1000001
    ! 25:143: error: 'mabe' is not call semantics: expected maybe, at-least-once or at-most-once, did you mean 'maybe'?
    ! 26:41: error: unknown key 'via' in call | its keys are method, with, messages, count, rate, concurrency, loop, expect, expect_status, to, replica, metadata, semantics and retry
    ! 26:61: error: 'c' is no field of SumaRequest | it is a oneof: expected x or y
    ! 27:49: error: 'messages' without a request: there is nothing to repeat
    === several servers
    services:
      S: { methods: { m: { handler: "return {}" }, s: { stream: server, handler: "return {}" } } }
      T: { methods: { n: { handler: "return {}" } } }
    nodes:
      broker: { broker: {} }
      one: { serve: S, call: { method: S.m, to: one } }
      two: { serve: S }
      q: { serve: { service: T, via: { queue: rpc } } }
      r: { serve: { service: T, via: { queue: rpc } } }
      a: { call: [{ method: S.m }, { method: T.n, replica: 1 }, { method: S.m, to: two }] }
      b: { command: [x], call: { method: S.m } }
    ! 6:45: error: 'one' would call itself: there would be no link between them to break | make two nodes of it
    ! 10:25: error: one and two serve 'S': expected 'to' to say which | to: one or two
    ! 10:56: error: 'replica' of 'q', which takes calls from a queue: nobody can choose
    ! 11:8: error: 'command' and 'call' in one node: a program of yours is a process of its own | make two nodes of it
    ! 11:38: error: one and two serve 'S': expected 'to' to say which | to: one or two
    === a queue does not stream
    services:
      S: { methods: { s: { stream: server, handler: "return {}" } } }
    nodes:
      broker: { broker: {} }
      q: { serve: { service: S, via: queue } }
      a: { call: { method: S.s } }
    ! 6:24: error: 'S.s' streams, and 'q' takes calls from a queue: they have one request and one reply
    === nobody serves
    services:
      S: { methods: { m: { handler: "return {}" } } }
    nodes:
      a: { call: { method: S.m } }
    ! 2:3: warning: no node serves 'S'
    ! 4:24: error: no node serves 'S' | a node with serve: S
    === faults on calls ++
    faults:
      - { drop: 10%, only: { method: Calculator.suma, kind: request } }
      - { drop: 10%, only: { method: Calculator.* } }
      - { drop: 10%, only: { method: /Calculator/suma } }
      - { drop: 10%, only: { method: orch.v1.Session.Open } }
      - { drop: 10%, only: { method: Calculator.resta } }
      - { drop: 10%, only: { method: Calculator } }
      - { drop: 10%, only: { method: Calc.* } }
      - { drop: 10%, only: { method: Calculator.suma, key: x } }
      - { drop: 10%, only: { method: Calculator.suma, kind: [publish] } }
      - { drop: 10%, only: publish }
      - { drop: 10%, link: client -> server, only: reply }
      - { drop: 10%, link: client <-> server, only: [ack, confirm] }
      - { drop: 10%, only: [request, reply] }
      - { drop: 10%, only: datagram }
      - { duplicate: 10%, only: reply }
      - { reorder: 20%, within: 50ms, link: client -> server }
      - { reorder: 20%, within: 0s }
      - { corrupt: 20%, within: 50ms }
      - { corrupt: 20%, only: ack }
      - { reorder: 20%, only: confirm }
      - { drop: 10%, link: outside -> server }
    ! 6:34: error: 'Calculator' has no method 'resta' | it has suma
    ! 7:34: error: 'Calculator' is a service, did you mean 'Calculator.*'?
    ! 8:34: error: there is no service 'Calc' | there is Calculator
    ! 9:26: error: 'key' and 'method' in one only: messages have routing keys, and calls have methods
    ! 10:26: error: 'method' and publish: only requests and replies have methods
    ! 11:24: error: no publish goes over these links, only requests and replies
    ! 12:48: error: no reply goes from client to server | did you mean 'server -> client'?
    ! 13:49: error: no ack or confirm goes over this link, only requests and replies
    ! 15:24: error: no datagram goes over these links, only requests and replies
    ! 16:29: error: 'duplicate' cannot be about reply: a call has one reply, and a second one has no way to come
    ! 18:29: error: expected a time of more than 0
    ! 19:21: error: 'within' does not go with corrupt: it lets nothing overtake
    ! 20:27: error: 'corrupt' cannot be about ack: it has no payload
    ! 21:27: error: 'reorder' cannot be about confirm: it has no order of its own
    === assertions on calls ++
    faults:
      - { drop: 10%, name: storm, for: 1s }
    assertions:
      - calls: at-most-once
      - { calls: at-most-one }
      - { calls: maybe, method: Calculator.suma, of: Calculator }
      - { calls: at-least-once, of: Calculator, from: outside, to: server }
      - { calls: exactly-once, method: Calculator.resta, from: server, to: client }
      - { calls: exactly-once, method: Calculador, from: nobody, to: server-1 }
      - { latency: { of: Calculator.suma, p50: <5ms, p99: 50ms, p99.9: "<=1s", mean: "<1s", max: <2s, from: client } }
      - { latency: { p101: <5ms, p0: <5ms, pp: 5ms, p50: 5, p60: "=5ms", p70: , of: Calculator.x } }
      - { latency: {} }
      - { latency: <50ms }
      - { latency: { of: Calculator, method: Calculator } }
      - { throughput: ">500/s" }
      - { throughput: 500, of: Calculator.suma }
      - { throughput: fast }
      - { availability: ">=99.9%" }
      - { availability: 99% }
      - { availability: ">=99" }
      - { recovery: 2s, after: storm }
      - { recovery: 2s, after: strom, from: client }
      - { recovery: 0s }
      - { recovery: 2, depth: 5 }
      - { delivery: at-most-once, of: Calculator.suma }
      - { calls: maybe, within: 5s, expect: violated }
    ! 5:14: error: 'at-most-one' is not a guarantee for calls: expected maybe, at-least-once, at-most-once or exactly-once, did you mean 'at-most-once'?
    ! 6:46: error: 'method' and 'of' in one assertion: they mean the same (6:21 'method' is here)
    ! 8:36: error: 'Calculator' has no method 'resta' | it has suma
    ! 8:72: error: 'client' serves nothing: expected a node with 'serve' or 'host' | there is server
    ! 9:36: error: there is no service 'Calculador', did you mean 'Calculator'?
    ! 9:54: error: there is no node 'nobody' | there are server and client
    ! 9:66: error: there is no node 'server-1', did you mean 'server'?
    ! 11:18: error: unknown key 'p101' in latency | it takes percentiles such as p50, p99 and p99.9, mean and max; of, from and to
    ! 11:30: error: unknown key 'p0' in latency | it takes percentiles such as p50, p99 and p99.9, mean and max; of, from and to
    ! 11:40: error: unknown key 'pp' in latency | it takes percentiles such as p50, p99 and p99.9, mean and max; of, from and to
    ! 11:54: error: '5' has no unit: expected a time such as 200ms, 1.5s or 2m, did you mean 5ms or 5s?
    ! 11:62: error: expected a bound such as <50ms, found '=5ms'
    ! 11:75: error: expected a bound such as <50ms, found nothing
    ! 12:16: error: 'latency' says nothing yet: expected bounds such as { p50: <5ms, p99: <50ms }
    ! 13:16: error: expected bounds such as { p50: <5ms, p99: <50ms }, found '<50ms'
    ! 14:34: error: 'method' and 'of' in one assertion: they mean the same
    ! 17:19: error: expected a bound such as >=500/s, found 'fast'
    ! 20:21: error: 99 is outside of 0 to 1, did you mean 99%?
    ! 22:28: error: there is no fault called 'strom', did you mean 'storm'?
    ! 23:17: error: expected a time of more than 0
    ! 24:17: error: '2' has no unit: expected a time such as 200ms, 1.5s or 2m, did you mean 2ms or 2s?
    ! 24:20: error: 'depth' does not go with recovery: it takes method, of, from, to and after
    ! 25:35: error: 'Calculator.suma' is not a basis: expected acknowledged or attempted
    === assertions on calls that nobody makes +
    assertions:
      - calls: at-most-once
    ! 2:5: error: no node serves anything: there are no calls to judge
    === recovery from nothing ++
    assertions:
      - recovery: 1s
    ! 2:15: warning: no fault is declared, so there is nothing to recover from
    === proto files
    services:
      A: { proto: nowhere.proto }
      B: { proto: notes.txt }
      C: { proto: nowhere.pb, service: x.Y }
      D: { proto: nowhere.proto, package: x, messages: {}, enums: {}, methods: { m: { request: { a: int64 }, stream: both } } }
    nodes:
      server: { serve: [A, B, C, D] }
    ! 2:15: error: 'nowhere.proto': no such file
    ! 3:15: error: 'notes.txt' is no .proto file, and no descriptor set (.pb, .binpb, .desc or .protoset) | protoc --include_imports --descriptor_set_out=x.pb makes a descriptor set
    ! 4:15: error: 'nowhere.pb': no such file
    ! 5:15: error: 'nowhere.proto': no such file
    ! 5:30: error: 'package' beside 'proto': the types come from that file
    ! 5:42: error: 'messages' beside 'proto': the types come from that file
    ! 5:56: error: 'enums' beside 'proto': the types come from that file
    ! 5:83: error: 'request' beside 'proto': the types come from 'nowhere.proto'
    ! 5:106: error: 'stream' beside 'proto': the types come from 'nowhere.proto'
    === handlers
    services:
      S:
        methods:
          a:
            handler: |
              local x = 1
              if x then
                return { y = = 2 }
              end
          b: { handler: "return { y = }" }
          c:
            handler: return { y = 5
          d:
            handler: >
              local x = 1

              return x x
          e:
            handler: "local x = 1\nreturn +"
          f: { handler: "return function() goto nowhere end" }
          g:
            handler: |

              -- a comment

              for i = 1, 2 do
          h: { handler: { x: 1 } }
        handlers:
          g: ")"
    nodes:
      server: { serve: S }
    ! 8:13: error: Lua: unexpected symbol near '='
    ! 10:35: error: Lua: unexpected symbol near '}'
    ! 12:18: error: Lua: '}' expected near <eof>
    ! 14:18: error: Lua: line 2: <eof> expected near 'x'
    ! 19:39: error: Lua: line 2: unexpected symbol near '+'
    ! 20:21: error: Lua: no visible label 'nowhere' for <goto> at line 1
    ! 26:11: error: Lua: 'end' expected (to close 'for' at line 4) near <eof>
    ! 27:21: error: expected Lua, as in return { total = request.a + request.b }, and YAML reads { x: 1 } as a mapping: quote it | write handler: "{ x: 1 }"
    ! 29:7: error: a second handler for 'g' (21:7 the first is here)
    """#
