// What is printed of findings, and what limits make of them. Pure: nobody is asked.

#include "commands/probe_formats.hpp"

#include <nlohmann/json.hpp>

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace conecta;
using namespace conecta::command;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

probe_finding ready(std::string url = "redis://127.0.0.1:6379") {
  probe_finding made;
  made.url = std::move(url);
  made.state = readiness::ready;
  made.connecting = 1ms;
  made.took = 1500us;
  made.attempts = 1;
  return made;
}

probe_finding refused(std::string url = "tcp://127.0.0.1:1") {
  auto made = ready(std::move(url));
  made.state = readiness::no_answer;
  made.reason = "refused";
  made.detail = "Connection \"refused\" <\x1b[31m>";
  return made;
}

struct printed {
  std::string text;
  int code;
};

printed print(probe_format format, std::vector<probe_finding> all, probe_limits limits = {},
              exit_style style = exit_style::nagios) {
  limits.policy.needed = all.size();
  probe_findings const found{std::move(all), {}};
  probe_outcome const outcome{found, limits, exit_code_of(found, limits)};
  return {in_format(format, outcome), in_style(style, outcome)};
}

auto const now = std::chrono::system_clock::time_point{} + 20'000h;

} // namespace

TEST_CASE("Nagios reads a line, performance data and its own exit codes") {
  probe_limits limits;
  limits.warn = 50ms;
  auto const good = print(probe_format::nagios, {ready()}, limits);
  CHECK(good.text == "CONECTA OK - redis://127.0.0.1:6379 ready | "
                     "'redis://127.0.0.1:6379'=0.001500s;0.050000;;0\n");
  CHECK(good.code == 0);

  auto warned = ready();
  warned.warning = "slower than 1.00 ms";
  CHECK(print(probe_format::nagios, {warned}).code == 1);
  CHECK_THAT(print(probe_format::nagios, {warned}).text, Contains("CONECTA WARNING - "));

  auto const bad = print(probe_format::nagios, {ready(), refused("tcp://a=b:1")});
  CHECK(bad.code == 2);
  CHECK_THAT(bad.text,
             Contains("CONECTA CRITICAL - 1 of 2 as wanted; tcp://a=b:1 no_answer: refused"));
  CHECK_THAT(bad.text, Contains("'tcp://a_b:1'=0.001500s"));
  CHECK(bad.text.find('\n') == bad.text.size() - 1);

  auto unknown = refused();
  unknown.state = readiness::not_attempted;
  CHECK(print(probe_format::nagios, {unknown}).code == 3);
}

TEST_CASE("Prometheus reads gauges, whose labels are escaped") {
  auto secure = ready("https://\"h\\\":1/");
  secure.certificate_expires = now;
  auto const text = print(probe_format::prometheus, {secure, refused()}).text;
  CHECK_THAT(text, Contains("# TYPE conecta_probe_success gauge\n"));
  CHECK_THAT(text, Contains("conecta_probe_success{target=\"https://\\\"h\\\\\\\":1/\"} 1\n"));
  CHECK_THAT(text, Contains("conecta_probe_success{target=\"tcp://127.0.0.1:1\"} 0\n"));
  CHECK_THAT(text, Contains("reason=\"refused\"} 2\n"));
  CHECK_THAT(text, Contains("phase=\"connect\"} 0.001000\n"));
  CHECK_THAT(text,
             Contains("expiry_timestamp_seconds{target=\"https://\\\"h\\\\\\\":1/\"} 72000000\n"));
}

TEST_CASE("JUnit, TAP and lines of JSON hold what a server said, made safe") {
  auto const junit = print(probe_format::junit, {ready(), refused()}).text;
  CHECK_THAT(junit, Contains("tests=\"2\" failures=\"1\""));
  CHECK_THAT(junit, Contains("&quot;refused&quot; &lt;"));
  CHECK(junit.find('\x1b') == std::string::npos);

  auto const tap = print(probe_format::tap, {ready("http://h/#1"), refused()}).text;
  CHECK_THAT(tap, Contains("TAP version 14\n1..2\nok 1 - http://h/_1\n"));
  CHECK_THAT(tap, Contains("not ok 2 - tcp://127.0.0.1:1\n  ---\n  state: no_answer\n"));
  CHECK(tap.find('\x1b') == std::string::npos);

  auto const lines = print(probe_format::jsonl, {ready(), refused()}).text;
  auto const end = lines.find('\n');
  CHECK(nlohmann::json::parse(lines.substr(0, end)).at("state") == "ready");
  CHECK(nlohmann::json::parse(lines.substr(end + 1)).at("reason") == "refused");
}

TEST_CASE("of targets that look the same Prometheus is told the worse") {
  auto other = refused();
  other.url = ready().url;
  auto const text = print(probe_format::prometheus, {ready(), other, ready()}).text;
  std::string const sample = "conecta_probe_success{target=\"" + ready().url + "\"} ";
  auto const at = text.find(sample);
  CHECK(text.substr(at, sample.size() + 1) == sample + "0");
  CHECK(text.find(sample, at + 1) == std::string::npos);
}

TEST_CASE("docker and boolean know two answers") {
  CHECK(print(probe_format::human, {ready()}, {}, exit_style::docker).code == 0);
  CHECK(print(probe_format::human, {refused()}, {}, exit_style::docker).code == 1);
  CHECK(print(probe_format::human, {refused()}, {}, exit_style::boolean).code == 1);
  CHECK(print(probe_format::human, {refused()}, {}, exit_style::conecta).code == 2);
}

TEST_CASE("what is slow is a warning, what is slower is not ready") {
  probe_limits limits;
  limits.warn = 1ms;
  auto found = ready();
  weigh(found, limits, now);
  CHECK(found.state == readiness::ready);
  CHECK(found.warning == "slower than 1.00 ms");
  limits.crit = 1500us; // no more than it took
  auto edge = ready();
  weigh(edge, limits, now);
  CHECK(edge.state == readiness::ready);
  limits.crit = 1400us;
  auto slow = ready();
  weigh(slow, limits, now);
  CHECK(slow.state == readiness::not_ready);
  CHECK(slow.reason == "slow");
}

TEST_CASE("a warning fails only where it is asked to") {
  auto warned = ready();
  warned.warning = "slower than 1.00 ms";
  probe_limits limits;
  CHECK(exit_code_of({{warned}, {}}, limits) == 0);
  limits.warnings_fail = true;
  CHECK(exit_code_of({{warned}, {}}, limits) == 1);
  CHECK(exit_code_of({{ready()}, {}}, limits) == 0);
}

TEST_CASE("a certificate that expires soon is a warning, and then not ready") {
  probe_limits limits;
  limits.cert_warn = 21 * 24h;
  limits.cert_crit = 7 * 24h;
  auto const with = [&](std::chrono::hours left) {
    auto found = ready();
    found.certificate_expires = now + left;
    weigh(found, limits, now);
    return found;
  };
  CHECK(with(22 * 24h).warning.empty());
  CHECK(with(20 * 24h + 1h).warning == "the certificate expires in 20 days");
  CHECK(with(20 * 24h).state == readiness::ready);
  auto const late = with(25h);
  CHECK(late.state == readiness::not_ready);
  CHECK(late.reason == "certificate");
  CHECK(late.detail == "the certificate expires in 1 day");
}
