#!/bin/sh
# What the docs say of the code is looked up in the code: tests by name and file, paths, links, small
# worlds, the options with their defaults, the table of other pools' behaviours. Prints every breach
# and fails if there is one.
# Usage: docs.sh SOURCE_DIR   |   docs.sh --self-test
set -u

# Code spans of a page as one line each: a span may be wrapped over two lines.
flowing() { awk '/^```/ { code = !code; next } !code' "$1" | tr '\n' ' ' | tr -s ' '; }

named_tests() {
  for page in docs/*.md; do
    flowing "$page" | grep -oE '`[^`]+` \([a-z_]+/[a-z_]+\.cpp\)' |
      sed -E 's/^`([^`]+)` \((.*)\)$/\2|\1/' | sort -u | while IFS='|' read -r file name; do
      grep -qF "TEST_CASE(\"$name\"" "tests/$file" 2>/dev/null ||
        echo "$page: tests/$file has no test \"$name\""
    done
  done
}

named_paths() {
  for page in docs/*.md; do
    flowing "$page" | grep -oE '`(tests|libconecta|scenarios|fuzz|cli)/[A-Za-z0-9_./-]+`' | tr -d '`' |
      sort -u | while read -r path; do
      [ -e "$path" ] || echo "$page: there is no $path"
    done
    flowing "$page" | grep -oE 'small worlds? ("[^"]+"(, | and )?)+' | grep -oE '"[^"]+"' | sort -u |
      while read -r world; do
        grep -qF "$world" tests/property/small_world.cpp || echo "$page: no small world $world"
      done
  done
  for page in README.md docs/*.md; do
    flowing "$page" | grep -oE '\]\([^):#]+' | cut -c3- | sort -u | while read -r target; do
      [ -e "$(dirname "$page")/$target" ] || echo "$page: the link to $target leads nowhere"
    done
  done
  for page in docs/*.md; do
    grep -qF "(${page##*/})" docs/README.md || [ "$page" = docs/README.md ] ||
      echo "$page: docs/README.md does not lead to it"
  done
}

# Each row names a test or says why it does not apply, and a table is as long as its heading says.
behaviours() {
  awk '
    function close_table() {
      if (title != "" && rows != said) print FILENAME ": " rows " rows under \"" title "\""
    }
    /^## / { close_table(); title = substr($0, 4); said = $(NF - 1); rows = 0; next }
    /^\| `/ {
      ++rows
      if ($0 !~ /\| does not apply: [^|]+ \|$/ && $0 !~ /`[^`]+` \([a-z_]+\/[a-z_]+\.cpp\)[^|]* \|$/)
        print FILENAME ":" FNR ": names no test and no reason"
    }
    END { close_table() }' docs/behaviours.md
}

# Name and default of every option, as the header has them and as the pages do.
options() {
  in_header=$(sed -n '/^struct backoff_options/,/^};/p;/^struct pool_options/,/^};/p' \
    libconecta/include/conecta/options.hpp |
    awk '
      /^struct backoff_options/ { prefix = "backoff." }
      /^struct pool_options/ { prefix = "" }
      /^  [^ \/].* =/ && !/^  [a-z0-9_:<>]+ [a-z_]+ = [^;]+;/ { print "?|" $0 }
      /^  [a-z0-9_:<>]+ [a-z_]+ = [^;]+;/ {
        name = $2; value = $0
        sub(/^[^=]+= /, "", value); sub(/;.*/, "", value)
        sub(/^[a-z_]+::/, "", value) # an enumeration
        if (value ~ /^chrono::/) {
          unit = value; sub(/^chrono::/, "", unit); sub(/\{.*/, "", unit)
          number = value; gsub(/[^0-9]/, "", number)
          short["milliseconds"] = "ms"; short["seconds"] = "s"; short["minutes"] = "min"
          value = number " " short[unit]
        }
        if (value == "{}") value = $1 == "std::string" ? "empty" : "none"
        if (prefix name != "backoff") print prefix name "|" value
      }')
  [ -n "$in_header" ] || echo "options.hpp: no options were found"
  echo "$in_header" | while IFS='|' read -r name value; do
    grep -hqF "| \`$name\` | $value |" docs/*.md ||
      echo "docs: no table says that \`$name\` is $value by default"
  done
  awk '/^\| option \|/ { table = 1 } !/^\|/ { table = 0 } table' docs/*.md |
    sed -nE 's/^\| `([a-z_.]+)` \| ([^|]+) \| [^|]+ \| [^|]+ \|$/\1|\2/p' |
    while read -r row; do
      echo "$in_header" | grep -qxF "$row" || echo "docs: no option is \"$row\""
    done
}

# Every error, reason to close, event of the observer and metric has its place on a page.
vocabulary() {
  face=libconecta/include/conecta
  {
    sed -n '/^enum class errc /,/^};/p' $face/error.hpp | sed -nE 's/^  ([a-z_]+)[, ].*/\1/p'
    sed -n '/^enum class close_reason /,/^};/p' $face/stats.hpp | sed -nE 's/^  ([a-z_]+),.*/\1/p'
    sed -nE 's/^  virtual void ([a-z_]+)\(.*/\1/p' $face/observer.hpp
    sed -nE 's/.*out\.(family|counter|histogram)\("([a-z_]+)".*/conecta_pool_\2/p' \
      libconecta/driver/prometheus.cpp
  } 2>/dev/null | sort -u | while read -r word; do
    grep -qE "\`$word[\`(]" docs/[!b]*.md || echo "docs: no page speaks of $word"
  done
}

# The diagram of a slot's states against the table that the code goes by.
states() {
  in_code=$(sed -nE 's/.*slot_state::([a-z]+),[ ]*slot_input::([a-z_]+),[ ]*slot_state::([a-z]+)\}.*/\1 --> \3: \2/p' \
    libconecta/core/slot_state.hpp | sort)
  drawn=$(sed -nE 's/^  ([a-z]+ --> [a-z]+: [a-z_]+)$/\1/p' docs/states.md | sort)
  [ -n "$in_code" ] && [ "$in_code" = "$drawn" ] ||
    echo "docs/states.md: the diagram is not what libconecta/core/slot_state.hpp says"
}

# Prose is wrapped at 100 columns, give or take a link; tables and code are as wide as they are.
wrapped() {
  awk '/^```/ { code = !code } FNR == 1 { code = 0 }
    !code && !/^\|/ && !/^    / && length > 105 { print FILENAME ":" FNR ": " length " columns" }' \
    docs/*.md
}

breaches() {
  cd "$1" || exit 2
  wrapped
  named_tests
  named_paths
  behaviours
  options
  states
  vocabulary
}

if [ "$1" = --self-test ]; then
  # The canary: pages with one breach of each kind.
  tree=$(mktemp -d)
  trap 'rm -rf "$tree"' EXIT
  mkdir -p "$tree"/docs "$tree"/tests/core "$tree"/tests/property "$tree"/libconecta/include/conecta \
    "$tree"/libconecta/core
  cd "$tree" || exit 2
  printf '%s\n' 'struct pool_options {' '  std::size_t max_size = 16;' \
    '  duration wait = std::chrono::seconds{3};' '};' >libconecta/include/conecta/options.hpp
  echo 'TEST_CASE("one") {' >tests/core/a_test.cpp
  echo 'add("tiny", 1);' >tests/property/small_world.cpp
  echo '[a](docs/README.md) [b](docs/gone.md)' >README.md # 1: a link
  {
    echo '[all](page.md) [of](behaviours.md) [it](README.md)'
    echo '`one` (core/a_test.cpp), `two` (core/a_test.cpp),' # 2: a test
    echo '`three' 'words` (core/a_test.cpp)' # 3: a test, wrapped
    echo '`tests/core/b_test.cpp` and `tests/core`' # 4: a path
    echo 'small worlds "tiny", "huge"' # 5: a world
  } >docs/page.md
  printf '%s\n' 'small world "tiny", [page](page.md), [other](behaviours.md), [last](states.md)' '' \
    '| option | default | range | meaning |' '| `max_size` | 17 | any | how many |' \
    '| `wait` | 3 s | any | how long |' \
    >docs/README.md # 6, 7: a default, as seen from either side
  printf '%s\n' '## theirs: 4 tests' '' '| `a` | b | `one` (core/a_test.cpp) |' \
    '| `b` | b | does not apply: no |' '| `c` | b | to do |' >docs/behaviours.md # 8, 9: row, length
  echo 'transition{slot_state::idle,  slot_input::grant,  slot_state::leased},' \
    >libconecta/core/slot_state.hpp
  echo '  idle --> vacant: grant' >docs/states.md # 10: the diagram
  printf '%s\n' 'enum class errc {' '  closed = 1,' '  all,' '};' \
    >libconecta/include/conecta/error.hpp # 11, 12: words
  yes 'alone' | head -n 40 | tr '\n' ' ' >docs/orphan.md # 13, 14: reached from nowhere, not wrapped
  found=$(breaches "$tree" | wc -l)
  [ "$found" -eq 14 ] || { echo "the self-test found $found breaches, not 14"; breaches "$tree"; exit 1; }
  exit 0
fi

found=$(breaches "$1")
[ -z "$found" ] || { echo "$found"; exit 1; }
