#include "ledger/server/settings.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/text_format.h"
#include "ledger/server/config_error.h"
#include "merkle/entry/certifier_key.h"
#include "merkle/note/key.h"
#include "merkle/note/text.h"
#include "proto/config.pb.h"
#include "witness/server/files.h"

namespace cairn::server {
namespace {

using google::protobuf::TextFormat;

constexpr size_t kMaxConfigBytes = size_t{4} << 20;
constexpr std::chrono::milliseconds kShortestPublishInterval(10);
constexpr uint64_t kDefaultReserveMib = 256;
constexpr uint64_t kMaxReserveMib = uint64_t{1} << 40;
constexpr uint32_t kDefaultQueuedEntries = 65'536;
constexpr uint32_t kMaxQueuedEntries = 1'048'576;
constexpr size_t kMaxOriginBytes = 255;

// Keeps the first error.
class ErrorCollector : public google::protobuf::io::ErrorCollector {
 public:
  explicit ErrorCollector(const std::string& file) : file_(file) {}
  void AddError(int line, google::protobuf::io::ColumnNumber column,
                const std::string& message) override {
    if (first_.empty()) {
      first_ = absl::StrCat(file_, ":", line + 1, ":", column + 1, ": ", ConfigError(message));
    }
  }
  void AddWarning(int, google::protobuf::io::ColumnNumber, const std::string&) override {}
  const std::string& first() const { return first_; }

 private:
  const std::string& file_;
  std::string first_;
};

// A parsed file that knows where its fields stand.
struct File {
  std::string name;
  config::Cairnd message;
  TextFormat::ParseInfoTree lines;

  // An error about the n-th `certifier`, in words that begin with its name.
  absl::Status CertifierError(int n, absl::string_view what) const {
    const auto* field = config::Cairnd::descriptor()->FindFieldByName("certifier");
    return absl::InvalidArgumentError(absl::StrCat(name, ":", lines.GetLocation(field, n).line + 1,
                                                   ": certifier \"", message.certifier(n).name(),
                                                   "\": ", what));
  }
};

absl::Status ReadFile(const std::string& name, File& file) {
  file.name = name;
  absl::StatusOr<std::string> text = ReadWholeFile(name, kMaxConfigBytes);
  if (!text.ok()) return text.status();
  TextFormat::Parser parser;
  ErrorCollector errors(name);
  parser.RecordErrorsTo(&errors);
  parser.WriteLocationsTo(&file.lines);
  if (!parser.ParseFromString(*text, &file.message)) {
    return absl::InvalidArgumentError(
        absl::StrCat(errors.first(), " (the fields are documented in proto/config.proto)"));
  }
  return absl::OkStatus();
}

// The flag's value where it was given, else the file's.
const std::string& Either(const std::string& flag, const std::string& field) {
  return flag.empty() ? field : flag;
}

absl::Status Missing(absl::string_view name) {
  return absl::InvalidArgumentError(
      absl::StrCat("no ", name, ": give --", name, ", or `", name, "` in the configuration file"));
}

Limits ToLimits(const config::Limits& limits) {
  return {.entries_per_second = limits.entries_per_second(),
          .entries_per_day = limits.entries_per_day()};
}

// 64 hex digits of either case, with or without colons between bytes.
absl::StatusOr<Hash> ParseFingerprint(absl::string_view field, const std::string& text) {
  const std::string hex = absl::AsciiStrToLower(absl::StrReplaceAll(text, {{":", ""}}));
  const absl::StatusOr<std::string> bytes = note::ParseHex(hex);
  if (!bytes.ok() || bytes->size() != Hash::kSize) {
    return absl::InvalidArgumentError(
        absl::StrCat(field, " is not a SHA-256 in hex, which has 64 digits"));
  }
  return Hash::FromBytes(*bytes);
}

// Messages begin with the field.
absl::Status TakeKey(const config::Certifier& in, CertifierSettings& out) {
  if (!in.key().empty()) {
    absl::StatusOr<PublicKey> key = entry::ParseCertifierKey(in.name(), in.key());
    if (!key.ok()) return absl::InvalidArgumentError(absl::StrCat("key: ", key.status().message()));
    out.key = *key;
  }
  if (in.rotation_signature().empty()) return absl::OkStatus();
  if (!out.key.has_value()) {
    return absl::InvalidArgumentError(
        "rotation_signature is over a new key, and there is no key: give both or neither");
  }
  const absl::StatusOr<std::string> bytes = note::ParseBase64(in.rotation_signature());
  absl::StatusOr<Signature> signature = absl::InvalidArgumentError("");
  if (bytes.ok()) signature = Signature::FromBytes(*bytes);
  if (!signature.ok()) {
    return absl::InvalidArgumentError(
        "rotation_signature is not base64 of 64 bytes; give what `cairn rotate` printed");
  }
  out.rotation_signature = *signature;
  return absl::OkStatus();
}

absl::Status TakeCredentials(const config::Certifier& in, CertifierSettings& out) {
  for (const std::string& text : in.token_sha256()) {
    absl::StatusOr<Hash> hash = ParseFingerprint("token_sha256", text);
    if (!hash.ok()) return hash.status();
    if (*hash == merkle::Sha256("")) {
      return absl::InvalidArgumentError(
          "token_sha256 is that of the empty token; hash the token itself");
    }
    out.token_sha256.push_back(*hash);
  }
  for (const std::string& text : in.client_certificate_sha256()) {
    absl::StatusOr<Hash> hash = ParseFingerprint("client_certificate_sha256", text);
    if (!hash.ok()) return hash.status();
    out.client_certificate_sha256.push_back(*hash);
  }
  for (const std::string& name : in.client_certificate_san()) {
    if (name.empty()) return absl::InvalidArgumentError("client_certificate_san is empty");
    out.client_certificate_san.push_back(name);
  }
  return absl::OkStatus();
}

// What one certifier says, without regard to the others. Messages begin with the field.
absl::StatusOr<CertifierSettings> ToCertifier(const config::Certifier& in, bool client_ca) {
  CertifierSettings out;
  out.name = in.name();
  out.retired = in.retired();
  if (absl::Status valid = entry::ValidateText("name", in.name(), false); !valid.ok()) {
    return valid;
  }
  if (in.name() == entry::kAnonymous) {
    return absl::InvalidArgumentError("name is reserved for unsigned writing over loopback");
  }
  if (in.demand() != config::SIGNED && in.demand() != config::CHANNEL) {
    return absl::InvalidArgumentError("demand must be SIGNED or CHANNEL");
  }
  const bool channel = in.demand() == config::CHANNEL;
  out.demand = channel ? entry::CertifierDemand::kChannel : entry::CertifierDemand::kSigned;
  if (absl::Status taken = TakeKey(in, out); !taken.ok()) return taken;
  if (absl::Status taken = TakeCredentials(in, out); !taken.ok()) return taken;
  const bool certificates =
      !out.client_certificate_sha256.empty() || !out.client_certificate_san.empty();
  if (certificates && !client_ca) {
    return absl::InvalidArgumentError("client certificates need tls.client_ca_file");
  }
  if (!channel && (!out.token_sha256.empty() || certificates)) {
    return absl::InvalidArgumentError(
        "demand SIGNED asks for signatures alone, whatever channel they come by: remove "
        "token_sha256 and the client certificates, or make it CHANNEL");
  }
  if (!channel && !out.key.has_value()) {
    return absl::InvalidArgumentError("demand SIGNED needs a key");
  }
  if (channel && !out.retired && out.token_sha256.empty() && !certificates) {
    return absl::InvalidArgumentError(
        "demand CHANNEL needs token_sha256, client_certificate_sha256 or client_certificate_san");
  }
  if (in.has_limits()) out.limits = ToLimits(in.limits());
  return out;
}

absl::Status TakeCertifiers(const File& file, Settings& settings) {
  std::set<std::string> names;
  // A credential of two certifiers would say nothing about which of them speaks.
  std::set<Hash> hashes;
  std::set<std::string> sans;
  const bool client_ca = settings.tls.has_value() && !settings.tls->client_ca_file.empty();
  for (int i = 0; i < file.message.certifier_size(); ++i) {
    absl::StatusOr<CertifierSettings> certifier = ToCertifier(file.message.certifier(i), client_ca);
    if (!certifier.ok()) return file.CertifierError(i, certifier.status().message());
    if (!names.insert(certifier->name).second) {
      return file.CertifierError(i, "is declared twice; keep one");
    }
    bool unique = true;
    for (const Hash& hash : certifier->token_sha256) unique &= hashes.insert(hash).second;
    for (const Hash& hash : certifier->client_certificate_sha256) {
      unique &= hashes.insert(hash).second;
    }
    for (const std::string& san : certifier->client_certificate_san) {
      unique &= sans.insert(san).second;
    }
    if (!unique) return file.CertifierError(i, "a credential is listed twice; give each its own");
    settings.certifiers.push_back(*std::move(certifier));
  }
  return absl::OkStatus();
}

// The keys of the file, or those of them that flags name: a key that is taken without the state
// file that the file gives it would be taken for one that never signed.
absl::Status TakeKeys(const Flags& flags, const File& file, Settings& settings) {
  std::map<std::string, std::string> state_files;
  for (const config::Key& key : file.message.key()) {
    if (key.file().empty()) return absl::InvalidArgumentError("key.file is empty");
    state_files[key.file()] = key.state_file();
    if (flags.key_files.empty()) {
      settings.keys.push_back({.file = key.file(), .state_file = key.state_file()});
    }
  }
  for (const std::string& key : flags.key_files) {
    if (!state_files.empty() && !state_files.contains(key)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--key_file ", key, " is no `key` of ", file.name,
          ", which has others: list it there, with its state_file if it has one, or remove those"));
    }
    settings.keys.push_back({.file = key, .state_file = state_files[key]});
  }
  if (settings.keys.empty()) {
    return absl::InvalidArgumentError(
        "no key: give --key_file, or `key { file: ... }` in the configuration file; "
        "`cairn keygen` makes one");
  }
  for (KeySettings& key : settings.keys) {
    if (key.state_file.empty()) key.state_file = key.file + ".used";
  }
  return absl::OkStatus();
}

absl::Status TakeTls(const File& file, Settings& settings) {
  if (!file.message.has_tls()) return absl::OkStatus();
  const config::Tls& tls = file.message.tls();
  if (tls.certificate_file().empty() || tls.key_file().empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(file.name, ": tls needs both certificate_file and key_file"));
  }
  settings.tls = TlsSettings{.certificate_file = tls.certificate_file(),
                             .key_file = tls.key_file(),
                             .client_ca_file = tls.client_ca_file()};
  return absl::OkStatus();
}

// Who can reach us decides what must be demanded of them.
absl::Status CheckListener(const Settings& settings) {
  if (settings.address.loopback) return absl::OkStatus();
  bool writers = false;
  for (const CertifierSettings& certifier : settings.certifiers) writers |= !certifier.retired;
  if (settings.tls.has_value() && writers) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "grpc_address ", settings.address.Format(),
      " can be reached from other machines, which needs `tls` and at least one `certifier` in the "
      "configuration file; add ",
      settings.tls.has_value() ? "a certifier" : (writers ? "tls" : "both"),
      ", or listen on loopback, such as 127.0.0.1:", settings.address.port));
}

absl::StatusOr<http::Address> TakeAddress(absl::string_view name, const std::string& text) {
  absl::StatusOr<http::Address> parsed = http::ParseAddress(text);
  if (parsed.ok()) return parsed;
  return absl::InvalidArgumentError(absl::StrCat(name, ": ", parsed.status().message()));
}

absl::Status TakeHttp(const Flags& flags, const File& file, Settings& settings) {
  settings.http_address_file = flags.http_address_file;
  const std::string& text = Either(flags.http_address, file.message.http_address());
  if (text.empty()) {
    if (flags.http_address_file.empty()) return absl::OkStatus();
    return absl::InvalidArgumentError(
        "--http_address_file is given, but no http_address to serve on; give both or neither");
  }
  absl::StatusOr<http::Address> parsed = TakeAddress("http_address", text);
  if (!parsed.ok()) return parsed.status();
  settings.http_address = *std::move(parsed);
  const http::Address& other = settings.address;
  if (other.port == 0 || settings.http_address->Format() != other.Format()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("http_address and grpc_address are both ",
                                                 other.Format(), "; give each a port of its own"));
}

absl::StatusOr<note::Policy> ReadPolicy(const std::string& name) {
  const absl::StatusOr<std::string> text = ReadWholeFile(name, note::kMaxPolicyBytes);
  if (!text.ok()) return text.status();
  absl::StatusOr<note::Policy> policy = note::Policy::Parse(*text);
  if (policy.ok()) return policy;
  return absl::InvalidArgumentError(absl::StrCat(name, ": ", policy.status().message()));
}

absl::Status TakePublishing(const Flags& flags, const File& file, Settings& settings) {
  const std::string& name = Either(flags.witness_policy, file.message.witness_policy_file());
  if (name.empty()) {
    if (!file.message.has_publishing() && flags.accept_unreachable_witnesses.empty()) {
      return absl::OkStatus();
    }
    return absl::InvalidArgumentError(
        "`publishing` or --accept_unreachable_witness is given, but no witness policy that it "
        "would be about; name one as witness_policy_file");
  }
  absl::StatusOr<note::Policy> policy = ReadPolicy(name);
  if (!policy.ok()) return policy.status();
  PublishSettings publish{.policy = *std::move(policy)};
  for (const std::string& witness : flags.accept_unreachable_witnesses) {
    const auto& all = publish.policy.witnesses();
    if (std::none_of(all.begin(), all.end(), [&](const auto& w) { return w.name == witness; })) {
      return absl::InvalidArgumentError(
          absl::StrCat("--accept_unreachable_witness: ", name, " has no witness `", witness, "`"));
    }
    publish.accept_unreachable.insert(witness);
  }
  const config::Publishing& told = file.message.publishing();
  if (told.has_interval_ms()) publish.interval = std::chrono::milliseconds(told.interval_ms());
  if (told.has_straggler_wait_ms()) {
    publish.gatherer.straggler_wait = std::chrono::milliseconds(told.straggler_wait_ms());
  }
  if (told.has_max_unpublished_age_s()) {
    publish.max_unpublished_age = std::chrono::seconds(told.max_unpublished_age_s());
  }
  if (told.has_retry_ms()) {
    publish.gatherer.first_pause = std::chrono::milliseconds(told.retry_ms());
  }
  publish.without_quorum = told.without_quorum();
  if (publish.interval < kShortestPublishInterval) {
    return absl::InvalidArgumentError(absl::StrCat(
        file.name, ": publishing.interval_ms must be at least ", kShortestPublishInterval.count()));
  }
  if (publish.gatherer.first_pause < kShortestPublishInterval ||
      publish.gatherer.first_pause > publish.gatherer.longest_pause) {
    return absl::InvalidArgumentError(absl::StrCat(file.name, ": publishing.retry_ms must be from ",
                                                   kShortestPublishInterval.count(), " to ",
                                                   publish.gatherer.longest_pause.count()));
  }
  settings.publish = std::move(publish);
  return absl::OkStatus();
}

absl::Status TakeAnchoring(const File& file, Settings& settings) {
  if (!file.message.has_anchoring()) return absl::OkStatus();
  absl::StatusOr<AnchoringSettings> anchoring = ReadAnchoring(file.message.anchoring());
  if (!anchoring.ok()) {
    return absl::Status(anchoring.status().code(),
                        absl::StrCat(file.name, ": ", anchoring.status().message()));
  }
  if (settings.publish.has_value() || !anchoring->options.rule.needs_witnesses) {
    settings.anchoring = *std::move(anchoring);
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      file.name, ": anchoring.needs_witnesses is set, but there is no witness_policy_file"));
}

absl::Status TakeBounds(const File& file, Settings& settings) {
  const uint64_t reserve_mib = file.message.has_free_space_reserve_mib()
                                   ? file.message.free_space_reserve_mib()
                                   : kDefaultReserveMib;
  if (reserve_mib > kMaxReserveMib) {
    return absl::InvalidArgumentError(absl::StrCat(file.name, ": free_space_reserve_mib is above ",
                                                   kMaxReserveMib, "; it counts MiB"));
  }
  settings.free_space_reserve_bytes = reserve_mib << 20;
  settings.max_queued_entries = file.message.has_max_queued_entries()
                                    ? file.message.max_queued_entries()
                                    : kDefaultQueuedEntries;
  if (settings.max_queued_entries == 0 || settings.max_queued_entries > kMaxQueuedEntries) {
    return absl::InvalidArgumentError(absl::StrCat(
        file.name, ": max_queued_entries must be 1 to ", kMaxQueuedEntries,
        ", and as large as the largest batch that is to be taken, which is 1024 at the most"));
  }
  return absl::OkStatus();
}

absl::Status TakeNames(const Flags& flags, const File& file, Settings& settings) {
  settings.data_dir = Either(flags.data_dir, file.message.data_dir());
  settings.origin = Either(flags.origin, file.message.origin());
  const std::string& address = Either(flags.grpc_address, file.message.grpc_address());
  if (settings.data_dir.empty()) return Missing("data_dir");
  if (settings.origin.empty()) return Missing("origin");
  if (address.empty()) return Missing("grpc_address");
  absl::Status named = note::CheckKeyName(settings.origin);
  if (named.ok() && settings.origin.size() > kMaxOriginBytes) {
    named = absl::InvalidArgumentError(absl::StrCat("longer than ", kMaxOriginBytes, " bytes"));
  }
  if (!named.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("origin: ", named.message()));
  }
  absl::StatusOr<http::Address> parsed = TakeAddress("grpc_address", address);
  if (!parsed.ok()) return parsed.status();
  settings.address = *std::move(parsed);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Settings> ReadSettings(const Flags& flags) {
  File file;
  if (!flags.config_file.empty()) {
    if (absl::Status read = ReadFile(flags.config_file, file); !read.ok()) return read;
  }
  Settings settings;
  settings.address_file = flags.address_file;
  settings.accept_new_log_for_used_key = flags.accept_new_log_for_used_key;
  if (absl::Status taken = TakeNames(flags, file, settings); !taken.ok()) return taken;
  if (absl::Status taken = TakeHttp(flags, file, settings); !taken.ok()) return taken;
  if (absl::Status taken = TakeKeys(flags, file, settings); !taken.ok()) return taken;
  if (absl::Status taken = TakeTls(file, settings); !taken.ok()) return taken;
  if (absl::Status taken = TakeCertifiers(file, settings); !taken.ok()) return taken;
  if (absl::Status safe = CheckListener(settings); !safe.ok()) return safe;
  settings.default_limits = ToLimits(file.message.default_limits());
  if (absl::Status taken = TakeBounds(file, settings); !taken.ok()) return taken;
  if (absl::Status taken = TakePublishing(flags, file, settings); !taken.ok()) return taken;
  if (absl::Status taken = TakeAnchoring(file, settings); !taken.ok()) return taken;
  return settings;
}

}  // namespace cairn::server
