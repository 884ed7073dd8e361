#include "merkle/note/policy.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/types/span.h"
#include "merkle/note/note.h"
#include "merkle/note/text.h"
#include "merkle/signature/ed25519.h"

namespace cairn::note {
namespace {

constexpr absl::string_view kBlanks = " \t";

std::vector<absl::string_view> Fields(absl::string_view line) {
  return absl::StrSplit(line, absl::ByAnyChar(kBlanks), absl::SkipEmpty());
}

bool IsAllowed(char c) {
  const auto octet = static_cast<unsigned char>(c);
  return octet == '\t' || octet == '\n' || (octet >= 0x20 && octet != 0x7f);
}

}  // namespace

class Policy::Parser {
 public:
  absl::StatusOr<Policy> Parse(absl::string_view text) {
    if (text.size() > kMaxPolicyBytes) {
      return absl::InvalidArgumentError(
          absl::StrCat("a policy has at most ", kMaxPolicyBytes, " bytes, this one ", text.size()));
    }
    size_t number = 0;
    for (const absl::string_view line : absl::StrSplit(text, '\n')) {
      ++number;
      absl::Status taken = absl::OkStatus();
      if (!std::all_of(line.begin(), line.end(), IsAllowed)) {
        taken = absl::InvalidArgumentError(
            "control characters other than tab and line feed are not allowed; carriage returns, "
            "perhaps?");
      } else if (const auto fields = Fields(line); !fields.empty() && fields[0][0] != '#') {
        taken = WithHint(TakeLine(fields), fields);
      }
      if (!taken.ok()) {
        return absl::InvalidArgumentError(
            absl::StrCat("policy, line ", number, ": ", taken.message()));
      }
    }
    if (!quorum_seen_) {
      return absl::InvalidArgumentError(
          "policy: there is no quorum line; write `quorum NAME`, or `quorum none`");
    }
    return std::move(policy_);
  }

 private:
  using Line = absl::Span<const absl::string_view>;

  // Others' parsers end a line at any '#'; here, as in the specification, names may have one.
  static absl::Status WithHint(const absl::Status& taken, Line fields) {
    const bool comment = std::any_of(fields.begin(), fields.end(),
                                     [](absl::string_view field) { return field[0] == '#'; });
    if (taken.ok() || !comment) return taken;
    return absl::Status(taken.code(),
                        absl::StrCat(taken.message(), "; a comment stands on a line of its own"));
  }

  absl::Status TakeLine(Line fields) {
    const absl::string_view kind = fields[0];
    if (kind == "log") return TakeLog(fields);
    if (kind == "witness") return TakeWitness(fields);
    if (kind == "group") return TakeGroup(fields);
    if (kind == "quorum") return TakeQuorum(fields);
    return absl::InvalidArgumentError(
        absl::StrCat("`", kind, "` is none of log, witness, group, quorum"));
  }

  absl::Status TakeLog(Line fields) {
    if (fields.size() < 2 || fields.size() > 3) {
      return absl::InvalidArgumentError("write `log <vkey> [<url>]`");
    }
    absl::StatusOr<VerifierKey> key = TakeKey(fields[1], KeyType::kEd25519, log_keys_, "log");
    if (!key.ok()) return key.status();
    policy_.origins_[key->name()].push_back(policy_.logs_.size());
    policy_.logs_.push_back({.key = *std::move(key), .url = Url(fields, 2)});
    return absl::OkStatus();
  }

  absl::Status TakeWitness(Line fields) {
    if (fields.size() < 3 || fields.size() > 4) {
      return absl::InvalidArgumentError("write `witness <name> <vkey> [<url>]`");
    }
    absl::StatusOr<VerifierKey> key =
        TakeKey(fields[2], KeyType::kCosignature, witness_keys_, "witness");
    if (!key.ok()) return key.status();
    if (absl::Status defined = Define(fields[1], {.witness = policy_.witnesses_.size()});
        !defined.ok()) {
      return defined;
    }
    policy_.witnesses_.push_back(
        {.name = std::string(fields[1]), .key = *std::move(key), .url = Url(fields, 3)});
    return absl::OkStatus();
  }

  absl::Status TakeGroup(Line fields) {
    if (fields.size() < 4) {
      return absl::InvalidArgumentError("write `group <name> all|any|<k> <member>...`");
    }
    Node group;
    for (const absl::string_view name : fields.subspan(3)) {
      const auto member = names_.find(name);
      if (member == names_.end()) return Undefined(name);
      if (!members_.insert(member->second).second) {
        return absl::InvalidArgumentError(
            absl::StrCat("`", name, "` is already a member of a group"));
      }
      group.members.push_back(member->second);
    }
    const absl::StatusOr<size_t> threshold = Threshold(fields[2], group.members.size());
    if (!threshold.ok()) return threshold.status();
    group.threshold = *threshold;
    return Define(fields[1], std::move(group));
  }

  absl::Status TakeQuorum(Line fields) {
    if (fields.size() != 2) return absl::InvalidArgumentError("write `quorum <name>|none`");
    if (std::exchange(quorum_seen_, true)) {
      return absl::InvalidArgumentError("there is a quorum line already");
    }
    if (fields[1] == "none") return absl::OkStatus();
    const auto named = names_.find(fields[1]);
    if (named == names_.end()) return Undefined(fields[1]);
    policy_.quorum_ = named->second;
    return absl::OkStatus();
  }

  static absl::StatusOr<size_t> Threshold(absl::string_view text, size_t members) {
    if (text == "all") return members;
    if (text == "any") return size_t{1};
    const absl::StatusOr<uint64_t> k = ParseDecimal(text);
    if (k.ok() && *k >= 1 && *k <= members) return static_cast<size_t>(*k);
    return absl::InvalidArgumentError(absl::StrCat(
        "`", text, "` is not all, any, or a number from 1 to the ", members, " members"));
  }

  absl::StatusOr<VerifierKey> TakeKey(absl::string_view vkey, KeyType type,
                                      absl::flat_hash_set<PublicKey>& seen,
                                      absl::string_view what) {
    absl::StatusOr<VerifierKey> key = VerifierKey::Parse(vkey);
    if (!key.ok()) return key.status();
    if (key->type() != type) {
      return absl::InvalidArgumentError(
          absl::StrCat("a key of type ", static_cast<int>(key->type()), " is not a ", what,
                       "'s; its type is ", static_cast<int>(type)));
    }
    if (!seen.insert(key->public_key()).second) {
      return absl::InvalidArgumentError(absl::StrCat("another ", what, " has the same public key"));
    }
    return key;
  }

  absl::Status Define(absl::string_view name, Node node) {
    if (name == "none") {
      return absl::InvalidArgumentError("`none` means no witness; choose another name");
    }
    if (!names_.emplace(name, policy_.nodes_.size()).second) {
      return absl::InvalidArgumentError(absl::StrCat("`", name, "` is defined already"));
    }
    policy_.nodes_.push_back(std::move(node));
    return absl::OkStatus();
  }

  static absl::Status Undefined(absl::string_view name) {
    return absl::InvalidArgumentError(
        absl::StrCat("no line above defines a witness or group `", name, "`"));
  }

  static std::optional<std::string> Url(Line fields, size_t at) {
    if (fields.size() <= at) return std::nullopt;
    return std::string(fields[at]);
  }

  Policy policy_;
  absl::flat_hash_map<std::string, size_t> names_;  // In policy_.nodes_.
  absl::flat_hash_set<size_t> members_;
  absl::flat_hash_set<PublicKey> log_keys_;
  absl::flat_hash_set<PublicKey> witness_keys_;
  bool quorum_seen_ = false;
};

absl::StatusOr<Policy> Policy::Parse(absl::string_view text) { return Parser().Parse(text); }

std::vector<size_t> Policy::LogsOf(absl::string_view origin) const {
  const auto found = origins_.find(origin);
  return found == origins_.end() ? std::vector<size_t>() : found->second;
}

bool Policy::IsQuorum(const WitnessSet& cosigned) const {
  assert(cosigned.size() == witnesses_.size());
  if (!quorum_.has_value()) return true;
  // Members stand before their groups.
  std::vector<bool> holds(nodes_.size());
  for (size_t i = 0; i < nodes_.size(); ++i) {
    const Node& node = nodes_[i];
    if (node.threshold == 0) {
      holds[i] = cosigned[node.witness];
      continue;
    }
    const auto count = std::count_if(node.members.begin(), node.members.end(),
                                     [&holds](size_t member) { return holds[member]; });
    holds[i] = static_cast<size_t>(count) >= node.threshold;
  }
  return holds[*quorum_];
}

bool Policy::HasDisjointQuorums() const { return !quorum_.has_value() || CanDivide(*quorum_); }

// Whether the witnesses below a node can be divided so that it holds on both sides. A name is a
// member once, so that what is below its members is disjoint: each member holds on one side of our
// choice, and on both where it can be divided itself.
bool Policy::CanDivide(size_t node) const {
  std::vector<bool> both(nodes_.size());
  for (size_t i = 0; i <= node; ++i) {
    const Node& group = nodes_[i];
    if (group.threshold == 0) continue;
    const auto divided =
        static_cast<size_t>(std::count_if(group.members.begin(), group.members.end(),
                                          [&both](size_t member) { return both[member]; }));
    both[i] = divided >= group.threshold || group.members.size() + divided >= 2 * group.threshold;
  }
  return both[node];
}

namespace {

// Whether the note is signed with this key in its log's name.
bool SignedAsLog(const Note& note, const PublicKey& public_key) {
  const std::string origin = note.text.substr(0, note.text.find('\n'));
  const absl::StatusOr<VerifierKey> as_log = MakeVerifierKey(origin, KeyType::kEd25519, public_key);
  return as_log.ok() && OpenNote(note, {*as_log}).ok();
}

bool IsLogKey(const Note& note, const Policy& policy, absl::Span<const PublicKey> log_keys,
              const PublicKey& key) {
  return std::find(log_keys.begin(), log_keys.end(), key) != log_keys.end() ||
         std::any_of(policy.logs().begin(), policy.logs().end(),
                     [&key](const PolicyLog& log) { return log.key.public_key() == key; }) ||
         SignedAsLog(note, key);
}

}  // namespace

absl::StatusOr<Cosignatures> ReadCosignatures(const Note& note, const Policy& policy,
                                              absl::Span<const PublicKey> log_keys) {
  const size_t count = policy.witnesses().size();
  Cosignatures read{.times_s = std::vector<std::vector<uint64_t>>(count),
                    .has_log_key = WitnessSet(count, false)};
  // Those who have a line at all: OpenNote asks for one at least.
  std::vector<size_t> present;
  std::vector<VerifierKey> keys;
  for (size_t i = 0; i < count; ++i) {
    const VerifierKey& key = policy.witnesses()[i].key;
    if (IsLogKey(note, policy, log_keys, key.public_key())) {
      read.has_log_key[i] = true;
    } else if (std::any_of(note.signatures.begin(), note.signatures.end(),
                           [&key](const auto& line) {
                             return line.key_name == key.name() && line.key_id == key.id();
                           })) {
      present.push_back(i);
      keys.push_back(key);
    }
  }
  if (keys.empty()) return read;
  const absl::StatusOr<std::vector<VerifiedSignature>> verified = OpenNote(note, keys);
  if (!verified.ok()) return verified.status();
  for (const VerifiedSignature& signature : *verified) {
    read.times_s[present[signature.key_index]].push_back(signature.cosigned_at_s);
  }
  for (std::vector<uint64_t>& times_s : read.times_s) {
    std::sort(times_s.begin(), times_s.end());
    times_s.erase(std::unique(times_s.begin(), times_s.end()), times_s.end());
  }
  return read;
}

absl::StatusOr<CosignedAt> VerifyCosignatures(const Note& note, const Policy& policy) {
  const absl::StatusOr<Cosignatures> read = ReadCosignatures(note, policy);
  if (!read.ok()) return read.status();
  CosignedAt cosigned_at_s(read->times_s.size());
  for (size_t i = 0; i < cosigned_at_s.size(); ++i) {
    if (!read->times_s[i].empty()) cosigned_at_s[i] = read->times_s[i].back();
  }
  return cosigned_at_s;
}

WitnessSet CosignersOf(const CosignedAt& cosigned_at_s) {
  WitnessSet cosigned(cosigned_at_s.size());
  for (size_t i = 0; i < cosigned.size(); ++i) cosigned[i] = cosigned_at_s[i].has_value();
  return cosigned;
}

absl::StatusOr<PolicyVerdict> JudgeCheckpoint(absl::string_view note_bytes, const Policy& policy) {
  const absl::StatusOr<Note> note = ParseNote(note_bytes);
  if (!note.ok()) return note.status();
  absl::StatusOr<Checkpoint> checkpoint = ParseCheckpoint(note->text);
  if (!checkpoint.ok()) return checkpoint.status();
  const std::vector<size_t> logs = policy.LogsOf(checkpoint->origin);
  std::vector<VerifierKey> keys;
  for (const size_t log : logs) keys.push_back(policy.logs()[log].key);
  const absl::StatusOr<std::vector<VerifiedSignature>> by_log = OpenNote(*note, keys);
  if (!by_log.ok()) {
    return absl::Status(by_log.status().code(),
                        absl::StrCat("no log of the policy stands behind this checkpoint of `",
                                     checkpoint->origin, "`: ", by_log.status().message()));
  }
  absl::StatusOr<CosignedAt> cosigned_at_s = VerifyCosignatures(*note, policy);
  if (!cosigned_at_s.ok()) return cosigned_at_s.status();
  const bool quorum = policy.IsQuorum(CosignersOf(*cosigned_at_s));
  return PolicyVerdict{.checkpoint = *std::move(checkpoint),
                       .log = logs[by_log->front().key_index],
                       .cosigned_at_s = *std::move(cosigned_at_s),
                       .quorum = quorum};
}

}  // namespace cairn::note
