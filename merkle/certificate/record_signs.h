// Whether bytes that cannot be read as a record are meant to be one: too long, too deep, cut off,
// in another encoding, or spoilt.
//
// Shape: they begin as a JSON object does, behind a byte order mark and blanks where there are any,
//   and somewhere have "bundleType" or "certificateHash" as JSON may spell it ("bundle\u0054ype").
//   NUL bytes count for nothing, so that UTF-16 is seen through.
// Threads: one.

#ifndef CAIRN_MERKLE_CERTIFICATE_RECORD_SIGNS_H_
#define CAIRN_MERKLE_CERTIFICATE_RECORD_SIGNS_H_

#include <string>

#include "absl/strings/string_view.h"

namespace cairn::certificate {

// Looks at a file piece by piece, and keeps little of it.
class RecordSigns {
 public:
  // The next piece. False when no further one can change the answer.
  bool Take(absl::string_view piece);

  bool found() const { return begun_ == Begun::kAsObject && named_; }

 private:
  enum class Begun { kNotYet, kAsObject, kOtherwise };

  void Begin();

  Begun begun_ = Begun::kNotYet;
  bool named_ = false;
  // What the next piece may continue.
  std::string rest_;
};

bool LooksLikeRecord(absl::string_view bytes);

}  // namespace cairn::certificate

#endif  // CAIRN_MERKLE_CERTIFICATE_RECORD_SIGNS_H_
