#include "ledger/server/anchoring.h"

#include <openssl/rand.h>

#include <algorithm>
#include <cassert>
#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "anchor/clock.h"
#include "anchor/http.h"
#include "anchor/opentimestamps/esplora.h"
#include "anchor/public_text.h"
#include "anchor/rocksdb/store.h"
#include "ledger/append_result.h"
#include "ledger/submission.h"
#include "ledger/view.h"
#include "merkle/entry/entry.h"
#include "merkle/note/checkpoint.h"
#include "merkle/note/note.h"
#include "witness/http/client.h"
#include "witness/http/url.h"
#include "witness/server/logger.h"

namespace cairn::server {
namespace {

// An append of a receipt's entry is answered by then, or asked for again.
constexpr std::chrono::seconds kLogDeadline{10};

// How an entry about a receipt is looked for: what a log may have taken between its append and a
// kill, or an answer that came too late.
constexpr uint64_t kMaxSearched = uint64_t{1} << 20;
constexpr uint64_t kSearchedAtOnce = 4'096;
// Between the clocks of the two, or one that was set.
constexpr uint64_t kClockSlackMs = 60'000;

// Evenly from [0, 1).
double Random() {
  uint32_t bits = 0;
  const int made = RAND_bytes(reinterpret_cast<unsigned char*>(&bits), sizeof bits);
  assert(made == 1 && "there is no randomness");
  (void)made;
  return static_cast<double>(bits) / 4294967296.0;
}

absl::StatusOr<anchor::HttpAnswer> Exchange(http::Client& client,
                                            const anchor::HttpRequest& request) {
  absl::StatusOr<http::Answer> answer = client.Send(
      {.post = request.post,
       .url = request.url,
       .body = request.body,
       .headers = request.headers,
       .limits = {.deadline = request.deadline, .max_body_bytes = request.max_body_bytes}});
  if (!answer.ok()) {
    const std::optional<std::string> kind = http::FailureKind(answer.status());
    return kind.has_value() ? anchor::WithPublicText(answer.status(), *kind) : answer.status();
  }
  return anchor::HttpAnswer{.status = answer->status,
                            .content_type = std::move(answer->content_type),
                            .body = std::move(answer->body)};
}

// A line when an anchor begins to fail, fails otherwise, or recovers: with all that strangers are
// not told. Without a name: why no round could be made.
class Reporter {
 public:
  void Hear(const std::string& anchor, const absl::Status& how) {
    {
      const std::lock_guard lock(mutex_);
      absl::StatusCode& last = last_[anchor];
      if (last == how.code()) return;
      last = how.code();
    }
    if (how.ok()) {
      LogInfo("an anchor answers again", {{"anchor", anchor}});
    } else if (anchor.empty()) {
      LogWarning("no round could be made of what is published",
                 {{"reason", std::string(how.message())}});
    } else {
      LogWarning("an anchor does not answer as it should",
                 {{"anchor", anchor},
                  {"code", absl::StatusCodeToString(how.code())},
                  {"reason", std::string(how.message())}});
    }
  }

 private:
  std::mutex mutex_;
  std::map<std::string, absl::StatusCode> last_;
};

// `exchange` makes a way to reach others for each that asks.
absl::StatusOr<std::unique_ptr<anchor::Backend>> MakeBackend(
    const AnchorSettings& settings, const std::function<anchor::HttpExchange()>& exchange,
    std::function<uint64_t()> now_s) {
  if (const auto* options = std::get_if<anchor::Rfc3161Options>(&settings.system)) {
    return anchor::Rfc3161Backend::Create(*options, exchange(), std::move(now_s));
  }
  const auto& told = std::get<OpenTimestampsSettings>(settings.system);
  std::unique_ptr<evidence::BlockHeaders> headers;
  if (!told.bitcoin_core.url.empty()) {
    auto core = anchor::OpenBitcoinCore(told.bitcoin_core, exchange());
    if (!core.ok()) return core.status();
    headers = *std::move(core);
  } else if (!told.esplora_url.empty()) {
    auto esplora = anchor::OpenEsplora({.url = told.esplora_url}, exchange());
    if (!esplora.ok()) return esplora.status();
    headers = *std::move(esplora);
  }
  return anchor::OpenTimestamps::Open(told.options, exchange(), std::move(headers));
}

absl::Status AboutAnchor(const AnchorSettings& settings, const absl::Status& why) {
  return absl::InvalidArgumentError(
      absl::StrCat("anchor `", settings.options.name, "`: ", why.message()));
}

class RunningAnchoring final : public Anchoring {
 public:
  explicit RunningAnchoring(const Around& around)
      : log_(around.log),
        publication_(around.publication),
        clocks_(around.clocks),
        quorum_(around.quorum) {}
  ~RunningAnchoring() override { Stop(); }

  absl::Status Begin(const AnchoringSettings& settings, const std::string& directory) {
    const absl::StatusOr<note::Checkpoint> identity = NewestCheckpoint();
    if (!identity.ok()) return identity.status();
    auto store = anchor::RocksDbStore::Open({.path = directory, .log = identity->origin});
    if (!store.ok()) return store.status();
    store_ = *std::move(store);
    proxy_ = settings.proxy;
    if (!proxy_.url.empty()) {
      LogInfo("anchors are reached through a proxy", {{"proxy", http::MaskUrl(proxy_.url)}});
    }
    std::vector<anchor::AnchorSource> sources;
    for (const AnchorSettings& settings_of_one : settings.anchors) {
      AnchorSettings one = settings_of_one;
      std::function<anchor::HttpExchange()> exchange = [this] { return MakeExchange(); };
      if (auto* const authority = std::get_if<anchor::Rfc3161Options>(&one.system)) {
        exchange = HearTimesOf(settings.options.rule, *authority);
      }
      absl::StatusOr<std::unique_ptr<anchor::Backend>> backend =
          MakeBackend(one, exchange, [this] { return clock_.WallMs() / 1000; });
      if (!backend.ok()) return AboutAnchor(one, backend.status());
      sources.push_back({.options = settings_of_one.options, .backend = *std::move(backend)});
    }
    auto anchorer = anchor::Anchorer::Open(
        *store_, clock_, settings.options, std::move(sources),
        {.published = [this] { return NewestPublished(); },
         .prover =
             [this](TreeSize old_size, TreeSize new_size) {
               return log_.ConsistencyProof(*log_.Newest(), old_size, new_size);
             },
         .receipt_log =
             {.append = [this](const anchor::AcceptedReceipt& receipt) { return Append(receipt); },
              .find = [this](const anchor::AcceptedReceipt& receipt,
                             uint64_t since_ms) { return Find(receipt, since_ms); }},
         .random = Random,
         .heard = [this](const std::string& anchor,
                         const absl::Status& how) { reporter_.Hear(anchor, how); }});
    if (!anchorer.ok()) return anchorer.status();
    anchorer_ = *std::move(anchorer);
    for (const std::string& name : anchorer_->book().AnchorsLeftBehind()) {
      LogWarning(
          "an anchor has receipts that are not final and is not in the configuration; nobody asks "
          "for them until it is listed, with `retired: true` if it is",
          {{"anchor", name}});
    }
    anchorer_->Start();
    return absl::OkStatus();
  }

  anchor::Anchorer& anchorer() override { return *anchorer_; }

  void Stop() override {
    for (const auto& client : clients_) client->Cancel();
    if (anchorer_ != nullptr) anchorer_->Stop();
  }

 private:
  absl::StatusOr<note::Checkpoint> NewestCheckpoint() const {
    const absl::StatusOr<note::Note> note = note::ParseNote(log_.Newest()->checkpoint);
    if (!note.ok()) return note.status();
    return note::ParseCheckpoint(note->text);
  }

  absl::StatusOr<anchor::Published> NewestPublished() const {
    const Publication::Newest newest = publication_.newest();
    if (newest == nullptr) return absl::NotFoundError("nothing has been published yet");
    const absl::StatusOr<note::Note> note = note::ParseNote(newest->note);
    if (!note.ok()) return note.status();
    const absl::StatusOr<note::Checkpoint> checkpoint = note::ParseCheckpoint(note->text);
    if (!checkpoint.ok()) return checkpoint.status();
    return anchor::Published{.note = newest->note,
                             .size = checkpoint->size,
                             .root = checkpoint->root,
                             .witnessed = quorum_,
                             .integrated = log_.Newest()->size()};
  }

  // A client of its own for each that asks: they ask side by side.
  anchor::HttpExchange MakeExchange() {
    http::Client* const client =
        clients_.emplace_back(http::Client::Make(http::ClientLimits(), proxy_)).get();
    return [client](const anchor::HttpRequest& request) { return Exchange(*client, request); };
  }

  // Makes the authority tell the outside clocks what it says of the time. Returns the way to reach
  // it that notes when it was asked.
  std::function<anchor::HttpExchange()> HearTimesOf(const anchor::Rule& rule,
                                                    anchor::Rfc3161Options& authority) {
    // Of the thread that asks: a token is heard of before the next is asked for.
    const auto asked_ms = std::make_shared<uint64_t>(0);
    for (const anchor::RuleAnchor& anchor : rule.anchors) {
      if (anchor.name != authority.name) continue;
      authority.heard_time = [this, anchor, asked_ms](uint64_t earliest_s, uint64_t latest_s) {
        clocks_.HearAuthority(anchor.name, anchor.operated_by, earliest_s, latest_s, *asked_ms);
      };
    }
    return [this, asked_ms]() -> anchor::HttpExchange {
      return [this, asked_ms, exchange = MakeExchange()](const anchor::HttpRequest& request) {
        if (request.post) *asked_ms = clocks_.Now();
        return exchange(request);
      };
    };
  }

  static entry::ReceiptEntry EntryOf(const anchor::AcceptedReceipt& receipt) {
    return {
        .receipt_hash = receipt.receipt_hash, .tree_size = receipt.size, .backend = receipt.anchor};
  }

  // From the newest entry back to those that are older.
  absl::StatusOr<std::optional<LeafIndex>> Find(const anchor::AcceptedReceipt& receipt,
                                                uint64_t since_ms) {
    const entry::Body wanted = EntryOf(receipt);
    const auto view = log_.Newest();
    uint64_t end = view->size().value();
    const uint64_t last = std::max(receipt.size.value(), end - std::min(end, kMaxSearched));
    bool older = false;
    while (end > last && !older) {
      const uint64_t begin = std::max(last, end - std::min(end, kSearchedAtOnce));
      const auto entries = log_.ReadEntries(*view, LeafIndex(begin), LeafIndex(end),
                                            kSearchedAtOnce * entry::kMaxEntryBytes);
      if (!entries.ok()) return entries.status();
      for (size_t i = 0; i < entries->size(); ++i) {
        const absl::StatusOr<entry::Entry> entry = entry::Decode((*entries)[i]);
        if (!entry.ok()) return entry.status();
        if (entry->body == wanted) return LeafIndex(begin + i);
        older = older || entry->accepted_at_ms + kClockSlackMs < since_ms;
      }
      end = begin;
    }
    return std::nullopt;
  }

  absl::StatusOr<LeafIndex> Append(const anchor::AcceptedReceipt& receipt) {
    // Not before the witnesses have confirmed the tree.
    if (absl::Status may = publication_.CanAppend(); !may.ok()) return may;
    absl::StatusOr<ledger::Submission> submission = ledger::Submission::Make(EntryOf(receipt));
    if (!submission.ok()) return submission.status();
    const auto answered = std::make_shared<std::promise<ledger::AppendResult>>();
    std::future<ledger::AppendResult> answer = answered->get_future();
    std::vector<ledger::Submission> batch;
    batch.push_back(*std::move(submission));
    const ledger::Ticket ticket = log_.Append(
        std::move(batch),
        [answered](ledger::AppendResult result) { answered->set_value(std::move(result)); });
    if (answer.wait_for(kLogDeadline) != std::future_status::ready) log_.Withdraw(ticket);
    if (answer.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
      return absl::DeadlineExceededError("the log has not answered in time");
    }
    const ledger::AppendResult result = answer.get();
    if (!result.status.ok()) return result.status;
    if (!result.items.front().status.ok()) return result.items.front().status;
    return result.items.front().index;
  }

  ledger::Log& log_;
  Publication& publication_;
  OutsideClocks& clocks_;
  const bool quorum_;
  const anchor::SystemClock clock_;
  http::Proxy proxy_;
  Reporter reporter_;
  // In the order of what uses what: the last is destroyed first.
  std::vector<std::unique_ptr<http::Client>> clients_;
  std::unique_ptr<anchor::RocksDbStore> store_;
  std::unique_ptr<anchor::Anchorer> anchorer_;
};

}  // namespace

absl::Status CheckAnchors(const AnchoringSettings& settings) {
  for (const AnchorSettings& one : settings.anchors) {
    const auto unreachable = [] {
      return [](const anchor::HttpRequest&) -> absl::StatusOr<anchor::HttpAnswer> {
        return absl::UnavailableError("nobody is asked while settings are checked");
      };
    };
    const absl::Status made = MakeBackend(one, unreachable, [] { return uint64_t{0}; }).status();
    if (!made.ok()) return AboutAnchor(one, made);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Anchoring>> Anchoring::Open(const AnchoringSettings& settings,
                                                           const std::string& directory,
                                                           const Around& around) {
  auto anchoring = std::make_unique<RunningAnchoring>(around);
  if (absl::Status begun = anchoring->Begin(settings, directory); !begun.ok()) return begun;
  return anchoring;
}

}  // namespace cairn::server
