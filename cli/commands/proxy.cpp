#include "commands/proxy.hpp"

#include "commands/exit_code.hpp"
#include "commands/listening.hpp"
#include "commands/proxy_control.hpp"
#include "commands/seed.hpp"
#include "fault/relay.hpp"
#include "fault/upstream.hpp"
#include "scenario/load_faults.hpp"
#include "scenario/server_url.hpp"
#include "scenario/wording.hpp"
#include "wire/http_server.hpp"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

namespace conecta::command {

namespace {

using faults = std::vector<fault::fault_spec>;

struct proxy_options {
  std::string listen = "127.0.0.1:0";
  std::string to;
  std::string faults_file;
  std::string control = "127.0.0.1:0";
  std::uint64_t seed = 1;
};

void say(std::string const& text) { std::fprintf(stderr, "conecta proxy: %s\n", text.c_str()); }

struct upstream {
  net::transport kind = net::transport::tcp;
  wire::address where;
  std::string url;
};

/// Where to relay to; or the exit code, and the reason was told.
std::variant<upstream, exit_code> find_upstream(std::string const& to) {
  constexpr std::string_view unix_scheme = "unix:";
  if (to.starts_with(unix_scheme)) {
    auto const where = wire::address::unix_path(to.substr(unix_scheme.size()));
    if (!where) {
      say("--to " + scenario::printable(to) +
          ": allowed: a path of 1 to 107 bytes, as in "
          "unix:/run/server.sock");
      return usage;
    }
    return upstream{net::transport::tcp, *where, to};
  }
  std::string error;
  auto const url = scenario::read_url(to, error, net::schemes::plain);
  if (!url) {
    say("--to " + scenario::in_quotes(to, 200) + ": " + error +
        (error.ends_with("udp://") ? ", unix:PATH" : ""));
    return usage;
  }
  try {
    return upstream{url->kind, fault::resolve(*url), url->to_string()};
  } catch (fault::unknown_host const& failed) {
    say(failed.what());
    return unavailable;
  }
}

/// The faults of the file; none without one. Says what is wrong with it.
std::variant<faults, exit_code> read_faults(proxy_options const& given, net::transport kind) {
  if (given.faults_file.empty()) {
    return faults{};
  }
  auto loaded = scenario::load_faults(given.faults_file, kind);
  if (auto const* const found = std::get_if<scenario::problems>(&loaded)) {
    for (auto const& message : found->messages) {
      say(message);
    }
    return found->why == scenario::refusal::no_input ? no_input : bad_data;
  }
  return std::get<faults>(std::move(loaded));
}

void reload(proxy_options const& given, net::transport kind, fault::relay& over) {
  if (given.faults_file.empty() || given.faults_file == "-") {
    say("there is no file to be read again; the faults stay as they are");
    return;
  }
  auto const loaded = read_faults(given, kind);
  if (auto const* const wanted = std::get_if<faults>(&loaded)) {
    over.change([&](faults& standing) { standing = *wanted; });
    say("read " + scenario::printable(given.faults_file) +
        " again: " + std::to_string(wanted->size()) + (wanted->size() == 1 ? " fault" : " faults"));
  } else {
    say("the faults stay as they are");
  }
}

std::unique_ptr<fault::relay> start_relay(proxy_options const& given, upstream const& to,
                                          wire::address const& listen, faults const& first) {
  fault::relay_options options{
      .upstream = to.where, .faults = fault::plan{first, 0, given.seed}, .listen = listen};
  auto made = to.kind == net::transport::tcp ? fault::start_tcp_relay(std::move(options))
                                             : fault::start_udp_relay(std::move(options));
  made->begin(std::chrono::time_point_cast<duration>(std::chrono::steady_clock::now()));
  return made;
}

void print_summary(nlohmann::ordered_json const& status) {
  say("clients " + status.at("clients").dump() + ", unreachable " +
      status.at("unreachable").dump() + ", turned away " + status.at("turned_away").dump() +
      ", bytes up " + status.at("upstream_bytes").dump() + ", bytes down " +
      status.at("downstream_bytes").dump());
  for (auto const& each : status.at("faults")) {
    say("fault " + scenario::printable(each.at("id").get<std::string>()) + ": " +
        each.at("type").get<std::string>() + ", injected " + each.at("injected").dump() +
        (each.at("injected") == 1 ? " time" : " times"));
  }
}

int run_proxy(proxy_options const& given, upstream const& to, wire::address const& listen,
              std::optional<wire::address> const& control, faults const& first) {
  stop_signal signals{{SIGHUP}};
  std::unique_ptr<fault::relay> relay;
  std::optional<proxy_control> controls;
  std::unique_ptr<wire::http_server> server;
  try {
    relay = start_relay(given, to, listen, first);
    controls.emplace(*relay, to.kind);
    if (control) {
      server = std::make_unique<wire::http_server>(
          *control, [&](wire::http_request const& asked) { return controls->answer(asked); });
    }
  } catch (std::system_error const& failed) {
    say(failed.what());
    return unavailable;
  }
  warn_if_exposed("proxy", relay->address());
  auto const scheme = to.kind == net::transport::udp ? "udp://" : "tcp://";
  nlohmann::ordered_json line{{"url", scheme + relay->address().text()}, {"to", to.url}};
  if (server) {
    warn_if_exposed("proxy", server->where());
    line["control"] = "http://" + server->where().text();
  }
  if (!print_line("proxy", line)) {
    return cannot_write;
  }
  while (signals.wait() == SIGHUP) {
    reload(given, to.kind, *relay);
  }
  server.reset();
  relay->stop();
  print_summary(controls->status());
  return success;
}

int run_proxy(proxy_options const& given) {
  auto const listen = parse_listen(given.listen);
  if (!listen) {
    refuse_address("proxy", "--listen", given.listen);
  }
  auto const control = given.control == "off" ? std::nullopt : parse_listen(given.control);
  bool const bad_control = !control && given.control != "off";
  if (bad_control) {
    refuse_address("proxy", "--control", given.control);
  }
  auto const to = find_upstream(given.to);
  if (auto const* const code = std::get_if<exit_code>(&to)) {
    return *code;
  }
  if (!listen || bad_control) {
    return usage;
  }
  auto const& found = std::get<upstream>(to);
  auto const first = read_faults(given, found.kind);
  if (auto const* const code = std::get_if<exit_code>(&first)) {
    return *code;
  }
  return run_proxy(given, found, *listen, control, std::get<faults>(first));
}

} // namespace

void add_proxy(CLI::App& app, std::function<int()>& action) {
  auto const options = std::make_shared<proxy_options>();
  auto* const command = app.add_subcommand("proxy", "Put a relay with faults before a server");
  command->add_option("--to", options->to, "tcp://HOST:PORT, udp://HOST:PORT or\nunix:PATH")
      ->type_name("URL")
      ->required();
  command->add_option("--listen", options->listen, "Where; port 0 is a free one")
      ->type_name("ADDRESS:PORT")
      ->capture_default_str();
  command
      ->add_option("--faults", options->faults_file,
                   "{\"faults\": [...]}, each as in a scenario,\nwithout endpoint; at counts from "
                   "now on,\nand for may be left out. SIGHUP: read again.\n- is standard input")
      ->type_name("FILE");
  command->add_option("--control", options->control, "Where the HTTP API listens; off: nowhere")
      ->type_name("ADDRESS:PORT")
      ->capture_default_str();
  command->add_option("--seed", options->seed, "Of every chance")
      ->check(refuse_seed)
      ->type_name("N")
      ->capture_default_str();
  command->footer("Prints one line of JSON with its URL, and that of its control API, when it\n"
                  "is ready, and what it counted to standard error when SIGINT or SIGTERM ends\n"
                  "it. GET, PUT and POST /faults, GET and DELETE /faults/ID, GET /status.\n"
                  "\n"
                  "Exit codes: 0 ended by a signal, 64 usage, 65 bad faults, 66 no such file,\n"
                  "69 an address cannot be had, 73 output not written.\n"
                  "\n"
                  "  conecta proxy --to tcp://127.0.0.1:6379 --listen 127.0.0.1:7000 \\\n"
                  "    --control 127.0.0.1:7001 --faults faults.json\n"
                  "  curl -H content-type:application/json http://127.0.0.1:7001/faults \\\n"
                  "    -d '{\"id\": \"slow\", \"type\": \"latency\", \"delay\": \"50ms\"}'");
  command->callback([options, &action] { action = [options] { return run_proxy(*options); }; });
}

} // namespace conecta::command
