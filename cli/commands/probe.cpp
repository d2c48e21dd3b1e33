#include "commands/probe.hpp"

#include "commands/exit_code.hpp"
#include "commands/output.hpp"
#include "commands/probe_report.hpp"
#include "commands/probing.hpp"
#include "report/safe_text.hpp"
#include "scenario/quantity.hpp"
#include "scenario/wording.hpp"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <chrono>
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
  std::string timeout = "2s";
  std::optional<std::string> wait;
  output form = output::text;
};

std::optional<duration> read_duration(std::string const& option, std::string const& text) {
  auto read = scenario::parse_duration(text);
  auto const* const value = std::get_if<duration>(&read);
  if (value != nullptr && *value > duration::zero()) {
    return *value;
  }
  auto const* const refused = std::get_if<scenario::not_a_quantity>(&read);
  std::cerr << "conecta probe: " << option << " is " << scenario::in_quotes(text) << ": "
            << (refused != nullptr ? refused->reason : "it must be more than zero") << '\n';
  return std::nullopt;
}

constexpr char const* clear_line = "\r\033[K";

/// One line that is written over and over.
void show_progress(probe_finding const& latest) {
  auto const why = latest.reason ? net::name_of(*latest.reason) : name_of(latest.state);
  auto const seconds = std::chrono::duration_cast<std::chrono::seconds>(latest.total).count();
  std::cerr << clear_line << "waiting for " << report::fitted(report::safe_text(latest.url), 40)
            << "  " << why << "  " << seconds << " s" << std::flush;
}

int run(given const& options) {
  auto const timeout = read_duration("--timeout", options.timeout);
  auto const wait = options.wait ? read_duration("--wait", *options.wait) : std::nullopt;
  bool understood = timeout.has_value() && wait.has_value() == options.wait.has_value();
  std::vector<probe_target> targets;
  for (std::size_t i = 0; i < options.urls.size(); ++i) {
    auto parsed = parse_target(options.urls[i]);
    if (auto* const target = std::get_if<probe_target>(&parsed)) {
      targets.push_back(std::move(*target));
      continue;
    }
    // The URL is not repeated: it may hold a password, and could not be read to mask it.
    std::cerr << "conecta probe: URL " << i + 1 << ": " << std::get<net::url_error>(parsed).message
              << '\n';
    understood = false;
  }
  if (!understood) {
    return usage;
  }
  probe_limits limits;
  limits.attempt = *timeout;
  limits.wait = wait;
  auto const shows_progress = limits.wait && rewrites_lines(STDERR_FILENO);
  if (shows_progress) {
    limits.trying_again = show_progress;
  }
  auto const findings = probe_all(targets, limits);
  if (shows_progress) {
    std::cerr << clear_line << std::flush;
  }
  auto const text = options.form == output::json ? probe_json(findings) : probe_text(findings);
  return put("probe", "-", text, exit_code_of(findings));
}

} // namespace

void add_probe(CLI::App& app, std::function<int()>& action) {
  auto const options = std::make_shared<given>();
  auto* const probe = app.add_subcommand("probe", "Ask endpoints whether they are ready");
  probe
      ->add_option("URL", options->urls,
                   "tcp://HOST:PORT, ready when it accepts; or\n"
                   "udp://HOST:PORT?send=TEXT&expect=TEXT, ready when\n"
                   "the reply begins with TEXT (%0D%0A is a line's end)")
      ->required();
  probe->add_option("--timeout", options->timeout, "The longest that one attempt may take")
      ->capture_default_str();
  probe->add_option("--wait", options->wait,
                    "Try again every 200ms until all are ready,\nat most for so long");
  probe->add_flag_callback(
      "--json", [options] { options->form = output::json; }, "Print conecta.probe/1");
  probe->footer("Exit codes: 0 ready, 1 answered but not ready, 2 no answer, 3 not attempted,\n"
                "124 the wait expired, 64 usage. Of several URLs, the worst.\n"
                "\n"
                "  conecta probe --wait 30s tcp://localhost:5432\n"
                "  conecta probe 'tcp://localhost:6379?send=PING%0D%0A&expect=%2BPONG'");
  probe->callback([options, &action] { action = [options] { return run(*options); }; });
}

} // namespace conecta::command
