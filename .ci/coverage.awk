# coverage.awk -v sources="A.cpp B.cpp ..." EXCLUSIONS LCOV: prints the table; exit code 1 unless all
# of the sources is covered or excluded.
# A branch is one outcome of one condition; one that the compiler has folded away is none.

function trimmed(text) { gsub(/^[ \t]+|[ \t\r]+$/, "", text); return text }
function indent(text) { match(text, /^ */); return RLENGTH }
function mistake(what) { mistakes[++mistake_count] = what }

FNR == NR {
  if ($0 ~ /^[ \t]*(#|$)/) next
  if ($0 ~ /^=/) { reason = $0; next }
  first = index($0, "|")
  second = first + index(substr($0, first + 1), "|")
  what = trimmed(substr($0, first + 1, second - first - 1))
  if (reason == "" || first == second || what !~ /^(line|block|[1-9][0-9]* branch(es)?)$/) {
    mistake("exclusions, line " FNR ": not understood: " $0)
    next
  }
  ++listed
  listed_file[listed] = trimmed(substr($0, 1, first - 1))
  listed_what[listed] = what
  listed_text[listed] = trimmed(substr($0, second + 1))
  next
}

/^SF:/ {
  path = substr($0, 4)
  file = path
  sub(/.*libconecta\/core\//, "", file)
  files[++file_count] = file
  while ((getline text < path) > 0) source[file, ++length_of[file]] = text
  close(path)
}
/^DA:/ {
  split(substr($0, 4), part, ",")
  ++lines[file]
  runs[file, part[1]] = part[2]
}
/^BRDA:/ {
  split(substr($0, 6), part, ",")
  ++branches[file]
  if (part[4] == "-" || part[4] == 0) ++untaken[file, part[1]]
}

function excuse_line(file, at) {
  if (!((file, at) in runs) || runs[file, at] > 0 || excused[file, at]) return 0
  excused[file, at] = 1
  ++excused_lines[file]
  return 1
}

# What the block that begins at `start` holds, to its closing brace; none of it may have run.
function excuse_block(file, start, done, at) {
  for (at = start; at <= length_of[file]; ++at) {
    done += excuse_line(file, at)
    if (at > start && source[file, at] ~ /^ *}/ && indent(source[file, at]) <= indent(source[file, start])) break
    if (at > start && (file, at) in runs && runs[file, at] > 0) return 0
  }
  return done
}

function excuse(i, file, what, at, done) {
  file = listed_file[i]
  what = listed_what[i]
  for (at = 1; at <= length_of[file]; ++at) {
    if (trimmed(source[file, at]) != listed_text[i]) continue
    if (what == "line") done += excuse_line(file, at)
    else if (what == "block") done += excuse_block(file, at)
    else if (untaken[file, at] == what + 0) {
      done += untaken[file, at]
      excused_branches[file] += untaken[file, at]
      untaken[file, at] = 0
    }
  }
  if (!done) mistake("excluded, but covered, not there, or other in number: " file " | " what " | " listed_text[i])
}

function percent(part, whole) { return whole ? sprintf("%.2f %%", 100 * part / whole) : "-" }
function figures(all, out, lost) {
  return sprintf("%8d %9d %7d %9s", all, out, lost, percent(all - out - lost, all - out))
}
function row(title, of_lines, of_branches) {
  printf "%-19s %s   %s\n", title, of_lines, of_branches
}

END {
  for (i = 1; i <= listed; ++i) excuse(i)
  rest = sprintf("%9s %7s %9s", "excluded", "missed", "covered")
  row("libconecta/core", "   lines " rest, "branches " rest)
  for (i = 1; i <= file_count; ++i) {
    file = files[i]
    lost_lines = lost_branches = 0
    for (at = 1; at <= length_of[file]; ++at) {
      where = "libconecta/core/" file ":" at ": "
      if ((file, at) in runs && runs[file, at] == 0 && !excused[file, at]) {
        ++lost_lines
        mistake(where "never runs: " trimmed(source[file, at]))
      }
      if (untaken[file, at]) {
        lost_branches += untaken[file, at]
        mistake(where untaken[file, at] " branches never taken: " trimmed(source[file, at]))
      }
    }
    row(file, figures(lines[file], excused_lines[file], lost_lines),
        figures(branches[file], excused_branches[file], lost_branches))
    all_lines += lines[file]
    out_lines += excused_lines[file]
    all_lost_lines += lost_lines
    all_branches += branches[file]
    out_branches += excused_branches[file]
    all_lost_branches += lost_branches
  }
  row("all", figures(all_lines, out_lines, all_lost_lines),
      figures(all_branches, out_branches, all_lost_branches))
  printf "excluded ones counted as missed: lines %s, branches %s\n",
         percent(all_lines - out_lines - all_lost_lines, all_lines),
         percent(all_branches - out_branches - all_lost_branches, all_branches)

  count = split(sources, part, " ")
  for (i = 1; i <= count; ++i) {
    sub(/.*\//, "", part[i])
    if (!(part[i] in lines)) mistake("libconecta/core/" part[i] ": nothing of it is in the tests")
  }
  if (!count || !all_branches) mistake("nothing was measured")
  for (i = 1; i <= mistake_count; ++i) print mistakes[i]
  exit mistake_count > 0
}
