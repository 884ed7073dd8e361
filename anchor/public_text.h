// What strangers may read of a failure outside.
//
// An error's message is for the operator's log: it names URLs and hosts, which may be inside a
// network, and quotes what is said there. What is stored of a receipt or a gap is shown to anybody
// who asks the log, so it says of a failure only what kind it is.
// Threads: pure.

#ifndef CAIRN_ANCHOR_PUBLIC_TEXT_H_
#define CAIRN_ANCHOR_PUBLIC_TEXT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace cairn::anchor {

// The same error, of which strangers read `text`: a few words of ours, such as "refuses the
// connection".
absl::Status WithPublicText(absl::Status status, absl::string_view text);

// The same error in other words for the operator.
absl::Status Reworded(const absl::Status& status, absl::string_view message);

// What WithPublicText said; else what the code says.
std::string PublicText(const absl::Status& status);

// A stored text as it may be shown: earlier builds stored the messages themselves. Of those with a
// code only the kind is left, and of the others whatever begins with a URL goes.
std::string CleanStored(absl::string_view text);

}  // namespace cairn::anchor

#endif  // CAIRN_ANCHOR_PUBLIC_TEXT_H_
