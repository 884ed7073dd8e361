#include "ledger/server/status.h"

#include <string>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"

namespace cairn::server {
namespace {

constexpr char kTypeUrlPrefix[] = "type.googleapis.com/";
constexpr char kErrorDomain[] = "cairn";
constexpr uint64_t kDefaultRetryMs = 200;

void Attach(const google::protobuf::Message& detail, absl::Status& status) {
  status.SetPayload(absl::StrCat(kTypeUrlPrefix, detail.GetDescriptor()->full_name()),
                    absl::Cord(detail.SerializeAsString()));
}

absl::string_view RetryUrl() {
  static const auto* const kUrl = new std::string(
      absl::StrCat(kTypeUrlPrefix, google::rpc::RetryInfo::descriptor()->full_name()));
  return *kUrl;
}

}  // namespace

absl::Status InvalidField(absl::string_view field, absl::string_view description) {
  absl::Status status = absl::InvalidArgumentError(absl::StrCat(field, ": ", description));
  google::rpc::BadRequest detail;
  auto* violation = detail.add_field_violations();
  violation->set_field(field.data(), field.size());
  violation->set_description(description.data(), description.size());
  Attach(detail, status);
  return status;
}

absl::Status WithRetry(absl::Status status, uint64_t retry_after_ms) {
  google::rpc::RetryInfo detail;
  detail.mutable_retry_delay()->set_seconds(static_cast<int64_t>(retry_after_ms / 1000));
  detail.mutable_retry_delay()->set_nanos(static_cast<int32_t>(retry_after_ms % 1000) * 1'000'000);
  Attach(detail, status);
  return status;
}

absl::Status WithIndex(absl::Status status, absl::string_view reason, LeafIndex index) {
  google::rpc::ErrorInfo detail;
  detail.set_reason(reason.data(), reason.size());
  detail.set_domain(kErrorDomain);
  (*detail.mutable_metadata())["index"] = absl::StrCat(index.value());
  Attach(detail, status);
  return status;
}

absl::Status WithDefaultRetry(absl::Status status) {
  const bool retry = absl::IsResourceExhausted(status) || absl::IsUnavailable(status);
  if (!retry || status.GetPayload(RetryUrl()).has_value()) return status;
  return WithRetry(std::move(status), kDefaultRetryMs);
}

google::rpc::Status ToRpcStatus(const absl::Status& status) {
  google::rpc::Status out;
  out.set_code(static_cast<int>(status.code()));
  out.set_message(status.message().data(), status.message().size());
  status.ForEachPayload([&out](absl::string_view url, const absl::Cord& value) {
    google::protobuf::Any* detail = out.add_details();
    detail->set_type_url(url.data(), url.size());
    detail->set_value(std::string(value));
  });
  return out;
}

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const google::rpc::Status rpc = ToRpcStatus(status);
  // Without details the trailer would say the same again.
  const std::string details = rpc.details_size() > 0 ? rpc.SerializeAsString() : std::string();
  return grpc::Status(static_cast<grpc::StatusCode>(rpc.code()), rpc.message(), details);
}

}  // namespace cairn::server
