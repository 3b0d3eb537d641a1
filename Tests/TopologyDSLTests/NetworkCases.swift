/// The cases of `DiagnosticTests` that are about feeds, peers, reachability and the faults and assertions that go with
/// them, written as those of `diagnosticCases`. `++++` after the title appends a sound cluster: a feed `news`, its
/// `server` and a `reader`; a group `friends` with its `names` and three processes of `peer`.
let networkCases = #"""
    === sound network ++++
    === feeds: wrong
    feeds:
      -x: {}
      a b:
      news: { append: { body: "$(sec)", size: -1, count: 0, rate: fast }, durable: maybe, keep: 0, buffer: 0, slow: wait, heartbeat: 0, wait: 0 }
      other: { apend: {}, slow: drop-oldst }
    nodes:
      server: { feed: [news, -x, a b, other] }
    ! 2:3: error: '-x' cannot be a feed's name: expected letters, digits, - and _
    ! 3:3: error: 'a b' cannot be a feed's name: expected letters, digits, - and _
    ! 4:27: error: there is no $(sec), did you mean $(seq)?
    ! 4:43: error: expected a size such as 512, 64KB or 1MiB, found '-1'
    ! 4:54: error: expected a whole number of at least 1, found 0
    ! 4:63: error: expected a rate such as 500/s or 30/m, found 'fast'
    ! 4:80: error: expected true or false, found 'maybe'
    ! 4:93: error: expected a whole number from 1 to 10000000, found 0
    ! 4:104: error: expected a whole number from 1 to 1000000, found 0
    ! 4:113: error: 'wait' is not a way with slow watchers: expected drop-oldest or disconnect
    ! 4:130: error: expected a time of more than 0
    ! 4:139: error: expected a time of more than 0
    ! 5:12: error: unknown key 'apend' in feed, did you mean 'append'?
    ! 5:29: error: 'drop-oldst' is not a way with slow watchers: expected drop-oldest or disconnect, did you mean 'drop-oldest'?
    === feed of a node: wrong
    feeds: { news: , old: , lost: }
    nodes:
      a: { feed: { feeds: [news, nwes, news], port: 0, prot: 1 } }
      b: { feed: news }
      c: { feed: [] }
      d: { feed: { port: 80 } }
      e: { feed: old, replicas: 2 }
    ! 3:30: error: there is no feed 'nwes', did you mean 'news'?
    ! 3:36: error: 'news' twice
    ! 3:49: error: expected a whole number from 1 to 65535, found 0
    ! 3:52: error: unknown key 'prot' in feed server, did you mean 'port'?
    ! 4:14: error: 'a' serves 'news' already: two servers would number its items differently | declare a second feed
    ! 5:14: error: no feed: expected at least one
    ! 6:14: error: 'feeds' is missing in feed server: expected a feed's name
    ! 7:19: error: a node with 'feed' has no replicas: each would have items of its own under the same numbers | declare several feeds, each on a node of its own
    === feed beside other roles
    feeds: { news: , b: , c: , d: , e: , f: }
    services: { S: { methods: { m: { handler: "return {}" } } } }
    objects: { O: { methods: { m: { handler: "return 1" } } } }
    groups: { g: { names: y } }
    nodes:
      a: { feed: news, serve: S }
      b: { feed: b, host: O }
      c: { feed: c, directory: }
      d: { feed: d, names: }
      e: { feed: e, broker: }
      f: { feed: f, command: [x] }
      watcher: { watch: news, broker: }
      program: { command: [x], watch: news, peer: g }
      y: { names: , peer: g }
      z: { names: , broker: }
      w: { names: , replicas: 2, command: [x] }
      q: { names: , serve: { service: S, via: queue } }
    ! 6:20: error: 'feed' and 'serve' in one node: it would have to speak HTTP and gRPC on one port | make two nodes of it
    ! 7:17: error: 'feed' and 'host' in one node: it would have to speak HTTP and gRPC on one port | make two nodes of it
    ! 8:17: error: 'feed' and 'directory' in one node: it would have to speak HTTP and gRPC on one port | make two nodes of it
    ! 9:17: error: 'feed' and 'names' in one node: it would have to speak HTTP and gRPC on one port | make two nodes of it
    ! 9:17: warning: no group has 'd' as its name service | groups: { g: { names: d } }
    ! 10:8: error: 'broker' and 'feed' in one node: there would be no link between them to break | make two nodes of it
    ! 11:17: error: 'command' and 'feed' in one node: a program of yours is a process of its own | make two nodes of it
    ! 12:14: error: 'broker' and 'watch' in one node: there would be no link between them to break | make two nodes of it
    ! 13:14: error: 'command' and 'watch' in one node: a program of yours is a process of its own | make two nodes of it
    ! 13:14: error: 'command' and 'peer' in one node: a program of yours is a process of its own | make two nodes of it
    ! 14:17: error: 'names' and 'peer' in one node: there would be no link between them to break | make two nodes of it
    ! 15:8: error: 'broker' and 'names' in one node: there would be no link between them to break | make two nodes of it
    ! 15:8: warning: no group has 'z' as its name service | groups: { g: { names: z } }
    ! 16:8: warning: no group has 'w' as its name service | groups: { g: { names: w } }
    ! 16:17: error: a name service has no replicas: each would know other members
    ! 16:30: error: 'command' and 'names' in one node: a program of yours is a process of its own | make two nodes of it
    ! 17:8: error: 'via: queue' and 'names' in one node: nobody connects to such a server | make two nodes of it
    ! 17:8: warning: no group has 'q' as its name service | groups: { g: { names: q } }
    ! 17:38: error: there are 3 brokers: expected 'broker' to say which | broker: e, watcher or z
    === watchers and appenders
    feeds: { news: { wait: 5s, heartbeat: 2s }, quiet: { heartbeat: 5s }, nobody: , program: }
    nodes:
      server: { feed: [news, quiet] }
      a: { watch: [nwes, { feed: news, by: pul }, { by: poll }, { feed: news, evry: 1s, from: end, limit: 0 }] }
      b: { watch: { feed: news, every: 1s } }
      c: { watch: { feed: news, by: poll, wait: 1s, timeout: 0 } }
      d: { watch: { feed: news, by: long-poll, every: 1s, wait: 9s } }
      e: { watch: { feed: news, timeout: 2s } }
      f: { watch: quiet }
      g: { watch: { feed: nobody } }
      h: { replicas: 2, watch: { feed: news, to: a } }
      i: { watch: [{ feed: news, to: srver }, { feed: news, to: h-1 }, { feed: program, to: j }, { feed: news, to: k }] }
      j: { command: [x], protocol: http }
      k: { command: [x], protocol: tcp }
      self: { feed: program, watch: program, publish: { feed: program, count: 1 } }
    ! 4:16: error: there is no feed 'nwes', did you mean 'news'?
    ! 4:40: error: 'pul' is not a way to watch: expected poll, long-poll or push
    ! 4:47: error: 'feed' is missing in watch: expected a feed's name
    ! 4:75: error: unknown key 'evry' in watch, did you mean 'every'?
    ! 4:91: error: 'end' is not a start: expected start or now
    ! 4:103: error: expected a whole number from 1 to 100000, found 0
    ! 5:29: warning: 'every' has no effect with by: push | add by: poll
    ! 6:39: warning: 'wait' has no effect with by: poll | add by: long-poll
    ! 6:58: error: expected a time of more than 0
    ! 7:44: warning: 'every' has no effect with by: long-poll | add by: poll
    ! 7:61: warning: 'wait: 9s' is cut to the 'wait: 5s' of 'news'
    ! 8:38: error: 'timeout: 2s' is not longer than the 'heartbeat: 2s' of 'news': it would give up every connection on which nothing happens
    ! 9:15: error: 'timeout: 3s' is not longer than the 'heartbeat: 5s' of 'quiet': it would give up every connection on which nothing happens
    ! 12:34: error: there is no node 'srver', did you mean 'server'?
    ! 12:61: error: 'h-1' is one replica: expected a node, did you mean 'h'?
    ! 12:112: error: 'k' does not serve the feed 'news' | to: server
    ! 15:33: error: 'self' would watch itself: there would be no link between them to break | make two nodes of it
    ! 15:59: error: 'self' would append to itself: there would be no link between them to break | make two nodes of it
    === feeds that nobody serves
    feeds: { news: , lost: , program: }
    nodes:
      a: { watch: news }
      b: { publish: { feed: news, count: 1 } }
      c: { command: [x], protocol: http }
      d: { watch: [{ feed: program, to: c }, { feed: program, to: a }] }
    ! 1:10: warning: no node serves 'news'
    ! 1:18: warning: no node serves 'lost'
    ! 3:15: error: no node serves the feed 'news' | a node with feed: news
    ! 4:25: error: no node serves the feed 'news' | a node with feed: news
    ! 6:63: error: 'a' does not serve the feed 'program' | a node with feed: program
    === a peer may serve and watch
    feeds: { news: }
    groups: { g: }
    nodes:
      server: { feed: news, peer: g }
      other: { peer: g, watch: news }
    === publish to a feed
    feeds: { news: }
    nodes:
      server: { feed: news }
      broker: { broker: }
      a: { publish: { feed: news, key: a, headers: {}, mandatory: true, persistent: true, confirm: true, broker: broker } }
      b: { publish: { feed: news, queue: q } }
      c: { publish: [{ to: amq.fanout, timeout: 1s, attempts: 3 }, { feed: nwes }, { feed: news, to: broker, attempts: 0 }, { queue: q }] }
      d: { publish: { count: 3 } }
      e: { publish: { feed: news, body: $(foo) } }
    ! 5:31: error: 'key' beside 'feed': an item is appended over HTTP, and that belongs to AMQP
    ! 5:39: error: 'headers' beside 'feed': an item is appended over HTTP, and that belongs to AMQP
    ! 5:52: error: 'mandatory' beside 'feed': an item is appended over HTTP, and that belongs to AMQP
    ! 5:69: error: 'persistent' beside 'feed': an item is appended over HTTP, and that belongs to AMQP
    ! 5:87: error: 'confirm' beside 'feed': an append is answered anyway, and repeated until it is | timeout: 1s and attempts: 10 say how often
    ! 5:102: error: 'broker' beside 'feed': an item is appended over HTTP, and that belongs to AMQP
    ! 6:31: error: 'feed' and 'queue' in one publish: expected one of them (6:19 'feed' is here)
    ! 7:36: error: 'timeout' without 'feed': a broker's confirms are waited for by 'confirm' | confirm: { timeout: 1s, attempts: 10 }
    ! 7:49: error: 'attempts' without 'feed': a broker's confirms are waited for by 'confirm' | confirm: { timeout: 1s, attempts: 10 }
    ! 7:72: error: there is no feed 'nwes', did you mean 'news'?
    ! 7:98: error: 'broker' does not serve the feed 'news' | to: server
    ! 7:116: error: expected a whole number from 1 to 1000000, found 0
    ! 7:130: error: there is no queue 'q' | the topology declares none
    ! 8:17: error: expected one of to, queue or feed in publish
    ! 9:37: error: there is no $(foo) | there are $(seq), $(node), $(replica), $(uuid), $(now) and $(random 1 10); $$(foo) stays as it is
    === groups: wrong
    groups:
      all:
      a b:
      g: { period: 100ms, timeout: 100ms, indirect: -1, suspicion: 0, seeds: , names: {}, gossip: 0, fanout: 0, repair: 0, neighbours: 0, hops: 0 }
      h: { period: 50ms, suspicion: 1s, sedes: a }
      i: { period: 50ms }
    nodes:
      p: { peer: { group: h } }
    ! 2:3: error: 'all' cannot be a group's name: assertions use the word
    ! 2:3: warning: no node is a peer of 'all' | a node with peer: all
    ! 3:3: error: 'a b' cannot be a group's name: expected letters, digits, - and _
    ! 3:3: warning: no node is a peer of 'a b' | a node with peer: a b
    ! 4:3: warning: no node is a peer of 'g' | a node with peer: g
    ! 4:49: error: expected a whole number from 0 to 100, found -1
    ! 4:64: error: expected a whole number from 1 to 100000, found 0
    ! 4:74: error: expected a peer of the group, found nothing
    ! 4:83: error: expected a node with 'names', and YAML reads {} as a mapping: quote it | write names: "{}"
    ! 4:95: error: expected a time of more than 0
    ! 4:106: error: expected a whole number from 1 to 100, found 0
    ! 4:117: error: expected a time of more than 0
    ! 4:132: error: expected a whole number from 1 to 100, found 0
    ! 4:141: error: expected a whole number from 1 to 100, found 0
    ! 5:33: error: expected a whole number from 1 to 100000, found '1s'
    ! 5:37: error: unknown key 'sedes' in group, did you mean 'seeds'?
    ! 6:3: warning: no node is a peer of 'i' | a node with peer: i
    ! 6:8: error: 'timeout: 60ms' is not shorter than 'period: 50ms': nobody else could be asked within the period
    === groups and members
    groups:
      g: { seeds: [p, p-1, q, nobody, s], relays: [r, p-9], names: p }
      h: { names: nams }
      empty: { names: n }
    nodes:
      p: { replicas: 2, peer: g }
      q: { peer: h }
      s: { peer: [g] }
      r: { peer: gg }
      n: { names: { lease: 0, leas: 1s } }
      unused: { names: }
    ! 2:24: error: 'q' is no peer of 'g' | there is p
    ! 2:27: error: there is no peer 'nobody' | there are p, p-1 and p-2
    ! 2:48: error: 'r' is no peer of 'g' | there is p
    ! 2:51: error: there is no peer 'p-9', did you mean 'p-1'?
    ! 2:64: error: 'p' is no name service: expected a node with 'names' | there are n and unused
    ! 3:15: error: there is no node 'nams' | there are n and unused
    ! 8:14: error: expected a group's name, or a mapping, found a list
    ! 9:14: error: there is no group 'gg' | there are g, h and empty
    ! 10:24: error: expected a time of more than 0
    ! 10:27: error: unknown key 'leas' in names, did you mean 'lease'?
    ! 11:13: warning: no group has 'unused' as its name service | groups: { g: { names: unused } }
    === peers: wrong
    groups: { g: , h: { names: n } }
    nodes:
      n: { names: }
      p:
        peer:
          group: g
          send: [{ to: p }, { to: q }, { to: pp }, { count: 1 }, { to: r, size: 64KB, body: "$(x)", attempts: 0, timeout: 0 }]
          broadcast: { to: r, size: 64KB }
          share: ["song-$(seq)", "$(n.address)"]
          find: [{ what: x, by: name }, { by: names }, { what: "", by: names }, { what: a, hops: 1 }]
      q: { peer: h }
      r: { replicas: 2, peer: { group: g, send: [{ to: r }, { to: r-1 }], find: { what: x, by: names } } }
      s: { peer: }
      t: { peer: { send: [] } }
    ! 7:20: error: 'p' would send to itself
    ! 7:31: error: 'q' is no peer of 'g' | there are p and r
    ! 7:42: error: there is no peer 'pp' | there are p, r, r-1 and r-2
    ! 7:48: error: 'to' is missing in send: expected a peer's name
    ! 7:77: error: 64000 bytes do not fit a datagram: expected at most 50000
    ! 7:89: error: there is no $(x) | there are $(seq), $(node), $(replica), $(uuid), $(now) and $(random 1 10); $$(x) stays as it is
    ! 7:107: error: expected a whole number from 1 to 1000000, found 0
    ! 7:119: error: expected a time of more than 0
    ! 8:20: error: unknown key 'to' in broadcast | its keys are body, size, count and rate
    ! 8:33: error: 64000 bytes do not fit a datagram: expected at most 50000
    ! 9:15: error: $(seq) has no value in a peer's resource: it counts messages
    ! 9:30: error: $(n.address) has no value in a peer's resource | endpoints are filled in in command, env and ready
    ! 10:29: error: 'name' is not a way to look: expected names or neighbours, did you mean 'names'?
    ! 10:37: error: 'what' is missing in find: expected text
    ! 10:68: error: 'by: names', and the group 'g' has no name service | groups: { g: { names: NODE } }, and a node with names:
    ! 10:88: error: unknown key 'hops' in find | its keys are what, by, count, rate and timeout
    ! 12:63: error: 'r-1' would send to itself | to: r is all others in turn
    ! 12:92: error: 'by: names', and the group 'g' has no name service | groups: { g: { names: NODE } }, and a node with names:
    ! 13:14: error: expected a group's name, found nothing
    ! 14:14: error: 'group' is missing in peer: expected a group's name
    === inbound: wrong
    groups: { g: }
    nodes:
      a: { peer: g, inbound: closed }
      b: { peer: g, inbound: { deny: [a] } }
      c: { peer: g, inbound: { allow: all, deny: all } }
      d: { peer: g, inbound: { except: a } }
      e: { peer: g, inbound: { deny: all, except: [a, nobody, outside, label:x, 2 of b] } }
      f: { peer: g, inbound: { deny: all, exept: a } }
      broker: { broker: , inbound: deny }
      w: { consume: { bind: amq.fanout }, inbound: deny, ports: 7000 }
    ! 3:26: error: 'closed' is not a rule: expected allow or deny
    ! 4:34: error: 'deny' takes the word all; 'except' says for whom it does not hold | inbound: { deny: all, except: NAME }
    ! 5:40: error: 'allow' and 'deny' in one inbound: expected one of them (5:28 'allow' is here)
    ! 6:26: error: expected one of deny or allow in inbound
    ! 7:51: error: there is no node 'nobody' | there are a, b, c, d, e, f, broker and w
    ! 7:68: error: there is no label 'x' | the topology declares none
    ! 7:77: error: 2 of b: it has only 1 process
    ! 8:39: error: unknown key 'exept' in inbound, did you mean 'except'?
    ! 10:39: warning: nobody opens connections to 'w', so 'inbound' has no effect
    ! 10:54: warning: nobody opens connections to 'w', so 'ports' has no effect
    === ports: wrong
    groups: { g: }
    services: { S: { methods: { m: { handler: "return {}" } } } }
    nodes:
      a: { peer: g, ports: some }
      b: { peer: g, ports: 7009-7000 }
      c: { peer: g, ports: 0-7000 }
      d: { peer: g, ports: 70000 }
      e: { peer: g, ports: 1-2-3 }
      f: { peer: g, replicas: 3, ports: 7000-7001 }
      h: { peer: g, ports: 7001..7005 }
      s: { serve: { service: S, port: 7003 } }
      t: { serve: S, ports: 8000 }
      u: { replicas: 2, call: { method: S.m, to: t } }
    ! 4:24: error: expected a range of ports such as 7000-7009, found 'some'
    ! 5:24: error: '7009-7000' ends before it begins, did you mean 7000-7009?
    ! 6:24: error: '0-7000': ports go from 1 to 65535
    ! 7:24: error: '70000': ports go from 1 to 65535
    ! 8:24: error: expected a range of ports such as 7000-7009, found '1-2-3'
    ! 9:37: warning: 2 ports for 3 links that lead to 'f' | ports: 7000-7002
    ! 10:24: error: 'h' and 'f' would share ports: all are on 127.0.0.1 (9:37 'f' has these)
    ! 10:24: error: the port 7003 of 's' is one of the 'ports' of 'h'
    ! 12:25: warning: 1 port for 3 links that lead to 't' | ports: 8000-8002
    === protocol: wrong
    services: { S: { methods: { m: { handler: "return {}" } } } }
    nodes:
      s: { serve: S }
      a: { protocol: http }
      b: { command: [x], protocol: htp }
      c: { command: [x], protocol: { port: 80 } }
      d: { command: [x], protocol: { speaks: udp, port: 80, listn: 1 } }
      e: { command: [x], serve: S, protocol: grpc }
      f: { command: [x], protocol: { speaks: http, port: 80, listen: 65535 }, replicas: 2 }
      g: { command: [x, $(port)] }
      h: { command: [x, $(i.address), $(j.address)] }
      i: { command: [x, $(port)], protocol: udp }
      i-: { command: [x, $(port)], protocol: { speaks: tcp, listen: 8000 } }
      i_: { command: [x], protocol: tcp }
    ! 4:6: error: the node does nothing: expected broker, publish, consume, serve, call, host, invoke, directory, feed, watch, peer, names or command
    ! 4:8: error: 'protocol' belongs to a node with 'command'
    ! 5:32: error: 'htp' is not a protocol: expected grpc, http, tcp or udp, did you mean 'http'?
    ! 6:32: error: 'speaks' is missing in protocol: expected a protocol: grpc, http, tcp or udp
    ! 7:47: error: 'port' with udp: only nodes of the cluster send it datagrams
    ! 7:57: error: unknown key 'listn' in protocol, did you mean 'listen'?
    ! 8:32: error: 'protocol' beside 'serve': a program that answers calls of services speaks grpc
    ! 9:48: error: one 'port' for 2 replicas
    ! 9:58: error: the ports of 2 replicas end beyond 65535
    ! 10:21: error: $(port) has no value here: it is where a program with 'serve' or 'protocol' listens
    ! 11:35: error: there is no node 'j' | there are s, a, c, e, f, i-, i_, d and i
    ! 14:3: error: 'i_' and 'i-' would share the variable ORCH_I__ADDRESS
    === partition: wrong ++++
    faults:
      - partition:
      - partition: []
      - partition: [peer-1]
      - partition: [[peer-1], []]
      - partition: [[peer-1, peer-2], [peer-2]]
      - partition: [[peer], [2 of peer]]
      - partition: [[1 of peer], [peer-2]]
      - partition: [[peer-1], [peer-9]]
      - partition: [[peer-1], [outside]]
      - partition: [[names], [server]]
      - partition: { halves: names }
      - partition: { halves: peer, isolate: peer }
      - partition: { halvs: peer }
      - partition: { bridge: 2 of peer }
      - partition: { majority-ring: peer-1 }
      - partition: { isolate: nobody }
      - partition: { from: peer-1 }
      - partition: { to: peer-1 }
      - partition: { halves: peer, to: peer-1 }
      - partition: { from: [], to: peer-1 }
      - partition: { from: peer-1, to: peer-1 }
      - partition: halves
      - partition: halve peer
      - partition: peer-1 | 
      - { partition: { halves: peer }, link: all, only: datagram, settle: 1s, signal: KILL }
    ! 2:15: error: expected a partition such as [[a, b], [c]], { halves: worker } or { isolate: worker-2 }, found nothing
    ! 3:16: error: no part is no partition: expected at least two, as in [[a, b], [c]] | to cut off one process: { isolate: NAME }
    ! 4:16: error: one part is no partition: expected at least two, as in [[a, b], [c]] | to cut off one process: { isolate: NAME }
    ! 5:27: error: an empty part: expected at least one process
    ! 6:35: error: 'peer-2' is in two parts: expected parts that share no process
    ! 7:25: error: 'peer-1' could be drawn in two parts: expected parts that share no process | for two halves of one node: { halves: NAME }
    ! 8:30: error: 'peer-2' could be drawn in two parts: expected parts that share no process | for two halves of one node: { halves: NAME }
    ! 9:28: error: there is no node 'peer-9', did you mean 'peer-1'?
    ! 10:28: error: 'outside' stands for programs that are not in the cluster: they are on no side | blackhole, with link: outside -> NAME, cuts them off
    ! 11:16: warning: this partition cuts nothing: no two of its parts talk to each other
    ! 12:26: error: names: two halves of 1 process, expected at least 2
    ! 13:32: error: 'halves' and 'isolate' in one partition: expected one of them (13:18 'halves' is here)
    ! 14:18: error: unknown key 'halvs' in partition, did you mean 'halves'?
    ! 15:26: error: 2 of peer: two halves and a bridge of 2 processes, expected at least 3
    ! 16:33: error: peer-1: a ring of majorities of 1 process, expected at least 3
    ! 17:27: error: there is no node 'nobody' | there are server, reader, poller, names, peer, peer-1, peer-2, peer-3, silent, silent-1 and silent-2
    ! 18:18: error: 'from' without 'to': expected both | add to
    ! 19:16: error: expected one of halves, isolate, bridge, majority-ring or from in partition
    ! 20:32: error: 'to' beside 'halves': it goes with 'from'
    ! 21:18: error: no process: expected at least one
    ! 22:36: error: 'peer-1' is in two parts: expected parts that share no process
    ! 23:16: error: 'halves' of which processes? Expected { halves: NAME } | NAME is a node, all its processes
    ! 24:16: error: expected a partition such as [[a, b], [c]], { halves: worker } or { isolate: worker-2 }, or 'a, b | c', found 'halve peer', did you mean 'halves'?
    ! 25:16: error: an empty part: expected at least one process
    ! 26:36: error: 'link' does not go with partition: it says itself who is cut off from whom
    ! 26:47: error: 'only' does not go with partition: it is about the whole network between its parts
    ! 26:63: error: 'settle' does not go with partition: it swallows no message
    ! 26:75: error: 'signal' does not go with partition: it sends no signal
    === partition: nobody in a part
    groups: { g: }
    nodes:
      a: { peer: g }
      b: { peer: g, replicas: 0 }
    faults: [{ partition: [[a], [b]] }, { partition: { isolate: a } }]
    ! 5:29: error: a part without a process
    ! 5:50: warning: this partition cuts nothing: no two of its parts talk to each other
    === partition: sound ++++
    faults:
      - { partition: [[peer-1, names], [peer-2, peer-3]], at: 1s, for: 1s, every: 3s, name: cut }
      - partition: [peer-1, [peer-2]]
      - partition: { isolate: peer-3 }
      - partition: { isolate: server }
      - partition: { bridge: peer }
      - partition: peer-1 | peer-2, peer-3
      - partition: peer-1 -> peer-2
      - partition: majority-ring of peer
      - partition: isolate 1 of peer
    === error and truncate ++++
    faults:
      - { error: 20%, status: 200 }
      - { error: 20%, status: 600, only: reply }
      - { error: 20%, only: [request, reply] }
      - { error: 20%, settle: 1s }
      - { truncate: 20%, only: event }
      - { truncate: 20%, status: 500 }
      - { drop: 20%, status: 500 }
      - { error: 20%, link: peer -> names }
      - { truncate: 20%, link: peer <-> peer }
      - { error: 20%, link: reader -> server, only: { path: /feeds/*, method: GET } }
      - { truncate: 20%, link: reader <- server }
      - { truncate: 20%, link: outside <- server }
    ! 2:27: error: expected a whole number from 400 to 599, found 200
    ! 3:27: error: expected a whole number from 400 to 599, found 600
    ! 3:38: error: 'error' cannot be about reply: it answers requests
    ! 4:25: error: 'error' cannot be about reply: it answers requests
    ! 5:19: error: 'settle' does not go with error: it swallows no message
    ! 6:28: error: 'truncate' cannot be about event: it cuts off the bodies of replies
    ! 7:22: error: 'status' does not go with truncate: it answers no request
    ! 8:18: error: 'status' does not go with drop: it answers no request
    ! 9:25: error: 'error' is about HTTP/1.1, and this link does not speak it | links to server do
    ! 10:28: error: 'truncate' is about HTTP/1.1, and these links do not speak it | links to server do
    === error without HTTP ++
    faults:
      - { error: 20% }
      - { truncate: 20%, link: client <-> server }
      - { drop: 20%, only: { path: /x } }
      - { drop: 20%, only: { method: GET } }
    ! 2:14: error: 'error' is about HTTP/1.1, and these links do not speak it | a node with 'feed', or a command with protocol: http, does
    ! 3:28: error: 'truncate' is about HTTP/1.1, and this link does not speak it | a node with 'feed', or a command with protocol: http, does
    ! 4:32: error: 'path' is about HTTP/1.1, and these links do not speak it | a node with 'feed', or a command with protocol: http, does
    ! 5:34: error: 'GET' is a method of HTTP/1.1, and no node serves that
    === only: path, events and datagrams ++++
    faults:
      - { drop: 20%, only: { path: feeds } }
      - { drop: 20%, only: { path: "/feeds/news?after=1" } }
      - { drop: 20%, only: { path: "" } }
      - { drop: 20%, only: { path: /x, key: a } }
      - { drop: 20%, only: { path: /x, kind: datagram } }
      - { drop: 20%, only: { method: Get } }
      - { drop: 20%, only: { method: GET, kind: [request] } }
      - { drop: 20%, only: { path: /feeds/news, kind: [reply, event] } }
      - { drop: 20%, only: evnt }
      - { drop: 20%, link: reader -> server, only: event }
      - { drop: 20%, link: reader <- server, only: event }
      - { drop: 20%, link: poller <- server, only: event }
      - { duplicate: 20%, only: event }
      - { duplicate: 20%, only: reply }
      - { drop: 20%, only: datagram, link: reader -> server }
      - { drop: 20%, only: datagram, link: peer-1 -> peer-2 }
      - { drop: 20%, only: datagram, link: peer-2 -> peer-1 }
      - { drop: 20%, only: datagram, link: peer -> names }
      - { drop: 20%, only: publish }
    ! 2:32: error: expected a path such as /feeds/news or /feeds/*, found 'feeds'
    ! 3:32: error: '/feeds/news?after=1': the query is no part of what is compared
    ! 4:32: error: expected text, found an empty text
    ! 5:26: error: 'key' and 'path' in one only: messages have routing keys, and requests over HTTP have paths
    ! 6:26: error: 'path' and datagram: only requests, replies and events have paths
    ! 7:34: error: there is no method 'Get', did you mean 'GET'?
    ! 10:24: error: 'evnt' is not a kind of message: expected publish, deliver, ack, confirm, request, reply, event or datagram, did you mean 'event'?
    ! 11:48: error: no event goes from reader to server | did you mean 'server -> reader'?
    ! 13:24: warning: this fault touches nothing: server sends poller only replies
    ! 15:29: error: 'duplicate' cannot be about reply: a call has one reply, and a second one has no way to come
    ! 16:24: error: no datagram goes from reader to server
    ! 19:24: error: no datagram goes from peer to names
    ! 20:24: error: no publish goes over these links, only requests, replies, events and datagrams
    === faults on programs
    nodes:
      tcp: { command: [x], protocol: tcp }
      udp: { command: [x], protocol: udp }
      web: { command: [x], protocol: http }
      client: { command: [x] }
    faults:
      - { drop: 20%, link: client -> tcp }
      - { corrupt: 20%, link: client <-> tcp }
      - { latency: 1ms, link: client -> tcp }
      - { drop: 20%, link: client -> udp, only: datagram }
      - { drop: 20%, link: client -> udp, only: request }
      - { drop: 20%, link: client <- web, only: event }
      - { error: 20%, link: client -> web }
      - { error: 20%, link: client -> udp }
    ! 7:13: error: 'drop' is about messages, and this link passes bytes on unread | latency, blackhole, reset and partition work
    ! 8:16: error: 'corrupt' is about messages, and this link passes bytes on unread | latency, blackhole, reset and partition work
    ! 11:45: error: no request goes from client to udp
    ! 14:25: error: 'error' is about HTTP/1.1, and this link does not speak it | links to web do
    === assertions on feeds ++++
    assertions:
      - feed: exactly
      - feed: exactly-once
        of: nwes
      - feed: exactly-once
        to: nobody
      - feed: exactly-once
        to: server
      - feed: exactly-once
        of: quiet
      - feed: exactly-once
        of: quiet
        to: reader
      - feed: exactly-once
        of: news
        to: reader
        fresh: { p99: <500ms, max: 2s }
        within: 5s
      - feed: exactly-once
        fresh: { p: 5ms }
      - feed: exactly-once
        fresh: {}
      - feed: exactly-once
        fresh: 5ms
      - feed: exactly-once
        from: server
        method: GET
      - delivery: exactly-once
        fresh: { p99: 5ms }
    ! 2:11: error: 'exactly' is not a guarantee: expected at-most-once, at-least-once or exactly-once
    ! 4:9: error: there is no feed 'nwes', did you mean 'news'?
    ! 6:9: error: there is no node 'nobody' | there are server, reader, poller, names, peer, peer-1, peer-2, peer-3, silent, silent-1 and silent-2
    ! 8:9: error: 'server' does not watch a feed: expected a node with 'watch', or a program | there are reader and poller
    ! 9:11: warning: nobody watches 'quiet', so this will be unknown | a node with watch: quiet
    ! 13:9: error: 'reader' does not watch 'quiet': expected a node with 'watch', or a program
    ! 20:14: error: unknown key 'p' in fresh | it takes percentiles such as p50, p99 and p99.9, mean and max
    ! 22:12: error: 'fresh' says nothing yet: expected bounds such as { p50: <5ms, p99: <50ms }
    ! 24:12: error: expected bounds such as { p50: <5ms, p99: <50ms }, found '5ms'
    ! 26:5: error: 'from' does not go with feed: it takes of, to and fresh
    ! 27:5: error: 'method' does not go with feed: it takes of, to and fresh
    ! 29:5: error: 'fresh' does not go with delivery: it takes from, to and of
    === assertions without feeds or groups +
    assertions:
      - feed: exactly-once
      - converged: g
        within: 1s
      - detected: all
        within: 1s
      - false-deaths: 0
      - coherent: g
      - found: 99%
      - messages: exactly-once
    ! 2:5: error: the topology declares no feeds: there is nothing to judge
    ! 3:5: error: the topology declares no groups: there are no peers to judge
    ! 5:5: error: the topology declares no groups: there are no peers to judge
    ! 7:5: error: the topology declares no groups: there are no peers to judge
    ! 8:5: error: the topology declares no groups: there are no peers to judge
    ! 9:5: error: the topology declares no groups: there are no peers to judge
    ! 10:5: error: the topology declares no groups: there are no peers to judge
    === nobody watches
    feeds: { news: }
    nodes: { server: { feed: news } }
    assertions:
      - feed: exactly-once
      - feed: at-least-once
        of: news
    ! 4:11: warning: nobody watches a feed, so this will be unknown | a node with watch: news
    ! 5:11: warning: nobody watches 'news', so this will be unknown | a node with watch: news
    === assertions on peers ++++
    assertions:
      - converged: friends
      - converged: firends
        within: 1s
      - converged: friends
        within: 0
      - converged: { group: friends, within: 1s }
        within: 2s
      - converged: { within: 1s }
      - converged: { group: friends, within: 1s, of: 1 }
      - detected: friends
      - detected: { group: freinds, within: 1s }
      - detected: all
        within: 1s
        group: friends
      - detected: all
        within: 1s
      - false-deaths: none
      - false-deaths: 0
        group: fiends
      - false_deaths: 0
      - coherent: fends
      - coherent: quiet
      - found: most
      - found: 99%
        group: friend
      - found: 99%
        by: name
      - found: 99%
        by: neighbours
      - found: 99%
        from: server
      - found: 99%
        from: peer-1
        by: neighbours
      - found: 99%
        from: peer-4
        hops: few
      - found: 99%
        to: peer
      - messages: once
      - messages: exactly-once
        of: all
      - messages: exactly-once
        from: server
      - messages: exactly-once
        from: peer
        to: reader
      - messages: exactly-once
        from: nobody
        to: peer-7
      - messages: exactly-once
        group: friends
    ! 2:5: error: 'converged' without 'within': expected how soon, as in within: 5s
    ! 3:16: error: there is no group 'firends', did you mean 'friends'?
    ! 6:13: error: expected a time of more than 0
    ! 8:5: error: 'within' twice in one assertion (7:34 the first is here)
    ! 9:16: error: 'group' is missing in bound: expected a group's name
    ! 10:46: error: unknown key 'of' in bound | its keys are group and within
    ! 11:5: error: 'detected' without 'within': expected how soon, as in within: 5s
    ! 11:15: warning: nothing here kills a peer, so this will be unknown unless orch fault kill does | faults: [{ kill: NAME, at: 1s }]
    ! 12:24: error: there is no group 'freinds', did you mean 'friends'?
    ! 13:15: warning: nothing here kills a peer, so this will be unknown unless orch fault kill does | faults: [{ kill: NAME, at: 1s }]
    ! 15:5: error: 'group' does not go with detected
    ! 16:15: warning: nothing here kills a peer, so this will be unknown unless orch fault kill does | faults: [{ kill: NAME, at: 1s }]
    ! 18:19: error: expected a number or a bound such as 0, <10 or >=1, found 'none'
    ! 20:12: error: there is no group 'fiends', did you mean 'friends'?
    ! 21:5: error: unknown key 'false_deaths' in assertion, did you mean 'false-deaths'?
    ! 22:15: error: there is no group 'fends' | there are friends and quiet
    ! 23:15: warning: nobody broadcasts in 'quiet', so this will be unknown | peer: { group: quiet, broadcast: { count: 10 } }
    ! 24:12: error: expected a share such as 30% or 0.3, found 'most'
    ! 26:12: error: there is no group 'friend', did you mean 'friends'?
    ! 28:9: error: 'name' is not a way to look: expected names or neighbours, did you mean 'names'?
    ! 29:12: warning: nobody looks for anything by neighbours, so this will be unknown | peer: { group: friends, find: { what: NAME } }
    ! 32:11: error: 'server' looks for nothing: expected a peer with 'find' | there is peer
    ! 34:11: error: 'peer-1' looks for nothing by neighbours: expected a peer with 'find'
    ! 37:11: error: there is no node 'peer-4', did you mean 'peer-1'?
    ! 38:11: error: expected a number or a bound such as 0, <10 or >=1, found 'few'
    ! 40:5: error: 'to' does not go with found: it takes group, by, from and hops
    ! 41:15: error: 'once' is not a guarantee: expected at-most-once, at-least-once or exactly-once
    ! 43:9: error: 'all' is not a basis: expected acknowledged or attempted
    ! 45:11: error: 'server' sends nothing: expected a peer with 'send' | there is peer
    ! 48:9: error: 'reader' is no peer | there are peer and silent
    ! 50:11: error: there is no node 'nobody' | there are server, reader, poller, names, peer, peer-1, peer-2, peer-3, silent, silent-1 and silent-2
    ! 51:9: error: there is no node 'peer-7', did you mean 'peer-1'?
    ! 53:5: error: 'group' does not go with messages: it takes from, to and of
    === assertions on peers: sound ++++
    faults: [{ kill: peer-1, at: 1s }]
    assertions:
      - converged: friends
        within: 1s
      - converged: { group: friends, within: 1s }
      - { detected: all, within: 1s }
      - { detected: friends, within: 1s, expect: violated }
      - { detected: { group: friends, within: 1s } }
      - { false-deaths: 0 }
      - { false-deaths: <3, group: friends }
      - coherent: friends
      - { found: ">=99%", group: friends, by: names, from: peer-2, hops: <=3 }
      - { messages: exactly-once, from: peer, to: peer-2, of: attempted }
    === peers who do nothing
    groups: { g: , lonely: }
    nodes:
      p: { replicas: 2, peer: g }
      q: { peer: lonely }
    assertions:
      - coherent: g
      - found: 99%
      - messages: exactly-once
      - converged: lonely
        within: 1s
      - { detected: g, within: 1s }
    ! 6:15: warning: nobody broadcasts in 'g', so this will be unknown | peer: { group: g, broadcast: { count: 10 } }
    ! 7:12: warning: nobody looks for anything, so this will be unknown | peer: { group: g, find: { what: NAME } }
    ! 8:15: warning: no peer sends anything, so this will be unknown | peer: { group: g, send: { to: NAME, count: 10 } }
    ! 9:16: warning: only one process is a peer of 'lonely', so this will be unknown
    ! 11:17: warning: nothing here kills a peer, so this will be unknown unless orch fault kill does | faults: [{ kill: NAME, at: 1s }]
    """#
