// The JSON value in which this package holds what it has read.
//
// It stands for itself: who reads and writes its members includes <nlohmann/json.hpp>.

#ifndef CAIRN_MERKLE_CERTIFICATE_JSON_H_
#define CAIRN_MERKLE_CERTIFICATE_JSON_H_

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "absl/strings/string_view.h"

namespace cairn::certificate {

using Json = nlohmann::json;

// The member of an object. Null where there is none, and where `value` is no object.
const Json* Member(const Json& value, absl::string_view name);

// Likewise, null also where it is of another type.
const std::string* TextMember(const Json& value, absl::string_view name);
const Json* ObjectMember(const Json& value, absl::string_view name);

// Whether it stands for a value that was taken out, {"_redacted": true, ...}.
bool IsRedacted(const Json& value);

}  // namespace cairn::certificate

#endif  // CAIRN_MERKLE_CERTIFICATE_JSON_H_
