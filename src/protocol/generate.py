#!/usr/bin/env python3
"""Generates C++ structs, codecs and JSON views of Kafka's messages from schema files.

    generate.py OUTPUT_DIR SCHEMA…

A schema file holds the messages of one API (docs/protocol.md describes the format). For NAME.schema this writes
messages/NAME.h, messages/NAME.cpp and json/NAME.cpp, and for all together api.h and all.h. Files that would not change are left alone.
"""

import pathlib
import re
import sys
from dataclasses import dataclass, field

ANY = 32767
SCALARS = {"int8": ("int8_t", 1), "int16": ("int16_t", 2), "int32": ("int32_t", 4), "int64": ("int64_t", 8),
           "bool": ("bool", 1), "float64": ("double", 8)}
# Record batches are passed through as views and file slices instead of being copied.
RECORD_FIELDS = {("ProduceRequest", "records")}
# How many bytes a length takes: plain, and at least when compact.
LENGTH_SIZES = {"array": (4, 1), "bytes": (4, 1), "records": (4, 1), "string": (2, 1)}
# Where Kafka calls an API otherwise than its messages.
API_NAMES = {"ListOffset": "ListOffsets"}
# What only brokers may ask of each other.
CLUSTER_ACTIONS = {4, 5, 6, 7, 27, *range(52, 57)}
# In the API list of 2.7.0 but not served by it: the Raft quorum's.
NOT_ADVERTISED = range(52, 56)


@dataclass
class Field:
    low: int
    high: int
    name: str
    type: str
    null_from: int = ANY
    tag: int = -1
    default: str = ""
    never_compact: bool = False
    children: list = field(default_factory=list)

    @property
    def is_array(self):
        return self.type.startswith("[]")

    @property
    def element(self):
        return self.type.removeprefix("[]")

    @property
    def is_nullable(self):
        return self.null_from < ANY


@dataclass
class Message:
    name: str
    key: int
    kind: str  # request, response, data or header
    low: int
    high: int
    flexible_from: int
    fields: list


def versions(text):
    if text == "none":
        return ANY, ANY
    if text.endswith("+"):
        return int(text[:-1]), ANY
    low, _, high = text.partition("-")
    return int(low), int(high or low)


def parse_field(line):
    match = re.fullmatch(r"\s*(\S+)\s+(\S+)\s+(\S+)\s*(?:\[(.*)\])?\s*", line)
    if not match:
        raise SystemExit(f"not a field: {line!r}")
    parsed = Field(*versions(match[1]), match[2], match[3])
    for attribute in (match[4] or "").split(","):
        words = attribute.split()
        if not words or words == ["key"]:
            continue
        if words[0] == "null":
            parsed.null_from = versions(words[1])[0]
        elif words[0] == "tag":
            parsed.tag = int(words[1])
        elif words[0] == "default":
            parsed.default = words[1]
        elif words == ["never", "compact"]:
            parsed.never_compact = True
        else:
            raise SystemExit(f"unknown attribute {attribute!r} in {line!r}")
    return parsed


def parse(text):
    messages = []
    for block in re.split(r"\n\s*\n", text.strip()):
        head, *lines = block.split("\n")
        match = re.fullmatch(r"(?:api (\d+) (request|response)|(data|header)) (\w+) versions (\S+) flexible (\S+)", head)
        if not match:
            raise SystemExit(f"not the head of a message: {head!r}")
        low, high = versions(match[5])
        message = Message(match[4], int(match[1] or -1), match[2] or match[3], low, high, versions(match[6])[0], [])
        stack = [(-1, message.fields)]
        for line in lines:
            indent = len(line) - len(line.lstrip())
            while stack[-1][0] >= indent:
                stack.pop()
            parsed = parse_field(line)
            stack[-1][1].append(parsed)
            stack.append((indent, parsed.children))
        messages.append(message)
    return messages


def structs_of(message):
    """The nested structs, innermost first, each name once."""
    found = {}

    def walk(fields):
        for f in fields:
            if f.children:
                walk(f.children)
                found.setdefault(f.element, f.children)
    walk(message.fields)
    return found


def is_records(message, f):
    return f.element == "records" or (message.name, f.name) in RECORD_FIELDS


def element_type(message, f):
    if is_records(message, f):
        return "RecordData"
    if f.element in SCALARS:
        return SCALARS[f.element][0]
    return "std::string" if f.element in ("string", "bytes") else f.element


def cpp_type(message, f):
    one = element_type(message, f)
    whole = f"std::vector<{one}>" if f.is_array else one
    return f"std::optional<{whole}>" if f.is_nullable and not is_records(message, f) else whole


def initializer(message, f):
    if f.element in SCALARS and not f.is_array:
        if f.default:
            return f" = {f.default}"
        return " = false" if f.element == "bool" else " = 0"
    if f.is_array and f.is_nullable and f.default != "null":
        return "{std::in_place}"
    return ""


def smallest_size(message, f, version):
    """Bytes that the field takes at least in the version."""
    if f.tag >= 0 or not f.low <= version <= f.high:
        return 0
    return LENGTH_SIZES["array"][version >= message.flexible_from] if f.is_array else smallest_element(message, f, version)


def smallest_element(message, f, version):
    is_flexible = version >= message.flexible_from
    if f.element in SCALARS:
        return SCALARS[f.element][1]
    if f.children:
        return sum(smallest_size(message, c, version) for c in f.children) + is_flexible
    return LENGTH_SIZES[f.element][is_flexible and not f.never_compact]


def smallest_expression(message, f):
    """The smallest size of the array's items as C++, by version where versions differ."""
    expression, newest = "", None
    for version in range(max(f.low, message.low), min(f.high, message.high) + 1):
        size = max(1, smallest_element(message, f, version))
        if size != newest:
            expression = f"version >= {version} ? {size} : {expression}" if expression else str(size)
            newest = size
    return expression


def condition(message, f):
    parts = []
    if f.low > message.low:
        parts.append(f"version >= {f.low}")
    if f.high < message.high:
        parts.append(f"version <= {f.high}")
    return " && ".join(parts)


def guarded(message, f, statements):
    test = condition(message, f)
    if not test:
        return [f"  {s}" for s in statements]
    return [f"  if ({test}) {{", *(f"    {s}" for s in statements), "  }"]


def encode_element(message, f, value):
    if is_records(message, f):
        return f"out.records({value});"
    if f.element in SCALARS:
        return f"out.put({value});"
    if f.element in ("string", "bytes"):
        return f"out.{'plain_string' if f.never_compact else f.element}({value});"
    return f"{value}.encode(out, version);"


def encode_field(message, f):
    if not f.is_array:
        if f.is_nullable and not is_records(message, f):
            null = f"out.null_{'plain_string' if f.never_compact else f.element}();"
            return [f"if ({f.name}) {encode_element(message, f, '*' + f.name)}", f"else {null}"]
        return [encode_element(message, f, f.name)]
    array = f"*{f.name}" if f.is_nullable else f.name
    size = f"{f.name}->size()" if f.is_nullable else f"{f.name}.size()"
    loop = [f"out.count({size});", f"for (const auto& item : {array}) {encode_element(message, f, 'item')}"]
    if not f.is_nullable:
        return loop
    return [f"if ({f.name}) {{", *(f"  {s}" for s in loop), "} else {", "  out.null_array();", "}"]


def default_test(message, f):
    """An expression that holds when the field differs from its default."""
    if f.is_array or f.element in ("string", "bytes"):
        if f.is_nullable:
            return f"{f.name}.has_value()" if f.default == "null" else f"(!{f.name} || !{f.name}->empty())"
        return f"!{f.name}.empty()"
    if f.element in SCALARS:
        return f"{f.name} != {f.default or ('false' if f.element == 'bool' else '0')}"
    return f"{f.name} != {f.element}{{}}"


def encode_body(message, fields):
    lines = []
    for f in fields:
        if f.tag < 0:
            lines += guarded(message, f, encode_field(message, f))
    if message.flexible_from == ANY:
        return lines
    tagged = sorted((f for f in fields if f.tag >= 0), key=lambda f: f.tag)
    if not tagged:
        return [*lines, "  out.tags(unknown_tags);"]
    lines.append("  TaggedFields tags(out, unknown_tags);")
    for f in tagged:
        test = " && ".join(t for t in (condition(message, f), default_test(message, f)) if t)
        lines += [f"  if ({test}) {{", f"    tags.begin({f.tag});",
                  *(f"    {s}" for s in encode_field(message, f)), "    tags.end();", "  }"]
    return [*lines, "  tags.finish();"]


def decode_element(message, f, target):
    if is_records(message, f):
        return f"in.records({target});"
    if f.element in SCALARS:
        return f"in.get({target});"
    if f.element in ("string", "bytes"):
        return f"in.{'plain_string' if f.never_compact else f.element}({target});"
    return f"{target}.decode_from(in, version);"


def decode_field(message, f):
    if not f.is_array:
        if f.is_nullable and not is_records(message, f):
            name = "plain_string" if f.never_compact else f.element
            allowed = "true" if f.null_from <= max(f.low, message.low) else f"version >= {f.null_from}"
            return [f"in.nullable_{name}({f.name}, {allowed});"]
        return [decode_element(message, f, f.name)]
    smallest = smallest_expression(message, f)
    items = f"{f.name}" if not f.is_nullable else f"{f.name}.emplace()"
    body = [f"auto& items = {items};", "reserve_for(items, declared_count);",
            f"for (int32_t i = 0; i < declared_count && !in.failed(); ++i) {decode_element(message, f, 'items.emplace_back()')}"]
    if f.element in SCALARS:
        body[2] = ("for (int32_t i = 0; i < declared_count && !in.failed(); ++i) "
                   f"items.push_back(in.take<{SCALARS[f.element][0]}>());")
    if not f.is_nullable:
        return ["{", f"  const int32_t declared_count = in.count({smallest});", *(f"  {s}" for s in body), "}"]
    allowed = "true" if f.null_from <= max(f.low, message.low) else f"version >= {f.null_from}"
    return [f"if (const int32_t declared_count = in.nullable_count({smallest}, {allowed}); declared_count < 0) {{",
            f"  {f.name}.reset();", "} else {", *(f"  {s}" for s in body), "}"]


def decode_body(message, fields):
    lines = []
    for f in fields:
        if f.tag < 0:
            lines += guarded(message, f, decode_field(message, f))
    if message.flexible_from == ANY:
        return lines
    tagged = [f for f in fields if f.tag >= 0]
    if not tagged:
        return [*lines, "  in.tags(unknown_tags);"]
    lines += ["  for (uint32_t tags = in.begin_tags(); tags > 0 && !in.failed(); --tags) {",
              "    TaggedField tagged(in);", "    switch (tagged.tag()) {"]
    for f in tagged:
        lines += [f"      case {f.tag}: {{", *(f"        {s}" for s in decode_field(message, f)), "        break;", "      }"]
    return [*lines, "      default: tagged.keep(unknown_tags);", "    }", "    tagged.finish();", "  }"]


def header_of(messages):
    out = ["#pragma once", "// Generated from the schema; see src/protocol/generate.py.", "",
           "#include <cstdint>", "#include <limits>", "#include <optional>", "#include <string>", "#include <vector>", "",
           '#include "protocol/codec.h"', '#include "protocol/record_data.h"', "", "namespace samsa::protocol {", ""]
    # A response stands before its request, which names it.
    for message in sorted(messages, key=lambda m: m.kind == "request"):
        out += [f"struct {message.name} {{"]
        flexible = "std::numeric_limits<int16_t>::max()" if message.flexible_from == ANY else message.flexible_from
        out += [f"  static constexpr int16_t k_api_key = {message.key};",
                f"  static constexpr int16_t k_min_version = {message.low};",
                f"  static constexpr int16_t k_max_version = {message.high};",
                f"  static constexpr int16_t k_first_flexible_version = {flexible};"]
        if message.kind == "request":
            out.append(f"  using Response = {message.name.removesuffix('Request')}Response;")
        for name, fields in structs_of(message).items():
            out += ["", f"  struct {name} {{"]
            out += [f"    {cpp_type(message, f)} {f.name}{initializer(message, f)};" for f in fields]
            out += ["    UnknownTags unknown_tags;"] if message.flexible_from < ANY else []
            out += ["", "    void encode(Encoder& out, int16_t version) const;",
                    "    void decode_from(Decoder& in, int16_t version);",
                    f"    friend bool operator==(const {name}&, const {name}&) = default;", "  };"]
        out.append("")
        out += [f"  {cpp_type(message, f)} {f.name}{initializer(message, f)};" for f in message.fields]
        out += ["  UnknownTags unknown_tags;"] if message.flexible_from < ANY else []
        out += ["", "  void encode(Encoder& out, int16_t version) const;",
                f"  static Result<{message.name}> decode(BytesView body, int16_t version);",
                "  void decode_from(Decoder& in, int16_t version);",
                f"  friend bool operator==(const {message.name}&, const {message.name}&) = default;", "};", ""]
    return "\n".join([*out, "}  // namespace samsa::protocol", ""])


def source_of(name, messages):
    out = ["// Generated from the schema; see src/protocol/generate.py.", "",
           f'#include "protocol/messages/{name}.h"', "", "namespace samsa::protocol {", ""]
    for message in messages:
        parts = [(f"{message.name}::{n}", f, False) for n, f in structs_of(message).items()]
        parts.append((message.name, message.fields, True))
        for scope, fields, is_top in parts:
            begin = ["  out.set_flexible(version >= k_first_flexible_version);"] if is_top else []
            out += [f"void {scope}::encode([[maybe_unused]] Encoder& out, [[maybe_unused]] int16_t version) const {{",
                    *begin, *encode_body(message, fields), "}", ""]
            begin = ["  in.set_flexible(version >= k_first_flexible_version);"] if is_top else []
            out += [f"void {scope}::decode_from([[maybe_unused]] Decoder& in, [[maybe_unused]] int16_t version) {{",
                    *begin, *decode_body(message, fields), "}", ""]
        out += [f"Result<{message.name}> {message.name}::decode(BytesView body, int16_t version) {{",
                f"  return decode_message<{message.name}>(body, version, \"{message.name}\");", "}", ""]
    return "\n".join([*out, "}  // namespace samsa::protocol", ""])


def camel(name):
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def json_value(message, f, value):
    if is_records(message, f):
        return f"json_records({value})"
    if f.element in SCALARS or f.element == "string":
        return f"boost::json::value({value})"
    if f.element == "bytes":
        return f"json_bytes({value})"
    return f"to_json({value}, version)"


def json_field(message, f):
    value = f"message.{f.name}"
    if is_records(message, f):
        is_default = f"{value}.is_null()"
    else:
        differs = re.sub(rf"\b{f.name}\b", value, default_test(message, f))
        is_default = f"!({differs.replace(f'!= {f.element}{{}}', f'!= {message.name}::{f.element}{{}}')})"
    kind = "JsonKind::record_batches" if f.element == "records" else "JsonKind::value"
    target = f'object[json_key("{camel(f.name)}", {kind}, {is_default})]'
    one = value if not f.is_nullable or is_records(message, f) else f"*{value}"
    if f.is_array:
        fill = ["boost::json::array array;",
                f"for (const auto& item : {one}) array.push_back({json_value(message, f, 'item')});",
                f"{target} = std::move(array);"]
    else:
        fill = [f"{target} = {json_value(message, f, one)};"]
    if f.is_nullable and not is_records(message, f):
        fill = [f"if ({value}) {{", *(f"  {s}" for s in fill), "} else {", f"  {target} = nullptr;", "}"]
    elif f.is_array:
        fill = ["{", *(f"  {s}" for s in fill), "}"]
    return guarded(message, f, fill)


def json_source_of(name, messages):
    out = ["// Generated from the schema; see src/protocol/generate.py.", "",
           '#include "protocol/json.h"', f'#include "protocol/messages/{name}.h"', "", "namespace samsa::protocol {", ""]
    for message in messages:
        parts = [(f"{message.name}::{n}", f) for n, f in structs_of(message).items()] + [(message.name, message.fields)]
        for scope, fields in parts:
            out += [f"boost::json::value to_json([[maybe_unused]] const {scope}& message, [[maybe_unused]] int16_t version) {{",
                    "  boost::json::object object;",
                    *(line for f in fields for line in json_field(message, f)), "  return object;", "}", ""]
        out += [f'static const JsonRegistration registered_{message.name}("{message.name}", &reencode<{message.name}>);', ""]
    return "\n".join([*out, "}  // namespace samsa::protocol", ""])


def snake(name):
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def api_header(messages):
    requests = sorted((m for m in messages if m.kind == "request"), key=lambda m: m.key)
    responses = {m.key: m for m in messages if m.kind == "response"}
    out = ["#pragma once", "// Generated from the schemas: every API of Kafka 2.7.0.", "", "#include <cstdint>", "#include <span>",
           "#include <string_view>", "", "namespace samsa::protocol {", "", "enum class ApiKey : int16_t {"]
    out += [f"  {snake(m.name.removesuffix('Request'))} = {m.key}," for m in requests]
    out += ["};", "", "struct Api {", "  ApiKey key;", "  std::string_view name;", "  int16_t min_version, max_version;",
            "  int16_t first_flexible_version;  // of the request and its header", "  int16_t first_flexible_response_version;",
            "  bool is_advertised;      // listed by ApiVersions and served",
            "  bool is_cluster_action;  // for brokers only", "};", "", "inline constexpr Api k_apis[] = {"]
    for m in requests:
        stem = m.name.removesuffix("Request")
        out.append(f"    {{ApiKey::{snake(stem)}, \"{API_NAMES.get(stem, stem)}\", {m.low}, {m.high}, "
                   f"{m.flexible_from}, {responses[m.key].flexible_from}, {str(m.key not in NOT_ADVERTISED).lower()}, "
                   f"{str(m.key in CLUSTER_ACTIONS).lower()}}},")
    assert [m.key for m in requests] == list(range(len(requests))), "keys without a gap let find_api index the table"
    out += ["};", "", "// The API's row, or null for a key that Kafka 2.7.0 does not know.",
            "inline constexpr const Api* find_api(int16_t key) {",
            "  return key >= 0 && key < static_cast<int16_t>(std::size(k_apis)) ? &k_apis[key] : nullptr;", "}", "",
            "}  // namespace samsa::protocol", ""]
    return "\n".join(out)


def all_header(names, messages):
    requests = sorted((m for m in messages if m.kind == "request"), key=lambda m: m.key)
    out = ["#pragma once", "// Generated from the schemas: every message, for code that treats all alike, such as fuzzers.", "",
           '#include "protocol/api.h"']
    out += [f'#include "protocol/messages/{name}.h"' for name in names]
    out += ["", "namespace samsa::protocol {", "",
            "// Calls visitor.template operator()<XRequest>() for the API's request type.", "template <class Visitor>",
            "decltype(auto) visit_request(ApiKey key, Visitor&& visitor) {", "  switch (key) {"]
    out += [f"    case ApiKey::{snake(m.name.removesuffix('Request'))}: return visitor.template operator()<{m.name}>();"
            for m in requests]
    out += ["  }", "  __builtin_unreachable();", "}", "", "}  // namespace samsa::protocol", ""]
    return "\n".join(out)


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def main():
    target = pathlib.Path(sys.argv[1])
    everything = []
    for path in map(pathlib.Path, sys.argv[2:]):
        messages = parse(path.read_text())
        everything += messages
        write(target / "messages" / f"{path.stem}.h", header_of(messages))
        write(target / "messages" / f"{path.stem}.cpp", source_of(path.stem, messages))
        write(target / "json" / f"{path.stem}.cpp", json_source_of(path.stem, messages))
    write(target / "api.h", api_header(everything))
    write(target / "all.h", all_header([pathlib.Path(name).stem for name in sys.argv[2:]], everything))


if __name__ == "__main__":
    main()
