// What cairnd is told to do: the configuration file (proto/config.proto), overridden by flags, and
// checked as a whole before anything is opened.
//
// Errors: kInvalidArgument for what is wrong, as `FILE:LINE: field: what to do`, or naming the
// flag; kNotFound and such for a file that cannot be read.

#ifndef CAIRN_LEDGER_SERVER_SETTINGS_H_
#define CAIRN_LEDGER_SERVER_SETTINGS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ledger/server/anchor_settings.h"
#include "ledger/server/limits.h"
#include "ledger/server/publish_settings.h"
#include "merkle/entry/entry.h"
#include "merkle/hash.h"
#include "merkle/signature/ed25519.h"
#include "witness/http/address.h"
#include "witness/server/key_file.h"

namespace cairn::server {

// Command line flags; empty where not given.
struct Flags {
  std::string config_file;
  std::string data_dir;
  std::string origin;
  std::string grpc_address;
  std::string http_address;
  std::vector<std::string> key_files;
  std::string witness_policy;
  std::vector<std::string> accept_unreachable_witnesses;
  std::string address_file;
  std::string http_address_file;
  bool accept_new_log_for_used_key = false;
  // Say what a start would do, and do nothing.
  bool check = false;
  bool json = false;
};

struct TlsSettings {
  std::string certificate_file;
  std::string key_file;
  std::string client_ca_file;  // Empty: clients are not asked for certificates.
};

struct CertifierSettings {
  std::string name;
  entry::CertifierDemand demand = entry::CertifierDemand::kSigned;
  std::optional<PublicKey> key;
  // Of the key before it, over it: see merkle/entry/rotation.h.
  std::optional<Signature> rotation_signature;
  std::vector<Hash> token_sha256;
  std::vector<Hash> client_certificate_sha256;
  std::vector<std::string> client_certificate_san;
  std::optional<Limits> limits;
  bool retired = false;
};

struct Settings {
  std::string data_dir;
  std::string origin;
  http::Address address;
  std::optional<http::Address> http_address;
  std::vector<KeySettings> keys;
  std::optional<TlsSettings> tls;
  std::vector<CertifierSettings> certifiers;
  // Without it every checkpoint is published as it is.
  std::optional<PublishSettings> publish;
  std::optional<AnchoringSettings> anchoring;
  Limits default_limits;
  uint64_t free_space_reserve_bytes = 0;
  // What may wait to be sequenced, in entries.
  size_t max_queued_entries = 0;
  // Where to write the bound addresses; empty: nowhere.
  std::string address_file;
  std::string http_address_file;
  bool accept_new_log_for_used_key = false;
};

absl::StatusOr<Settings> ReadSettings(const Flags& flags);

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_SETTINGS_H_
