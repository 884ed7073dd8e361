// Paths of members as messages have them: snapshot.input["an odd name"].

#ifndef CAIRN_MERKLE_CERTIFICATE_PATH_H_
#define CAIRN_MERKLE_CERTIFICATE_PATH_H_

#include <cstddef>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cairn::certificate {

// Of the member `name` of what stands at `parent`; an empty parent is the top. Long names are only
// counted: a path is for people, and tells members apart as far as their names are short.
std::string ChildPath(absl::string_view parent, absl::string_view name);

// A member's name, or an element's place.
using PathStep = std::variant<std::string, size_t>;

// kInvalidArgument for what is no path: the byte where it stops to be one.
absl::StatusOr<std::vector<PathStep>> ParsePath(const std::string& path);

// Whether what stands at `path` is what stands at `outer`, or within that.
bool IsWithin(absl::string_view path, absl::string_view outer);

}  // namespace cairn::certificate

#endif  // CAIRN_MERKLE_CERTIFICATE_PATH_H_
