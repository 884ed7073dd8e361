// What clocks outside say: witnesses by their cosignatures, time-stamp authorities by their tokens.
//
// A source that was heard at a moment goes on by steady time, so that it is compared with the wall
// clock at any later moment: a clock that is stepped shows at once, and one that is set right again
// is right at once, without anything new from outside. What was heard over a day ago counts for
// nothing.
// Apart by more than a minute:
//   any source           is shown, and reported by whoever looks (Report)
//   so many that they    stop appends: Check refuses every time that they all call too late, or too
//   could not all lie    early. Those are witnesses who by themselves meet the log's policy, or
//                        authorities of at least two operators that are more than half of those
//                        heard. One witness of a quorum, or one authority, stops nothing: else it
//                        could stop the log by a lie. Witnesses who meet the quorum could as well
//                        give no cosignature at all; and by their times verifiers judge the entry.
// The time that is compared is the one that an entry would be given, so that a newest entry which
// is ahead of everybody holds appends back until its time has come. A request takes time, and so
// does a token's accuracy: what a source said is an interval, and only what lies outside of it is
// apart. Threads: any.

#ifndef CAIRN_LEDGER_SERVER_OUTSIDE_CLOCKS_H_
#define CAIRN_LEDGER_SERVER_OUTSIDE_CLOCKS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ledger/clock.h"
#include "merkle/note/policy.h"

namespace cairn::server {

class OutsideClocks {
 public:
  static constexpr int64_t kMaxApartMs = 60'000;

  // Without a policy there are no witnesses. Borrows the clock.
  OutsideClocks(const ledger::Clock& clock, std::optional<note::Policy> policy)
      : clock_(clock), policy_(std::move(policy)) {
    if (policy_.has_value()) witnesses_.resize(policy_->witnesses().size());
  }

  // Steady time, to be handed to the next two.
  uint64_t Now() const { return clock_.SteadyMs(); }

  // A cosignature of this second, asked for at `asked_ms` and just received.
  void HearWitness(size_t witness, uint64_t at_s, uint64_t asked_ms);
  // A token of an anchor and its operator, likewise, of a moment between two seconds.
  void HearAuthority(const std::string& anchor, const std::string& operated_by, uint64_t earliest_s,
                     uint64_t latest_s, uint64_t asked_ms);

  // Of the wall clock, and of the time that an entry would be given: kFailedPrecondition, in words
  // for everybody, when so many that they stop appends call it wrong; whether so many call it
  // right.
  absl::StatusOr<bool> Check(uint64_t at_ms) const;

  // By how much the wall clock is ahead of each source; negative: behind; 0: not apart, as far as
  // can be told.
  struct Skew {
    std::string source = {};  // "witness:NAME", "anchor:NAME"
    int64_t ahead_ms = 0;
    bool is_apart() const { return ahead_ms > kMaxApartMs || ahead_ms < -kMaxApartMs; }
  };
  std::vector<Skew> Skews() const;

  // "the clock here is 90 s ahead of witness:w1"; empty: nobody is apart.
  static std::string Describe(const std::vector<Skew>& skews);

 private:
  // Its clock, less steady time, lies between these.
  struct Offset {
    int64_t least_ms = 0, most_ms = 0;
    uint64_t heard_ms = 0;  // Steady.
  };
  struct Authority {
    std::string operated_by = {};
    Offset offset = {};
  };
  enum class Side { kAhead, kBehind, kNear };

  static Offset OffsetOf(uint64_t earliest_ms, uint64_t latest_ms, uint64_t asked_ms,
                         uint64_t now_ms);
  static int64_t AheadMs(const Offset& offset, uint64_t at_ms, uint64_t steady_ms);
  static bool IsOn(Side side, int64_t ahead_ms);
  // Those who say that the time is on that side of theirs, where they suffice; else empty. Requires
  // mutex_.
  std::vector<std::string> Convincing(Side side, uint64_t at_ms, uint64_t steady_ms) const;

  const ledger::Clock& clock_;
  const std::optional<note::Policy> policy_;

  mutable std::mutex mutex_;
  std::vector<std::optional<Offset>> witnesses_;
  std::map<std::string, Authority> authorities_;  // By anchor.
};

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_OUTSIDE_CLOCKS_H_
