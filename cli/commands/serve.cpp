#include "commands/serve.hpp"

#include "commands/complaint.hpp"
#include "commands/exit_code.hpp"
#include "commands/listening.hpp"
#include "scenario/load.hpp"
#include "target/server.hpp"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <cstdio>
#include <memory>
#include <string>
#include <system_error>
#include <variant>
#include <vector>

namespace conecta::command {

namespace {

struct serve_options {
  std::string kind;
  std::string listen = "127.0.0.1:0";
  std::vector<std::string> sets;
};

std::string url_of(target::target_kind kind, wire::address const& where) {
  return std::string{scheme_of(kind)} + "://" + where.text();
}

int serve(target::target_options const& options, wire::address const& where) {
  stop_signal stop;
  std::unique_ptr<target::server> server;
  try {
    server = target::start(options, where);
  } catch (std::system_error const& failed) {
    std::fprintf(stderr, "conecta serve: %s\n", failed.what());
    return unavailable;
  }
  warn_if_exposed("serve", server->address());
  if (!print_line("serve", {{"kind", name_of(options.kind)},
                            {"url", url_of(options.kind, server->address())}})) {
    return cannot_write;
  }
  stop.wait();
  server->stop();
  auto const counts = server->counts();
  auto const told = print_line("serve", {{"accepted", counts.accepted},
                                         {"turned_away", counts.turned_away},
                                         {"requests", counts.requests},
                                         {"replies", counts.replies}});
  return told ? success : cannot_write;
}

int serve(serve_options const& given) {
  auto const loaded = scenario::load_target(given.kind, given.sets);
  if (auto const* const found = std::get_if<scenario::problems>(&loaded)) {
    return complain("serve", *found);
  }
  auto const where = parse_listen(given.listen);
  if (!where) {
    refuse_address("serve", "--listen", given.listen);
    return usage;
  }
  return serve(std::get<target::target_options>(loaded), *where);
}

} // namespace

void add_serve(CLI::App& app, std::function<int()>& action) {
  auto const options = std::make_shared<serve_options>();
  auto* const command = app.add_subcommand("serve", "Run an embedded server alone");
  command
      ->add_option("KIND", options->kind,
                   "tcp-echo, udp-echo, http, memcached, mysql,\npostgres or redis")
      ->required();
  command->add_option("--listen", options->listen, "Where; port 0 is a free one")
      ->type_name("ADDRESS:PORT")
      ->capture_default_str();
  command
      ->add_option("--set", options->sets,
                   "A key of a scenario's target, as in\n"
                   "reply_delay=5ms or frame.bytes=64")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  command->footer("Prints one line of JSON with its URL when it is ready, and one with what it\n"
                  "counted when SIGINT or SIGTERM ends it.\n"
                  "\n"
                  "Exit codes: 0 ended by a signal, 64 usage, 69 the address cannot be had,\n"
                  "73 output not written.\n"
                  "\n"
                  "  conecta serve tcp-echo --listen 127.0.0.1:7000 --set max_connections=10");
  command->callback([options, &action] { action = [options] { return serve(*options); }; });
}

} // namespace conecta::command
