#include "scenario/key_tables.hpp"

#include <array>

namespace conecta::scenario {
namespace {

using namespace std::literals;

constexpr std::array one_payload_key{"hex"sv, "random"sv};
constexpr std::array payload_keys{
    key_rule{.name = "hex", .what = shape::text, .meaning = "bytes, two hexadecimal digits each"},
    key_rule{.name = "random",
             .what = shape::size,
             .meaning = "so many random bytes, new ones for each request",
             .low = 1,
             .high = mebibyte},
};
} // namespace

constexpr object_rule payload_rule{"a payload", payload_keys, {}, one_payload_key};

namespace {

constexpr std::array one_bytes_key{"hex"sv};
} // namespace

constexpr object_rule bytes_rule{
    "a payload of bytes", std::span{payload_keys}.first<1>(), {}, one_bytes_key};

namespace {

constexpr std::array methods{"GET"sv,    "HEAD"sv,  "POST"sv,   "PUT"sv,
                             "DELETE"sv, "PATCH"sv, "OPTIONS"sv};
constexpr std::array http_keys{
    key_rule{.name = "method",
             .what = shape::choice,
             .meaning = "what is asked",
             .fallback = "\"GET\"",
             .choices = methods},
    key_rule{.name = "path",
             .what = shape::text,
             .meaning = "of what, from the slash on and with a query; without it the URL's",
             .low = 1,
             .high = 8192},
    key_rule{.name = "headers",
             .what = shape::texts,
             .meaning = "fields, each \"Name: value\"",
             .low = 1,
             .high = 100},
    key_rule{.name = "body",
             .what = shape::payload,
             .meaning = "what is sent with it; its length is counted",
             .high = mebibyte,
             .inner = &payload_rule},
};
} // namespace

constexpr object_rule http_rule{"a request of HTTP", http_keys, {}, {}};

namespace {

constexpr std::array only_true{"true"sv};
constexpr std::array one_reply_key{"until"sv, "bytes"sv, "echo"sv, "close"sv, "none"sv};
constexpr std::array reply_keys{
    key_rule{.name = "until",
             .what = shape::text,
             .meaning = "the reply ends with this text",
             .low = 1,
             .high = 1024},
    key_rule{.name = "bytes",
             .what = shape::size,
             .meaning = "the reply is this long",
             .low = 1,
             .high = mebibyte},
    key_rule{.name = "echo",
             .what = shape::boolean,
             .meaning = "the reply is what was sent",
             .choices = only_true},
    key_rule{.name = "close",
             .what = shape::boolean,
             .meaning = "the reply ends where the server closes",
             .choices = only_true},
    key_rule{
        .name = "none", .what = shape::boolean, .meaning = "nothing is read", .choices = only_true},
};
} // namespace

constexpr object_rule reply_rule{"a reply", reply_keys, {}, one_reply_key};

namespace {

constexpr std::array expect_keys{
    key_rule{.name = "equals",
             .what = shape::text,
             .meaning = "the reply is this text",
             .low = 1,
             .high = mebibyte},
    key_rule{.name = "prefix",
             .what = shape::text,
             .meaning = "the reply begins with this text",
             .low = 1,
             .high = mebibyte},
    key_rule{.name = "regex",
             .what = shape::text,
             .meaning = "this pattern is found in the reply (Perl's syntax)",
             .low = 1,
             .high = 1024},
    key_rule{.name = "min_bytes",
             .what = shape::size,
             .meaning = "the reply is at least this long",
             .high = mebibyte},
};
} // namespace

constexpr object_rule expect_rule{"an expectation", expect_keys, {}, {}};

} // namespace conecta::scenario
