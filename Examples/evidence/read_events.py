#!/usr/bin/env python3
"""Reads an evidence file of orch by its documented format (docs/evidence.md) and prints what `orch events` prints of it.

usage: read_events.py LAYOUT.json FILE.events        (orch events --layout > LAYOUT.json)
"""
import json, struct, sys

kinds = {int(code): layout for code, layout in json.load(open(sys.argv[1])).items()}
data = open(sys.argv[2], "rb").read()
assert data[:8] == b"ORCHEV1\n", "not an evidence file"
end, at, words = struct.unpack_from("<Q", data, 8)[0], 16, []


def varint():
    global at
    value = shift = 0
    while True:
        byte = data[at]
        at, value, shift = at + 1, value | (byte & 127) << shift, shift + 7
        if byte < 128:
            return value


def take():
    global at
    count = varint()
    at += count
    return data[at - count:at]


def word():
    number = varint()
    if number >= 2:
        return words[number - 2]
    text = take().decode("utf-8", "replace")
    if number == 1:
        words.append(text)
    return text


def far(number):
    return str(number) if abs(number) > 1 << 53 else number


def field(kind):
    global at
    if kind == "number": return far(varint())
    if kind == "signed": raw = varint(); return far(raw >> 1 ^ -(raw & 1))
    if kind == "text": return take().decode("utf-8", "replace")
    if kind == "bytes": return take().hex()
    if kind == "word": return word()
    if kind == "words": return [word() for _ in range(varint())]
    at += 1
    return data[at - 1] != 0 if kind == "bool" else kind[data[at - 1]]


source, start = "", None
while at < min(end, len(data)):
    length = varint()
    stop, code, time = at + length, data[at], struct.unpack_from("<q", data, at + 1)[0]
    at += 9
    if code == 0:
        at += 1
        incarnation = varint()
        source = take().decode() + (f".{incarnation}" if incarnation > 1 else "")
    else:
        start = time if start is None else start
        event = {"time": time - start, "source": source, "kind": kinds[code]["kind"]}
        for name, kind in kinds[code]["fields"]:
            value = field(kind)
            if value or isinstance(kind, list):
                event[name] = value
        print(json.dumps(event, ensure_ascii=False, separators=(",", ":")))
    at = stop
