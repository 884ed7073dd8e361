// RFC 6962 hashing: SHA-256 with the prefixes that keep leaves and nodes apart.
//
// Source: RFC 6962 section 2.1 (RFC 9162 section 2.1 is the same tree).
// Shape: 32-byte values. A leaf hash is SHA-256(0x00 || entry), a node hash is
//   SHA-256(0x01 || left || right), the root of the empty tree is SHA-256("").
// Threads: all functions may be called from any thread; each thread reuses a context of its own.

#ifndef CAIRN_MERKLE_HASH_H_
#define CAIRN_MERKLE_HASH_H_

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cairn {

// A 32-byte SHA-256 value.
struct Hash {
  static constexpr size_t kSize = 32;

  std::array<uint8_t, kSize> bytes{};

  // kInvalidArgument unless `raw` is exactly 32 bytes.
  static absl::StatusOr<Hash> FromBytes(absl::string_view raw);

  absl::string_view view() const {
    return absl::string_view(reinterpret_cast<const char*>(bytes.data()), kSize);
  }
  // 64 lower-case hex digits.
  std::string Hex() const;

  friend auto operator<=>(const Hash&, const Hash&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const Hash& hash) {
    return H::combine(std::move(h), hash.bytes);
  }
};

namespace merkle {

// Of `data` as it is, without a prefix.
Hash Sha256(absl::string_view data);

// Of data that comes in pieces. Threads: one.
class Sha256Stream {
 public:
  Sha256Stream();
  Sha256Stream(const Sha256Stream&) = delete;
  Sha256Stream& operator=(const Sha256Stream&) = delete;
  ~Sha256Stream();

  void Add(absl::string_view data);
  // Once, at the end.
  Hash Finish();

 private:
  class Context;
  std::unique_ptr<Context> context_;
};

Hash HashLeaf(absl::string_view entry);
Hash HashNode(const Hash& left, const Hash& right);

// The root of the empty tree.
const Hash& EmptyRoot();

}  // namespace merkle
}  // namespace cairn

#endif  // CAIRN_MERKLE_HASH_H_
