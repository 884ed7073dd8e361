#include "anchor/evidence/rfc3161_token.h"

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/objects.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "anchor/evidence/der.h"
#include "anchor/evidence/rfc3161_receipt.h"

namespace cairn::rfc3161 {
namespace {

constexpr uint64_t kMicrosPerSecond = 1'000'000;
constexpr int kMaxSerialBits = 160;
// The token in a ContentInfo, the certificates in SignedData.
constexpr uint8_t kExplicit0 = 0xa0;
constexpr size_t kMaxStatusText = 200;
// Keeps sums with a time far from any overflow.
constexpr int64_t kMaxAccuracySeconds = int64_t{1} << 31;

using BigNumber = std::unique_ptr<BIGNUM, Freer<BN_free>>;

absl::Status Malformed(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("the token: ", what));
}

struct FailInfo {
  int bit;
  const char* text;
  bool passes;  // It may be gone when the same request is sent again.
};

constexpr FailInfo kFailInfo[] = {
    {0, "badAlg", false},
    {2, "badRequest", false},
    {5, "badDataFormat", false},
    {14, "timeNotAvailable", true},
    {15, "unacceptedPolicy", false},
    {16, "unacceptedExtension", false},
    {17, "addInfoNotAvailable", true},
    {25, "systemFailure", true},
};

const char* PkiStatusText(int64_t status) {
  constexpr const char* kTexts[] = {
      "granted", "grantedWithMods",   "rejection",
      "waiting", "revocationWarning", "revocationNotification",
  };
  return status >= 0 && status < static_cast<int64_t>(std::size(kTexts)) ? kTexts[status]
                                                                         : "an unknown status";
}

// The authority's own words, cut and escaped: they come from outside.
std::string FreeText(const TS_STATUS_INFO& info) {
  const STACK_OF(ASN1_UTF8STRING)* texts = TS_STATUS_INFO_get0_text(&info);
  std::string all;
  for (int i = 0; i < sk_ASN1_UTF8STRING_num(texts); ++i) {
    const ASN1_UTF8STRING* text = sk_ASN1_UTF8STRING_value(texts, i);
    absl::StrAppend(&all, all.empty() ? "" : "; ",
                    absl::string_view(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                                      static_cast<size_t>(ASN1_STRING_length(text))));
    if (all.size() > kMaxStatusText) break;
  }
  return absl::CHexEscape(all.substr(0, kMaxStatusText));
}

absl::Status Refusal(int64_t status, const TS_STATUS_INFO& info) {
  std::string message = absl::StrCat("the authority answered: ", PkiStatusText(status));
  const ASN1_BIT_STRING* bits = TS_STATUS_INFO_get0_failure_info(&info);
  bool for_good = false;
  bool known = false;
  for (const FailInfo& fail : kFailInfo) {
    if (bits == nullptr || ASN1_BIT_STRING_get_bit(bits, fail.bit) == 0) continue;
    absl::StrAppend(&message, known ? ", " : ": ", fail.text);
    known = true;
    if (!fail.passes) for_good = true;
  }
  if (const std::string text = FreeText(info); !text.empty()) {
    absl::StrAppend(&message, " (", text, ")");
  }
  return for_good ? absl::FailedPreconditionError(message) : absl::UnavailableError(message);
}

absl::Status CheckGranted(TS_RESP& response) {
  const TS_STATUS_INFO* info = TS_RESP_get_status_info(&response);
  int64_t status = -1;
  if (ASN1_INTEGER_get_int64(&status, TS_STATUS_INFO_get0_status(info)) != 1) status = -1;
  // That there is a token exactly then, d2i_TS_RESP has seen to.
  const bool granted = status == TS_STATUS_GRANTED || status == TS_STATUS_GRANTED_WITH_MODS;
  return granted ? absl::OkStatus() : Refusal(status, *info);
}

// A response without its certificates, and these: nobody signs which of them it carries.
struct Bared {
  std::string bytes;
  std::vector<absl::string_view> certificates;
};

std::optional<std::vector<der::Element>> TakeAll(absl::string_view bytes) {
  std::vector<der::Element> elements;
  while (!bytes.empty()) {
    const absl::StatusOr<der::Element> element = der::TakeElement(&bytes);
    if (!element.ok()) return std::nullopt;
    elements.push_back(*element);
  }
  return elements;
}

// `whole` with what `change` makes of its last element.
std::optional<std::string> WithLast(
    absl::string_view whole, uint8_t tag,
    const std::function<std::optional<std::string>(absl::string_view)>& change) {
  const auto outer = TakeAll(whole);
  if (!outer || outer->size() != 1 || outer->front().tag != tag) return std::nullopt;
  const absl::string_view content = outer->front().content;
  const auto inner = TakeAll(content);
  if (!inner || inner->empty()) return std::nullopt;
  const std::optional<std::string> last = change(inner->back().whole);
  if (!last) return std::nullopt;
  return der::Wrap(
      tag, absl::StrCat(content.substr(0, content.size() - inner->back().whole.size()), *last));
}

// nullopt for what does not look like a token with certificates; OpenSSL then says what it is.
std::optional<Bared> Bare(absl::string_view response) {
  Bared bared;
  const auto bare_signed_data = [&](absl::string_view whole) -> std::optional<std::string> {
    const auto outer = TakeAll(whole);
    if (!outer || outer->size() != 1 || outer->front().tag != der::kSequence) return std::nullopt;
    const auto fields = TakeAll(outer->front().content);
    std::string rest;
    bool found = false;
    for (const der::Element& field : fields.value_or(std::vector<der::Element>())) {
      if (field.tag != kExplicit0 || found) {
        absl::StrAppend(&rest, field.whole);
        continue;
      }
      found = true;
      const auto certificates = TakeAll(field.content);
      if (!certificates) return std::nullopt;
      for (const der::Element& each : *certificates) bared.certificates.push_back(each.whole);
    }
    if (!found) return std::nullopt;
    return der::Wrap(der::kSequence, rest);
  };
  const auto bare_content = [&](absl::string_view whole) {
    return WithLast(whole, kExplicit0, bare_signed_data);
  };
  const auto bare_token = [&](absl::string_view whole) {
    return WithLast(whole, der::kSequence, bare_content);
  };
  std::optional<std::string> bytes = WithLast(response, der::kSequence, bare_token);
  if (!bytes) return std::nullopt;
  bared.bytes = *std::move(bytes);
  return bared;
}

absl::Status AddCertificates(PKCS7& signed_data, const std::vector<absl::string_view>& certificates,
                             CertificateCache& cache) {
  for (const absl::string_view der : certificates) {
    const absl::StatusOr<Certificate> certificate = cache.Parse(der);
    if (!certificate.ok()) return Malformed(certificate.status().message());
    if (PKCS7_add_certificate(&signed_data, certificate->get()) != 1) {
      return absl::ResourceExhaustedError("no memory");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Token> TakeApart(absl::string_view bytes) {
  const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
  const auto* const end = at + bytes.size();
  const auto size = static_cast<long>(bytes.size());  // NOLINT(google-runtime-int)
  Token token;
  token.response.reset(d2i_TS_RESP(nullptr, &at, size));
  if (token.response == nullptr) {
    const char* reason = ERR_reason_error_string(ERR_peek_error());
    return Malformed(absl::StrCat("not a TimeStampResp: ", reason == nullptr ? "" : reason));
  }
  if (absl::Status status = CheckGranted(*token.response); !status.ok()) return status;
  token.signed_data = TS_RESP_get_token(token.response.get());
  if (token.signed_data == nullptr || at != end) return Malformed("not SignedData");
  token.info.reset(PKCS7_to_TS_TST_INFO(token.signed_data));
  if (token.info == nullptr) return Malformed("not one of a time stamp");
  return token;
}

// What OpenSSL passes over: bytes after the TSTInfo, within what is signed.
absl::Status CheckContentForm(const PKCS7& signed_data) {
  const ASN1_TYPE* other = signed_data.d.sign->contents->d.other;
  if (other->type != V_ASN1_OCTET_STRING) return Malformed("its content is no octet string");
  const ASN1_OCTET_STRING* content = other->value.octet_string;
  return der::CheckForm(
      absl::string_view(reinterpret_cast<const char*>(ASN1_STRING_get0_data(content)),
                        static_cast<size_t>(ASN1_STRING_length(content))));
}

absl::Status CheckSigner(PKCS7& signed_data) {
  STACK_OF(PKCS7_SIGNER_INFO)* signers = PKCS7_get_signer_info(&signed_data);
  if (sk_PKCS7_SIGNER_INFO_num(signers) != 1) return Malformed("not by exactly one signer");
  X509_ALGOR* digest = nullptr;
  PKCS7_SIGNER_INFO_get0_algs(sk_PKCS7_SIGNER_INFO_value(signers, 0), nullptr, &digest, nullptr);
  const int nid = OBJ_obj2nid(digest->algorithm);
  if (nid != NID_sha256 && nid != NID_sha384 && nid != NID_sha512) {
    return Malformed("signed over a hash other than SHA-256, SHA-384 and SHA-512");
  }
  return absl::OkStatus();
}

std::string ObjectText(const ASN1_OBJECT* object) {
  char text[128] = {};
  OBJ_obj2txt(text, sizeof text, object, 1);
  return text;
}

absl::StatusOr<std::string> SerialText(const ASN1_INTEGER* serial) {
  const BigNumber number(ASN1_INTEGER_to_BN(serial, nullptr));
  if (number == nullptr || BN_num_bits(number.get()) > kMaxSerialBits) {
    return Malformed("its serial number is longer than 160 bits");
  }
  char* hex = BN_bn2hex(number.get());
  if (hex == nullptr) return absl::ResourceExhaustedError("no memory");
  std::string text = absl::AsciiStrToLower(hex);
  OPENSSL_free(hex);
  return text;
}

// A part of the accuracy; 0 where it is absent.
absl::StatusOr<uint64_t> AccuracyPart(const ASN1_INTEGER* part, int64_t least, int64_t most) {
  if (part == nullptr) return uint64_t{0};
  int64_t value = 0;
  if (ASN1_INTEGER_get_int64(&value, part) != 1 || value < least || value > most) {
    return Malformed("its accuracy is out of range");
  }
  return static_cast<uint64_t>(value);
}

absl::StatusOr<uint64_t> AccuracyMicros(TS_ACCURACY* accuracy) {
  if (accuracy == nullptr) return uint64_t{0};
  const auto seconds = AccuracyPart(TS_ACCURACY_get_seconds(accuracy), 0, kMaxAccuracySeconds);
  if (!seconds.ok()) return seconds.status();
  const auto millis = AccuracyPart(TS_ACCURACY_get_millis(accuracy), 1, 999);
  if (!millis.ok()) return millis.status();
  const auto micros = AccuracyPart(TS_ACCURACY_get_micros(accuracy), 1, 999);
  if (!micros.ok()) return micros.status();
  return *seconds * kMicrosPerSecond + *millis * 1000 + *micros;
}

absl::Status ReadClaims(Token& token) {
  TS_TST_INFO* info = token.info.get();
  if (TS_TST_INFO_get_version(info) != 1) return Malformed("of another version than 1");
  token.policy = ObjectText(TS_TST_INFO_get_policy_id(info));
  TS_MSG_IMPRINT* imprint = TS_TST_INFO_get_msg_imprint(info);
  token.imprint_algorithm = ObjectText(TS_MSG_IMPRINT_get_algo(imprint)->algorithm);
  const ASN1_OCTET_STRING* digest = TS_MSG_IMPRINT_get_msg(imprint);
  token.imprint.assign(reinterpret_cast<const char*>(ASN1_STRING_get0_data(digest)),
                       static_cast<size_t>(ASN1_STRING_length(digest)));
  absl::StatusOr<std::string> serial = SerialText(TS_TST_INFO_get_serial(info));
  if (!serial.ok()) return serial.status();
  token.serial = *std::move(serial);
  const ASN1_GENERALIZEDTIME* time = TS_TST_INFO_get_time(info);
  const absl::StatusOr<uint64_t> gen_time =
      ParseGenTime(absl::string_view(reinterpret_cast<const char*>(ASN1_STRING_get0_data(time)),
                                     static_cast<size_t>(ASN1_STRING_length(time))));
  if (!gen_time.ok()) return gen_time.status();
  token.gen_time_us = *gen_time;
  const absl::StatusOr<uint64_t> accuracy = AccuracyMicros(TS_TST_INFO_get_accuracy(info));
  if (!accuracy.ok()) return accuracy.status();
  token.accuracy_us = *accuracy;
  return absl::OkStatus();
}

absl::StatusOr<Token> Parse(absl::string_view response, CertificateCache* certificates) {
  const std::optional<Bared> bared = certificates != nullptr ? Bare(response) : std::nullopt;
  absl::StatusOr<Token> token = TakeApart(bared ? bared->bytes : response);
  if (!token.ok()) return token;
  if (bared) {
    absl::Status added = AddCertificates(*token->signed_data, bared->certificates, *certificates);
    if (!added.ok()) return added;
  }
  if (absl::Status status = CheckContentForm(*token->signed_data); !status.ok()) return status;
  if (absl::Status status = CheckSigner(*token->signed_data); !status.ok()) return status;
  if (absl::Status status = ReadClaims(*token); !status.ok()) return status;
  return token;
}

// The digits at [at, at + size), which are digits.
int Number(absl::string_view text, size_t at, size_t size) {
  int number = 0;
  for (const char c : text.substr(at, size)) number = number * 10 + (c - '0');
  return number;
}

// The digits after the point in microseconds, rounded up.
uint64_t FractionMicros(absl::string_view digits) {
  uint64_t micros = 0;
  for (size_t i = 0; i < 6; ++i) {
    micros = micros * 10 + (i < digits.size() ? static_cast<uint64_t>(digits[i] - '0') : 0);
  }
  return digits.size() > 6 ? micros + 1 : micros;
}

}  // namespace

absl::StatusOr<uint64_t> ParseGenTime(absl::string_view text) {
  constexpr size_t kSecondDigits = 14;
  const absl::Status malformed = Malformed("its time is malformed");
  if (text.size() <= kSecondDigits || text.back() != 'Z') return malformed;
  absl::string_view fraction = text.substr(kSecondDigits, text.size() - kSecondDigits - 1);
  text = text.substr(0, kSecondDigits);
  if (!fraction.empty()) {
    if (fraction.front() != '.') return malformed;
    fraction.remove_prefix(1);
    // DER leaves trailing zeros out, and the point with them.
    if (fraction.empty() || fraction.back() == '0') return malformed;
  }
  if (!std::all_of(text.begin(), text.end(), absl::ascii_isdigit) ||
      !std::all_of(fraction.begin(), fraction.end(), absl::ascii_isdigit)) {
    return malformed;
  }
  const absl::CivilSecond civil(Number(text, 0, 4), Number(text, 4, 2), Number(text, 6, 2),
                                Number(text, 8, 2), Number(text, 10, 2), Number(text, 12, 2));
  // A civil time carries what is out of range over into the next field.
  if (absl::FormatTime("%Y%m%d%H%M%S", absl::FromCivil(civil, absl::UTCTimeZone()),
                       absl::UTCTimeZone()) != text ||
      civil.year() < 1970) {
    return malformed;
  }
  const int64_t seconds = absl::ToUnixSeconds(absl::FromCivil(civil, absl::UTCTimeZone()));
  return static_cast<uint64_t>(seconds) * kMicrosPerSecond + FractionMicros(fraction);
}

absl::StatusOr<Token> ParseToken(absl::string_view response, CertificateCache* certificates) {
  if (response.size() > kMaxResponseBytes) return Malformed("longer than 64 KiB");
  if (absl::Status status = der::CheckForm(response); !status.ok()) {
    return Malformed(status.message());
  }
  if (IsBareToken(response)) return Malformed(kBareTokenText);
  ERR_clear_error();
  absl::StatusOr<Token> token = Parse(response, certificates);
  ERR_clear_error();
  return token;
}

}  // namespace cairn::rfc3161
