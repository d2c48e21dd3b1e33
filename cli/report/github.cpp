#include "report/github.hpp"

#include "report/judgement_phrases.hpp"
#include "report/safe_text.hpp"

namespace conecta::report {

namespace {

/// Line ends would end the command; a percent sign begins an escape.
std::string as_message(std::string_view safe) {
  std::string out;
  for (char const letter : safe) {
    out += letter == '%' ? "%25" : std::string{letter};
  }
  return out;
}

/// In a property a comma and a colon would end it.
std::string as_property(std::string_view safe) {
  std::string out;
  for (char const letter : safe) {
    switch (letter) {
    case '%':
      out += "%25";
      break;
    case ',':
      out += "%2C";
      break;
    case ':':
      out += "%3A";
      break;
    default:
      out += letter;
    }
  }
  return out;
}

class annotations {
 public:
  annotations(run::result const& found, std::string_view file)
      : found_{found}, file_{as_property(safe_text(file))} {}

  std::string run() {
    if (found_.ended != run::completion::complete) {
      add("error", "the run", verdict_reason(found_));
    }
    for (auto const& one : found_.thresholds) {
      if (one.judged == run::threshold_result::outcome::broken) {
        add("error", "threshold broken", words_of(one));
      } else if (one.judged == run::threshold_result::outcome::not_judged) {
        add("warning", "threshold not judged", words_of(one));
      }
    }
    for (auto const& one : found_.invariants) {
      auto const words = promise_text(one) + ": " + safe_text(one.detail);
      if (one.judged == run::invariant_result::status::violated) {
        add("error", "invariant violated", words);
      } else if (one.judged == run::invariant_result::status::not_judged) {
        add("notice", "invariant not judged", words); // the run is none the worse for it
      }
    }
    for (auto const& one : found_.self.warnings) {
      add("warning", "the figures", safe_text(one));
    }
    if (found_.judged == run::verdict::pass) {
      add("notice", "pass", verdict_reason(found_));
    }
    return std::move(out_);
  }

 private:
  static std::string words_of(run::threshold_result const& one) {
    auto words = demand_text(one.demanded) + ", observed " + observed_text(one);
    return one.reason.empty() ? words : words + ": " + safe_text(one.reason);
  }

  void add(std::string_view command, std::string_view about, std::string const& message) {
    out_ += "::" + std::string{command} + " " + (file_.empty() ? "" : "file=" + file_ + ",");
    auto const name = found_.scenario_name.empty() ? "" : " (" + found_.scenario_name + ")";
    out_ += "title=" + as_property(std::string{about} + safe_text(name)) +
            "::" + as_message(message) + "\n";
  }

  run::result const& found_;
  std::string file_;
  std::string out_;
};

} // namespace

std::string github_annotations(run::result const& found, std::string_view file) {
  return annotations{found, file}.run();
}

} // namespace conecta::report
