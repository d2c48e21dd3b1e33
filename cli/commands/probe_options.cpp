#include "commands/probe_options.hpp"

#include "commands/probe_list.hpp"
#include "report/safe_text.hpp"
#include "scenario/quantity.hpp"
#include "scenario/wording.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <unistd.h>
#include <variant>

namespace conecta::command {

namespace {

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

} // namespace

duration probe_reader::time(char const* option, std::string const& text) {
  return time(option, std::optional{text}).value_or(duration{});
}

std::optional<duration> probe_reader::time(char const* option,
                                           std::optional<std::string> const& text) {
  auto const read = text ? read_duration(option, *text) : std::nullopt;
  understood_ = understood_ && read.has_value() == text.has_value();
  return read;
}

/// "21d", too.
std::optional<duration> probe_reader::age(char const* option,
                                          std::optional<std::string> const& text) {
  if (text && text->ends_with('d')) {
    auto const of_a_day = time(option, text->substr(0, text->size() - 1) + "h");
    return saturating_add(instant{}, of_a_day * 24) - instant{};
  }
  return time(option, text);
}

std::vector<probe_target> probe_reader::targets() {
  std::vector<listed_url> all;
  for (std::size_t index = 0; index < options_.urls.size(); ++index) {
    all.push_back({options_.urls[index], "URL " + std::to_string(index + 1)});
  }
  if (!options_.file.empty()) {
    auto read = read_url_list(options_.file);
    if (auto const* const why = std::get_if<unreadable>(&read)) {
      refuse(report::safe_text(why->reason));
      wrong_ = why->code;
      return {};
    }
    auto const& listed = std::get<std::vector<listed_url>>(read);
    all.insert(all.end(), listed.begin(), listed.end());
  }
  if (all.empty()) {
    refuse("no URL is given");
  }
  probe_wishes const wishes{
      .depth = named(level_names, options_.level), .password = password_, .by = route()};
  std::vector<probe_target> made;
  for (auto const& [url, place] : all) {
    auto parsed = parse_target(url, wishes);
    if (auto* const target = std::get_if<probe_target>(&parsed)) {
      if (options_.headroom && target->url.kind == net::transport::udp) {
        refuse(report::safe_text(place) + ": over UDP there is no connection, and no --headroom");
      }
      made.push_back(std::move(*target));
    } else { // The URL is not repeated: it may hold a password, and could not be read to mask it.
      refuse(report::safe_text(place) + ": " + std::get<net::url_error>(parsed).message);
    }
  }
  if (options_.quorum && *options_.quorum > all.size() && !options_.each_address) {
    refuse("--quorum is " + std::to_string(*options_.quorum) + ", allowed: 1 to " +
           std::to_string(all.size()) + ", the number of URLs");
  }
  refuse_tls_without_effect(made);
  return made;
}

/// Somebody who names an authority does not mean to ask in the clear.
void probe_reader::refuse_tls_without_effect(std::vector<probe_target> const& targets) {
  auto const& tls = options_.tls;
  std::array const given{std::pair{"--ca", !tls.ca_file.empty()},
                         std::pair{"--cert", !tls.certificate_file.empty()},
                         std::pair{"--sni", !tls.server_name.empty()},
                         std::pair{"--insecure", !tls.verifies},
                         std::pair{"--cert-warn", options_.cert_warn.has_value()},
                         std::pair{"--cert-crit", options_.cert_crit.has_value()}};
  auto const first = std::ranges::find(given, true, &std::pair<char const*, bool>::second);
  auto const is_secured = [](probe_target const& each) {
    bool const by_a_client =
        each.url.speaks == net::protocol::postgres || each.url.speaks == net::protocol::mysql;
    return each.url.secure || (by_a_client && each.depth >= protocol::level::auth);
  };
  if (first != given.end() && !targets.empty() && std::ranges::none_of(targets, is_secured)) {
    refuse(std::string{first->first} + ": no URL is asked over TLS");
  }
}

probe_limits probe_reader::limits() {
  probe_limits made;
  made.attempt = time("--timeout", options_.timeout);
  made.wait = time("--wait", options_.wait);
  made.between = time("--interval", options_.interval);
  made.backoff = options_.backoff;
  made.longest_between = time("--max-interval", options_.longest_interval);
  made.successes = options_.successes;
  made.count = options_.count;
  made.headroom = options_.headroom;
  made.warn = time("--warn", options_.warn);
  made.crit = time("--crit", options_.crit);
  made.cert_warn = age("--cert-warn", options_.cert_warn);
  made.cert_crit = age("--cert-crit", options_.cert_crit);
  made.warnings_fail = options_.warnings_fail;
  made.policy.wanted = options_.invert ? readiness::no_answer : readiness::ready;
  made.policy.needed = options_.any ? std::optional<std::size_t>{1} : options_.quorum;
  made.each_address = options_.each_address;
  return made;
}

bool probe_reader::read_password() {
  if (!options_.password.given()) {
    return true;
  }
  if (options_.password.descriptor == STDIN_FILENO && options_.file == "-") {
    std::cerr << "conecta probe: standard input is the --file, and cannot be the password, too\n";
    wrong_ = usage;
    return false;
  }
  auto read = read_secret(options_.password);
  if (auto const* const why = std::get_if<no_secret>(&read)) {
    std::cerr << "conecta probe: " << why->reason << '\n';
    wrong_ = configuration;
    return false;
  }
  password_ = std::get<std::string>(std::move(read));
  return true;
}

probe_route probe_reader::route() {
  probe_route made{.tls = options_.tls, .only = options_.only, .announces = options_.announces};
  made.connect_within = time("--connect-timeout", options_.connect_timeout);
  if (options_.source) {
    boost::system::error_code wrong;
    made.from = boost::asio::ip::make_address(*options_.source, wrong);
    if (wrong) {
      refuse("--source is " + scenario::in_quotes(*options_.source) +
             ", allowed: an address of this host");
    }
  }
  return made;
}

void probe_reader::refuse(std::string const& why) {
  std::cerr << "conecta probe: " << why << '\n';
  understood_ = false;
}

} // namespace conecta::command
