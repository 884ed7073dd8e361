// cairn keygen: makes the key of a log, a certifier or a witness.

#include <openssl/crypto.h>
#include <signal.h>
#include <unistd.h>

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "merkle/entry/entry.h"
#include "merkle/note/key.h"
#include "merkle/note/text.h"
#include "tools/cairn/command.h"
#include "tools/cairn/file.h"

namespace cairn::cli {
namespace {

struct Options {
  std::string origin;
  std::string certifier;
  std::string witness;
  std::string out;
  bool json = false;
};

void Print(const Options& options, const note::VerifierKey& verifier) {
  const std::string public_key = note::FormatBase64(verifier.public_key().view());
  if (options.json) {
    nlohmann::ordered_json json;
    json["name"] = verifier.name();
    json["vkey"] = verifier.Format();
    json["public_key"] = public_key;
    json["file"] = options.out;
    std::cout << JsonLine(json);
  } else {
    std::cout << verifier.Format() << "\n" << (options.certifier.empty() ? "" : public_key + "\n");
  }
}

ExitCode Run(const Options& options) {
  // One of them is given.
  const std::string name = absl::StrCat(options.origin, options.certifier, options.witness);
  const absl::StatusOr<note::SignerKey> key = note::GenerateSignerKey(
      name, options.witness.empty() ? note::KeyType::kEd25519 : note::KeyType::kCosignature);
  if (!key.ok()) {
    Complain(key.status());
    return key.status().code() == absl::StatusCode::kInvalidArgument ? kUsage : kUnable;
  }
  std::string secret = absl::StrCat(key->FormatSecret(), "\n");
  const absl::Status created = CreateFile(options.out, secret, /*mode=*/0600);
  OPENSSL_cleanse(secret.data(), secret.size());
  if (!created.ok()) {
    const bool exists = absl::IsAlreadyExists(created);
    Complain(exists
                 ? absl::AlreadyExistsError(absl::StrCat(
                       created.message(), ": a lost key cannot be made again; choose another file"))
                 : created);
    return kUnable;
  }
  // A key whose vkey nobody has seen is worse than none: where the words cannot be written down, to
  // a pipe that is gone or a disk that is full, the file goes as well.
  signal(SIGPIPE, SIG_IGN);
  Print(options, key->verifier_key());
  if (std::cout.flush()) return kYes;
  unlink(options.out.c_str());
  Complain(WithErrorCode(
      absl::InternalError(absl::StrCat("could not write the vkey to standard output; ", options.out,
                                       " was removed again, so there is no key")),
      "stdout_failed"));
  return kUnable;
}

}  // namespace

void AddKeygen(CLI::App& app, ExitCode* exit_code) {
  const auto options = std::make_shared<Options>();
  Subcommand command = AddSubcommand(
      app, "keygen",
      "Makes a private key in a new file that only its owner can read, and prints the vkey (of a "
      "certifier also the bare public key, in base64)",
      "cairn keygen --origin log.example/cairn --out log.key", &options->json);
  Option origin = command.Add("--origin", options->origin, "The log's name, for a log's key");
  Option certifier =
      command.Add("--certifier", options->certifier, "The certifier's name, for its key")
          .Excludes(origin);
  command.Add("--witness", options->witness, "The witness's name, for its cosigning key")
      .Excludes(origin)
      .Excludes(certifier);
  command.Add("--out", options->out, "The key file; must not exist").Required();
  command.OnRun([options, exit_code] {
    if (options->origin.empty() && options->certifier.empty() && options->witness.empty()) {
      Misused(
          "give --origin NAME for a log's key, --certifier NAME for a certifier's, or --witness "
          "NAME for a witness's");
    }
    if (!options->certifier.empty()) {
      if (absl::Status good = entry::ValidateText("--certifier", options->certifier,
                                                  /*allow_empty=*/false);
          !good.ok()) {
        Misused(std::string(good.message()));
      }
    }
    *exit_code = Run(*options);
  });
}

}  // namespace cairn::cli
