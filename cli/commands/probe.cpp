#include "commands/probe.hpp"

#include "commands/exit_code.hpp"
#include "commands/output.hpp"
#include "commands/probe_formats.hpp"
#include "commands/probe_list.hpp"
#include "commands/probing.hpp"
#include "commands/run_after.hpp"
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

struct given {
  std::vector<std::string> urls;
  std::string level;
  std::string timeout = "2s";
  std::optional<std::string> wait;
  std::string interval = "200ms";
  double backoff = 1;
  std::string longest_interval = "5s";
  unsigned successes = 1;
  std::optional<std::string> warn, crit, cert_warn, cert_crit;
  bool warnings_fail = false;
  std::string file; ///< of more URLs
  secret_source password;
  net::tls_options tls;
  bool all = false;
  bool any = false;
  std::optional<std::size_t> quorum;
  bool invert = false;
  bool quiet = false;
  std::string format = "human";
  std::optional<std::string> style; ///< none: the format's own
  std::string to = "-";
  std::vector<std::string> command; ///< to become where all is well
};

constexpr std::array formats{std::pair{"human", probe_format::human},
                             std::pair{"json", probe_format::json},
                             std::pair{"jsonl", probe_format::jsonl},
                             std::pair{"nagios", probe_format::nagios},
                             std::pair{"prometheus", probe_format::prometheus},
                             std::pair{"junit", probe_format::junit},
                             std::pair{"tap", probe_format::tap}};
constexpr std::array styles{
    std::pair{"conecta", exit_style::conecta}, std::pair{"nagios", exit_style::nagios},
    std::pair{"docker", exit_style::docker}, std::pair{"boolean", exit_style::boolean}};

constexpr std::array levels{std::pair{"connect", protocol::level::connect},
                            std::pair{"handshake", protocol::level::handshake},
                            std::pair{"auth", protocol::level::auth},
                            std::pair{"query", protocol::level::query}};

/// None: not given.
template <class Value, std::size_t Count>
std::optional<Value> named(std::array<std::pair<char const*, Value>, Count> const& all,
                           std::string const& name) {
  for (auto const& [each, value] : all) {
    if (name == each) {
      return value;
    }
  }
  return std::nullopt;
}

template <class Value, std::size_t Count>
CLI::Validator one_of(std::array<std::pair<char const*, Value>, Count> const& all) {
  std::vector<std::string> names;
  for (auto const& [name, value] : all) {
    names.emplace_back(name);
  }
  return CLI::IsMember(names).description("");
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

/// What was understood of the options; says on standard error what was not.
class reader {
 public:
  explicit reader(given const& options) : options_{options} {}

  [[nodiscard]] bool understood() const noexcept { return understood_; }

  duration time(char const* option, std::string const& text) {
    return time(option, std::optional{text}).value_or(duration{});
  }
  std::optional<duration> time(char const* option, std::optional<std::string> const& text) {
    auto const read = text ? read_duration(option, *text) : std::nullopt;
    understood_ = understood_ && read.has_value() == text.has_value();
    return read;
  }
  /// "21d", too.
  std::optional<duration> age(char const* option, std::optional<std::string> const& text) {
    if (text && text->ends_with('d')) {
      auto const of_a_day = time(option, text->substr(0, text->size() - 1) + "h");
      return saturating_add(instant{}, of_a_day * 24) - instant{};
    }
    return time(option, text);
  }

  std::vector<probe_target> targets() {
    std::vector<listed_url> all;
    for (std::size_t index = 0; index < options_.urls.size(); ++index) {
      all.push_back({options_.urls[index], "URL " + std::to_string(index + 1)});
    }
    if (!options_.file.empty()) {
      auto read = read_url_list(options_.file);
      if (auto const* const why = std::get_if<unreadable>(&read)) {
        refuse(report::safe_text(why->reason));
        return {};
      }
      auto const& listed = std::get<std::vector<listed_url>>(read);
      all.insert(all.end(), listed.begin(), listed.end());
    }
    if (all.empty()) {
      refuse("no URL is given");
    }
    auto const wishes = wished();
    std::vector<probe_target> made;
    for (auto const& [url, place] : all) {
      auto parsed = parse_target(url, wishes);
      if (auto* const target = std::get_if<probe_target>(&parsed)) {
        made.push_back(std::move(*target));
      } else { // The URL is not repeated: it may hold a password, and could not be read to mask it.
        refuse(report::safe_text(place) + ": " + std::get<net::url_error>(parsed).message);
      }
    }
    if (options_.quorum && *options_.quorum > all.size()) {
      refuse("--quorum is " + std::to_string(*options_.quorum) + ", allowed: 1 to " +
             std::to_string(all.size()) + ", the number of URLs");
    }
    return made;
  }

  probe_limits limits(std::size_t targets) {
    probe_limits made;
    made.attempt = time("--timeout", options_.timeout);
    made.wait = time("--wait", options_.wait);
    made.between = time("--interval", options_.interval);
    made.backoff = options_.backoff;
    made.longest_between = time("--max-interval", options_.longest_interval);
    made.successes = options_.successes;
    made.warn = time("--warn", options_.warn);
    made.crit = time("--crit", options_.crit);
    made.cert_warn = age("--cert-warn", options_.cert_warn);
    made.cert_crit = age("--cert-crit", options_.cert_crit);
    made.warnings_fail = options_.warnings_fail;
    made.policy.wanted = options_.invert ? readiness::no_answer : readiness::ready;
    made.policy.needed = options_.any ? 1 : options_.quorum.value_or(targets);
    return made;
  }

  /// None: it was given, and there is none.
  [[nodiscard]] bool read_password() {
    if (!options_.password.given()) {
      return true;
    }
    auto read = read_secret(options_.password);
    if (auto const* const why = std::get_if<no_secret>(&read)) {
      std::cerr << "conecta probe: " << why->reason << '\n';
      return false;
    }
    password_ = std::get<std::string>(std::move(read));
    return true;
  }

 private:
  void refuse(std::string const& why) {
    std::cerr << "conecta probe: " << why << '\n';
    understood_ = false;
  }

  [[nodiscard]] probe_wishes wished() const {
    return {.depth = named(levels, options_.level), .password = password_, .tls = options_.tls};
  }

  given const& options_;
  std::optional<std::string> password_;
  bool understood_ = true;
};

int run(given const& options) {
  auto const format = named(formats, options.format).value();
  auto const usual_style =
      format == probe_format::nagios ? exit_style::nagios : exit_style::conecta;
  auto const style = options.style ? named(styles, *options.style).value() : usual_style;
  constexpr int nagios_unknown = 3;
  auto const not_asked = [style](int code) {
    return style == exit_style::nagios ? nagios_unknown : code;
  };
  reader reads{options};
  if (!reads.read_password()) {
    return not_asked(configuration);
  }
  auto const targets = reads.targets();
  auto limits = reads.limits(targets.size());
  if (!reads.understood()) {
    return not_asked(usage);
  }
  auto const shows_progress = limits.wait && !options.quiet && rewrites_lines(STDERR_FILENO);
  if (shows_progress) {
    limits.trying_again = show_progress;
  }
  auto const found = probe_all(targets, limits);
  if (shows_progress) {
    std::cerr << clear_line << std::flush;
  }
  probe_outcome const outcome{found, limits, exit_code_of(found, limits)};
  auto code = in_style(style, outcome);
  bool const becomes = !options.command.empty();
  if (!options.quiet) {
    auto const text = in_format(format, outcome);
    if (becomes && options.to == "-") { // standard output is the command's
      std::cerr << text << std::flush;
    } else {
      code = put("probe", options.to, text, code);
    }
  }
  return becomes && code == 0 ? become(options.command) : code;
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

void add_probe(CLI::App& app, std::function<int()>& action, std::vector<std::string> command) {
  auto const options = std::make_shared<given>();
  options->command = std::move(command);
  auto* const probe = app.add_subcommand("probe", "Ask endpoints whether they are ready");
  probe->add_option("URL", options->urls,
                    "SCHEME://[USER[:PASSWORD]@]HOST[:PORT][/PATH];\n"
                    "the scheme is amqp, http, memcached, mqtt, mysql,\n"
                    "nats, postgres or redis, over TLS amqps, https, mqtts\n"
                    "or rediss. redis+unix:///PATH. tcp://HOST:PORT,\n"
                    "tls://HOST:PORT, unix:///PATH: ready if it accepts;\n"
                    "with ?send=TEXT&expect=TEXT, and udp:// always so,\n"
                    "if the reply begins with TEXT (a line's end: %0D%0A)");
  probe->add_option("--file", options->file, "More URLs, one a line; - is standard input")
      ->check(refuse_empty);
  probe
      ->add_option("--level", options->level,
                   "What is asked: connect, handshake, auth or query.\n"
                   "The most that the URL allows if not given")
      ->check(one_of(levels));
  auto* const all = probe->add_flag("--all", options->all, "All have to be ready, as if not said");
  auto* const any =
      probe->add_flag("--any", options->any, "One that is ready is enough")->excludes(all);
  probe->add_option("--quorum", options->quorum, "So many that are ready are enough")
      ->check(CLI::Range(std::size_t{1}, std::size_t{100'000}).description(""))
      ->excludes(any)
      ->excludes(all);
  probe->add_flag("--invert", options->invert, "Succeed where there is no answer");
  add_secret_options(*probe, options->password);

  auto const times = "How long and how often";
  probe->add_option("--timeout", options->timeout, "The longest that one attempt may take")
      ->capture_default_str()
      ->group(times);
  probe
      ->add_option("--wait", options->wait,
                   "Try again until all are ready, at most for so long;\n"
                   "what is denied, or another protocol, ends it at once")
      ->group(times);
  probe->add_option("--interval", options->interval, "Between the attempts")
      ->capture_default_str()
      ->group(times);
  probe->add_option("--backoff", options->backoff, "Each time so many times longer")
      ->check(CLI::Range(1.0, 100.0).description(""))
      ->group(times);
  probe->add_option("--max-interval", options->longest_interval, "But never longer")
      ->capture_default_str()
      ->group(times);
  probe->add_option("--successes", options->successes, "So many in a row make it ready")
      ->check(CLI::Range(1U, 1'000'000U).description(""))
      ->group(times);
  probe->add_option("--warn", options->warn, "An attempt that takes longer is a warning")
      ->group(times);
  probe->add_option("--crit", options->crit, "One that takes longer is not ready")->group(times);
  probe
      ->add_option_function<std::string>(
          "--fail-on", [options](std::string const&) { options->warnings_fail = true; },
          "warn: exit with 1 where there is a warning")
      ->check(CLI::IsMember({"warn"}).description(""))
      ->group(times);

  add_tls_options(*probe, options->tls);
  probe->add_option("--cert-warn", options->cert_warn, "Less left of a certificate warns: 21d")
      ->group(tls_group);
  probe->add_option("--cert-crit", options->cert_crit, "Less left of one is not ready: 7d")
      ->group(tls_group);

  auto const outputs = "Output";
  auto* const format = probe
                           ->add_option("--format", options->format,
                                        "human, json, jsonl, nagios, prometheus, junit, tap")
                           ->check(one_of(formats))
                           ->group(outputs);
  auto* const as_json =
      probe
          ->add_flag_callback(
              "--json", [options] { options->format = "json"; }, "The same as --format json")
          ->excludes(format)
          ->group(outputs);
  auto* const to =
      probe->add_option("-o,--output", options->to, "Write to FILE, not standard output")
          ->check(refuse_empty)
          ->group(outputs);
  probe
      ->add_option("--exit-style", options->style,
                   "conecta, nagios (0 1 2 3), docker or boolean (0 1)")
      ->check(one_of(styles))
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
                "4 credentials rejected, 5 another protocol, 64 usage, 78 no password, 124 the\n"
                "wait expired, 126 and 127 no command to run, 130 interrupted. Of several URLs,\n"
                "the worst.\n"
                "\n"
                "  conecta probe --wait 30s postgres://db.internal\n"
                "  conecta probe --password-file /run/secrets/redis redis://cache\n"
                "  conecta probe 'tcp://localhost:25?expect=220'");
  probe->callback([options, &action] { action = [options] { return run_or_say(*options); }; });
}

} // namespace conecta::command
