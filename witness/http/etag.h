// Entity tags, by which a client asks only for what it does not have.
//
// Source: RFC 9110 sections 8.8.3 and 13.1.2.

#ifndef CAIRN_WITNESS_HTTP_ETAG_H_
#define CAIRN_WITNESS_HTTP_ETAG_H_

#include "absl/strings/string_view.h"

namespace cairn::http {

// Whether a header If-None-Match, which is `*` or a list of tags, has `tag` (with its quotes),
// compared weakly. What is no such list has none.
bool HasTag(absl::string_view if_none_match, absl::string_view tag);

}  // namespace cairn::http

#endif  // CAIRN_WITNESS_HTTP_ETAG_H_
