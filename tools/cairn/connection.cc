#include "tools/cairn/connection.h"

#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tools/cairn/address.h"
#include "tools/cairn/arguments.h"
#include "tools/cairn/command.h"
#include "tools/cairn/file.h"

namespace cairn::cli {
namespace {

constexpr size_t kMaxPemBytes = 1 << 20;

absl::Status ReadPem(const std::string& path, bool secret, std::string& pem) {
  if (path.empty()) return absl::OkStatus();
  absl::StatusOr<std::string> bytes =
      secret ? ReadSecretFile(path, kMaxPemBytes) : ReadFile(path, kMaxPemBytes);
  if (!bytes.ok()) return bytes.status();
  pem = *std::move(bytes);
  return absl::OkStatus();
}

}  // namespace

Option AddConnectionOptions(Subcommand command, ConnectionOptions* options) {
  Option log = command.Add("--log", options->address, "HOST:PORT of the log")
                   .Required()
                   .Check(CheckHostPort);
  command.Add(Spellings("token_file"), options->token_file,
              "File with the token that proves who is calling");
  command.AddFlag("--tls", options->tls, "Use TLS and the system's certificate authorities");
  command.Add(Spellings("tls_ca"), options->tls_ca,
              "PEM file of the authorities to trust instead; implies --tls");
  Option cert = command.Add(Spellings("tls_cert"), options->tls_cert,
                            "PEM file of a client certificate; implies --tls");
  Option key = command.Add(Spellings("tls_key"), options->tls_key, "PEM file of its private key");
  cert.Needs(key);
  key.Needs(cert);
  command.Add("--timeout", options->timeout_s, "Seconds until a call is given up, retries included")
      .Between(0.01, 3600.0)
      .ShowDefault();
  return log;
}

absl::StatusOr<LogClientOptions> ReadConnection(const ConnectionOptions& options) {
  LogClientOptions client;
  client.address = options.address;
  client.timeout = absl::Seconds(options.timeout_s);
  client.tls = options.tls || !options.tls_ca.empty() || !options.tls_cert.empty();
  for (const auto& [path, secret, pem] :
       {std::tuple(&options.tls_ca, false, &client.tls_ca_pem),
        std::tuple(&options.tls_cert, false, &client.tls_cert_pem),
        std::tuple(&options.tls_key, true, &client.tls_key_pem)}) {
    if (absl::Status read = ReadPem(*path, secret, *pem); !read.ok()) return read;
  }
  if (!options.token_file.empty()) {
    const absl::StatusOr<HostPort> address = ParseHostPort(options.address);
    if (!address.ok()) return address.status();
    if (!client.tls && !IsLoopback(*address)) {
      return absl::FailedPreconditionError(
          absl::StrCat("the token would go to ", options.address,
                       " in clear, for everyone on the way to take: use --tls or --tls_ca"));
    }
    absl::StatusOr<std::string> token = ReadToken(options.token_file);
    if (!token.ok()) return token.status();
    client.token = *std::move(token);
  }
  return client;
}

absl::StatusOr<std::unique_ptr<LogClient>> OpenLog(const ConnectionOptions& options) {
  const absl::StatusOr<LogClientOptions> client = ReadConnection(options);
  if (!client.ok()) return client.status();
  return LogClient::Create(*client);
}

}  // namespace cairn::cli
