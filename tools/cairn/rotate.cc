// cairn rotate: a certifier's old key signs the new one, so that the log's word on the rotation is
// the certifier's and not the operator's alone.

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "merkle/entry/certifier_key.h"
#include "merkle/entry/entry.h"
#include "merkle/entry/rotation.h"
#include "merkle/note/key.h"
#include "merkle/note/text.h"
#include "tools/cairn/arguments.h"
#include "tools/cairn/command.h"

namespace cairn::cli {
namespace {

struct Options {
  std::string signing_key;
  std::string to;
  std::string origin;
  std::string demand = "signed";
  bool json = false;
};

ExitCode Run(const Options& options) {
  if (const absl::Status name = note::CheckKeyName(options.origin); !name.ok()) {
    Misused(absl::StrCat("--origin: ", name.message()));
  }
  const absl::StatusOr<note::SignerKey> old_key = ReadSignerKey(options.signing_key);
  if (!old_key.ok()) {
    Complain(old_key.status());
    return kUnable;
  }
  const PublicKey& old_public = old_key->verifier_key().public_key();
  const absl::StatusOr<PublicKey> new_key = entry::ParseCertifierKey(old_key->name(), options.to);
  if (!new_key.ok()) Misused(absl::StrCat("--to: ", new_key.status().message()));
  if (*new_key == old_public) Misused("--to is the key that signs: there is nothing to rotate");
  const entry::CertifierDemand demand = options.demand == "signed"
                                            ? entry::CertifierDemand::kSigned
                                            : entry::CertifierDemand::kChannel;
  const Signature signature = old_key->Sign(
      entry::RotationMessage(options.origin, old_key->name(), old_public, *new_key, demand));
  const std::string text = note::FormatBase64(signature.view());
  if (!options.json) {
    std::cout << text << "\n";
    return kYes;
  }
  nlohmann::ordered_json json;
  json["origin"] = options.origin;
  json["certifier"] = old_key->name();
  json["old_key"] = note::FormatBase64(old_public.view());
  json["new_key"] = note::FormatBase64(new_key->view());
  json["demand"] = options.demand;
  json["rotation_signature"] = text;
  std::cout << JsonLine(json);
  return kYes;
}

}  // namespace

void AddRotate(CLI::App& app, ExitCode* exit_code) {
  const auto options = std::make_shared<Options>();
  Subcommand command = AddSubcommand(
      app, "rotate",
      "Signs a certifier's new key with its old one, and prints what the operator of the log puts "
      "into its configuration as rotation_signature",
      "cairn rotate --signing_key old.key --to acme+1f2e3d4c+AQ... --origin log.example/cairn",
      &options->json);
  command
      .Add(Spellings("signing_key"), options->signing_key,
           "Key file with the key that is in force now; its name is the certifier's")
      .Required();
  command
      .Add("--to", options->to,
           "The new key: the vkey that `cairn keygen --certifier` printed, or base64 of its 32 "
           "bytes")
      .Required();
  command.Add("--origin", options->origin, "The log's name, for which alone it holds").Required();
  command
      .Add("--demand", options->demand,
           "What the log's configuration demands of the certifier from then on")
      .OneOf({"signed", "channel"})
      .ShowDefault();
  command.OnRun([options, exit_code] { *exit_code = Run(*options); });
}

}  // namespace cairn::cli
