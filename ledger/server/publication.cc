#include "ledger/server/publication.h"

#include <utility>

namespace cairn::server {
namespace {

class Unwitnessed final : public Publication {
 public:
  Unwitnessed(ledger::Log& log, std::function<absl::Status()> can_append)
      : log_(log), can_append_(std::move(can_append)) {}

  Newest newest() const override { return Of(*log_.Newest()); }
  absl::Status CanAppend() const override { return can_append_(); }
  absl::Status CanWait() const override {
    return absl::FailedPreconditionError(
        "wait_for: this log has no witness policy, so nothing is ever cosigned; ask for "
        "INTEGRATED");
  }
  absl::StatusOr<WaitId> Wait(TreeSize, Done) override { return CanWait(); }
  void Forget(WaitId) override {}
  std::shared_ptr<void> Subscribe(std::function<void(const Newest&)> listener) override {
    return log_.Subscribe(
        [listener = std::move(listener)](const std::shared_ptr<const ledger::View>& view) {
          listener(Of(*view));
        });
  }
  void Stop() override {}

 private:
  static Newest Of(const ledger::View& view) {
    return std::make_shared<const Published>(
        Published{.size = view.size(), .note = view.checkpoint});
  }

  ledger::Log& log_;
  const std::function<absl::Status()> can_append_;
};

}  // namespace

std::unique_ptr<Publication> PublishAll(ledger::Log& log,
                                        std::function<absl::Status()> can_append) {
  return std::make_unique<Unwitnessed>(log, std::move(can_append));
}

}  // namespace cairn::server
