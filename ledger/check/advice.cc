#include "ledger/check/advice.h"

#include "absl/strings/str_cat.h"

namespace cairn::ledger {

std::string AdviceFor(const Findings& findings, bool entries_lead_to_state) {
  if (findings.count() == 0) return "";
  std::string advice;
  if (entries_lead_to_state) {
    absl::StrAppend(&advice,
                    "All entries are here and lead to the root that the log holds: nothing that "
                    "was logged is lost. What is kept beside them is damaged");
    if (findings.Any(Part::kTiles))
      absl::StrAppend(&advice, "; proofs that need the named tiles fail");
    if (findings.Any(Part::kIndex)) {
      absl::StrAppend(&advice,
                      "; statements may not be found, and one that is sent again may be logged "
                      "twice");
    }
    absl::StrAppend(&advice, ". ");
  } else if (findings.Any(Part::kEntries) || findings.Any(Part::kTiles) ||
             findings.Any(Part::kUpperTiles)) {
    absl::StrAppend(&advice,
                    "Entries are lost or changed: what was acknowledged is no longer what is "
                    "here. ");
  } else {
    absl::StrAppend(&advice,
                    "The log's own records contradict its entries, so that it is not known which "
                    "tree was signed last. ");
  }
  absl::StrAppend(&advice,
                  "Do not start cairnd on this directory. Keep it as it is, with its file "
                  "`signed`, and look at the disk; then restore the newest backup that is sound "
                  "and not smaller than any checkpoint that this log has handed out.");
  return advice;
}

}  // namespace cairn::ledger
