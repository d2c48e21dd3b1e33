#include "scenario/located_json.hpp"

#include <catch2/catch.hpp>

using namespace conecta::scenario;

namespace {

struct read {
  std::optional<node> tree;
  std::vector<std::string> problems; ///< "LINE: text", or "LINE: pointer: text"
};

read tree_of(std::string_view text) {
  problem_list found;
  read result;
  result.tree = parse_located(text, found);
  for (problem const& each : found.sorted()) {
    result.problems.push_back(std::to_string(each.where.line) + ": " +
                              (each.pointer.empty() ? "" : each.pointer + ": ") + each.text);
  }
  return result;
}

using lines = std::vector<std::string>;

} // namespace

TEST_CASE("every key and value knows its line") {
  auto const [tree, problems] = tree_of("{ // a comment\n"
                                        "  \"a\": 1\n"
                                        "  ,\n"
                                        "  \"b\":\n"
                                        "    [ true,\n"
                                        "      \"x\" ] /* and\n"
                                        "  another */, \"c\": { \"d\": null }\n"
                                        "}\n");
  REQUIRE(tree);
  CHECK(problems.empty());
  CHECK(tree->where.line == 1);
  CHECK(tree->members[0].where.line == 2);
  CHECK(tree->find("a")->where.line == 2);
  CHECK(tree->members[1].where.line == 4);
  CHECK(tree->find("b")->where.line == 5);
  CHECK(tree->find("b")->items[1].where.line == 6);
  CHECK(tree->find("c")->find("d")->where.line == 7);
}

TEST_CASE("numbers keep what they were written as") {
  auto const [tree, problems] =
      tree_of("[1.50,-0,18446744073709551615,1e3 , 99999999999999999999]");
  REQUIRE(tree);
  CHECK(problems.empty());
  CHECK(tree->items[0].text == "1.50");
  CHECK_FALSE(tree->items[0].whole);
  CHECK(tree->items[1].text == "-0");
  CHECK_FALSE(tree->items[1].whole);
  CHECK(tree->items[2].whole == 18446744073709551615U);
  CHECK(tree->items[3].text == "1e3");
  CHECK_FALSE(tree->items[3].whole);
  CHECK(tree->items[4].text == "99999999999999999999");
  CHECK_FALSE(tree->items[4].whole);
}

TEST_CASE("a key that is there twice is told with its line and pointer, and each one is") {
  auto const [tree, problems] =
      tree_of("{ \"a\": 1,\n \"a\": 2,\n \"b\": [ 0, { \"c\": 1,\n \"c\": {} } ] }");
  CHECK(problems ==
        lines{"2: /a: the key \"a\" is here twice", "4: /b/1/c: the key \"c\" is here twice"});
  REQUIRE(tree);
  CHECK(tree->find("a")->whole == 1);
}

TEST_CASE("what is not JSON is one message with its line") {
  CHECK(tree_of("").problems == lines{"1: empty"});
  CHECK(tree_of(" \n\t").problems == lines{"1: nothing but white space"});
  CHECK(tree_of("{\n\"a\": 1\n").problems ==
        lines{"3: not JSON: syntax error while parsing object - unexpected end of input; "
              "expected '}' (column 1)"});
  CHECK(tree_of("{\n\"a\": nan }").problems.at(0).starts_with("2: not JSON: "));
  CHECK(tree_of("{\n\"a\": NaN }").problems.at(0).starts_with("2: not JSON: "));
  CHECK(tree_of("{ \"a\": [ 1,\n -1e999 ] }").problems ==
        lines{"2: /a/1: found -1e999: a number this large does not fit"});
  CHECK(tree_of("{}\n{}").problems.at(0).starts_with("2: not JSON: "));
  CHECK(tree_of("[1,]").problems.at(0).starts_with("1: not JSON: "));
  CHECK(tree_of("\xef\xbb\xbf{}").problems ==
        lines{"1: begins with a byte order mark; save it as UTF-8 without one"});
  CHECK(tree_of("{}\n\xff").problems == lines{"2: not UTF-8 text, at byte 3"});
  CHECK(tree_of("\x7f"
                "ELF\x02\x01\x01")
            .problems.size() == 1);
  CHECK(tree_of(std::string_view{"{\0}", 3}).problems.size() == 1);
}

TEST_CASE("UTF-8 that is overlong, a surrogate, beyond Unicode or cut off is refused") {
  for (std::string_view const text :
       {"\"\xc0\x80\"", "\"\xe0\x80\x80\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"",
        "\"\xf0\x8f\xbf\xbf\"", "\"\xc3\"", "\"\xe2\x82\"", "// \xf5"}) {
    CAPTURE(text);
    CHECK(tree_of(text).problems.size() == 1);
  }
  CHECK(tree_of("\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xed\x9f\xbf\"").problems.empty());
}

TEST_CASE("32 levels are read and 33 are refused") {
  auto const nested = [](std::size_t levels) {
    return std::string(levels, '[') + std::string(levels, ']');
  };
  CHECK(tree_of(nested(32)).tree);
  CHECK(tree_of(nested(33)).problems == lines{"1: nested deeper than 32 levels"});
  CHECK(tree_of(std::string(1'000'000, '[')).problems == lines{"1: nested deeper than 32 levels"});
}

TEST_CASE("1 MiB is read and one byte more is refused") {
  std::string text = "[]";
  text.resize(max_scenario_size, ' ');
  CHECK(tree_of(text).tree);
  text.push_back(' ');
  CHECK(tree_of(text).problems == lines{"1: larger than 1 MiB"});
}

TEST_CASE("a million keys that are all there twice are counted, not listed") {
  std::string text = "{\"a\":0";
  while (text.size() < max_scenario_size - 10) {
    text += ",\"a\":0";
  }
  problem_list found;
  static_cast<void>(parse_located(text + "}", found));
  CHECK(found.sorted().size() == problem_list::most);
  CHECK(found.left_out() > 100'000);
}

TEST_CASE("what is written reads back as the same") {
  std::string const text = "{\n"
                           "  \"a\": [1.50, \"\\u0001\\n\xc3\xa9\", null, true],\n"
                           "  \"b\": {},\n"
                           "  \"c\": { \"d\": [] }\n"
                           "}\n";
  CHECK(written(*tree_of(text).tree) == text);
}

TEST_CASE("a password in a URL is never shown") {
  CHECK(shown(string_node("redis://user:pass@host:1", {})) == "\"redis://***@host:1\"");
  CHECK(shown(string_node("// mail a@b", {})) == "\"// mail a@b\"");
}
