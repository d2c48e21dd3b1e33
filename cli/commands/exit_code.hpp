#pragma once

// What a command leaves with. The numbers are a contract with scripts: sysexits(3) where it has
// one, 128 + signal for an interruption.

namespace conecta::command {

enum exit_code : int {
  success = 0,
  verdict_failed = 1,
  usage = 64,
  bad_data = 65,
  no_input = 66,
  unavailable = 69,
  software = 70,
  cannot_write = 73,
  configuration = 78,
  interrupted = 128, ///< plus the signal
};

} // namespace conecta::command
