#include "commands/tls.hpp"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

namespace conecta::command {

void add_tls_options(CLI::App& to, net::tls_options& into) {
  auto* const authorities =
      to.add_option("--ca", into.ca_file, "PEM: trust these, not the system's authorities")
          ->type_name("FILE")
          ->check(CLI::ExistingFile.description(""))
          ->group(tls_group);
  auto* const certificate = to.add_option("--cert", into.certificate_file,
                                          "PEM: this client's certificate, and its chain")
                                ->type_name("FILE")
                                ->check(CLI::ExistingFile.description(""))
                                ->group(tls_group);
  to.add_option("--key", into.key_file, "PEM: its key; if not given, it is in the same file")
      ->type_name("FILE")
      ->check(CLI::ExistingFile.description(""))
      ->needs(certificate)
      ->group(tls_group);
  to.add_option("--sni", into.server_name, "The name to ask for and verify; the URL's if not given")
      ->type_name("NAME")
      ->group(tls_group);
  to.add_flag_callback(
        "--insecure", [&into] { into.verifies = false; }, "Verify no certificate and no name")
      ->excludes(authorities)
      ->group(tls_group);
}

} // namespace conecta::command
