#include "merkle/hash.h"

#include <openssl/evp.h>

#include <cassert>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace cairn {

absl::StatusOr<Hash> Hash::FromBytes(absl::string_view raw) {
  if (raw.size() != kSize) {
    return absl::InvalidArgumentError(
        absl::StrCat("a hash is ", kSize, " bytes, got ", raw.size()));
  }
  Hash hash;
  std::memcpy(hash.bytes.data(), raw.data(), kSize);
  return hash;
}

std::string Hash::Hex() const { return absl::BytesToHexString(view()); }

namespace merkle {
namespace {

constexpr uint8_t kLeafPrefix = 0x00;
constexpr uint8_t kNodePrefix = 0x01;

// Longest entry that is copied behind its prefix, to be hashed in one call.
constexpr size_t kMaxCopiedEntryBytes = 1024;

// A digest fetched by each EVP_Digest call costs more than the hashing of a node itself.
const EVP_MD* Sha256Digest() {
  static const EVP_MD* const digest = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  assert(digest != nullptr && "OpenSSL offers no SHA-256");
  return digest;
}

// SHA-256 with reused OpenSSL contexts: a begun one, which is copied for each hash. Copying costs
// less than beginning anew, which looks for engines and library initialisation each time. A failure
// of OpenSSL here means a library without SHA-256 or no memory: nothing that a caller could handle.
class Hasher {
 public:
  Hasher() : begun_(EVP_MD_CTX_new()), context_(EVP_MD_CTX_new()) {
    assert(begun_ != nullptr && context_ != nullptr && "out of memory");
    Check(EVP_DigestInit_ex2(begun_, Sha256Digest(), nullptr));
  }
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;
  ~Hasher() {
    EVP_MD_CTX_free(begun_);
    EVP_MD_CTX_free(context_);
  }

  void Begin() { Check(EVP_MD_CTX_copy_ex(context_, begun_)); }
  void Add(const void* data, size_t size) { Check(EVP_DigestUpdate(context_, data, size)); }
  Hash Finish() {
    Hash hash;
    Check(EVP_DigestFinal_ex(context_, hash.bytes.data(), nullptr));
    return hash;
  }
  Hash HashOne(const void* data, size_t size) {
    Begin();
    Add(data, size);
    return Finish();
  }

 private:
  static void Check(int result) { assert(result == 1 && "OpenSSL failed to compute SHA-256"); }

  EVP_MD_CTX* begun_;
  EVP_MD_CTX* context_;
};

Hasher& ThreadHasher() {
  static thread_local Hasher hasher;
  return hasher;
}

}  // namespace

class Sha256Stream::Context : public Hasher {};

Sha256Stream::Sha256Stream() : context_(std::make_unique<Context>()) { context_->Begin(); }
Sha256Stream::~Sha256Stream() = default;
void Sha256Stream::Add(absl::string_view data) { context_->Add(data.data(), data.size()); }
Hash Sha256Stream::Finish() { return context_->Finish(); }

Hash Sha256(absl::string_view data) { return ThreadHasher().HashOne(data.data(), data.size()); }

Hash HashLeaf(absl::string_view entry) {
  Hasher& hasher = ThreadHasher();
  if (entry.size() <= kMaxCopiedEntryBytes) {
    uint8_t message[1 + kMaxCopiedEntryBytes];
    message[0] = kLeafPrefix;
    if (!entry.empty()) std::memcpy(message + 1, entry.data(), entry.size());
    return hasher.HashOne(message, 1 + entry.size());
  }
  hasher.Begin();
  hasher.Add(&kLeafPrefix, 1);
  hasher.Add(entry.data(), entry.size());
  return hasher.Finish();
}

Hash HashNode(const Hash& left, const Hash& right) {
  uint8_t message[1 + 2 * Hash::kSize];
  message[0] = kNodePrefix;
  std::memcpy(message + 1, left.bytes.data(), Hash::kSize);
  std::memcpy(message + 1 + Hash::kSize, right.bytes.data(), Hash::kSize);
  return ThreadHasher().HashOne(message, sizeof(message));
}

const Hash& EmptyRoot() {
  static const Hash root = Sha256("");
  return root;
}

}  // namespace merkle
}  // namespace cairn
