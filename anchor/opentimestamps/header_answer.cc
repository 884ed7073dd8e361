#include "anchor/opentimestamps/header_answer.h"

#include <string>

#include "absl/status/status.h"
#include "merkle/note/text.h"

namespace cairn::anchor {

absl::StatusOr<evidence::BlockHeader> ReadHeaderAnswer(absl::string_view hex, const Hash& hash) {
  const absl::StatusOr<std::string> bytes = note::ParseHex(hex);
  if (!bytes.ok()) return absl::InvalidArgumentError("a block header that is no hex");
  const absl::StatusOr<evidence::BlockHeader> header = evidence::ParseBlockHeader(*bytes);
  if (!header.ok()) return header;
  if (header->hash != hash) return absl::InvalidArgumentError("the header of another block");
  if (const absl::Status work = evidence::CheckProofOfWork(*header); !work.ok()) return work;
  return header;
}

}  // namespace cairn::anchor
