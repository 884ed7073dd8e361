#include "ledger/server/listener.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/resource_quota.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server_builder.h"
#include "ledger/server/request.h"
#include "proto/log_service.grpc.pb.h"
#include "witness/server/files.h"

namespace cairn::server {
namespace {

constexpr size_t kMaxPemBytes = size_t{1} << 20;
// A batch's answer with entries and proofs is below 3 MiB; clients take 4 MiB by default.
constexpr int kMaxResponseBytes = 4 << 20;
constexpr int kMaxCallsPerConnection = 128;
// Clients ping to keep a quiet watch open through what lies in between, every 10 to 60 s as is
// usual, some every 2 s. gRPC's own limit of one in five minutes would hang up on them. So one a
// second is taken, with or without calls, and those that come faster in a row end the connection: a
// ping costs no more than any other frame.
constexpr int kLeastPingIntervalMs = 1'000;
constexpr int kMaxPingsTooFast = 5;
// What gRPC may hold for its connections and calls. Beyond it drops idle connections, then calls.
constexpr size_t kMaxGrpcBytes = size_t{256} << 20;
// The reflection service, alone of all, holds a thread a stream.
constexpr int kMaxReflectionThreads = 8;

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> Credentials(const Settings& settings) {
  if (!settings.tls.has_value()) return grpc::InsecureServerCredentials();
  const TlsSettings& tls = *settings.tls;
  absl::StatusOr<std::string> certificate = ReadWholeFile(tls.certificate_file, kMaxPemBytes);
  if (!certificate.ok()) return certificate.status();
  absl::StatusOr<std::string> key = ReadWholeFile(tls.key_file, kMaxPemBytes, true);
  if (!key.ok()) return key.status();
  grpc::SslServerCredentialsOptions options(GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE);
  options.pem_key_cert_pairs.push_back({*std::move(key), *std::move(certificate)});
  if (!tls.client_ca_file.empty()) {
    absl::StatusOr<std::string> ca = ReadWholeFile(tls.client_ca_file, kMaxPemBytes);
    if (!ca.ok()) return ca.status();
    options.pem_root_certs = *std::move(ca);
    // Asked for, so that others may come with a token; but one that is shown must be good.
    options.client_certificate_request = GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY;
  }
  return grpc::SslServerCredentials(options);
}

}  // namespace

absl::StatusOr<Listener> Listen(const Settings& settings,
                                const std::vector<grpc::Service*>& services) {
  absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> credentials = Credentials(settings);
  if (!credentials.ok()) return credentials.status();
  // Debian builds Abseil so that every lock of a mutex is written into a graph of them all. gRPC
  // takes some dozens for each call.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(settings.address.Format(), *credentials, &port);
  for (grpc::Service* const service : services) builder.RegisterService(service);
  builder.SetMaxReceiveMessageSize(static_cast<int>(kMaxRequestBytes));
  builder.SetMaxSendMessageSize(kMaxResponseBytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxCallsPerConnection);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             kLeastPingIntervalMs);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, kMaxPingsTooFast);
  grpc::ResourceQuota quota("cairnd");
  quota.Resize(kMaxGrpcBytes).SetMaxThreads(kMaxReflectionThreads);
  builder.SetResourceQuota(quota);
  // By default one a core, and each takes a thread of the quota.
  builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
  // Two cairnd on one port would each get some of the clients.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  Listener listener{.server = builder.BuildAndStart(), .address = settings.address};
  if (listener.server == nullptr || port == 0) {
    const std::string address = settings.address.Format();
    return absl::UnavailableError(
        settings.tls.has_value()
            ? absl::StrCat("cannot listen on ", address, " with TLS: is the port taken, or are ",
                           settings.tls->certificate_file, " and ", settings.tls->key_file,
                           " no PEM certificate and its key?")
            : absl::StrCat("cannot listen on ", address, ": is the port taken?"));
  }
  SetServing(*listener.server, false);
  listener.address.port = static_cast<uint16_t>(port);
  return listener;
}

void SetServing(grpc::Server& server, bool serving) {
  grpc::HealthCheckServiceInterface* health = server.GetHealthCheckService();
  health->SetServingStatus(serving);
  health->SetServingStatus(v1::Log::service_full_name(), serving);
}

}  // namespace cairn::server
