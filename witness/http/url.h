// URLs as they may be written down: without what is secret in them.
//
// Threads: pure.

#ifndef CAIRN_WITNESS_HTTP_URL_H_
#define CAIRN_WITNESS_HTTP_URL_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace cairn::http {

// OK for what begins with http:// or https:// and has no user name or password in it;
// kInvalidArgument otherwise, in words that begin with a verb and never repeat the URL.
absl::Status CheckUrl(absl::string_view url);

// For messages: a user name and password, and what follows a question mark, are left out. Also of
// what is no sound URL: whatever stands before its last '@'.
std::string MaskUrl(absl::string_view url);

// Whether the URL's host is this machine: localhost, 127.0.0.0/8, [::1].
bool IsLoopbackUrl(absl::string_view url);

}  // namespace cairn::http

#endif  // CAIRN_WITNESS_HTTP_URL_H_
