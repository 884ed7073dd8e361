#include "witness/cosigner.h"

#include <cassert>
#include <utility>

#include "absl/strings/str_cat.h"
#include "merkle/note/cosignature.h"
#include "merkle/note/note.h"
#include "merkle/verify.h"

namespace cairn::witness {
namespace {

AddResult Refused(absl::Status why) { return {.status = std::move(why)}; }

// Whether the request's tree continues `known`, which has the request's old size.
absl::Status CheckContinues(const AddCheckpoint& request, const Tree& known) {
  const Tree next{request.checkpoint.size, request.checkpoint.root};
  if (request.old_size == TreeSize(0)) {
    if (!request.proof.empty()) {
      return absl::FailedPreconditionError("from size 0 there is nothing to prove: send no hashes");
    }
    return absl::OkStatus();
  }
  const absl::Status proven =
      merkle::VerifyConsistency(known.size, next.size, known.root, next.root, request.proof);
  if (proven.ok()) return proven;
  return absl::FailedPreconditionError(absl::StrCat("the consistency proof from ",
                                                    known.size.value(), " to ", next.size.value(),
                                                    " does not verify: ", proven.message()));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Cosigner>> Cosigner::Open(note::SignerKey key, Store* store,
                                                         std::shared_ptr<const note::Policy> policy,
                                                         CosignerOptions options) {
  if (key.type() != note::KeyType::kCosignature) {
    return absl::InvalidArgumentError("a witness's key is of type 4: make one with keygen");
  }
  std::unique_ptr<Cosigner> cosigner(
      new Cosigner(std::move(key), store, std::move(policy), std::move(options)));
  absl::Status read = store->ReadAll([&cosigner](const Hash& origin_hash, const KeptLog& log) {
    cosigner->newest_[origin_hash] = log.tree;
    return absl::OkStatus();
  });
  if (!read.ok()) return read;
  cosigner->thread_ = std::thread([raw = cosigner.get()] { raw->Run(); });
  return cosigner;
}

Cosigner::Cosigner(note::SignerKey key, Store* store, std::shared_ptr<const note::Policy> policy,
                   CosignerOptions options)
    : key_(std::move(key)),
      store_(store),
      options_(std::move(options)),
      policy_(std::move(policy)) {}

Cosigner::~Cosigner() { Stop(); }

void Cosigner::SetPolicy(std::shared_ptr<const note::Policy> policy) {
  const std::lock_guard lock(mutex_);
  policy_ = std::move(policy);
}

void Cosigner::Add(absl::string_view body, Done done) {
  const absl::StatusOr<AddCheckpoint> request = ParseAddCheckpoint(body);
  if (!request.ok()) return done(Refused(request.status()));
  const absl::StatusOr<note::Note> note = VerifyLog(*request);
  if (!note.ok()) return done(Refused(note.status()));
  absl::StatusOr<std::string> kept_note = note::FormatNote(*note);
  if (!kept_note.ok()) return done(Refused(kept_note.status()));

  const Hash origin_hash = merkle::Sha256(request->checkpoint.origin);
  KeptLog log{.tree = {request->checkpoint.size, request->checkpoint.root},
              .note = *std::move(kept_note)};
  AddResult result;
  {
    const std::lock_guard lock(mutex_);
    result = Take(*request, origin_hash);
    if (result.status.ok()) {
      waiting_.push_back({origin_hash, std::move(log), std::move(done)});
      changed_.notify_one();
      return;
    }
  }
  if (absl::IsFailedPrecondition(result.status)) {
    TellOfSplit(request->checkpoint.origin, origin_hash, log);
  }
  done(std::move(result));
}

void Cosigner::TellOfSplit(absl::string_view origin, const Hash& origin_hash,
                           const KeptLog& offered) const {
  if (options_.on_split == nullptr) return;
  // What is newer than the store will be there when the log tries again.
  const absl::StatusOr<std::optional<KeptLog>> kept = store_->Read(origin_hash);
  if (!kept.ok() || !kept->has_value()) return;
  const Tree& known = (*kept)->tree;
  if (known.size != offered.tree.size || known.root == offered.tree.root) return;
  options_.on_split(origin, {.first = (*kept)->note, .second = offered.note, .path = {}});
}

absl::StatusOr<note::Note> Cosigner::VerifyLog(const AddCheckpoint& request) const {
  std::shared_ptr<const note::Policy> policy;
  {
    const std::lock_guard lock(mutex_);
    policy = policy_;
  }
  std::vector<note::VerifierKey> keys;
  for (const size_t log : policy->LogsOf(request.checkpoint.origin)) {
    keys.push_back(policy->logs()[log].key);
  }
  if (keys.empty()) {
    return absl::NotFoundError(
        absl::StrCat("this witness does not know a log `", request.checkpoint.origin, "`"));
  }
  const auto verified = note::OpenNote(request.note, keys);
  if (!verified.ok()) return verified.status();
  note::Note note{.text = request.note.text, .signatures = {}};
  for (const note::VerifiedSignature& signature : *verified) {
    note.signatures.push_back(request.note.signatures[signature.signature_index]);
  }
  return note;
}

AddResult Cosigner::Take(const AddCheckpoint& request, const Hash& origin_hash) {
  if (failed_ || stopping_) {
    return Refused(absl::UnavailableError("this witness is stopping; try again later"));
  }
  const auto at = newest_.find(origin_hash);
  const Tree known = at == newest_.end() ? Tree{TreeSize(0), merkle::EmptyRoot()} : at->second;
  if (request.old_size != known.size) {
    return {
        .status = absl::AbortedError(absl::StrCat("the size cosigned last is ", known.size.value(),
                                                  ", not ", request.old_size.value())),
        .known_size = known.size};
  }
  if (absl::Status continues = CheckContinues(request, known); !continues.ok()) {
    return Refused(continues);
  }
  if (waiting_.size() >= options_.max_waiting) {
    return Refused(absl::ResourceExhaustedError("this witness has too much to do; try again"));
  }
  newest_[origin_hash] = {request.checkpoint.size, request.checkpoint.root};
  return {.status = absl::OkStatus()};
}

std::string Cosigner::Cosignature(const KeptLog& log) const {
  const absl::StatusOr<note::Note> note = note::ParseNote(log.note);
  assert(note.ok() && "a note that was verified is well-formed");
  const auto signature = note::Cosign(key_, log.cosigned_at_s, note->text);
  assert(signature.ok() && "a cosignature key cosigns");
  return *note::FormatSignatureLine(
      {.key_name = key_.name(), .key_id = key_.verifier_key().id(), .signature = *signature});
}

void Cosigner::Run() {
  while (true) {
    std::vector<Waiting> batch;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      batch.swap(waiting_);
    }
    const uint64_t now_s = options_.now_s();
    std::vector<std::pair<Hash, KeptLog>> rows;
    rows.reserve(batch.size());
    for (Waiting& item : batch) {
      item.log.cosigned_at_s = now_s;
      rows.emplace_back(item.origin_hash, item.log);
    }
    const absl::Status written = store_->Write(rows);
    if (!written.ok()) {
      {
        const std::lock_guard lock(mutex_);
        failed_ = true;
      }
      for (Waiting& item : batch) {
        item.done(Refused(absl::UnavailableError("this witness could not store the checkpoint")));
      }
      options_.on_fatal(written);
      continue;
    }
    // Dead before this point: what was written was never signed, which is harmless: the log asks
    // again and is told the size.
    for (Waiting& item : batch) {
      item.done({.status = absl::OkStatus(), .cosignature = Cosignature(item.log)});
    }
  }
}

absl::StatusOr<std::string> Cosigner::Latest(const Hash& origin_hash) const {
  const absl::StatusOr<std::optional<KeptLog>> log = store_->Read(origin_hash);
  if (!log.ok()) return log.status();
  if (!log->has_value()) {
    return absl::NotFoundError("this witness has cosigned nothing of that log");
  }
  return absl::StrCat((*log)->note, Cosignature(**log));
}

size_t Cosigner::logs_kept() const {
  const std::lock_guard lock(mutex_);
  return newest_.size();
}

void Cosigner::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

}  // namespace cairn::witness
