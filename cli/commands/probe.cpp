#include "commands/probe.hpp"

#include "commands/exit_code.hpp"
#include "commands/output.hpp"
#include "commands/probe_formats.hpp"
#include "commands/probe_options.hpp"
#include "commands/probing.hpp"
#include "commands/run_after.hpp"
#include "commands/secret.hpp"
#include "commands/tls.hpp"
#include "report/safe_text.hpp"
#include "run/descriptors.hpp"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace conecta::command {
namespace {

template <class Value, std::size_t Count>
CLI::Validator one_of(std::array<std::pair<char const*, Value>, Count> const& all) {
  std::vector<std::string> names;
  for (auto const& [name, value] : all) {
    names.emplace_back(name);
  }
  return CLI::IsMember(names).description("");
}

constexpr std::size_t needed_descriptors = 16;
constexpr unsigned most_headroom = 100'000;
constexpr char const* clear_line = "\r\033[K";

/// One line that is written over and over.
void show_progress(probe_finding const& latest) {
  auto const why = latest.reason.empty() ? std::string{name_of(latest.state)} : latest.reason;
  auto const seconds = std::chrono::duration_cast<std::chrono::seconds>(latest.total).count();
  std::cerr << clear_line << "waiting for "
            << report::fitted(report::safe_text(title_of(latest)), 40) << "  " << why << "  "
            << seconds << " s" << std::flush;
}

int run(probe_given const& options) {
  auto const format = named(probe_format_names, options.format).value();
  auto const usual_style =
      format == probe_format::nagios ? exit_style::nagios : exit_style::conecta;
  auto const style = options.style ? named(exit_style_names, *options.style).value() : usual_style;
  constexpr int nagios_unknown = 3;
  auto const not_asked = [style](int code) {
    return style == exit_style::nagios ? nagios_unknown : code;
  };
  probe_reader reads{options};
  if (options.command && options.command->empty()) {
    std::cerr << "conecta probe: there is no command after --\n";
    return not_asked(usage);
  }
  if (!reads.read_password()) {
    return not_asked(reads.wrong());
  }
  auto const targets = reads.targets();
  auto limits = reads.limits();
  if (!reads.understood()) {
    return not_asked(reads.wrong());
  }
  auto const needed = needed_descriptors +
                      limits.headroom.value_or(1) * std::min(targets.size(), most_targets_at_once);
  if (auto const most = run::raise_descriptor_limit(needed); most < needed) {
    if (limits.headroom) {
      std::cerr << "conecta probe: --headroom needs up to " << needed
                << " file descriptors, and this process may have " << most << " (ulimit -Hn)\n";
      return not_asked(configuration);
    }
    limits.at_once = most > needed_descriptors ? most - needed_descriptors : 1;
  }
  auto const shows_progress = limits.wait && !options.quiet && rewrites_lines(STDERR_FILENO);
  if (shows_progress) {
    limits.trying_again = show_progress;
  }
  auto const found = probe_all(targets, limits);
  if (shows_progress) {
    std::cerr << clear_line << std::flush;
  }
  if (auto const there = found.all.size(); limits.policy.needed.value_or(0) > there) {
    std::cerr << "conecta probe: --quorum is " << *limits.policy.needed
              << ", addresses found: " << there << "\n";
  }
  probe_outcome const outcome{found, limits, exit_code_of(found, limits)};
  auto code = in_style(style, outcome);
  bool const becomes = options.command.has_value();
  if (!options.quiet) {
    auto const text = in_format(format, outcome);
    if (becomes && options.to == "-") { // standard output is the command's
      std::cerr << text << std::flush;
    } else {
      code = put("probe", options.to, text, code);
    }
  }
  return becomes && code == 0 ? become(*options.command) : code;
}

int run_or_say(probe_given const& options) {
  try {
    return run(options);
  } catch (boost::system::system_error const& failed) {
    if (net::classify(failed.code()) != net::error_kind::fd_limit) {
      throw;
    }
    std::cerr << "conecta probe: too few descriptors: " << failed.code().message() << "; at least "
              << needed_descriptors << " are needed\n";
    return configuration;
  }
}

} // namespace

void add_probe(CLI::App& app, std::function<int()>& action,
               std::optional<std::vector<std::string>> command) {
  auto const options = std::make_shared<probe_given>();
  options->command = std::move(command);
  auto* const probe = app.add_subcommand("probe", "Ask endpoints whether they are ready");
  probe->add_option("URL", options->urls,
                    "SCHEME://[USER[:PASSWORD]@]HOST[:PORT][/PATH];\n"
                    "the scheme is amqp, dns, http, memcached, mongodb,\n"
                    "mqtt, mysql, nats, postgres or redis, over TLS\n"
                    "amqps, https, mqtts or rediss. redis+unix:///PATH.\n"
                    "dns://SERVER/NAME?type=A. tcp://HOST:PORT,\n"
                    "tls://HOST:PORT, unix:///PATH: ready if it accepts;\n"
                    "with ?send=TEXT&expect=TEXT, and udp:// always so,\n"
                    "if the reply begins with TEXT (a line's end: %0D%0A)");
  probe->add_option("--file", options->file, "More URLs, one a line; - is standard input")
      ->type_name("FILE")
      ->check(refuse_empty);
  probe
      ->add_option("--level", options->level,
                   "What is asked: connect, handshake, auth or query.\n"
                   "The most that the URL allows if not given")
      ->type_name("LEVEL")
      ->check(one_of(level_names));
  auto* const all = probe->add_flag("--all", options->all, "All have to be ready, as if not said");
  auto* const any =
      probe->add_flag("--any", options->any, "One that is ready is enough")->excludes(all);
  probe->add_option("--quorum", options->quorum, "So many that are ready are enough")
      ->type_name("N")
      ->check(CLI::Range(std::size_t{1}, std::size_t{100'000}).description(""))
      ->excludes(any)
      ->excludes(all);
  probe->add_flag("--invert", options->invert, "Succeed where there is no answer");
  add_secret_options(*probe, options->password);
  auto* const ipv4 = probe->add_flag_callback(
      "-4", [options] { options->only = net::address_family::ipv4; },
      "Only IPv4 addresses of a host");
  probe
      ->add_flag_callback(
          "-6", [options] { options->only = net::address_family::ipv6; },
          "Only IPv6 addresses of a host")
      ->excludes(ipv4);
  probe->add_flag("--each-address", options->each_address,
                  "Each address of a host is a target of its own");
  probe->add_option("--source", options->source, "Connect from this address of this host")
      ->type_name("IP");
  probe
      ->add_option_function<std::string>(
          "--proxy-protocol",
          [options](std::string const& version) {
            options->announces =
                version == "v1" ? net::proxy_protocol::v1 : net::proxy_protocol::v2;
          },
          "v1 or v2: say first who connects, as a proxy does")
      ->type_name("VERSION")
      ->check(CLI::IsMember({"v1", "v2"}).description(""));

  auto const times = "How long and how often";
  probe->add_option("--timeout", options->timeout, "The longest that one attempt may take")
      ->type_name("TIME")
      ->capture_default_str()
      ->group(times);
  probe
      ->add_option("--connect-timeout", options->connect_timeout,
                   "And a connect to one address of a host; then the\n"
                   "next is tried")
      ->type_name("TIME")
      ->group(times);
  auto* const wait = probe
                         ->add_option("--wait", options->wait,
                                      "Try again until all are ready, at most for so long;\n"
                                      "what is denied, or another protocol, ends it at once")
                         ->type_name("TIME")
                         ->group(times);
  probe->add_option("--interval", options->interval, "Between the attempts")
      ->type_name("TIME")
      ->capture_default_str()
      ->group(times);
  probe->add_option("--backoff", options->backoff, "Each time so many times longer")
      ->type_name("FACTOR")
      ->check(CLI::Range(1.0, 100.0).description(""))
      ->check([](std::string const& text) {
        return text.find_first_of("nN") == std::string::npos ? "" : "is no number";
      })
      ->group(times);
  probe->add_option("--max-interval", options->longest_interval, "But never longer")
      ->type_name("TIME")
      ->capture_default_str()
      ->group(times);
  auto* const successes =
      probe->add_option("--successes", options->successes, "So many in a row make it ready")
          ->type_name("N")
          ->check(CLI::Range(1U, 1'000'000U).description(""))
          ->group(times);
  probe
      ->add_option("--count", options->count,
                   "Ask so many times, whatever is found, and say the\n"
                   "spread; the worst counts")
      ->type_name("N")
      ->check(CLI::Range(1U, 1'000'000U).description(""))
      ->excludes(wait)
      ->excludes(successes)
      ->group(times);
  probe
      ->add_option("--headroom", options->headroom,
                   "Ready if it takes so many connections at once; they\n"
                   "are held until the last is there, then all closed")
      ->type_name("N")
      ->check(CLI::Range(1U, most_headroom).description(""))
      ->group(times);
  probe->add_option("--warn", options->warn, "An attempt that takes longer is a warning")
      ->type_name("TIME")
      ->group(times);
  probe->add_option("--crit", options->crit, "One that takes longer is not ready")
      ->type_name("TIME")
      ->group(times);
  probe
      ->add_option_function<std::string>(
          "--fail-on", [options](std::string const&) { options->warnings_fail = true; },
          "warn: exit with 1 where there is a warning")
      ->type_name("WHAT")
      ->check(CLI::IsMember({"warn"}).description(""))
      ->group(times);

  add_tls_options(*probe, options->tls);
  probe->add_option("--cert-warn", options->cert_warn, "Less left of a certificate warns: 21d")
      ->type_name("TIME")
      ->group(tls_group);
  probe->add_option("--cert-crit", options->cert_crit, "Less left of one is not ready: 7d")
      ->type_name("TIME")
      ->group(tls_group);

  auto const outputs = "Output";
  auto* const format = probe
                           ->add_option("--format", options->format,
                                        "human, json, jsonl, nagios, prometheus, junit, tap")
                           ->type_name("FORMAT")
                           ->check(one_of(probe_format_names))
                           ->group(outputs);
  auto* const as_json =
      probe
          ->add_flag_callback(
              "--json", [options] { options->format = "json"; }, "The same as --format json")
          ->excludes(format)
          ->group(outputs);
  auto* const to =
      probe->add_option("-o,--output", options->to, "Write to FILE, not standard output")
          ->type_name("FILE")
          ->check(refuse_empty)
          ->group(outputs);
  probe
      ->add_option("--exit-style", options->style,
                   "conecta, nagios (0 1 2 3), docker or boolean (0 1)")
      ->type_name("STYLE")
      ->check(one_of(exit_style_names))
      ->group(outputs);
  probe->add_flag("-q,--quiet", options->quiet, "Print nothing but errors of usage")
      ->excludes(as_json)
      ->excludes(format)
      ->excludes(to)
      ->group(outputs);
  probe->footer("After --, a command and its arguments take this process's place once all is\n"
                "well: conecta probe --wait 30s postgres://db -- ./server --port 80\n"
                "\n"
                "Exit codes: 0 ready, 1 answered but not ready, 2 no answer, 3 not attempted,\n"
                "4 credentials rejected, 5 another protocol, 64 usage, 66 no such file, 73 no\n"
                "output, 78 no password, 124 the wait expired, 126 and 127 no command to run,\n"
                "130 interrupted. Of several URLs, the worst.\n"
                "\n"
                "  conecta probe --wait 30s postgres://db.internal\n"
                "  conecta probe --password-file /run/secrets/redis redis://cache\n"
                "  conecta probe 'tcp://localhost:25?expect=220'");
  probe->callback([options, &action] { action = [options] { return run_or_say(*options); }; });
}

} // namespace conecta::command
