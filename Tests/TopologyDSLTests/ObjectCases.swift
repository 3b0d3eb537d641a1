/// The cases of `DiagnosticTests` that are about objects, written as those of `diagnosticCases`. `+++` after the title
/// appends a sound cluster of an object type `Account`, its object `acc-1`, a `directory`, a `host-a` and a `client`.
let objectCases = #"""
    === sound +++
    === object types: wrong
    objects:
      1A: { methods: { m: { handler: return 1 } } }
      orch.A: { methods: { m: { handler: return 1 } } }
      A:
      B:
        state: 5
        methods:
          a: { request: { x: int64 }, handler: return 1 }
          b: { params: { x: int, end: int64 } }
          c: { returns: Foo, raises: [a-b], handler: "return {" }
          d:
            handler: |
              local x = 1

              return return
          "e-f": { handler: return 1 }
        durable: maybe
        restore: always
        snapshot: 1s
        follow: 50%
        on_stop: move
        mailbox: 0
        lease: 0
        duplicates: { on: execute }
      C:
        snapshot: 1s
        state: { x: 1 }
        methods: { m: { returns: int64, handler: return 1 } }
        instances:
          all: { host: h }
          a b: { host: h }
          c: { host: h, state: { y: 1, xx: 2 }, hots: h }
    nodes:
      d: { directory: }
      h: { host: }
    ! 2:3: error: '1A' cannot be an object type's name: expected letters, digits and _, a letter first
    ! 3:3: error: 'orch.A': this package is taken
    ! 4:5: error: 'methods' is missing in object type: expected a mapping from method names to their settings
    ! 6:12: error: expected a mapping, found '5'
    ! 8:12: error: unknown key 'request' in object method | its keys are params, returns, raises and handler
    ! 9:10: error: 'handler' is missing in object method: expected Lua, as in self.balance = self.balance + params.amount
    ! 9:25: error: there is no type 'int', did you mean 'int64'?
    ! 9:30: warning: 'end' is a word of Lua: a handler has to write ["end"]
    ! 10:21: error: there is no type 'Foo' | its own types stand under 'messages' and 'enums': BARequest, BAResponse, BBRequest, BBResponse, BCRequest, BCResponse, BDRequest, BDResponse, BE-fRequest and BE-fResponse
    ! 10:35: error: 'a-b' cannot be a name here: expected letters, digits and _, a letter first
    ! 10:50: error: Lua: unexpected symbol near <eof>
    ! 15:11: error: Lua: unexpected symbol near 'return'
    ! 16:7: error: 'e-f' cannot be a name here: expected letters, digits and _, a letter first
    ! 17:14: error: expected true or false, found 'maybe'
    ! 18:14: error: 'always' is not a way to come back: expected no, prepared or elsewhere
    ! 20:13: error: expected more than 50%: two hosts could both make 50% of the invocations
    ! 21:14: error: 'move' is not an end: expected end or migrate
    ! 22:14: error: expected a whole number from 1 to 1000000, found 0
    ! 23:12: error: expected a time of more than 0
    ! 24:19: error: unknown key 'on' in object duplicates | its keys are keep, capacity and bytes
    ! 26:5: error: 'snapshot' without 'restore: elsewhere': nobody would use it
    ! 30:7: error: 'all' cannot be an object's name: assertions use the word
    ! 31:7: error: 'a b' cannot be an object's name: expected letters, digits, _, - and .
    ! 32:30: warning: 'y' is no field of 'C' | 'state' of the type names its fields
    ! 32:36: warning: 'xx' is no field of 'C' | 'state' of the type names its fields
    ! 32:45: error: unknown key 'hots' in instance, did you mean 'host'?
    === hosts and directories
    objects:
      A: { methods: { m: { handler: return 1 } }, instances: { a: { host: h }, b: { host: pair }, c: { host: pair-3 }, d: { host: client }, e: } }
      B: { methods: { m: { handler: return 1 } }, instances: { f: { host: pair-1 }, a: { host: h }, A: { host: h }, g: } }
      C: { methods: { m: { handler: return 1 } } }
      D: { methods: { m: { handler: return 1 } }, instances: { h: } }
      E: { methods: { m: { handler: return 1 } }, restore: elsewhere, follow: 100%, on_stop: migrate }
    services: { S: { methods: { m: { handler: "return {}" } } } }
    nodes:
      d: { directory: { lease: 0 }, replicas: 2, host: A }
      e: { directory: { leese: 1s } }
      h: { host: [A, B, E] }
      pair: { host: { types: A }, replicas: 2 }
      client: { call: { method: A.m }, serve: A }
      other: { host: [S, Nobody, A, A] }
      none: { host: { types: [] } }
      program: { command: [x], host: A, invoke: { object: a, method: m }, directory: {} }
      queue: { serve: { service: S, via: queue }, host: A }
      broker: { broker: {}, host: A }
    ! 2:87: error: 'pair' is 2 processes: expected one of them | host: pair-1
    ! 2:106: error: there is no node 'pair-3', did you mean 'pair-1'?
    ! 2:127: error: 'client' hosts no objects: expected a node with 'host' | there are d-1, d-2, h, pair-1, pair-2, other, program, queue and broker
    ! 2:137: error: 9 processes host 'A': expected 'host' to say which | host: d-1, d-2, h, pair-1, pair-2, other, program, queue or broker
    ! 3:71: error: 'pair-1' does not host 'B' | h does
    ! 3:81: error: 'a' is an object of 'A' already (2:60 it is here)
    ! 3:97: error: 'A' is an object type: an object needs another name
    ! 9:28: error: expected a time of more than 0
    ! 9:33: error: a directory has no replicas
    ! 9:46: error: 'directory' and 'host' in one node: there would be no link between them to break | make two nodes of it
    ! 10:8: error: a second directory: one keeps who owns what (9:8 the first is here)
    ! 10:21: error: unknown key 'leese' in directory, did you mean 'lease'?
    ! 13:29: error: 'A' is an object type, not a service | invoke: { object: NAME, method: m }
    ! 13:43: error: 'A' is an object type, not a service | host: A
    ! 14:19: error: 'S' is a service, not an object type | serve: S
    ! 14:22: error: there is no object type 'Nobody' | there are A, B, C, D and E
    ! 14:33: error: 'A' twice
    ! 15:17: error: no object type: expected at least one, or nothing for all
    ! 16:14: error: 'command' and 'host' in one node: a program of yours is a process of its own | make two nodes of it
    ! 16:14: error: 'command' and 'invoke' in one node: a program of yours is a process of its own | make two nodes of it
    ! 16:14: error: 'command' and 'directory' in one node: a program of yours is a process of its own | make two nodes of it
    ! 16:28: error: 'directory' and 'host' in one node: there would be no link between them to break | make two nodes of it
    ! 16:37: error: 'directory' and 'invoke' in one node: there would be no link between them to break | make two nodes of it
    ! 16:71: error: a second directory: one keeps who owns what (9:8 the first is here)
    ! 17:47: error: 'via: queue' and 'host' in one node: nobody connects to such a server | make two nodes of it
    ! 18:25: error: 'broker' and 'host' in one node: there would be no link between them to break | make two nodes of it
    === objects without a host or a directory
    objects:
      A: { methods: { m: { handler: return 1 } }, instances: { a: } }
    nodes:
      c: { invoke: { object: a, method: m } }
    ! 2:3: error: no node hosts 'A' | a node with host: A
    === a host without a directory
    objects:
      A: { methods: { m: { handler: return 1 } } }
    nodes:
      h: { host: A }
    ! 4:8: error: 'h' hosts objects, and no node is a directory, which keeps who owns what | add a node with a directory: nodes: { directory: { directory: {} } }
    === a directory without a host
    nodes:
      h: { directory: }
    ! 2:8: error: a directory, and no node hosts objects | add 'host' to a node
    === a host of nothing
    nodes:
      d: { directory: }
      h: { host: }
    ! 3:8: error: 'host', and the topology declares no object types | objects: { Account: { state: …, methods: … } }
    === names that are taken
    objects:
      S: { methods: { m: { returns: int64, handler: return 1 } } }
      T: { methods: { m: { returns: string, handler: return 1 } }, messages: { SMResponse: { x: int64 } } }
    services: { S: { methods: { n: { handler: "return {}" } } } }
    nodes:
      d: { directory: }
      h: { host: , serve: S }
    ! 2:3: error: 'S' is a service, and an object type (4:13 the service is here)
    ! 3:3: error: 'SMResponse' of 'T' is not what it is in 'S': two things with one name (4:13 'S' is here) | give one of them a package: the name x.T
    ! 4:13: warning: no node serves 'S'
    ! 7:23: error: 'S' is an object type, not a service | host: S
    === invocations
    objects:
      Account:
        state: { balance: 0 }
        methods:
          deposit: { params: { amount: int64 }, returns: int64, raises: [Closed, Frozen], handler: return 1 }
          history: { returns: { lines: [string] }, handler: "return {}" }
        instances: { acc-1: , acc-2: }
      Item: { methods: { get: { handler: return 1 } } }
    nodes:
      directory: { directory: }
      host-a: { host: Account }
      client:
        invoke:
          - { object: acc-1, method: deposit, with: { amont: 1 } }
          - { object: acc-1, method: deposit, with: { amount: x }, expect: y }
          - { object: acc-1, method: Account.deposit, with: [1], expect: { value: 5, x: 6 } }
          - { object: acc-3, method: deposit }
          - { object: Account, method: deposit }
          - { object: acc-1, method: withdraw }
          - { object: acc-1, method: Item.get }
          - { object: acc-1, method: Acount.deposit }
          - { object: "$(seq)", method: deposit }
          - { object: "$(sequ)", method: deposit }
          - { object: orch://Account, method: deposit }
          - { object: orch://Nobody/x, method: deposit }
          - { object: orch://Item/acc-1, method: get }
          - { object: orch://Item/x, method: get }
          - { object: "", method: deposit }
          - { method: deposit }
          - { object: acc-1 }
          - { object: acc-1, method: deposit, expect_exception: Close }
          - { object: acc-1, method: history, expect_exception: Closed, expect: { lines: [] } }
          - { object: acc-1, method: deposit, expect_status: ABORTED, expect: 5 }
          - { object: acc-1, method: history, expect: { lines: x }, loop: open }
          - { object: acc-1, method: deposit, to: host-a, hold: 5, messages: 1, count: 0 }
    ! 14:51: error: 'amont' is no field of AccountDepositRequest, did you mean 'amount'?
    ! 15:59: error: 'amount': expected a whole number, found 'x'
    ! 15:72: error: 'value': expected a whole number, found 'y'
    ! 16:57: error: expected a mapping of AccountDepositRequest's fields, found a list
    ! 16:70: error: 'value': expected a whole number, found a mapping
    ! 17:19: error: there is no object 'acc-3', did you mean 'acc-1'?
    ! 18:19: error: 'Account' is an object type: expected an object's name | there are acc-1 and acc-2
    ! 19:34: error: 'Account' has no method 'withdraw' | it has deposit and history
    ! 20:34: error: 'acc-1' is an object of 'Account', not of 'Item'
    ! 21:34: error: there is no object type 'Acount', did you mean 'Account'?
    ! 22:37: error: '$(seq)' is only known at run time: expected the method with its type | method: Account.deposit
    ! 23:19: error: there is no $(sequ), did you mean $(seq)?
    ! 24:19: error: expected a reference such as orch://Account/acc-1, found 'orch://Account'
    ! 25:19: error: there is no object type 'Nobody' | there are Account and Item
    ! 26:19: error: 'acc-1' is an object of 'Account', not of 'Item'
    ! 28:11: error: expected an object's name, found an empty text
    ! 29:9: error: 'object' is missing in invoke: expected an object's name such as acc-1, or a reference
    ! 30:9: error: 'method' is missing in invoke: expected a method such as deposit or Account.deposit
    ! 31:61: error: 'Account.deposit' does not raise 'Close', did you mean 'Closed'?
    ! 32:43: error: 'expect' beside 'expect_exception': an invocation ends in one way
    ! 32:61: error: 'Account.history' does not raise 'Closed' | raises: Closed of the method declares it
    ! 33:43: error: 'expect' beside 'expect_status': an invocation ends in one way
    ! 34:60: error: 'lines': expected a list, found 'x'
    ! 34:65: error: 'loop: open' without 'rate': invocations begin at it
    ! 35:43: error: unknown key 'to' in invoke | its keys are object, method, with, count, rate, concurrency, loop, expect, expect_exception, expect_status, hold, metadata, semantics and retry
    ! 35:61: error: expected true or false, found '5'
    ! 35:64: error: unknown key 'messages' in invoke | its keys are object, method, with, count, rate, concurrency, loop, expect, expect_exception, expect_status, hold, metadata, semantics and retry
    ! 35:84: error: expected a whole number of at least 1, found 0
    === scenario +++
    scenario:
      - { migrate: acc-2, to: host-a }
      - { migrate: Account, to: host-a }
      - { migrate: acc-1, to: client }
      - { migrate: acc-1, to: host-c }
      - { migrate: acc-1, to: [host-a, host-a] }
      - { migrate: acc-1 }
      - { to: host-a }
      - { migrate: acc-1, to: host-a, every: 1s }
      - { migrate: acc-1, to: host-a, times: 5 }
      - { migrate: acc-1, to: host-a, at: soon, every: 0s, times: 0 }
      - { migrate: acc-1, to: [] }
      - { migrat: acc-1, to: host-a }
    ! 2:16: error: there is no object 'acc-2', did you mean 'acc-1'?
    ! 3:16: error: 'Account' is an object type: expected an object's name | there is acc-1
    ! 4:27: error: 'client' hosts no objects: expected a node with 'host' | there is host-a
    ! 5:27: error: there is no node 'host-c', did you mean 'host-a'?
    ! 6:23: error: 2 processes, and one move: expected 'every' and 'times' | every: 500ms, times: 2
    ! 7:7: error: 'migrate' without 'to'
    ! 8:5: error: expected one of wait, fault, clear, publish, call, invoke, migrate, kill, pause, resume, stop, start, restart, assert, repeat or note in step
    ! 9:35: error: 'every' without 'times': expected both, or neither
    ! 10:35: error: 'times' without 'every': expected both, or neither
    ! 11:39: error: expected a time such as 200ms, 1.5s or 2m, found 'soon'
    ! 11:52: error: expected a time of more than 0
    ! 11:63: error: expected a whole number from 1 to 1000000, found 0
    ! 12:27: error: expected at least one process
    ! 13:7: error: unknown key 'migrat' in step, did you mean 'migrate'?
    === failpoints +++
    faults:
      - { kill: host-a, failpoint: swaped }
      - { kill: host-a, failpoint: swapped, at: 1s }
      - { kill: host-a, failpoint: swapped, every: 1s }
      - { pause: host-a, failpoint: moved, for: 1s }
      - { drop: 5%, only: { method: Account.withdraw }, failpoint: draining }
      - { drop: 5%, only: { method: Account } }
      - { drop: 5%, link: directory -> client, only: request }
      - { drop: 5%, link: host-a <-> host-a }
    ! 2:32: error: 'swaped' is not a step of a migration: expected draining, transferring, preparing, prepared, swapping, swap, swapped, moved, activating or activated, did you mean 'swapped'?
    ! 3:32: warning: nothing here migrates an object, so only orch migrate comes to 'swapped' | scenario: [{ migrate: NAME, to: HOST, at: 1s }]
    ! 3:41: error: 'failpoint' beside 'at': it begins when a migration comes to that step
    ! 4:32: warning: nothing here migrates an object, so only orch migrate comes to 'swapped' | scenario: [{ migrate: NAME, to: HOST, at: 1s }]
    ! 4:41: error: 'failpoint' beside 'every': it begins when a migration comes to that step
    ! 5:33: warning: nothing here migrates an object, so only orch migrate comes to 'moved' | scenario: [{ migrate: NAME, to: HOST, at: 1s }]
    ! 6:33: error: 'Account' has no method 'withdraw' | it has deposit
    ! 6:64: warning: nothing here migrates an object, so only orch migrate comes to 'draining' | scenario: [{ migrate: NAME, to: HOST, at: 1s }]
    ! 7:33: error: 'Account' is an object type, did you mean 'Account.*'?
    ! 8:50: error: no request goes from directory to client | did you mean 'client -> directory'?
    ! 9:23: error: no link between host-a and host-a: they do not talk to each other | the links are host-a <-> directory, client <-> directory, client <-> host-a, outside <-> directory, outside <-> host-a
    === failpoints without hosts ++
    faults:
      - { kill: server, failpoint: swapped }
    ! 2:32: error: no node hosts objects: no migration comes to 'swapped'
    === assertions on objects +++
    assertions:
      - { linearizable: acc-2 }
      - { linearizable: acc-1, model: stack }
      - { linearizable: acc-1, model: register }
      - { linearizable: Account, model: queue }
      - { owner: several }
      - { owner: single, object: Acount, is: { x: 1 } }
      - { collected: 0s }
      - { collected: { type: Account } }
      - { collected: { within: 1s, type: acc-1 } }
      - { collected: 1s, object: acc-1 }
      - { alive: nobody }
      - { pause: fast }
      - { pause: <50ms, object: nobody }
      - { state: acc-1 }
      - { state: Account, is: { balance: 1 } }
      - { state: acc-1, is: { balence: 1 } }
      - { state: acc-1, is: 5 }
      - { state: [acc-1], is: { balance: 5 } }
      - { state: running, node: host-a }
      - { state: acc-1, node: host-a }
      - { state: acc-1, queue: q, is: { balance: 1 } }
      - { calls: at-most-once, method: Account.x, from: directory, to: directory }
      - { calls: at-most-once, method: Account.deposit, from: client, to: host-a }
    ! 2:21: error: there is no object or object type 'acc-2', did you mean 'acc-1'?
    ! 3:35: error: 'stack' is not a model: expected methods, register, counter or queue
    ! 4:35: error: 'Account' is no register: it has no method 'read' or 'get'
    ! 4:35: error: 'Account' is no register: it has no method 'write' or 'set'
    ! 5:37: error: 'Account' is no queue: it has no method 'enqueue' or 'put'
    ! 5:37: error: 'Account' is no queue: it has no method 'dequeue' or 'take'
    ! 6:14: error: 'several' is not an assertion on owners: expected single
    ! 7:30: error: there is no object or object type 'Acount', did you mean 'Account'?
    ! 7:38: error: 'is' does not go with owner: it takes object
    ! 8:18: error: expected a time of more than 0
    ! 9:18: error: 'within' is missing in collected: expected a time such as 200ms, 1.5s or 2m
    ! 10:38: error: there is no object type 'acc-1' | there is Account
    ! 11:22: error: 'object' does not go with collected
    ! 12:14: error: there is no object or object type 'nobody' | there are acc-1 and Account
    ! 13:14: error: expected a time such as 200ms, 1.5s or 2m, found 'fast'
    ! 14:29: error: there is no object or object type 'nobody' | there are acc-1 and Account
    ! 15:7: error: 'state' says nothing yet: expected is
    ! 16:14: error: 'Account' is an object type: expected an object's name | there is acc-1
    ! 17:27: warning: 'balence' is no field that 'acc-1' starts with, did you mean 'balance'?
    ! 18:25: error: expected a mapping, found '5'
    ! 19:14: error: expected an object's name, and YAML reads [acc-1] as a list: quote it | write state: "[acc-1]"
    ! 21:14: error: 'acc-1' is not a state: expected waiting, starting, ready, running, paused, stopping, exited, failed, killed or restarting
    ! 22:21: error: 'state' and 'queue' in one assertion: expected one of them (22:7 'state' is here)
    ! 23:36: error: 'Account' has no method 'x' | it has deposit
    ! 23:53: error: 'directory' calls nothing: expected a node with 'call', 'invoke', 'serve', 'host' or 'command', or outside | there is client
    ! 23:68: error: 'directory' serves nothing: expected a node with 'serve' or 'host' | there is host-a
    === assertions on objects of nobody ++
    assertions:
      - linearizable: acc-1
      - state: acc-1
        is: { x: 1 }
    ! 2:5: error: the topology declares no objects: there is nothing to judge
    ! 3:5: error: the topology declares no objects: there is nothing to judge
    === what only a run could need, and what needs a second host
    objects:
      A: { methods: { m: { handler: return 1 } } }
      B: { methods: { m: { handler: return 1 } } }
      E: { methods: { m: { handler: return 1 } }, restore: elsewhere, follow: 100%, on_stop: migrate, snapshot: 1s }
      F: { methods: { m: { handler: return 1 } }, restore: prepared, durable: true }
      G: { methods: { m: { handler: return 1 } }, restore: elsewhere, durable: true, follow: 0.51 }
    nodes:
      d: { directory: }
      h: { host: [E, F, G] }
      i: { host: G }
      c: { invoke: { object: "orch://A/x", method: m } }
    assertions:
      - { collected: 3s, from: c }
      - { pause: ">=5" }
    ! 2:3: warning: no node hosts 'A'
    ! 3:3: warning: no node hosts 'B'
    ! 4:47: error: 'restore: elsewhere' needs a second host, and only 'h' hosts 'E'
    ! 4:67: error: 'follow' needs a second host, and only 'h' hosts 'E'
    ! 4:81: error: 'on_stop: migrate' needs a second host, and only 'h' hosts 'E'
    ! 5:47: error: 'restore: prepared' needs a second host, and only 'h' hosts 'F'
    ! 11:26: error: no node hosts 'A' | a node with host: A
    ! 13:22: error: 'from' does not go with collected
    ! 14:14: error: '5' has no unit: expected a time such as 200ms, 1.5s or 2m, did you mean 5ms or 5s?
    """#
