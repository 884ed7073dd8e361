#include "tools/cairn/explanation.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "anchor/evidence/time_text.h"
#include "tools/cairn/command.h"
#include "witness/server/version.h"

namespace cairn::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string Digest(const Hash& hash) { return absl::StrCat("sha256:", hash.Hex()); }

std::string NowText(uint64_t now_s) {
  return evidence::TimeText(std::min(now_s, UINT64_MAX / 1000) * 1000);
}

Json FileJson(const TrustInput& input) {
  Json json;
  if (!input.name.empty()) json["name"] = input.name;
  json["path"] = input.path;
  json["sha256"] = input.sha256.Hex();
  if (input.tip) json["tip"] = *input.tip;
  return json;
}

// What a layer is decided by, and how; an anchor's follows from its code.
std::string HowDecided(const evidence::Layer& layer) {
  if (absl::StartsWith(layer.name, "anchor ") && layer.name != "anchor bound") {
    if (absl::StartsWith(layer.code, "block_") || layer.code == "no_headers" ||
        layer.code == "no_block_yet") {
      return "an OpenTimestamps proof over SHA-256 of the checkpoint's note, by the blocks in "
             "--headers";
    }
    return "a receipt over SHA-256 of the checkpoint's note, by the authorities' roots "
           "(--authority, "
           "--tsa_roots) or --headers";
  }
  static constexpr std::pair<absl::string_view, absl::string_view> kHow[] = {
      {"certificate", "the hash of --certificate against the one in the entry"},
      {"statement",
       "Ed25519 over what the certifier said, under the key that the entry names; whose key that "
       "is, by --certifier"},
      {"inclusion", "the RFC 6962 path from the entry to the root in the checkpoint"},
      {"checkpoint", "Ed25519 over the checkpoint's text, by --log_key or the policy's log"},
      {"witnesses", "cosignatures under the note, by the witnesses and the quorum of --policy"},
      {"anchors", "authorities that vouch, each counted once, against verified:N of --require"},
      {"trace", "HMAC-SHA256 of the value under the key, both in the file, against the entry's id"},
      {"task", "HMAC-SHA256 of the value under the key, both in the file, against the entry's id"},
      {"anchor bound",
       "the N-th smallest of the authorities' times, N from verified:N or 1, against the "
       "operator's time"},
      {"witness bound",
       "the least second by which the policy's quorum had cosigned, and one more, against the "
       "operator's time"},
  };
  for (const auto& [name, how] : kHow) {
    if (layer.name == name) return std::string(how);
  }
  return "";
}

}  // namespace

Json InputsJson(const RunInputs& run, const FileInputs& file) {
  Json json;
  json["version"] = server::kVersion;
  json["now"] = NowText(run.now_s);
  if (file.evidence) json["evidence_sha256"] = file.evidence->Hex();
  if (file.certificate) json["certificate_sha256"] = file.certificate->Hex();
  for (const TrustInput& input : run.files) {
    if (input.role == "authority") {
      json["authorities"].push_back(FileJson(input));
    } else if (input.role == "crl") {
      json["crls"].push_back(FileJson(input));
    } else {
      json[input.role] = FileJson(input);
    }
  }
  Json options = Json::object();
  for (const auto& [name, values] : run.options) options[name] = values;
  json["options"] = std::move(options);
  return json;
}

std::string ExplanationText(const evidence::Report& report, const FileInputs& file) {
  std::string text = "  how this was decided:\n";
  for (const evidence::Layer& layer : report.layers) {
    absl::StrAppend(&text, "    ", Printable(layer.name), ": ", evidence::StateName(layer.state),
                    " [", layer.code, "], ", layer.required ? "required" : "not required", ": ",
                    HowDecided(layer), "\n");
  }
  if (file.evidence) absl::StrAppend(&text, "    evidence ", Digest(*file.evidence), "\n");
  if (file.certificate) {
    absl::StrAppend(&text, "    certificate ", Digest(*file.certificate), "\n");
  }
  return text;
}

std::string InputsText(const RunInputs& run) {
  std::string text =
      absl::StrCat("judged by:\n  cairn ", server::kVersion, "\n  now ", NowText(run.now_s), "\n");
  for (const TrustInput& input : run.files) {
    absl::StrAppend(&text, "  ", input.role, input.name.empty() ? "" : " ", input.name, " ",
                    Digest(input.sha256), input.tip ? absl::StrCat(", tip ", *input.tip) : "", "  ",
                    Printable(input.path, kMaxShownLine), "\n");
  }
  for (const auto& [name, values] : run.options) {
    absl::StrAppend(&text, "  --", name, " ", Printable(absl::StrJoin(values, " ")), "\n");
  }
  return text;
}

}  // namespace cairn::cli
