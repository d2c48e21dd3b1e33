#include "commands/probe.hpp"

#include "commands/exit_code.hpp"
#include "commands/output.hpp"
#include "commands/probe_report.hpp"
#include "commands/probing.hpp"
#include "commands/secret.hpp"
#include "commands/tls.hpp"
#include "report/safe_text.hpp"
#include "scenario/quantity.hpp"
#include "scenario/wording.hpp"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <boost/system/system_error.hpp>

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

enum class output { text, json };

struct given {
  std::vector<std::string> urls;
  std::string level;
  std::string timeout = "2s";
  std::optional<std::string> wait;
  std::string interval = "200ms";
  secret_source password;
  net::tls_options tls;
  bool any = false;
  std::optional<std::size_t> quorum;
  bool invert = false;
  bool quiet = false;
  output form = output::text;
};

constexpr std::array levels{std::pair{"connect", protocol::level::connect},
                            std::pair{"handshake", protocol::level::handshake},
                            std::pair{"auth", protocol::level::auth},
                            std::pair{"query", protocol::level::query}};

std::optional<protocol::level> level_named(std::string const& name) {
  for (auto const& [each, value] : levels) {
    if (name == each) {
      return value;
    }
  }
  return std::nullopt; // not given
}

std::optional<duration> read_duration(std::string const& option, std::string const& text) {
  auto read = scenario::parse_duration(text);
  auto const* const value = std::get_if<duration>(&read);
  if (value != nullptr && *value > duration::zero()) {
    return *value;
  }
  auto const* const refused = std::get_if<scenario::not_a_quantity>(&read);
  std::cerr << "conecta probe: " << option << " is "
            << scenario::in_quotes(without_credentials(text)) << ": "
            << (refused != nullptr ? refused->reason : "it must be more than zero") << '\n';
  return std::nullopt;
}

constexpr int needed_descriptors = 16;
constexpr char const* clear_line = "\r\033[K";

/// One line that is written over and over.
void show_progress(probe_finding const& latest) {
  auto const why = latest.reason.empty() ? std::string{name_of(latest.state)} : latest.reason;
  auto const seconds = std::chrono::duration_cast<std::chrono::seconds>(latest.total).count();
  std::cerr << clear_line << "waiting for " << report::fitted(report::safe_text(latest.url), 40)
            << "  " << why << "  " << seconds << " s" << std::flush;
}

int run(given const& options) {
  auto const timeout = read_duration("--timeout", options.timeout);
  auto const wait = options.wait ? read_duration("--wait", *options.wait) : std::nullopt;
  auto const interval = read_duration("--interval", options.interval);
  bool understood = timeout && interval && wait.has_value() == options.wait.has_value();
  probe_wishes wishes{.depth = level_named(options.level), .password = {}, .tls = options.tls};
  if (options.password.given()) {
    auto read = read_secret(options.password);
    if (auto const* const why = std::get_if<no_secret>(&read)) {
      std::cerr << "conecta probe: " << why->reason << '\n';
      return configuration;
    }
    wishes.password = std::get<std::string>(std::move(read));
  }
  std::vector<probe_target> targets;
  for (std::size_t i = 0; i < options.urls.size(); ++i) {
    auto parsed = parse_target(options.urls[i], wishes);
    if (auto* const target = std::get_if<probe_target>(&parsed)) {
      targets.push_back(std::move(*target));
      continue;
    }
    // The URL is not repeated: it may hold a password, and could not be read to mask it.
    std::cerr << "conecta probe: URL " << i + 1 << ": " << std::get<net::url_error>(parsed).message
              << '\n';
    understood = false;
  }
  if (options.quorum && *options.quorum > options.urls.size()) {
    std::cerr << "conecta probe: --quorum is " << *options.quorum << ", allowed: 1 to "
              << options.urls.size() << ", the number of URLs\n";
    understood = false;
  }
  if (!understood) {
    return usage;
  }
  probe_limits limits;
  limits.attempt = *timeout;
  limits.between = *interval;
  limits.policy.wanted = options.invert ? readiness::no_answer : readiness::ready;
  limits.policy.needed = options.any ? 1 : options.quorum.value_or(targets.size());
  limits.wait = wait;
  auto const shows_progress = limits.wait && !options.quiet && rewrites_lines(STDERR_FILENO);
  if (shows_progress) {
    limits.trying_again = show_progress;
  }
  auto const found = probe_all(targets, limits);
  if (shows_progress) {
    std::cerr << clear_line << std::flush;
  }
  auto const code = exit_code_of(found, limits.policy);
  if (options.quiet) {
    return code;
  }
  auto const is_json = options.form == output::json;
  return put("probe", "-", is_json ? probe_json(found.all, code) : probe_text(found.all), code);
}

int run_or_say(given const& options) {
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

void add_probe(CLI::App& app, std::function<int()>& action) {
  auto const options = std::make_shared<given>();
  auto* const probe = app.add_subcommand("probe", "Ask endpoints whether they are ready");
  probe
      ->add_option("URL", options->urls,
                   "SCHEME://[USER[:PASSWORD]@]HOST[:PORT][/PATH];\n"
                   "the scheme is amqp, http, memcached, mqtt, mysql,\n"
                   "nats, postgres or redis, over TLS amqps, https, mqtts\n"
                   "or rediss. redis+unix:///PATH. tcp://HOST:PORT,\n"
                   "tls://HOST:PORT, unix:///PATH: ready if it accepts;\n"
                   "with ?send=TEXT&expect=TEXT, and udp:// always so,\n"
                   "if the reply begins with TEXT (a line's end: %0D%0A)")
      ->required();
  probe
      ->add_option("--level", options->level,
                   "What is asked: connect, handshake, auth or query.\n"
                   "The most that the URL allows if not given")
      ->check(CLI::IsMember({"connect", "handshake", "auth", "query"}).description(""));
  probe->add_option("--timeout", options->timeout, "The longest that one attempt may take")
      ->capture_default_str();
  probe->add_option("--wait", options->wait,
                    "Try again until all are ready, at most for so long;\n"
                    "what is denied, or another protocol, ends it at once");
  probe->add_option("--interval", options->interval, "Between the attempts of a wait")
      ->capture_default_str();
  auto* const any = probe->add_flag("--any", options->any, "One that is ready is enough");
  probe->add_option("--quorum", options->quorum, "So many that are ready are enough")
      ->check(CLI::Range(std::size_t{1}, std::size_t{100'000}).description(""))
      ->excludes(any);
  probe->add_flag("--invert", options->invert, "Succeed where there is no answer");
  add_secret_options(*probe, options->password);
  add_tls_options(*probe, options->tls);
  auto* const as_json = probe->add_flag_callback(
      "--json", [options] { options->form = output::json; }, "Print conecta.probe/1");
  probe->add_flag("-q,--quiet", options->quiet, "Print nothing but errors of usage")
      ->excludes(as_json);
  probe->footer("Exit codes: 0 ready, 1 answered but not ready, 2 no answer, 3 not attempted,\n"
                "4 credentials rejected, 5 another protocol, 64 usage, 78 no password, 124 the\n"
                "wait expired, 130 interrupted. Of several URLs, the worst.\n"
                "\n"
                "  conecta probe --wait 30s postgres://db.internal\n"
                "  conecta probe --password-file /run/secrets/redis redis://cache\n"
                "  conecta probe 'tcp://localhost:25?expect=220'");
  probe->callback([options, &action] { action = [options] { return run_or_say(*options); }; });
}

} // namespace conecta::command
