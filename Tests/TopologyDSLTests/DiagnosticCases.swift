/// The cases of `DiagnosticTests`. A case starts with `=== what it is about`, and is a file; its lines that start
/// with `! ` are what must be said of it, in order: `line:column: severity: message`, then ` | ` and the advice where
/// there is one. `+` after the title appends a sound cluster (`broker`, `producer`, `worker` with 2 replicas).
let diagnosticCases = #"""
    === unknown top-level key +
    exchange:
    ! 1:1: error: unknown key 'exchange' in the topology, did you mean 'exchanges'?
    === unknown key far from all +
    colour: red
    ! 1:1: error: unknown key 'colour' in the topology | its keys are name, description, seed, tags, params, drain, exchanges, queues, services, objects, feeds, groups, nodes, faults, scenario, script and assertions
    === parameters +
    params: { "1x": 1, a-b: 2, none: [], deep: [[1]], nothing: }
    ! 1:11: error: '1x' cannot be a parameter's name | a letter or _, then letters, digits and _
    ! 1:20: error: 'a-b' cannot be a parameter's name | a letter or _, then letters, digits and _
    ! 1:34: error: expected a value or a list of 1 to 100 values
    ! 1:45: error: expected text, and YAML reads [1] as a list: quote it | write "[1]"
    ! 1:60: error: expected text, found nothing
    === extension keys pass +
    x-anything: { a: [1, 2] }
    === duplicate key +
    seed: 1
    seed: 2
    ! 2:1: error: duplicate key 'seed' (1:1 the first 'seed' is here)
    === duplicate node
    nodes:
      a: { broker: {} }
      a: { broker: {} }
    ! 3:3: error: duplicate key 'a' (2:3 the first 'a' is here)
    === wrong types +
    seed: fast
    name: [a]
    tags: { a: b }
    drain: 5
    description: {x}
    exchanges: [logs]
    ! 1:7: error: expected a whole number from 0 to 18446744073709551615, found 'fast'
    ! 2:7: error: expected text, and YAML reads [a] as a list: quote it | write name: "[a]"
    ! 3:7: error: expected text, and YAML reads { a: b } as a mapping: quote it | write tags: "{ a: b }"
    ! 4:8: error: '5' has no unit: expected a time such as 200ms, 1.5s or 2m, did you mean 5ms or 5s?
    ! 5:14: error: expected text, and YAML reads {x} as a mapping: quote it | write description: "{x}"
    ! 6:12: error: expected a mapping from exchange names to their settings, found a list
    === negative and huge numbers +
    seed: -1
    drain: -1s
    ! 1:7: error: expected a whole number from 0 to 18446744073709551615, found '-1'
    ! 2:8: error: a time cannot be negative: '-1s'
    === nothing where text is expected +
    name:
    description: ~
    ! 1:6: error: expected text, found nothing
    ! 2:14: error: expected text, found nothing
    === nothing where a mapping is expected
    exchanges:
    queues:
      q:
    faults:
    assertions:
    nodes:
      broker: { broker: , env: }
      c: { consume: }
      p: { publish: , stop: }
    ! 8:17: warning: an anonymous queue with no binding: nothing reaches it | bind: an exchange, or queue: a queue
    ! 9:17: error: expected one of to, queue or feed in publish
    === no nodes
    name: x
    ! 1:1: error: 'nodes' is missing in the topology: expected a mapping from node names to their settings
    === empty nodes
    nodes: {}
    ! 1:1: error: no node: expected at least one
    === a list for nodes
    nodes: [a, b]
    ! 1:8: error: expected a mapping from node names to their settings, found a list
    === root is a list
    - a
    ! 1:1: error: expected a mapping, found a list
    === root is text
    hello
    ! 1:1: error: expected a mapping, found 'hello'
    === two documents
    nodes: { broker: { broker: {} } }
    ---
    nodes: {}
    ! 2:1: error: a second YAML document starts here; a topology file holds one
    === node without a role
    nodes:
      broker: { broker: {} }
      idle: { replicas: 2 }
      empty:
    ! 3:9: error: the node does nothing: expected broker, publish, consume, serve, call, host, invoke, directory, feed, watch, peer, names or command
    ! 4:9: error: the node does nothing: expected broker, publish, consume, serve, call, host, invoke, directory, feed, watch, peer, names or command
    === unknown node keys
    nodes:
      broker: { broker: {}, replica: 2 }
      worker: { consum: { bind: amq.fanout } }
      other: { peers: {}, broker: { engne: embedded } }
    ! 2:25: error: unknown key 'replica' in node, did you mean 'replicas'?
    ! 3:13: error: unknown key 'consum' in node, did you mean 'consume'?
    ! 4:12: error: unknown key 'peers' in node, did you mean 'peer'?
    ! 4:33: error: unknown key 'engne' in broker, did you mean 'engine'?
    === node names
    nodes:
      all: { broker: {} }
      outside: { publish: { to: amq.fanout } }
      a b: { publish: { to: amq.fanout } }
      -x: { publish: { to: amq.fanout } }
    ! 2:3: error: 'all' cannot be a node's name: links use the word
    ! 3:3: error: 'outside' cannot be a node's name: links use the word
    ! 4:3: error: 'a b' cannot be a node's name: expected letters, digits, - and _
    ! 5:3: error: '-x' cannot be a node's name: expected letters, digits, - and _
    === replica collision
    nodes:
      broker: { broker: {} }
      worker-1: { consume: { bind: amq.fanout } }
      worker: { replicas: 2, consume: { bind: amq.fanout } }
    ! 3:3: error: 'worker-1' is a node, and a replica of 'worker' (4:3 'worker' is here)
    === replicas out of range
    nodes:
      broker: { broker: {} }
      worker: { replicas: 1001, consume: { bind: amq.fanout } }
      other: { replicas: -1, consume: { bind: amq.fanout } }
    ! 3:23: error: expected a whole number from 0 to 1000, found 1001
    ! 4:22: error: expected a whole number from 0 to 1000, found -1
    === too many processes
    nodes:
      broker: { broker: {} }
      a: &a { replicas: 1000, consume: { bind: amq.fanout } }
      b: *a
      c: *a
      d: *a
      e: *a
      f: *a
      g: *a
      h: *a
      i: *a
      j: *a
    ! 1:1: error: 10001 processes: more than 10000
    === a replica takes a node's name
    nodes:
      broker: { broker: {} }
      a: { replicas: 1, consume: { bind: amq.fanout } }
      a-1: { replicas: 1, consume: { bind: amq.fanout } }
    ! 4:3: error: 'a-1' is a node, and a replica of 'a'
    === a list where nothing fits keeps its places
    nodes:
      broker: { broker: {} }
      p: { publish: [5, { to: nope }], depends_on: [[x], nobody] }
    faults: [5, { drop: 200% }, { kill: nobody }]
    ! 3:18: error: expected a mapping, found '5'
    ! 3:27: error: there is no exchange 'nope' | the topology declares none
    ! 3:49: error: expected a node's name, and YAML reads [x] as a list: quote it | write "[x]"
    ! 3:54: error: there is no node 'nobody' | there are broker and p
    ! 4:10: error: expected a mapping, found '5'
    ! 4:21: error: 200% is outside of 0% to 100%
    ! 4:37: error: there is no node 'nobody' | there are broker and p
    === roles that do not go together
    nodes:
      broker: { broker: {}, publish: { to: amq.fanout } }
      both: { command: [a], consume: { bind: amq.fanout } }
      two: { broker: {}, replicas: 2 }
      cwd: { publish: { to: amq.fanout }, cwd: x, ready: consuming, broker: {} }
    ! 2:25: error: 'broker' and 'publish' in one node: there would be no link between them to break | make two nodes of it
    ! 2:34: error: there are 3 brokers: expected 'broker' to say which | broker: broker, two or cwd
    ! 3:11: error: 'command' and 'consume' in one node: a program of yours is a process of its own | make two nodes of it
    ! 3:34: error: there are 3 brokers: expected 'broker' to say which | broker: broker, two or cwd
    ! 4:22: error: a broker has no replicas | declare several brokers
    ! 5:10: error: 'broker' and 'publish' in one node: there would be no link between them to break | make two nodes of it
    ! 5:19: error: there are 3 brokers: expected 'broker' to say which | broker: broker, two or cwd
    ! 5:39: error: 'cwd' belongs to a node with 'command'
    ! 5:47: error: 'ready' belongs to a node with 'command'
    === no broker
    nodes:
      producer: { publish: { to: amq.fanout } }
    ! 2:24: error: 'publish' needs a broker, and no node is one | add a node with a broker: nodes: { broker: { broker: {} } }
    === no broker for an exchange
    exchanges: { a: , b: }
    nodes:
      program: { command: [sleep, 1] }
    ! 1:14: error: an exchange needs a broker, and no node is one
    === several brokers
    exchanges:
      here: { broker: one }
      there: {}
    queues:
      q: { bind: here }
      r: { broker: two, bind: here }
      s: { broker: thre }
    nodes:
      one: { broker: {} }
      two: { broker: {} }
      p: { publish: [{ to: here }, { queue: q }, { to: amq.fanout }] }
      c: { consume: [{ queue: q }, { queue: r, broker: one }, {}] }
    ! 3:3: error: there are 2 brokers: expected 'broker' to say which | broker: one or two
    ! 6:27: error: exchange 'here' is on broker 'one', not on 'two'
    ! 7:16: error: there is no broker 'thre' | there are one and two
    ! 11:46: error: there are 2 brokers: expected 'broker' to say which | broker: one or two
    ! 12:41: error: queue 'r' is on broker 'two', not on 'one'
    ! 12:59: error: there are 2 brokers: expected 'broker' to say which | broker: one or two
    ! 12:59: warning: an anonymous queue with no binding: nothing reaches it | bind: an exchange, or queue: a queue
    === broker settings
    nodes:
      a: { broker: { engine: rabbitmq } }
      b: { broker: { engine: external } }
      c: { broker: { url: "amqp://localhost", purge: true } }
      d: { broker: { engine: external, url: "http://x" } }
      e: { broker: { engine: external, url: "amqps://x" } }
      f: { broker: { port: 70000 } }
      g: { broker: { engine: external, url: "amqp://x", port: 5672 } }
      h: { broker: { engine: embeded } }
      i: { broker: true }
    ! 2:26: error: engine rabbitmq is not there yet: start one with scripts/rabbitmq, and use engine: external with its url
    ! 3:18: error: engine: external without its url | url: amqp://guest:guest@localhost:5672/
    ! 4:18: error: 'url' belongs to engine: external
    ! 4:43: error: 'purge' belongs to engine: external
    ! 5:41: error: expected a url such as amqp://guest:guest@localhost:5672/, found 'http://x'
    ! 6:41: error: amqps:// is not supported by this version of orch: expected amqp://
    ! 7:24: error: expected a whole number from 1 to 65535, found 70000
    ! 9:26: error: 'embeded' is not an engine: expected embedded or external, did you mean 'embedded'?
    ! 10:16: error: expected a mapping, found 'true'
    === endpoint variables collide
    nodes:
      a-b: { broker: {} }
      a_b: { broker: {} }
    ! 3:3: error: 'a_b' and 'a-b' would share the variable ORCH_A_B_URL
    === exchanges
    exchanges:
      a: { type: fanuot }
      b: { durable: yes }
      c: { durable: 1 }
      amq.topic: {}
      amq.mine: {}
      d: { alternate: e, internal: true }
      f: { alternate: f }
    nodes:
      broker: { broker: {} }
      p: { publish: { to: d } }
    ! 2:14: error: 'fanuot' is not an exchange type: expected direct, fanout, topic or headers, did you mean 'fanout'?
    ! 3:17: error: expected true or false, found 'yes', did you mean true?
    ! 4:17: error: expected true or false, found '1'
    ! 5:3: error: 'amq.topic': names that start with amq. belong to the broker | every broker has it; it needs no declaration
    ! 6:3: error: 'amq.mine': names that start with amq. belong to the broker
    ! 7:19: error: there is no exchange 'e' | there are a, b, c, amq.topic, amq.mine, d and f
    ! 8:19: error: 'f' is its own alternate
    ! 11:23: error: 'd' is internal: only other exchanges may publish to it
    === queues and bindings
    exchanges:
      logs: { type: topic }
      h: { type: headers }
    queues:
      a: { bind: { exchange: log } }
      b: { bind: [logs, { key: x }] }
      c: { bind: { exchange: "" } }
      d: { bind: h }
      e: { bind: { exchange: h, arguments: { x-match: some, format: pdf } } }
      f: { bind: { exchange: h, arguments: { x-match: all } } }
      g: { bind: amq.tpoic }
      h: { bind: amq.headers }
    nodes:
      broker: { broker: {} }
    ! 5:26: error: there is no exchange 'log', did you mean 'logs'?
    ! 6:21: error: 'exchange' is missing in binding: expected an exchange's name
    ! 7:26: error: the default exchange takes no bindings: it routes by queue name
    ! 8:14: error: a binding to a headers exchange needs the headers to match | arguments: { x-match: all, format: pdf }
    ! 9:51: error: x-match: expected all, any, all-with-x or any-with-x
    ! 10:14: error: a binding to a headers exchange needs the headers to match | arguments: { x-match: all, format: pdf }
    ! 11:14: error: there is no exchange 'amq.tpoic', did you mean 'amq.topic'?
    ! 12:14: error: a binding to a headers exchange needs the headers to match | arguments: { x-match: all, format: pdf }
    === publish
    queues: { tasks: }
    nodes:
      broker: { broker: {} }
      a: { publish: { to: amq.fanout, queue: tasks } }
      b: { publish: {} }
      c: { publish: { queue: tasks, key: x } }
      d: { publish: { queue: task } }
      e: { publish: { to: "", key: nowhere } }
      f: { publish: { to: amq.fanout, count: 0, rate: 5, size: 10 KB, confirm: { attempts: 0, timeout: 0s } } }
      g: { publish: { to: amq.fanout, rate: 0/s, size: 1.5, count: many, confirm: maybe } }
      h: { publish: [{ to: amq.fanout }, { to: nope }] }
      i: { publish: yes }
    ! 4:35: error: 'to' and 'queue' in one publish: expected one of them (4:19 'to' is here)
    ! 5:17: error: expected one of to, queue or feed in publish
    ! 6:33: error: 'key' with 'queue': the queue's name is the key
    ! 7:26: error: there is no queue 'task', did you mean 'tasks'?
    ! 8:32: error: there is no queue 'nowhere' | there is tasks
    ! 9:42: error: expected a whole number of at least 1, found 0
    ! 9:51: error: '5' has no period: expected a rate such as 500/s or 30/m, did you mean 5/s?
    ! 9:88: error: expected a whole number from 1 to 1000000, found 0
    ! 9:100: error: expected a time of more than 0
    ! 10:41: error: a rate must be more than 0, found '0/s'
    ! 10:52: error: '1.5' is not a whole number of bytes
    ! 10:64: error: expected a whole number of at least 1, found 'many'
    ! 10:79: error: expected true or false, found 'maybe'
    ! 11:44: error: there is no exchange 'nope' | the topology declares none
    ! 12:17: error: expected a mapping, found 'yes'
    === consume
    queues: { tasks: }
    nodes:
      broker: { broker: {} }
      a: { consume: { queue: taks } }
      b: { consume: { queue: tasks, ack: manuel, prefetch: 70000 } }
      c: { consume: { queue: tasks, prefetch: 5 } }
      d: { consume: { queue: tasks, fail: 130% } }
      e: { consume: { queue: tasks, fail: { chance: 10%, action: reject } } }
      f: { consume: { queue: tasks, fail: { action: explode } } }
      g: { consume: {} }
      h: { consume: { queue: tasks, handler: x, work: 10 } }
    ! 4:26: error: there is no queue 'taks', did you mean 'tasks'?
    ! 5:38: error: 'manuel' is not a way to acknowledge: expected auto or manual, did you mean 'manual'?
    ! 5:56: error: expected a whole number from 0 to 65535, found 70000
    ! 6:33: warning: 'prefetch' has no effect with ack: auto | add ack: manual
    ! 7:39: error: 130% is outside of 0% to 100%
    ! 8:33: error: action: reject needs ack: manual: what is acknowledged cannot be rejected
    ! 9:39: error: 'chance' is missing in fail: expected a share such as 30% or 0.3
    ! 9:49: error: 'explode' is not an action: expected die or reject
    ! 10:17: warning: an anonymous queue with no binding: nothing reaches it | bind: an exchange, or queue: a queue
    ! 11:33: error: 'handler' is not supported by this version of orch
    ! 11:51: error: '10' has no unit: expected a time such as 200ms, 1.5s or 2m, did you mean 10ms or 10s?
    === command
    nodes:
      broker: { broker: {} }
      a: { command: [] }
      b: { command: "echo 'a b' | cat" }
      c: { command: [sh, -c, "echo $(when)"] }
      d: { command: [a, "$(seq)", "$(brokr.url)", "$(a.url)", "$(broker.urll)", "$(random 5)", "$(open"] }
      e: { command: a, env: { 1X: a, GOOD: $(broker.url), BAD: [a] } }
      f: { command: a, ready: redy }
      g: { command: a, ready: { log: x, tcp: "h:1" } }
      h: { command: a, ready: { timeout: 3s } }
      i: { command: a, ready: { http: localhost, timeout: 0 } }
      j: { command: a, ready: { consuming: false } }
      k: { command: a, ready: { tcp: 80 } }
    ! 3:17: error: an empty command: expected a program and its arguments
    ! 4:17: warning: no shell reads this command: quotes and | mean nothing in it | write a list; for a shell, [sh, -c, "…"]
    ! 5:26: error: there is no $(when) | there are $(node), $(replica), $(uuid), $(now), $(random 1 10), $(port) and $(data), and endpoints such as $(broker.url); $$(when) stays as it is
    ! 6:21: error: $(seq) has no value in a process's settings: it counts messages
    ! 6:31: error: there is no node 'brokr', did you mean 'broker'?
    ! 6:59: error: $(broker.urll): expected url, address, host or port after the dot, did you mean 'url'? | for a text that starts with a dollar and a parenthesis, write $$(
    ! 6:77: error: expected two whole numbers, the smaller first, as in $(random 1 10), found $(random 5)
    ! 6:92: error: '$(' without its ')' | for a text that starts with a dollar and a parenthesis, write $$(
    ! 7:27: error: '1X' is no name for an environment variable
    ! 7:60: error: expected text, and YAML reads [a] as a list: quote it | write BAD: "[a]"
    ! 8:27: error: 'redy' says nothing about readiness: expected consuming, or a mapping with log, http, tcp, exec or consuming | ready: { log: "redy" } waits for a line of output
    ! 9:37: error: 'log' and 'tcp' in one ready: expected one of them (9:29 'log' is here)
    ! 10:27: error: expected one of log, http, tcp, exec or consuming in ready
    ! 11:35: error: expected a url such as http://127.0.0.1:8080/health, found 'localhost'
    ! 11:55: error: expected a time of more than 0
    ! 12:40: error: expected true, or nothing: leave the fault out instead
    ! 13:34: error: expected host:port, found '80'
    === restart and stop
    nodes:
      broker: { broker: {}, restart: alway }
      a: { publish: { to: amq.fanout }, restart: { mode: no, policy: always } }
      b: { publish: { to: amq.fanout }, restart: { mode: always, backoff: 5s..1s, max: -1 } }
      c: { publish: { to: amq.fanout }, stop: { signal: TREM, timeout: soon } }
      d: { publish: { to: amq.fanout }, stop: KILL, labels: [a b] }
    ! 2:34: error: 'alway' is not a restart mode: expected no, on-failure or always, did you mean 'always'?
    ! 3:58: error: 'mode' and 'policy' in one restart: expected one of them
    ! 4:71: error: '5s..1s' goes backwards: the shorter time comes first
    ! 4:84: error: expected a whole number from 0 to 1000000, found -1
    ! 5:53: error: 'TREM' is not a signal for this: expected TERM, INT, HUP, QUIT or KILL, did you mean 'TERM'?
    ! 5:68: error: expected a time such as 200ms, 1.5s or 2m, found 'soon'
    ! 6:43: error: expected a mapping, found 'KILL'
    ! 6:58: error: 'a b' cannot be a label: expected letters, digits, - and _
    === dependencies
    nodes:
      broker: { broker: {}, depends_on: c }
      a: { publish: { to: amq.fanout }, depends_on: [a, brokr, b] }
      b: { publish: { to: amq.fanout }, depends_on: broker }
      c: { publish: { to: amq.fanout }, depends_on: [b, w-1] }
      w: { replicas: 1, publish: { to: amq.fanout } }
    ! 2:37: error: these nodes wait for each other: broker -> c -> b -> broker
    ! 3:50: error: 'a' depends on itself
    ! 3:53: error: there is no node 'brokr', did you mean 'broker'?
    ! 5:53: error: 'w-1' is one replica: expected a node, did you mean 'w'?
    === templates in messages
    nodes:
      broker: { broker: {} }
      p: { publish: { to: amq.fanout, body: "$(sequ)", key: $(broker.url), headers: { a: "$(random 3 1)", b: "$(nod)" } } }
    ! 3:41: error: there is no $(sequ), did you mean $(seq)?
    ! 3:57: error: $(broker.url) has no value in a message | endpoints are filled in in command, env and ready
    ! 3:86: error: expected two whole numbers, the smaller first, as in $(random 1 10), found $(random 3 1)
    ! 3:106: error: there is no $(nod), did you mean $(node)?
    === fault keywords +
    faults:
      - drop: 30%
        duplicate: 10%
      - link: producer -> broker
      - dropp: 30%
      - bandwidth: 10%
      - 5
      - partition: { halves: true }
      - skew: 5s
    ! 3:5: error: 'drop' and 'duplicate' in one fault: expected one of them (2:5 'drop' is here)
    ! 4:5: error: expected one of drop, duplicate, delay, reorder, corrupt, error, truncate, latency, reset, blackhole, partition, kill, pause or restart in fault
    ! 5:5: error: unknown key 'dropp' in fault, did you mean 'drop'?
    ! 6:5: error: 'bandwidth' is not supported by this version of orch
    ! 7:5: error: expected a mapping, found '5'
    ! 8:26: error: there is no node 'true' | there are broker, producer, worker, worker-1 and worker-2
    ! 9:5: error: 'skew' is not supported by this version of orch
    === fault values +
    faults:
      - drop: 130%
      - drop: 30
      - drop: -1%
      - delay: 80ms..20ms
      - delay: 50
      - reset: false
      - reset: maybe
      - kill: two of worker
      - kill: 3 of worker
      - kill: worker-3
      - pause: label:x
      - restart: 150% of worker
    ! 2:11: error: 130% is outside of 0% to 100%
    ! 3:11: error: 30 is outside of 0 to 1, did you mean 30%?
    ! 4:11: error: expected a share such as 30% or 0.3, found '-1%'
    ! 5:12: error: '80ms..20ms' goes backwards: the shorter time comes first
    ! 6:12: error: '50' has no unit: expected a time such as 200ms, 1.5s or 2m, did you mean 50ms or 50s?
    ! 7:12: error: expected true, or nothing: leave the fault out instead
    ! 8:12: error: expected true or false, found 'maybe'
    ! 9:11: error: expected a count or a share before 'of', as in 2 of worker, found 'two'
    ! 10:11: error: 3 of worker: it has only 2 processes
    ! 11:11: error: there is no node 'worker-3', did you mean 'worker-1'?
    ! 12:12: error: there is no label 'x' | the topology declares none
    ! 13:14: error: 150% is outside of 0% to 100%
    === fault options +
    faults:
      - { kill: worker, link: producer -> broker, only: ack, for: 2s, settle: 1s }
      - { latency: 10ms, only: publish }
      - { delay: 10ms..20ms, jitter: 5ms }
      - { duplicate: 10%, only: [publish, ack] }
      - { duplicate: 10%, only: confirm, settle: 2s }
      - { drop: 10%, for: 2s, every: 1s, at: -1s }
      - { drop: 10%, for: 0s, chance: 10%, signal: KILL }
      - { kill: worker, signal: BOOM, ramp: 1s }
    ! 2:21: error: 'link' does not go with kill: it is about processes, not links
    ! 2:47: error: 'only' does not go with kill: it is about processes, not messages
    ! 2:58: error: 'for' does not go with kill: it happens at one moment
    ! 2:67: error: 'settle' does not go with kill: it swallows no message
    ! 3:22: error: 'only' does not go with latency: it is about whole connections, not messages
    ! 4:26: error: 'jitter' beside a range of times: expected one of them
    ! 5:29: error: 'duplicate' cannot be about ack: a second ack for one message is against AMQP, and the connection would end
    ! 6:29: error: 'duplicate' cannot be about confirm: a second confirm for one message is against AMQP, and the connection would end
    ! 6:38: error: 'settle' does not go with duplicate: it swallows no message
    ! 7:18: error: 'for: 2s' fills all of 'every: 1s': expected a shorter time
    ! 7:42: error: a time cannot be negative: '-1s'
    ! 8:23: error: expected a time of more than 0
    ! 8:27: error: 'chance' does not go with drop: its share stands in 'drop' itself
    ! 8:40: error: 'signal' does not go with drop: it sends no signal
    ! 9:29: error: 'BOOM' is not a signal for this: expected KILL, TERM, INT, HUP, QUIT, ABRT, SEGV, USR1 or USR2
    ! 9:35: error: 'ramp' is not supported by this version of orch
    === only +
    faults:
      - { drop: 10%, only: acks }
      - { drop: 10%, only: request }
      - { drop: 10%, only: { kind: publish, nth: 0, kee: x } }
      - { drop: 10%, link: producer -> broker, only: confirm }
      - { drop: 10%, link: worker -> broker }
      - { drop: 10%, link: worker -> broker, only: ack }
    ! 2:24: error: 'acks' is not a kind of message: expected publish, deliver, ack, confirm, request, reply, event or datagram, did you mean 'ack'?
    ! 3:24: error: no request goes over these links, only publishes, deliveries, acks and confirms
    ! 4:46: error: expected a whole number of at least 1, found 0
    ! 4:49: error: unknown key 'kee' in only, did you mean 'key'?
    ! 5:50: error: no confirm goes from producer to broker | did you mean 'broker -> producer'?
    ! 6:24: warning: this fault touches nothing: worker sends broker no messages
    ! 7:24: warning: this fault touches nothing: worker sends broker no messages
    === links +
    faults:
      - { drop: 10%, link: producer -> worker }
      - { drop: 10%, link: producr -> broker }
      - { drop: 10%, link: producer }
      - { drop: 10%, link: 3 of worker <- broker }
      - { drop: 10%, link: outside -> broker }
      - { drop: 10%, link: broker <-> broker }
      - { kill: outside }
    ! 2:24: error: no link between producer and worker: they do not talk to each other | the links are producer <-> broker, worker <-> broker
    ! 3:24: error: there is no node 'producr', did you mean 'producer'?
    ! 4:24: error: expected a link such as 'producer -> broker', 'a <- b', 'a <-> b' or 'all', found 'producer'
    ! 5:24: error: 3 of worker: it has only 2 processes
    ! 6:24: error: no link between outside and broker: they do not talk to each other | the links are producer <-> broker, worker <-> broker; a broker has one to outside where it has a 'port', or where the scenario publishes
    ! 7:24: error: no link between broker and broker: they do not talk to each other | the links are producer <-> broker, worker <-> broker
    ! 8:13: error: 'outside' stands for programs that are not in the cluster
    === an external broker is not ours
    faults:
      - kill: broker
    assertions:
      - { node: broker, restarts: 0 }
    nodes:
      broker: { broker: { engine: external, url: "amqp://x" } }
    ! 2:11: error: an external broker is not a process of this cluster
    ! 4:13: error: 'broker' is an external broker, not a process of this cluster
    === no links at all
    faults:
      - drop: 10%
    nodes:
      broker: { broker: {} }
    ! 2:5: error: no two nodes talk, so there is no link to break
    === assertions +
    assertions:
      - delivery: at-least-onc
      - delivery: exactly-once
      - { delivery: at-most-once, from: worker, to: producer }
      - { delivery: at-most-once, from: nobody, to: queue:tasks }
      - { delivery: at-most-once, from: producer, to: worker-1, of: all }
      - { routing: exact, to: worker }
      - { routing: roughly }
      - { order: lifo }
      - { queue: tasks }
      - { node: worker-3, state: ded }
      - { node: worker }
      - { log: worker, contains: a, matches: b }
      - { log: worker, matches: "(" }
      - { log: worker, contains: a, count: ">=x" }
      - { node: worker, restarts: 1, expect: broken, within: 0s }
      - { convergd: x }
      - { from: producer }
    ! 2:15: error: 'at-least-onc' is not a guarantee: expected at-most-once, at-least-once or exactly-once, did you mean 'at-least-once'?
    ! 3:15: warning: nothing is ever acknowledged without confirms, so this will be unknown | add confirm: true to producer, or of: attempted here
    ! 4:37: error: 'worker' publishes nothing: expected a node with 'publish' or 'command' | there is producer
    ! 4:49: error: 'producer' receives nothing: expected a node with 'consume' or 'command', or queue:NAME | there is worker
    ! 5:37: error: there is no node 'nobody' | there are broker, producer and worker
    ! 5:49: error: there is no queue 'tasks' | the topology declares none
    ! 6:51: error: 'worker-1' is one replica: expected a node, did you mean 'worker'?
    ! 6:65: error: 'all' is not a basis: expected acknowledged or attempted
    ! 7:23: error: 'to' does not go with routing: it takes from
    ! 8:16: error: 'roughly' is not a routing assertion: expected exact
    ! 9:14: error: 'lifo' is not an order: expected fifo, did you mean 'fifo'?
    ! 10:7: error: 'queue' says nothing yet: expected depth or consumers
    ! 10:14: error: there is no queue 'tasks' | the topology declares none
    ! 11:13: error: there is no node 'worker-3', did you mean 'worker-1'?
    ! 11:30: error: 'ded' is not a state: expected waiting, starting, ready, running, paused, stopping, exited, failed, killed or restarting
    ! 12:7: error: 'node' says nothing yet: expected state, restarts or exit
    ! 13:33: error: 'contains' and 'matches' in one assertion: expected one of them
    ! 14:29: error: not a regular expression: expected ')'
    ! 15:40: error: expected a number or a bound such as 0, <10 or >=1, found '>=x'
    ! 16:42: error: 'broken' is not an expectation: expected holds or violated
    ! 16:58: error: expected a time of more than 0
    ! 17:7: error: unknown key 'convergd' in assertion, did you mean 'converged'?
    ! 18:5: error: expected one of delivery, routing, order, queue, node, log, calls, latency, throughput, availability, recovery, linearizable, owner, collected, alive, pause, state, feed, converged, detected, false-deaths, coherent, found or messages in assertion
    === to is a queue +
    queues: { tasks: }
    assertions:
      - { delivery: at-most-once, to: tasks }
    ! 3:35: error: 'tasks' is a queue, did you mean 'queue:tasks'?
    === swallowed: a comment
    queues:
      a: { bind: { exchange: amq.topic, key: # } }
      b:
        bind:
          exchange: amq.topic
          key: #
      c:
        bind:
          - exchange: amq.topic
            key: #.rabbit
    nodes:
      broker: { broker: {} }
    ! 2:42: error: YAML reads what follows # as a comment: quote it | write key: "#"
    ! 6:12: error: YAML reads what follows # as a comment: quote it | write key: "#"
    ! 10:14: error: YAML reads what follows # as a comment: quote it | write key: "#.rabbit"
    === swallowed: aliases
    queues:
      a: { bind: { exchange: amq.topic, key: *.orange.* } }
      b:
        bind:
          exchange: amq.topic
          key: *.orange.*   # rabbits
      c: { bind: { exchange: amq.topic, key: * } }
      d:
        bind: { exchange: amq.topic, key: *orange }
    nodes:
      broker: { broker: {} }
      worker: { consume: { queue: e } }
    ! 2:42: error: YAML reads *.orange.* as an alias: quote it | write key: "*.orange.*"
    ! 6:12: error: YAML reads *.orange.* as an alias: quote it | write key: "*.orange.*"
    ! 7:42: error: YAML reads * as an alias: quote it | write key: "*"
    ! 9:39: error: YAML reads *orange as an alias, and there is no anchor &orange | if it is text, quote it: "*orange"
    ! 12:31: error: there is no queue 'e' | there are a, b, c and d
    === swallowed: a mapping and a list
    nodes:
      broker: { broker: {} }
      p: { publish: { to: amq.fanout, body: {x} } }
      q: { publish: { to: amq.fanout, body: {"a": 1} } }
      r: { publish: { to: amq.fanout, body: [x] } }
    ! 3:41: error: expected text, and YAML reads {x} as a mapping: quote it | write body: "{x}"
    ! 4:41: error: expected text, and YAML reads {"a": 1} as a mapping: quote it | write body: '{"a": 1}'
    ! 5:41: error: expected text, and YAML reads [x] as a list: quote it | write body: "[x]"
    === swallowed: characters that start nothing
    nodes:
      broker: { broker: {} }
      p:
        publish:
          to: amq.fanout
          key: @x
          body: `date`
      q: { publish: { to: amq.fanout, key: @x, count: x } }
    ! 6:12: error: a value cannot start with @ in YAML: quote it | write key: "@x"
    ! 7:13: error: a value cannot start with ` in YAML: quote it | write body: "`date`"
    ! 8:40: error: a value cannot start with @ in YAML: quote it | write key: "@x"
    ! 8:51: error: expected a whole number of at least 1, found 'x'
    === swallowed: a second colon
    nodes:
      broker: { broker: {} }
      p:
        publish:
          to: amq.fanout
          body: a: b
          count: x
    ! 6:13: error: a second ':' in one value: quote it | write body: "a: b"
    ! 7:14: error: expected a whole number of at least 1, found 'x'
    === swallowed: a block of text, an anchor, a tag +
    assertions:
      - queue: amq
        depth: >=1
      - log: worker
        contains: &x
      - log: worker
        contains: !x
    ! 2:12: error: there is no queue 'amq' | the topology declares none
    ! 3:12: error: YAML reads >=1 as a block of text: quote it | write depth: ">=1"
    ! 5:15: error: YAML reads &x as an anchor: quote it | write contains: "&x"
    ! 7:15: error: YAML reads !x as a tag, and topologies have none | if it is text, quote it: "!x"
    === a tab
    nodes:
    	broker: { broker: {} }
    ! 2:1: error: a tab in the indentation: YAML wants spaces
    === wrong indentation
    nodes:
      broker: { broker: {} }
     other: 1
    ! 3:2: error: expected a key here: is the line indented like its neighbours? (1:1 the mapping that it is in starts here)
    === indented too far
    name: x
      seed: 1
    ! 2:7: error: a key cannot start here: the line above has a value already or lacks its ':', or this one is indented too far
    === an open bracket
    nodes:
      broker: { broker: {}
    ! 2:11: error: this '{' is never closed
    === an open quote
    name: "abc
    nodes: {}
    ! 1:7: error: this quote is never closed
    === no colon
    nodes
      broker: {}
    ! 2:9: error: a key cannot start here: the line above has a value already or lacks its ':', or this one is indented too far
    === bad escape
    name: "\d"
    nodes: {}
    ! 1:8: error: \d is no escape that YAML knows | in single quotes, a backslash is a backslash
    === keys that are not text
    ? [a]
    : b
    nodes:
      broker: { broker: {} }
    ! 1:3: error: a key must be text, found a list
    === anchors, aliases and merge keys
    x-base: &base { ack: manual, prefetch: 5 }
    queues: { q: }
    nodes:
      broker: { broker: {} }
      a: { consume: { <<: *base, queue: q } }
      b: { consume: { <<: [*base, { requeue: false }], queue: q, prefetch: 7 } }
      c: { consume: { <<: nothing, queue: q } }
      d: { consume: { <<: *bse, queue: q } }
    ! 7:23: error: '<<' merges a mapping or a list of mappings, found text
    ! 8:23: error: YAML reads *bse as an alias, and there is no anchor &bse, did you mean '*base'? | if it is text, quote it: "*bse"
    === an alias of itself
    nodes: &a
      x: *a
    ! 2:6: error: '*a' is an alias of something that it is part of
    === environment +
    name: ${NAME}-${MISSING:-default}
    description: ${EMPTY:-was empty} ${EMPTY-stays empty} $${NAME} $5 $$5
    tags: [a, "${MISSING}"]
    drain: ${SECONDS_}s
    seed: ${MISSING:?say which seed}
    ! 3:11: error: expected text, found an empty text
    ! 3:12: warning: the environment variable MISSING is not set: empty here | ${MISSING:-default} gives it a default, $${MISSING} leaves it to your program
    ! 5:7: error: the environment variable MISSING is not set: say which seed
    === environment, wrong +
    name: ${NAME
    description: "${1X} and ${}"
    seed: ${NAME:+x}
    ! 1:7: error: '${' without its '}' | for the text itself, write $${
    ! 2:15: error: '${1X}': expected the name of a variable
    ! 3:7: error: '${NAME:+x}': expected ${NAME}, ${NAME:-default} or ${NAME:?message}
    === environment, templates with braces
    nodes:
      w:
        command: [x, "${broker.url}", "${seq}", "${random 1 2}"]
        env: [URL=$(b.url), X]
    ! 3:19: error: '${broker.url}': expected ${NAME}, ${NAME:-default} or ${NAME:?message} | templates have parentheses: $(broker.url)
    ! 3:36: warning: the environment variable seq is not set: empty here | templates have parentheses: $(seq)
    ! 3:46: error: '${random 1 2}': expected ${NAME}, ${NAME:-default} or ${NAME:?message} | templates have parentheses: $(random 1 2)
    ! 4:10: error: expected a mapping, found a list | write URL: $(b.url)
    === columns count characters +
    description: "日本語 é 👩‍👩‍👧"
    seed: { "日本語": 1 }
    tags: [ "日本語 👩‍👩‍👧", {x} ]
    ! 2:7: error: expected a whole number of at least 0, found a mapping
    ! 3:18: error: expected text, and YAML reads {x} as a mapping: quote it | write "{x}"
    """#
