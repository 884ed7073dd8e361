#include "merkle/certificate/json.h"

#include <nlohmann/json.hpp>
#include <string_view>

namespace cairn::certificate {

const Json* Member(const Json& value, absl::string_view name) {
  if (!value.is_object()) return nullptr;
  const auto member = value.find(std::string_view(name.data(), name.size()));
  return member == value.end() ? nullptr : &*member;
}

const std::string* TextMember(const Json& value, absl::string_view name) {
  const Json* member = Member(value, name);
  return member == nullptr ? nullptr : member->get_ptr<const std::string*>();
}

const Json* ObjectMember(const Json& value, absl::string_view name) {
  const Json* member = Member(value, name);
  return member == nullptr || !member->is_object() ? nullptr : member;
}

bool IsRedacted(const Json& value) {
  const Json* redacted = Member(value, "_redacted");
  return redacted != nullptr && redacted->is_boolean() && redacted->get<bool>();
}

}  // namespace cairn::certificate
